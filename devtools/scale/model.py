"""What the simulation takes for granted. Everything that a reader could doubt is here, each figure with its kind and
its source; prices are in devtools/cost/prices.py.

The command's `--dry-run` estimates by the same figures: a constant of client/src/bin/errand/cost*.rs that has the name
of one of these, in capitals, has its value (devtools/tests/test_scale.py).
"""

from dataclasses import dataclass
from enum import Enum

from devtools import stack
from devtools.cost import prices


class Kind(Enum):
    """How a figure is known."""

    DESIGN = "errand's own"
    MEASURED = "measured"
    PUBLISHED = "published"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Figure:
    value: float
    kind: Kind
    source: str


def own(value: float, source: str) -> Figure:
    return Figure(value, Kind.DESIGN, source)


def measured(value: float, source: str) -> Figure:
    return Figure(value, Kind.MEASURED, source)


def published(value: float, source: str) -> Figure:
    return Figure(value, Kind.PUBLISHED, source)


def assumed(value: float, source: str) -> Figure:
    return Figure(value, Kind.ASSUMED, source)


MEASURED_BY = "`python3 bench/scale.py --measure` on one core of an AMD EPYC, 2026-11-30, the middle of three runs"

FIGURES: dict[str, Figure] = {
    # How a job is divided.
    "slice_bytes": own(256 << 20, "a slice of a list"),
    "batch_keys": own(100, "the most objects of a batch, which one function does"),
    "batch_bytes": own(256 << 20, "the most bytes of a batch, unless one object has more"),
    "objects_at_once": own(8, "of a batch are fetched, done and stored at the same time, one of them done"),
    "partial_bytes": own(200_000, "what is stored of a slice in a pass: 8,192 ranges, 25 bytes each"),
    "report_line_bytes": own(
        400, "what is stored of an image in the report of its batch: 386 for one of `make test-cost`"
    ),
    "step_reads": own(2, "of each step of a map job: its request, and whether it has an outcome already"),
    "batch_reads": own(
        3, "of a batch: its report, if there is one, its page of the listing, and what was done of it before"
    ),
    "look_secs": own(5, "after which a batch looks again whether its job was canceled"),
    "plan_secs": own(
        stack.operation("grayscale").timeout_secs - 3 - 5,
        "of a step that lists, before it leaves the rest to another: the time-out, a reserve, and time for a page",
    ),
    "reads_at_once": own(16, "requests on their way while a function puts partials together"),
    "passes": own(2, "over a list; one where its numbers lie close together"),
    "stats_memory_mb": own(stack.operation("stats").memory_mb, "template.yaml, `StatsMemoryMb`"),
    "grayscale_memory_mb": own(stack.operation("grayscale").memory_mb, "template.yaml, `GrayscaleMemoryMb`"),
    "transitions": own(12, "of the parent, rounded up: plan, map, reduce, what next, and so on"),
    "sdk_attempts": own(3, "of a call to S3, as the SDK does: after up to 1 s, up to 2 s"),
    "child_retry_secs": own(
        1, "before the state machine invokes again, doubled each time up to 20 s, half of it jitter"
    ),
    # How quick the work is.
    "parse_bytes_per_sec": measured(1_074e6, f"each of two passes over 256 MiB of integers; {MEASURED_BY}"),
    "gray_bytes_per_sec": measured(132e6, f"examples/image.jpg, a baseline JPEG; {MEASURED_BY}"),
    "gray_output_ratio": measured(0.568, "bytes of its gray image over its own; the same"),
    "read_bytes_per_sec": published(
        99e6,
        "of S3, by each of 1,000 functions of 1 GB: Lithops' benchmark of 2022-06-10, read off its plot "
        "(github.com/lithops-cloud/applications, benchmarks/object_storage/aws_s3). AWS says 85 to 90 MB/s for one "
        "connection (S3 performance design patterns)",
    ),
    "processor_mb": published(1769, "with which a function has a whole processor: Lambda developer guide, memory"),
    # Lambda and Step Functions.
    "environments_per_10_secs": published(1000, "new ones of a function: Lambda developer guide, scaling behavior"),
    "concurrency_quota": published(1000, "of an account by default; new accounts have less: Lambda quotas"),
    "child_limit_secs": published(300, "the longest that an Express workflow runs: Step Functions quotas"),
    "start_secs": assumed(
        0.3,
        "of a new environment, all of it billed. Published: 67 ms for Rust with one SDK client on arm64 "
        "(cebert/aws-lambda-performance-benchmarks, 2025-11); finding a place comes on top",
    ),
    "killed_rate": assumed(0.001, "of all invocations die in the middle, and are repeated"),
    "map_start_secs": assumed(1, "of a map state, until its first child begins"),
    "transition_secs": assumed(0.1, "of any other state"),
    # S3.
    "list_page_keys": published(1000, "ListObjectsV2: S3 API reference"),
    "writes_per_sec": published(3500, "below a prefix: S3 user guide, performance guidelines"),
    "reads_per_sec": published(5500, "below a prefix: the same"),
    "s3_request_secs": assumed(
        prices.S3_MS / 1000, 'until the first byte: "tens of milliseconds", S3 performance design patterns'
    ),
    "list_page_secs": assumed(0.1, "a page of keys; one page after the other"),
    "s3_error_rate": assumed(
        0.01, "of all calls end with 5xx and are made again; AWS promises better than one in a thousand"
    ),
    "straggler_sigma": assumed(
        0.3,
        "of the log-normal slowness of a function's transfers: never quicker than the rate above, one in a hundred "
        "half as quick. That storage makes the tail is STeLLAR's finding (IISWC 2021); its width is not from there",
    ),
}

MODEL: dict[str, float] = {name: figure.value for name, figure in FIGURES.items()}


def batch_objects(size_bytes: float) -> int:
    """How many objects of a size are a batch."""
    return int(max(1, min(MODEL["batch_keys"], MODEL["batch_bytes"] // size_bytes)))
