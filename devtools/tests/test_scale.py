"""The simulation of map jobs, and the tables of docs/scale.md that come of it."""

import itertools
import re
import subprocess
import sys
import unittest
from unittest import mock

from devtools import stack
from devtools.checkout import ROOT
from devtools.cost import record
from devtools.scale import jobs, page
from devtools.scale.model import FIGURES, MODEL, Kind, batch_objects
from devtools.scale.simulate import Environments, Gate, Run

# A world in which nothing goes wrong and nothing takes a different time than anything else.
CALM: dict[str, float] = {"straggler_sigma": 0, "s3_error_rate": 0, "killed_rate": 0}
GB = 10**9


class Lists(unittest.TestCase):
    def test_a_run_in_which_nothing_goes_wrong_takes_what_can_be_added_up(self):
        with mock.patch.dict(MODEL, {**CALM, "passes": 1}):
            result = jobs.stats(2 * int(MODEL["slice_bytes"]), at_once=2)
        request, start = MODEL["s3_request_secs"], MODEL["start_secs"]
        rate = MODEL["read_bytes_per_sec"]
        states = MODEL["transitions"] * MODEL["transition_secs"] + MODEL["map_start_secs"]
        planned = start + 4 * request
        # One of the two slices waits for an environment. The planner's is free again.
        read = start + MODEL["slice_bytes"] / rate + 2 * request
        reduced = max(2 * MODEL["partial_bytes"] / rate, 2 * request / MODEL["reads_at_once"]) + request
        self.assertAlmostEqual(result.wall_secs, states + planned + read + reduced)
        self.assertEqual(result.tally.starts, 2)
        self.assertEqual(result.tally.invocations, 4)
        self.assertAlmostEqual(result.tally.billed_secs, planned + 2 * read - start + reduced)

    def test_none_is_quicker_than_its_bytes_can_be_read(self):
        for size in (1, GB, 30 * GB, 300 * GB):
            for at_once in (1, 7, 100, 1000):
                for seed in range(3):
                    least = MODEL["passes"] * size / (MODEL["read_bytes_per_sec"] * at_once)
                    self.assertGreater(jobs.stats(size, at_once, seed).wall_secs, least)

    def test_more_functions_at_once_make_none_slower(self):
        for size in (GB // 10, GB, 30 * GB, 300 * GB):
            for seed in range(3):
                walls = [jobs.stats(size, at_once, seed).wall_secs for at_once in (1, 2, 5, 10, 30, 100, 300, 1000)]
                # All functions are new to begin with: each more may be one more start.
                for fewer, more in itertools.pairwise(walls):
                    self.assertLessEqual(more, fewer + MODEL["start_secs"])

    def test_the_cost_hardly_depends_on_how_many_run_at_once(self):
        for size in (10 * GB, 300 * GB):
            costs = [jobs.stats(size, at_once).total_usd for at_once in (10, 100, 1000)]
            self.assertLess(max(costs), 1.05 * min(costs))

    def test_a_seed_gives_the_same_run_again_and_another_gives_another(self):
        self.assertEqual(jobs.stats(30 * GB, 50, seed=7), jobs.stats(30 * GB, 50, seed=7))
        self.assertNotEqual(jobs.stats(30 * GB, 50, seed=7).wall_secs, jobs.stats(30 * GB, 50, seed=8).wall_secs)

    def test_whatever_fails_each_slice_is_done_in_each_pass(self):
        slices = 112
        with mock.patch.dict(MODEL, {"killed_rate": 0.3, "s3_error_rate": 0.2}):
            result = jobs.stats(slices * int(MODEL["slice_bytes"]), 40, quota=20)
        tally = result.tally
        self.assertEqual(tally.children, 2 * slices)
        self.assertGreater(tally.repeated, 0)
        self.assertGreater(tally.throttled, 0)
        # The planner and both reducers are invoked besides.
        self.assertEqual(tally.invocations, 2 * slices + 3 + tally.repeated)
        self.assertLessEqual(tally.starts, 20)


class Images(unittest.TestCase):
    def test_none_is_quicker_than_s3_takes_writes(self):
        count = 50_000
        for at_once in (100, 1000):
            result = jobs.images(count, 10**6, at_once)
            self.assertGreater(result.wall_secs, count / MODEL["writes_per_sec"])
        self.assertGreater(result.tally.waited_for_s3_secs, 0)
        divided = jobs.images(count, 10**6, 1000, prefixes=256)
        self.assertLess(divided.wall_secs, result.wall_secs)
        self.assertGreater(divided.wall_secs, count / MODEL["reads_per_sec"])

    def test_each_is_read_and_written_once_where_nothing_fails(self):
        with mock.patch.dict(MODEL, CALM):
            tally = jobs.images(2_345, 10**6, 10).tally
        self.assertEqual(tally.children, 24)
        self.assertEqual(tally.lists, 3)
        # As `make test-cost` counts it: of a batch, the request, an outcome, a report, the page, what was done before,
        # and the report when all is put together; of both other steps, three, and the list of the work.
        self.assertEqual(tally.reads, 2_345 + 24 * 6 + 2 * 3 + 1)
        # The reports; the request, three pages, how far planning has come, the plan, the work, the outcome.
        self.assertEqual(tally.writes, 2_345 + 24 + 1 + 3 + 3 + 1)
        self.assertEqual(tally.invocations, 24 + 3)

    def test_a_thousand_ask_for_what_was_counted(self):
        counts = record.read()["map of images"]
        with mock.patch.dict(MODEL, CALM):
            tally = jobs.images(1000, 3000, 2).tally
        functions, of_map = counts["functions"], counts["map"]
        self.assertEqual(tally.reads, functions["s3:GetObject"] + of_map["work_lists"])
        self.assertEqual(tally.writes, functions["s3:PutObject"])
        self.assertEqual(tally.lists, functions["s3:ListObjectsV2"])
        self.assertEqual(tally.invocations, counts["invocations"])
        self.assertEqual(tally.children, of_map["children"])

    def test_batches_end_with_their_page_and_have_no_more_than_so_many_bytes(self):
        self.assertEqual(jobs.batch_sizes(1250, batch_objects(1)), [100] * 12 + [50])
        self.assertEqual(jobs.batch_sizes(1100, batch_objects(6.8e6))[24:], [39, 25, 39, 39, 22])
        self.assertEqual(batch_objects(1e9), 1)

    def test_images_of_a_batch_take_as_long_as_what_takes_longest(self):
        with mock.patch.dict(MODEL, {**CALM, "killed_rate": 0}):
            took = [jobs.images(count, 10**6, 1).phases["images"] for count in (50, 100)]
        bytes_secs = 10**6 * (1 + MODEL["gray_output_ratio"]) / MODEL["read_bytes_per_sec"]
        self.assertAlmostEqual(took[1] - took[0], 50 * bytes_secs)

    def test_planning_goes_on_in_another_step_where_a_function_has_no_more_time(self):
        self.assertEqual(jobs.planning(10), [10])
        steps = jobs.planning(1000)
        self.assertEqual(sum(steps), 1000)
        self.assertGreater(len(steps), 1)
        self.assertLess(max(steps) * jobs.page_secs(), stack.operation("grayscale").timeout_secs)


class Limits(unittest.TestCase):
    def test_new_environments_come_at_lambda_s_rate(self):
        environments = Environments(quota=5000)
        self.assertEqual(sum(environments.take(0.0) is not None for _ in range(3000)), 1000)
        self.assertEqual(sum(environments.take(5.0) is not None for _ in range(3000)), 500)
        self.assertEqual(sum(environments.take(60.0) is not None for _ in range(3000)), 1000)

    def test_a_free_environment_is_used_first_and_starts_at_once(self):
        environments = Environments(quota=2)
        self.assertEqual(environments.take(0.0), MODEL["start_secs"])
        environments.give_back()
        self.assertEqual(environments.take(1.0), 0.0)
        self.assertEqual(environments.take(1.0), MODEL["start_secs"])
        self.assertIsNone(environments.take(1.0))

    def test_a_prefix_takes_so_many_requests_a_second(self):
        gate = Gate(per_sec=100)
        waits = [gate.wait_secs(0.0, 50) for _ in range(3)]
        self.assertEqual(waits, [0.0, 0.5, 1.0])
        self.assertEqual(gate.wait_secs(10.0, 50), 0.0)

    def test_no_child_of_the_tables_outlives_an_express_workflow(self):
        for at_once in page.AT_ONCE:
            for result in (page.images(at_once), page.list_of(page.LISTS["1 TB"], at_once)):
                self.assertLess(result.tally.longest_child_secs, MODEL["child_limit_secs"])

    def test_what_befalls_a_slice_does_not_depend_on_what_runs_beside_it(self):
        draws = [Run(Environments(1), seed=1).draws(2, 3).random() for _ in range(2)]
        self.assertEqual(draws[0], draws[1])
        self.assertNotEqual(draws[0], Run(Environments(1), seed=1).draws(3, 2).random())


class Model(unittest.TestCase):
    def test_the_command_estimates_by_the_same_figures(self):
        found = {}
        command = ROOT / "client" / "src" / "bin" / "errand"
        for path in [*command.glob("cost*.rs"), *command.glob("cost*/*.rs")]:
            for name, value in re.findall(r"const ([A-Z0-9_]+): \w+ = ([^;]+);", path.read_text()):
                if name.lower() in MODEL:
                    found[name.lower()] = number(value)
        if not found:
            self.skipTest("the command names none of them yet")
        for name, value in found.items():
            self.assertAlmostEqual(value, MODEL[name], msg=name)

    def test_images_are_divided_as_the_function_divides_them(self):
        each = ROOT / "functions" / "worker" / "src"
        for path, name, wanted in (
            ("map/each/plan.rs", "BATCH_OBJECTS: usize", MODEL["batch_keys"]),
            ("map/each/plan.rs", "BATCH_BYTES: u64", MODEL["batch_bytes"]),
            ("map/each/work.rs", "AT_ONCE: usize", MODEL["objects_at_once"]),
            ("map/each/reduce.rs", "AHEAD: u64", MODEL["reads_at_once"]),
        ):
            found = re.search(rf"^const {name} = ([^;]+);$", (each / path).read_text(), re.MULTILINE)
            assert found, name
            self.assertEqual(number(found[1]), wanted, name)
        left = 0
        for path, name in (("map/each/plan.rs", "TIME_FOR_PAGE"), ("deadline.rs", "RESERVE")):
            found = re.search(
                rf"^const {name}: Duration = Duration::from_secs\((\d+)\);$", (each / path).read_text(), re.M
            )
            assert found, name
            left += int(found[1])
        self.assertEqual(MODEL["plan_secs"], stack.operation("grayscale").timeout_secs - left)
        self.assertIn(f"look_every: Duration::from_secs({MODEL['look_secs']:.0f}),", (each / "config.rs").read_text())

    def test_every_figure_says_where_it_comes_from(self):
        for name, figure in FIGURES.items():
            self.assertGreater(len(figure.source), 10, name)
            if figure.kind is Kind.MEASURED:
                self.assertRegex(FIGURES["parse_bytes_per_sec"].source, r"--measure.*\d{4}-\d\d-\d\d")


class Page(unittest.TestCase):
    def test_the_tables_are_those_that_the_command_prints(self):
        text = page.PAGE.read_text()
        self.assertEqual(page.filled(text), text, "run `python3 bench/scale.py --markdown`")

    def test_a_terminal_shows_the_same_cells(self):
        table = page.Table("title", ["", "a", "b"], {"**one**": ["1", "`two`"]}, 1)
        self.assertEqual(table.text(), "title\n\n     a  b\none  1  two")
        self.assertEqual(table.markdown(), "| | a | b |\n|---|---:|---|\n| **one** | 1 | `two` |")

    def test_the_command_says_what_it_can_do(self):
        done = subprocess.run(
            [sys.executable, str(ROOT / "bench" / "scale.py"), "--help"], capture_output=True, text=True, check=True
        )
        self.assertIn("--measure", done.stdout)


def number(text: str) -> float:
    """A constant of Rust: a number, or an expression of some that Python reads as Rust does."""
    assert re.fullmatch(r"[0-9_.e<*/() +-]+", text), text
    return eval(text, {"__builtins__": {}})


if __name__ == "__main__":
    unittest.main()
