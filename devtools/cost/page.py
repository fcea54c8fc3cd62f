"""The tables of docs/cost.md and the summary in README.md, each between two marks: `<!-- cost: NAME -->` and
`<!-- end of NAME -->`."""

import re
from collections.abc import Callable
from pathlib import Path

from devtools.checkout import ROOT, Failure
from devtools.cost import designs, idle, prices
from devtools.cost.designs import Job
from devtools.cost.record import Counts

PAGE = ROOT / "docs" / "cost.md"
README = ROOT / "README.md"
# The kinds of jobs that are counted, with the operation that does them, in the order of the tables.
COUNTED = {
    "one list": "stats",
    "one image": "grayscale",
    "uploaded list": "stats",
    "uploaded image": "grayscale",
    "batch of lists": "stats",
    "batch of images": "grayscale",
}
TITLES = {
    "batch of lists": "list, in a batch",
    "batch of images": "image, in a batch",
}


def jobs(recorded: dict[str, Counts]) -> dict[str, Job]:
    """All rows: errand's, then the other designs'."""
    if recorded.keys() != COUNTED.keys():
        raise Failure(f"counts.json holds {', '.join(recorded)}: run `make cost`")
    own = {TITLES.get(kind, kind): designs.counted(recorded[kind], COUNTED[kind]) for kind in COUNTED}
    return {
        **own,
        "naive Lambda, list": designs.naive("stats"),
        "naive Lambda, image": designs.naive("grayscale"),
        "always on, list": designs.always_on("stats"),
        "always on, image": designs.always_on("grayscale"),
    }


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
    return (
        f"While nobody asks, a stack costs {usd(idle.stack_usd('none'))} to {usd(idle.stack_usd())} US dollars a month, and what "
        f"it stores: Lambda's pollers ask the\nqueues {millions:.1f} million times, alarms and dashboard have their price "
        f"(`PARAMETERS=\"Monitoring=none\"` leaves them out).\n"
        f"A list asks for {number(one.requests)} requests in all, {number(batched.requests)} where many are sent in batches: "
        f"{total['one list']} and {total['list, in a batch']} US dollars a million at list\nprices. A photograph: "
        f"{total['one image']} and {total['image, in a batch']} US dollars a million. A test counts the requests."
    )


def requests_table(rows: dict[str, Job]) -> str:
    columns: dict[str, Callable[[Job], float]] = {
        "client: SQS": lambda job: job.count("client", "sqs:"),
        "client: S3": lambda job: job.count("client", "s3:"),
        "pollers: SQS": lambda job: job.count("poller"),
        "invocations": lambda job: job.invocations,
        "function or worker: SQS": lambda job: job.count("functions", "sqs:") + job.count("worker", "sqs:"),
        "function or worker: S3": lambda job: job.count("functions", "s3:") + job.count("worker", "s3:"),
        "**all**": lambda job: job.requests,
    }
    lines = [[number(of(job)) for of in columns.values()] + [ratio(job)] for job in rows.values()]
    return table(["", *columns, "of naive"], dict(zip(rows, lines, strict=True)), len(columns) + 1)


def ratio(job: Job) -> str:
    return f"{ratio_to_naive(job):.0%}"


def ratio_to_naive(job: Job) -> float:
    return job.requests / designs.naive(job.operation).requests


def thirds(rows: dict[str, Job]) -> str:
    listed, pictured = rows["list, in a batch"], rows["image, in a batch"]
    single = designs.with_single_replies(listed)
    five = designs.least_of_an_image()
    return (
        f"A list in a batch asks for {ratio(listed)} of what it asks for in the naive design. How many replies share a request "
        f"depends on which\noutcomes are stored at the same moment: counted {number(listed.count('functions', 'sqs:'))} for "
        f"each list. With a request for each reply, the most there can be, it would be\n{number(single.requests)} requests, "
        f"{ratio(single)}.\n\n"
        f"**An image in a batch asks for {ratio(pictured)}, and cannot come down to a third**: it is uploaded, read, written, "
        f"downloaded, and has an\noutcome. These {number(five)} requests to S3 alone are "
        f"{five / designs.naive('grayscale').requests:.0%} of the naive design's "
        f"{number(designs.naive('grayscale').requests)}."
    )


def outcomes(rows: dict[str, Job]) -> str:
    listed, picture = rows["list, in a batch"], rows["image, in a batch"]
    more = designs.cost(picture).total - designs.cost(designs.naive("grayscale")).total
    return (
        f"Most of what a list costs is its outcome, which stays on S3 for 30 days: {usd(prices.S3_WRITE.usd)} of "
        f"{usd(designs.cost(listed).total)} USD a million in batches. With its\noutcome and the look-up before it, an image costs "
        f"{usd(more)} USD a million more than in the naive design, where nothing is left to look up\nwhen a reply is lost."
    )


def money_table(rows: dict[str, Job]) -> str:
    lines = {}
    for title, job in rows.items():
        cost = designs.cost(job)
        parts = [usd(each) if each else "" for each in (cost.sqs, cost.s3, cost.compute, cost.logs)]
        lines[title] = [*parts, f"**{usd(cost.total)}**"]
    return table(["USD a million", "SQS", "S3", "Lambda", "logs", "**all**"], lines, 5)


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
    return (
        f"An instance costs {usd(saved)} USD a month more than a stack with `Monitoring=none`, and each job less. They cost the "
        f"same at\n{parts[0]}, {parts[1]} or {parts[2]} a month, as long as one instance\ndoes that many."
    )


def prices_table() -> str:
    lines = {each.unit: [plain(each.usd), each.page, each.quoted] for each in prices.ALL}
    return table(["price of", "USD", "AWS's page", f"where it was read on {prices.READ}"], lines, 1)


def plain(price: float) -> str:
    """Two decimals, and more where there are more."""
    return max(usd(price), f"{price:.10f}".rstrip("0"), key=len)


def table(head: list[str], lines: dict[str, list[str]], figures: int) -> str:
    """A table whose first so many columns beside the titles hold figures, which stand to the right."""
    rules = ["---"] + ["---:"] * figures + ["---"] * (len(head) - 1 - figures)
    rows = [[f" {cell} " if cell else " " for cell in row] for row in (head, *([title, *lines[title]] for title in lines))]
    return "\n".join("|" + "|".join(row) + "|" for row in (rows[0], rules, *rows[1:]))


def number(value: float) -> str:
    return "" if value == 0 else f"{value:.2f}".rstrip("0").rstrip(".")


def usd(value: float) -> str:
    return f"{value:.2f}"


def filled(text: str, content: dict[str, str]) -> str:
    """A page with its blocks as they have to be."""
    for name, block in content.items():
        mark = rf"(<!-- cost: {name} -->\n).*?(<!-- end of {name} -->\n)"
        text, count = re.subn(mark, lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text, flags=re.DOTALL)
        if count != 1:
            raise Failure(f"there are {count} places for `<!-- cost: {name} -->`, not one")
    return text
