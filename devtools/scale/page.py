"""The tables of docs/scale.md: as text for a terminal, and as Markdown between the page's marks, `<!-- scale: NAME -->`
and `<!-- end of NAME -->`."""

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from devtools.checkout import ROOT
from devtools.cost import page as cost_page
from devtools.cost import prices
from devtools.scale import jobs
from devtools.scale.jobs import Result
from devtools.scale.model import FIGURES, MODEL, Kind, batch_objects

PAGE = ROOT / "docs" / "scale.md"
AT_ONCE = (10, 100, 1000)
LISTS = {"10 GB": 10 * 10**9, "100 GB": 100 * 10**9, "1 TB": 10**12}
IMAGES, IMAGE_BYTES = 10**6, 10**6
DIVIDED_PREFIXES = 256
# As many as S3 keeps up with where it has divided nothing.
FITTING = 50
# Workers of Spark, to turn a price into minutes.
SPARK_PROCESSORS, SPARK_GB = 100, 400


@dataclass(frozen=True)
class Table:
    title: str
    head: list[str]
    lines: dict[str, list[str]]
    figures: int
    """How many columns beside the first hold figures, which stand to the right."""

    def markdown(self) -> str:
        return cost_page.table(self.head, self.lines, self.figures)

    def text(self) -> str:
        rows = [self.head, *([title, *cells] for title, cells in self.lines.items())]
        rows = [[cell.replace("**", "").replace("`", "") for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if 1 <= index <= self.figures else cell.ljust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join([self.title, "", *lines])


def tables() -> dict[str, Table]:
    """By the name that they have in the page."""
    return {
        "table": table(),
        "run": run_table(),
        "doubts": doubts_table(),
        "beside": beside_table(),
        "figures": figures_table(),
    }


def filled(text: str) -> str:
    """The page as it has to be."""
    return cost_page.filled(text, {name: each.markdown() for name, each in tables().items()}, "scale")


def table() -> Table:
    slice_bytes, keys = int(MODEL["slice_bytes"]), batch_objects(IMAGE_BYTES)
    lines = {}
    for title, size in LISTS.items():
        cells = [cell(list_of(size, at_once)) for at_once in AT_ONCE]
        lines[f"a list of {title}"] = [f"{-(-size // slice_bytes):,} slices", *cells]
    for title, prefixes in (("", 1), (", S3 has divided the results", DIVIDED_PREFIXES)):
        cells = [cell(images(at_once, prefixes)) for at_once in AT_ONCE]
        lines[f"a million images of 1 MB{title}"] = [f"{IMAGES // keys:,} batches", *cells]
    head = ["job", "divided into", *(f"{at_once:,} functions at once" for at_once in AT_ONCE)]
    return Table("How long it takes, and what it costs in USD", head, lines, 4)


def run_table() -> Table:
    """What happens in a run, so that it can be seen what is in the figures."""
    results = {
        "1 TB, 1,000 at once": list_of(LISTS["1 TB"], 1000),
        f"a million images, {FITTING} at once": images(FITTING),
        "a million images, 1,000 at once": images(1000),
    }
    rows = {
        "**all of it**": lambda r: f"**{time(r.wall_secs)}**",
        "planned after": lambda r: time(r.phases["plan"]),
        "first pass, or images, done after": lambda r: time(r.phases.get("pass 1", r.phases.get("images", 0))),
        "put together after": lambda r: time(r.phases["reduce 1"]),
        "second pass done after": lambda r: time(r.phases["pass 2"]) if "pass 2" in r.phases else "",
        "environments started": lambda r: f"{r.tally.starts:,}",
        "the longest child": lambda r: time(r.tally.longest_child_secs),
        "invocations": lambda r: f"{r.tally.invocations:,}",
        "of them repeated after a failure": lambda r: f"{r.tally.repeated:,}",
        "calls that S3 answered with an error": lambda r: f"{r.tally.s3_errors:,}",
        "functions waited for S3's limit": lambda r: (
            f"{r.tally.waited_for_s3_secs / r.tally.billed_secs:.0%} of their time"
        ),
        "Lambda, USD": lambda r: money(r.usd["Lambda"]),
        "S3, USD": lambda r: money(r.usd["S3"]),
        "Step Functions, USD": lambda r: money(r.usd["Step Functions"]),
        "logs, USD": lambda r: money(r.usd["logs"]),
        "**all, USD**": lambda r: f"**{money(r.total_usd)}**",
    }
    lines = {title: [of(result) for result in results.values()] for title, of in rows.items()}
    return Table("What is in it", ["", *results], lines, len(results))


def doubts_table() -> Table:
    """How much the answer hangs on what was assumed, for 1 TB with 1,000 functions at once."""
    size = LISTS["1 TB"]
    doubts: dict[str, dict[str, float]] = {
        "as above": {},
        "functions read half as fast": {"read_bytes_per_sec": MODEL["read_bytes_per_sec"] / 2},
        "the tail of slow functions is twice as long": {"straggler_sigma": 2 * MODEL["straggler_sigma"]},
        "5 % of S3's calls fail": {"s3_error_rate": 0.05},
        "2 % of the functions are killed": {"killed_rate": 0.02},
        "an environment starts in 1 s": {"start_secs": 1.0},
        "the numbers lie close together: one pass": {"passes": 1},
    }
    lines = {}
    for title, changes in doubts.items():
        with changed(changes):
            result = list_of(size, 1000)
        lines[title] = [time(result.wall_secs), money(result.total_usd), f"{result.tally.throttled:,}"]
    for title, at_once, quota in (
        ("the account allows 100, the stack asks for 1,000", 1000, 100),
        ("the account allows 3,000, and the stack asks for them", 3000, 3000),
    ):
        result = list_of(size, at_once, quota)
        lines[title] = [time(result.wall_secs), money(result.total_usd), f"{result.tally.throttled:,}"]
    return Table(
        "1 TB, 1,000 at once, where", ["1 TB, 1,000 at once, where", "time", "USD", "throttled by Lambda"], lines, 3
    )


def beside_table() -> Table:
    """What others ask for the same lists."""
    spark_usd = SPARK_PROCESSORS * prices.EMR_PROCESSOR.usd + SPARK_GB * prices.EMR_MEMORY.usd
    lines = {}
    for title, size in LISTS.items():
        usd = list_of(size, 1000).total_usd
        lines[f"a list of {title}"] = [money(usd), money(size / 1e12 * prices.ATHENA.usd), time(usd / spark_usd * 3600)]
    head = ["", "errand, USD", "Athena, USD", f"EMR Serverless: {SPARK_PROCESSORS} vCPUs run for errand's price"]
    return Table("Beside others", head, lines, 3)


def figures_table() -> Table:
    """What is not errand's own to decide."""
    lines = {
        f"`{name}`": [f"{figure.value:,.10g}", figure.kind.value, figure.source]
        for name, figure in FIGURES.items()
        if figure.kind is not Kind.DESIGN
    }
    return Table("What it takes for granted", ["figure", "value", "", "what, and from where"], lines, 1)


@contextlib.contextmanager
def changed(figures: dict[str, float]) -> Iterator[None]:
    """The model with other figures, for a while."""
    kept = dict(MODEL)
    MODEL.update(figures)
    try:
        yield
    finally:
        MODEL.update(kept)


def list_of(size: int, at_once: int, quota: int | None = None) -> Result:
    return jobs.median(lambda seed: jobs.stats(size, at_once, seed, quota))


@functools.cache
def images(at_once: int, prefixes: int = 1) -> Result:
    """With the model as it is. One run is enough: ten thousand batches even out."""
    return jobs.images(IMAGES, IMAGE_BYTES, at_once, prefixes=prefixes)


def cell(result: Result) -> str:
    return f"{time(result.wall_secs)}, {money(result.total_usd)}"


def time(secs: float) -> str:
    if secs < 120:
        return f"{secs:.0f} s"
    return f"{secs / 60:.1f} min" if secs < 7200 else f"{secs / 3600:.1f} h"


def money(usd: float) -> str:
    """Two digits that mean something, or cents."""
    return f"{usd:.2f}" if usd >= 0.1 else f"{usd:.2g}" if usd >= 0.0001 else f"{usd:.1g}"
