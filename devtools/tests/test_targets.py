import unittest

from devtools.bench.measure import Costs
from devtools.bench.targets import TARGETS, Results, judge


def costs(seconds, memory=0, output=0):
    return Costs([seconds], [seconds / 2], [seconds / 2], memory, output)


class Targets(unittest.TestCase):
    def judged(self, case, word, **measured):
        results = Results()
        results.input_bytes[case] = 10_000_000
        for tool, cost in measured.items():
            results.add(case, tool, cost)
        found = [judgment for judgment in judge(results, {case}) if word in judgment["target"]]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_a_ratio_is_the_peer_s_median_over_errand_s(self):
        judgment = self.judged("jpeg-a", "jpegtran", errand=costs(0.125), jpegtran=costs(0.4375))
        self.assertEqual((judgment["measured"], judgment["reached"]), ("3.5 times", True))
        judgment = self.judged("jpeg-a", "jpegtran", errand=costs(0.125), jpegtran=costs(0.43))
        self.assertFalse(judgment["reached"])

    def test_memory_may_be_three_times_the_file_and_sixteen_megabytes(self):
        self.assertTrue(self.judged("jpeg-a", "memory", errand=costs(1, memory=46_000_000))["reached"])
        self.assertFalse(self.judged("jpeg-a", "memory", errand=costs(1, memory=46_000_001))["reached"])

    def test_parsing_is_rated_by_user_time(self):
        judgment = self.judged("list-lines", "parsing", **{"errand, parsing on one core": costs(0.02)})
        self.assertEqual(judgment["measured"], "1.00 GB/s (0.50 with the system's time)")
        self.assertTrue(judgment["reached"])

    def test_an_absent_peer_leaves_a_target_unmeasured_and_says_so(self):
        judgment = self.judged("webp", "Pillow", errand=costs(0.1))
        self.assertIsNone(judgment["reached"])
        self.assertEqual(judgment["measured"], "Pillow on webp was not measured")

    def test_a_function_is_judged_by_its_own_zip_and_start(self):
        results = Results()
        results.functions = {"errand, stats": {"zip_bytes": 4_000_001, "median_start_seconds": 0.005}}
        judged = {judgment["target"]: judgment for judgment in judge(results, {"function-size", "function-start"})}
        self.assertFalse(judged["zip of stats at most 4 MB"]["reached"])
        start = judged["start of stats in at most 5 ms"]
        self.assertEqual((start["measured"], start["reached"]), ("5.0 ms", True))
        self.assertIsNone(judged["zip of grayscale at most 4 MB"]["reached"])

    def test_only_targets_of_the_chosen_cases_are_judged(self):
        self.assertEqual(judge(Results(), set()), [])
        self.assertEqual(len(judge(Results(), {target.case for target in TARGETS})), len(TARGETS))
