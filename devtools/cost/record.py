"""What was counted: counts.json, which the tables are made from, and how a new count is held against it."""

import json
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from devtools.checkout import write_whole

FILE = Path(__file__).with_name("counts.json")
# Logged durations have more digits or fewer.
LOG_TOLERANCE = 0.05
# Replies of one delivery share a request where their outcomes are stored at the same time, which is a matter of chance:
# of ten, at least one request and at most so many.
REPLIES = "functions sqs:SendMessageBatch"
MOST_REPLY_REQUESTS = 5
# A batch of a map job that takes longer than a few seconds looks whether its job was canceled. On a slow machine each
# may once.
LOOKS = "functions s3:GetObject"


class MapCounts(TypedDict):
    """What a map job asks of Step Functions, which passes by no proxy: told by the execution's history."""

    deliveries: int
    """Invocations with messages of a queue; the others are of the state machine."""
    transitions: int
    """States of the execution that were entered, and children that were started: so AWS counts."""
    children: int
    work_lists: int
    """Read from S3 by Step Functions itself."""


class Counts(TypedDict):
    """What the jobs of one kind asked for, together."""

    jobs: int
    client: dict[str, int]
    functions: dict[str, int]
    invocations: int
    log_bytes: int
    map: NotRequired[MapCounts]


def read() -> dict[str, Counts]:
    return json.loads(FILE.read_text())


def write(found: dict[str, Counts]) -> None:
    write_whole(FILE, json.dumps(found, indent=2) + "\n")


def differences(recorded: dict[str, Counts], found: dict[str, Counts]) -> list[str]:
    """In words, where a count is not what is recorded."""
    lines = []
    for kind in sorted(recorded.keys() | found.keys()):
        if kind not in recorded or kind not in found:
            lines.append(f"{kind}: {'not recorded' if kind in found else 'recorded and not counted'}")
            continue
        before, now = flat(recorded[kind]), flat(found[kind])
        for what in sorted(before.keys() | now.keys()):
            was, is_now = before.get(what, 0), now.get(what, 0)
            least = most = was
            if what == "log_bytes":
                least, most = round(was * (1 - LOG_TOLERANCE)), round(was * (1 + LOG_TOLERANCE))
            elif what == REPLIES and "children" not in now and now["invocations"] < now["jobs"]:
                least, most = now["invocations"], now["invocations"] * MOST_REPLY_REQUESTS
            elif what == LOOKS:
                most = was + before.get("children", 0)
            if not least <= is_now <= most:
                lines.append(f"{kind}: {what}: recorded {was}, counted {is_now}")
    return lines


def flat(counts: Counts) -> dict[str, int]:
    asked = {f"{caller} {what}": n for caller in ("client", "functions") for what, n in counts[caller].items()}
    of_map = cast(dict[str, int], counts.get("map", {}))
    return {
        **asked,
        **of_map,
        "jobs": counts["jobs"],
        "invocations": counts["invocations"],
        "log_bytes": counts["log_bytes"],
    }
