"""The tables of docs/cost.md and the summary in README.md, each between two marks: `<!-- cost: NAME -->` and
`<!-- end of NAME -->`."""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

from devtools.checkout import ROOT, Failure
from devtools.cost import designs, idle, prices
from devtools.cost.designs import Job
from devtools.cost.record import Counts
from devtools.scale.model import batch_objects

PAGE = ROOT / "docs" / "cost.md"
README = ROOT / "README.md"
WIDTH = 120
# The kinds of jobs that are counted, with the operation that does them, in the order of the tables.
COUNTED = {
    "one list": "stats",
    "one image": "grayscale",
    "uploaded list": "stats",
    "uploaded image": "grayscale",
    "batch of lists": "stats",
    "batch of images": "grayscale",
    "map of lists": "stats",
    "map of images": "grayscale",
    "small map of images": "grayscale",
}
IMAGE_MAPS = ("map of images", "small map of images")
# How many objects are one map job.
MAPPED, FEW_MAPPED = 1000, 100
TITLES = {
    "batch of lists": "list, in a batch",
    "batch of images": "image, in a batch",
    "map of lists": "list, in a map job of 1,000",
    "map of images": "image, in a map job of 1,000",
    "small map of images": "image, in a map job of 100",
}

PHOTOGRAPH = "photograph, in a map job of 1,000"
# Money is told of photographs, of which fewer are a batch.
WITHOUT_MONEY = {TITLES[kind] for kind in IMAGE_MAPS}


def jobs(recorded: dict[str, Counts]) -> dict[str, Job]:
    """All rows: errand's, then the other designs'."""
    if recorded.keys() != COUNTED.keys():
        raise Failure(f"counts.json holds {', '.join(recorded)}: run `make cost`")
    own = {TITLES.get(kind, kind): designs.counted(recorded[kind], COUNTED[kind]) for kind in COUNTED}
    return {
        **own,
        PHOTOGRAPH: mapped_photographs(recorded),
        "naive Lambda, list": designs.naive("stats"),
        "naive Lambda, image": designs.naive("grayscale"),
        "always on, list": designs.always_on("stats"),
        "always on, image": designs.always_on("grayscale"),
    }


def mapped_photographs(recorded: dict[str, Counts]) -> Job:
    """A photograph in a map job, where time and money are told of: fewer of them are a batch."""
    many, few = (designs.counted(recorded[kind], "grayscale") for kind in IMAGE_MAPS)
    return designs.of_larger_objects(many, few, (MAPPED, FEW_MAPPED), designs.measured(designs.PHOTOGRAPH)[0] * 1e6)


def blocks(recorded: dict[str, Counts]) -> dict[Path, dict[str, str]]:
    """What stands between the marks of each page."""
    rows = jobs(recorded)
    return {PAGE: tables(rows), README: {"summary": summary(rows)}}


def tables(rows: dict[str, Job]) -> dict[str, str]:
    return {
        "requests": requests_table(rows),
        "thirds": thirds(rows),
        "money": money_table(rows),
        "idle": idle_table(),
        "outcomes": outcomes(rows),
        "even": even(rows),
        "prices": prices_table(),
    }


def summary(rows: dict[str, Job]) -> str:
    total = {title: f"{designs.cost(job).total:.1f}" for title, job in rows.items()}
    one, batched = rows["one list"], rows["list, in a batch"]
    millions = idle.receives(idle.queues(), prices.POLLERS) / prices.MILLION
    return paragraph(
        f"While nobody asks, a stack costs {usd(idle.stack_usd('none'))} to {usd(idle.stack_usd())} US dollars",
        "a month, and what it stores:",
        f"Lambda's pollers ask the queues {millions:.1f} million times, alarms and dashboard have",
        "their price, as have the functions' metrics while they work, up to 7.50 more",
        '(`PARAMETERS="Monitoring=none"` leaves all three out).',
        f"A list asks for {number(one.requests)} requests in all, {number(batched.requests)} where many are sent in",
        f"batches: {total['one list']} and {total['list, in a batch']} US dollars a million at list prices.",
        f"A photograph: {total['one image']} US dollars a million, {total[PHOTOGRAPH]} in map jobs of {MAPPED:,},",
        f"which ask for {ratio(rows[PHOTOGRAPH])} of what a function asks for that is given one message an image.",
        "A test counts the requests.",
    )


def requests_table(rows: dict[str, Job]) -> str:
    columns: dict[str, Callable[[Job], str]] = {
        "client: SQS": lambda job: number(job.count("client", "sqs:")),
        "client: S3 writes + reads": lambda job: s3(job, "client"),
        "pollers: SQS": lambda job: number(job.count("poller")),
        "invocations": lambda job: number(job.invocations),
        "Step Functions": lambda job: number(
            job.transitions + job.children + job.count(prefix="states:") + job.count("state machine")
        ),
        "function or worker: SQS": lambda job: number(job.count("functions", "sqs:") + job.count("worker", "sqs:")),
        "function or worker: S3 writes + reads": lambda job: s3(job, "functions") or s3(job, "worker"),
        "**all**": lambda job: number(job.requests),
        "of naive": ratio,
    }
    lines = {title: [of(job) for of in columns.values()] for title, job in rows.items()}
    return table(["", *columns], lines, len(columns))


def s3(job: Job, who: str) -> str:
    writes, reads = (job.s3(actions, who) for actions in (designs.S3_WRITES, designs.S3_READS))
    return f"{number(writes) or 0} + {number(reads) or 0}" if writes or reads else ""


def ratio(job: Job) -> str:
    return f"{ratio_to_naive(job):.0%}"


def ratio_to_naive(job: Job) -> float:
    return job.requests / designs.naive(job.operation).requests


def thirds(rows: dict[str, Job]) -> str:
    listed, pictured = rows["list, in a batch"], rows["image, in a batch"]
    single, naive = designs.with_single_replies(listed), designs.naive("grayscale")
    five = designs.least_of_an_image()
    return "\n\n".join(
        (
            paragraph(
                f"A list in a batch asks for {ratio(listed)} of what it asks for in the naive design. How many replies",
                "share a request depends on which outcomes are stored at the same moment: counted",
                f"{number(listed.count('functions', 'sqs:'))} for each list. With a request for each reply, the most",
                f"there can be, it would be {number(single.requests)} requests, {ratio(single)}.",
            ),
            paragraph(
                f"**An image with a job of its own, sent in a batch, asks for {ratio(pictured)}, and cannot come down",
                "to a third**: it is uploaded,",
                f"read, written, downloaded, and has an outcome. These {number(five)} requests to S3 alone are",
                f"{five / naive.requests:.0%} of the naive design's {number(naive.requests)}.",
            ),
            mapped_thirds(rows),
        )
    )


def mapped_thirds(rows: dict[str, Job]) -> str:
    many, few, photograph = (rows[title] for title in (*(TITLES[kind] for kind in IMAGE_MAPS), PHOTOGRAPH))
    megabytes = designs.measured(designs.PHOTOGRAPH)[0]
    largest = designs.largest_within(1 / 3, many, few, (MAPPED, FEW_MAPPED)) / 1e6
    large = designs.of_larger_objects(many, few, (MAPPED, FEW_MAPPED), 20e6)
    return paragraph(
        f"**A batch of images is a map job**, and asks for {exactly(many)} where it has {MAPPED:,} images: one",
        "message, one outcome and one reply are for all of them. That each is uploaded, read, written and",
        f"downloaded is {sum(designs.OF_AN_OBJECT.values())} of its {number(many.requests)} requests.",
        f"With {FEW_MAPPED} images, what a job asks for once counts for more: {exactly(few)}.",
        f"Photographs of {megabytes} MB ask for {exactly(photograph)}, since",
        f"{batch_objects(megabytes * 1e6)} of them are a batch, rather than {batch_objects(1)};",
        f"images of more than {largest:.1f} MB ask for more than a third, those of 20 MB for {exactly(large)}.",
    )


def exactly(job: Job) -> str:
    return f"{ratio_to_naive(job):.1%}"


def outcomes(rows: dict[str, Job]) -> str:
    listed, picture = (designs.cost(rows[title]).total for title in ("list, in a batch", "image, in a batch"))
    naive = designs.cost(designs.naive("grayscale")).total
    more, mapped = picture - naive, designs.cost(rows[PHOTOGRAPH])
    return paragraph(
        f"Most of what a list costs is its outcome, which stays on S3 for 30 days: {usd(prices.S3_WRITE.usd)} of",
        f"{usd(listed)} USD a million in batches. With its outcome and the look-up before it, an image costs",
        f"{usd(more)} USD a million more than in the naive design, where nothing is left to look up when a reply is",
        f"lost. In map jobs it costs {usd(naive - mapped.total)} less: an outcome is for all images, and while some of",
        f"them are on their way others are worked on. Step Functions has {usd(mapped.states)} of it.",
    )


def money_table(rows: dict[str, Job]) -> str:
    lines = {}
    for title, job in rows.items():
        if title in WITHOUT_MONEY:
            continue
        cost = designs.cost(job)
        parts = [usd(each) if each else "" for each in (cost.sqs, cost.s3, cost.compute, cost.states, cost.logs)]
        lines[title] = [*parts, f"**{usd(cost.total)}**"]
    return table(["USD a million", "SQS", "S3", "Lambda", "Step Functions", "logs", "**all**"], lines, 6)


def idle_table() -> str:
    receives = f"{idle.receives(idle.queues(), prices.POLLERS):,}"
    fewer = f"`MaximumConcurrency=0`: down to {usd(idle.polling_usd(prices.FEWEST_POLLERS))}"
    lines = {
        f"Lambda's pollers, {prices.POLLERS} for each of {idle.queues()} queues: {receives} receives": [
            usd(idle.polling_usd()),
            f"{fewer}. Disabled mappings: 0",
        ],
        f"{idle.alarms()} alarms": [usd(idle.alarms_usd()), "`Monitoring=none`"],
        f"{idle.dashboards()} dashboard": [usd(idle.dashboard_usd()), "`Monitoring=alarms` or `none`"],
        "**a stack**": [f"**{usd(idle.stack_usd())}**", f"{usd(idle.stack_usd('none'))} with `Monitoring=none`"],
        "always on: a t3.micro with 8 GB and an address, one poller a queue": [usd(idle.instance_usd()), ""],
    }
    return table(["while nobody asks", "USD a month", "what lowers it"], lines, 1)


def even(rows: dict[str, Job]) -> str:
    """From how many jobs a month on the instance is the cheaper one."""
    saved = idle.instance_usd() - idle.stack_usd("none")
    parts = []
    for title, other, what in (
        ("one list", "always on, list", "lists one at a time"),
        ("list, in a batch", "always on, list", "lists in batches"),
        ("image, in a batch", "always on, image", "images in batches"),
    ):
        more = designs.cost(rows[title]).total - designs.cost(rows[other]).total
        parts.append(f"{saved / more:.1f} million {what}")
    return paragraph(
        f"An instance costs {usd(saved)} USD a month more than a stack with `Monitoring=none`, and each job less.",
        f"They cost the same at {parts[0]}, {parts[1]} or {parts[2]} a month, as long as one instance does that many.",
    )


def paragraph(*parts: str) -> str:
    return textwrap.fill(" ".join(parts), WIDTH, break_long_words=False, break_on_hyphens=False)


def prices_table() -> str:
    lines = {each.unit: [plain(each.usd), each.page, each.quoted] for each in prices.ALL}
    return table(["price of", "USD", "AWS's page", f"where it was read on {prices.READ}"], lines, 1)


def plain(price: float) -> str:
    """Two decimals, and more where there are more."""
    return max(usd(price), f"{price:.10f}".rstrip("0"), key=len)


def table(head: list[str], lines: dict[str, list[str]], figures: int) -> str:
    """A table whose first so many columns beside the titles hold figures, which stand to the right."""
    rules = ["---"] + ["---:"] * figures + ["---"] * (len(head) - 1 - figures)
    rows = [
        [f" {cell} " if cell else " " for cell in row] for row in (head, *([title, *lines[title]] for title in lines))
    ]
    return "\n".join("|" + "|".join(row) + "|" for row in (rows[0], rules, *rows[1:]))


def number(value: float) -> str:
    digits = 2 if value >= 0.01 else 3
    return "" if value == 0 else f"{value:.{digits}f}".rstrip("0").rstrip(".")


def usd(value: float) -> str:
    return f"{value:.2f}"


def filled(text: str, content: dict[str, str], mark: str = "cost") -> str:
    """A page with its blocks as they have to be."""
    for name, block in content.items():
        begin, end = f"<!-- {mark}: {name} -->\n", f"<!-- end of {name} -->\n"
        found = re.findall(re.escape(begin) + ".*?" + re.escape(end), text, re.DOTALL)
        if len(found) != 1:
            raise Failure(f"there are {len(found)} places for `<!-- {mark}: {name} -->`, not one")
        text = text.replace(found[0], f"{begin}{block}\n{end}")
    return text
