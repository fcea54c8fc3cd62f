import sys
import tempfile
import unittest
from pathlib import Path

from devtools.bench.measure import Command, measure, runs_for, stdout_of


class Measure(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.scratch = Path(directory.name)

    def test_time_memory_and_output_of_a_command_are_measured(self):
        output = self.scratch / "out"
        work = "import sys; held = b'x' * 50_000_000; open(sys.argv[1], 'w').write('done')"
        costs, failed = measure({"a": Command([sys.executable, "-c", work, output], output)}, 2, self.scratch)
        self.assertEqual(failed, {})
        self.assertEqual(costs["a"].runs, 2)
        self.assertGreater(costs["a"].median_seconds, 0)
        self.assertGreater(costs["a"].peak_memory_bytes, 50_000_000)
        self.assertEqual(costs["a"].output_bytes, 4)

    def test_the_harness_s_own_memory_is_not_charged_to_a_command(self):
        held = b"x" * 100_000_000
        costs, _ = measure({"true": Command(["true"])}, 1, self.scratch)
        self.assertLess(costs["true"].peak_memory_bytes, len(held) / 4)

    def test_standard_output_is_kept_and_counted(self):
        costs, _ = measure({"say it": Command(["echo", "word"])}, 1, self.scratch)
        self.assertEqual(stdout_of("say it", self.scratch).read_text(), "word\n")
        self.assertEqual(costs["say it"].output_bytes, 5)

    def test_tools_take_turns(self):
        log = self.scratch / "log"
        note = lambda name: Command(["sh", "-c", f"echo {name} >>{log}"])  # noqa: E731
        measure({"a": note("a"), "b": note("b")}, 2, self.scratch)
        self.assertEqual(log.read_text().split(), ["a", "b", "a", "b", "a", "b"])

    def test_a_failing_tool_is_named_with_its_last_words_and_the_others_go_on(self):
        commands = {"bad": Command(["sh", "-c", "echo no such thing >&2; exit 3"]), "good": Command(["true"])}
        costs, failed = measure(commands, 1, self.scratch)
        self.assertEqual(failed, {"bad": "exit code 3: no such thing"})
        self.assertEqual(list(costs), ["good"])

    def test_a_tool_that_cannot_be_started_has_failed(self):
        _, failed = measure({"none": Command(["/no/such/program"])}, 1, self.scratch)
        self.assertIn("No such file", failed["none"])

    def test_a_tool_that_wrote_nothing_has_failed(self):
        _, failed = measure({"idle": Command(["true"], self.scratch / "never")}, 1, self.scratch)
        self.assertEqual(failed["idle"], "it ended well and wrote nothing")

    def test_slow_tools_run_less_often(self):
        self.assertEqual(runs_for(0.1, 9), 9)
        self.assertEqual(runs_for(5.0, 9), 3)
        self.assertEqual(runs_for(5.0, 2), 2)
