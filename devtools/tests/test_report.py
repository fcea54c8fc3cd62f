import unittest

from devtools.bench.report import duration, functions, table, targets


def row(tool, ratio, seconds=0.5):
    return {
        "tool": tool,
        "version": "1.0",
        "median_seconds": seconds,
        "median_cpu_seconds": seconds,
        "peak_memory_bytes": 12_300_000,
        "output_bytes": 160,
        "runs": 9,
        "ratio": ratio,
        "answer": "exact",
    }


class Report(unittest.TestCase):
    def test_rows_of_all_groups_share_their_columns(self):
        lines = table([("one", [row("errand", 1.0)]), ("two", [row("polars", 22.13, 2.0)])]).splitlines()
        self.assertEqual(
            lines,
            [
                "          version      time   ratio  CPU time  peak memory  output  runs  answer",
                "",
                "one",
                "  errand  1.0      500.0 ms          500.0 ms      12.3 MB   160 B     9  exact",
                "",
                "two",
                "  polars  1.0       2.00 s   22.1 x   2.00 s       12.3 MB   160 B     9  exact",
            ],
        )

    def test_short_times_are_in_milliseconds(self):
        self.assertEqual(duration(0.01234), "12.3 ms")
        self.assertEqual(duration(1.234), "1.23 s ")

    def test_a_function_that_was_not_started_has_its_size_alone(self):
        row = {
            "function": "errand, stats",
            "version": "0.1.0",
            "unpacked_bytes": 9_000_000,
            "zip_bytes": 3_456_000,
            "median_start_seconds": None,
            "least_start_seconds": None,
            "runs": 0,
        }
        self.assertEqual(
            functions([row]).splitlines(),
            [
                "                 version  unpacked      zip  start  least  runs",
                "  errand, stats  0.1.0      9.0 MB  3.46 MB",
            ],
        )

    def test_a_missed_target_stands_out(self):
        judged = [
            {"case": "png", "target": "small", "measured": "4 MB", "reached": True},
            {"case": "webp", "target": "fast", "measured": "1.0 times", "reached": False},
        ]
        self.assertEqual(targets(judged), "  reached      png   small: 4 MB\n  NOT REACHED  webp  fast: 1.0 times")
