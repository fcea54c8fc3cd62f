"""The targets that the project has set itself, and whether this run has reached them.

Times are whole-process ratios of medians within one run; peak memory is the largest of all runs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from devtools.bench.tools import ERRAND, PARSING


class NotMeasured(Exception):
    """A figure that a target needs is missing."""


class Results:
    """What was measured: costs by case and tool, and the size of each case's input."""

    def __init__(self):
        self.costs = {}
        self.input_bytes = {}
        # Rows of devtools.bench.functions, by function.
        self.functions = {}

    def add(self, case, tool, costs):
        self.costs[case, tool] = costs

    def of(self, case, tool=ERRAND):
        try:
            return self.costs[case, tool]
        except KeyError:
            raise NotMeasured(f"{tool} on {case} was not measured") from None

    def input_size(self, case):
        if case not in self.input_bytes:
            raise NotMeasured(f"{case} was not measured")
        return self.input_bytes[case]

    def of_function(self, function, figure):
        value = self.functions.get(function, {}).get(figure)
        if value is None:
            raise NotMeasured(f"{function} was not measured")
        return value

    def times_faster(self, case, peer):
        return self.of(case, peer).median_seconds / self.of(case).median_seconds


@dataclass(frozen=True)
class Target:
    """`measure` gives the value, its wording, and whether the target is reached."""

    case: str
    text: str
    measure: Callable


def faster(case, peer, times):
    def measure(results):
        value = results.times_faster(case, peer)
        return value, f"{value:.1f} times", value >= times

    return Target(case, f"at least {times:g} times faster than {peer}", measure)


def little_memory(case):
    def measure(results):
        value = results.of(case).peak_memory_bytes
        limit = 3 * results.input_size(case) + 16e6
        return value, f"{value / 1e6:.1f} of {limit / 1e6:.1f} MB", value <= limit

    return Target(case, "peak memory at most 3 times the file plus 16 MB", measure)


def memory_under(case, limit):
    def measure(results):
        value = results.of(case).peak_memory_bytes
        return value, f"{value / 1e6:.1f} MB", value < limit

    return Target(case, f"peak memory under {limit / 1e6:.0f} MB", measure)


def no_larger(case, peer):
    def measure(results):
        value, limit = results.of(case).output_bytes, results.of(case, peer).output_bytes
        return value, f"{value / 1e6:.2f} of {limit / 1e6:.2f} MB", value <= limit

    return Target(case, f"output no larger than that of {peer}", measure)


def no_larger_than_given(case, who, limit):
    def measure(results):
        value = results.of(case).output_bytes
        return value, f"{value / 1e6:.2f} MB", value <= limit

    return Target(
        case, f"output no larger than the {limit / 1e6:.1f} MB of {who} (a given figure, not measured here)", measure
    )


def share_of_memory(case, peer, part):
    def measure(results):
        value = results.of(case).peak_memory_bytes / results.of(case, peer).peak_memory_bytes
        return value, f"{value:.2f} of it", value <= 1 / part

    return Target(case, f"peak memory at most 1/{part} of that of {peer}", measure)


def copy_speed(case, times):
    def measure(results):
        value = results.of(case).median_seconds / results.of(case, "cp").median_seconds
        return value, f"{value:.1f} times as long", value <= times

    return Target(case, f"at memory-copy speed: at most {times:g} times as long as `cp`", measure)


def parsing_rate(case, bytes_per_second):
    def measure(results):
        size, costs = results.input_size(case), results.of(case, PARSING)
        # User time: the system's is for reading the file and for memory. Starting the program counts as parsing here.
        value, whole = size / costs.median_user_seconds, size / costs.median_cpu_seconds
        return value, f"{value / 1e9:.2f} GB/s ({whole / 1e9:.2f} with the system's time)", value >= bytes_per_second

    return Target(case, f"parsing at least {bytes_per_second / 1e9:g} GB/s a core, by user time", measure)


def small_zip(operation, limit):
    def measure(results):
        value = results.of_function(f"errand, {operation}", "zip_bytes")
        return value, f"{value / 1e6:.2f} MB", value <= limit

    return Target("function-size", f"zip of {operation} at most {limit / 1e6:g} MB", measure)


def quick_start(operation, limit):
    def measure(results):
        value = results.of_function(f"errand, {operation}", "median_start_seconds")
        return value, f"{value * 1e3:.1f} ms", value <= limit

    return Target("function-start", f"start of {operation} in at most {limit * 1e3:g} ms", measure)


TARGETS = [
    faster("jpeg-a", "jpegtran", 3.5),
    little_memory("jpeg-a"),
    faster("jpeg-b", "jpegtran", 25),
    little_memory("jpeg-b"),
    little_memory("jpeg-c"),
    faster("png", "libvips", 5),
    no_larger("png", "libvips"),
    # sharp is published on npm alone; its figure is from the project's first comparison of the peers (version 0.35).
    no_larger_than_given("png", "sharp", 6.7e6),
    memory_under("png", 32e6),
    faster("webp", "Pillow", 3),
    copy_speed("gif", 1.5),
    faster("list-lines", "polars", 6),
    share_of_memory("list-lines", "polars", 3),
    parsing_rate("list-lines", 1e9),
    faster("list-decimals", "polars", 4),
    share_of_memory("list-decimals", "polars", 3),
    faster("list-large", "polars", 3),
    share_of_memory("list-large", "polars", 10),
    small_zip("stats", 4e6),
    small_zip("grayscale", 4e6),
    quick_start("stats", 0.005),
    quick_start("grayscale", 0.005),
]


def judge(results, cases):
    """What came of each target of these cases: dictionaries with `case`, `target`, `value`, `measured`, `reached`."""
    judged = []
    for target in TARGETS:
        if target.case not in cases:
            continue
        try:
            value, measured, reached = target.measure(results)
        except NotMeasured as reason:
            value, measured, reached = None, str(reason), None
        judged.append(
            {"case": target.case, "target": target.text, "value": value, "measured": measured, "reached": reached}
        )
    return judged
