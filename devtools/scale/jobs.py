"""The two jobs: statistics of a list in slices, images in batches. Each gives how long it took and what it costs."""

import math
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from devtools.cost import prices
from devtools.scale.model import MODEL, batch_objects
from devtools.scale.simulate import Environments, Gate, Run, Tally, Work, is_killed, processor, slowness

# Images that are followed as one, so that a million take seconds: a function waits for S3's limit once for so many.
STEP_KEYS = 10
# Runs of which the median is told, each with a seed of its own.
SEEDS = range(5)


@dataclass(frozen=True)
class Result:
    """One run."""

    wall_secs: float
    tally: Tally
    memory_mb: float
    phases: dict[str, float] = field(default_factory=dict)
    """When each phase was done, in seconds since the beginning."""

    @property
    def usd(self) -> dict[str, float]:
        """By service, at the prices of us-east-1; data stay in the region, where moving them is free."""
        tally = self.tally
        transitions = MODEL["transitions"] + tally.children
        return {
            "Lambda": tally.billed_secs * self.memory_mb / 1024 * prices.COMPUTE.usd
            + tally.invocations * prices.INVOCATIONS.usd / prices.MILLION,
            "S3": ((tally.writes + tally.lists) * prices.S3_WRITE.usd + tally.reads * prices.S3_READ.usd)
            / prices.MILLION,
            # A child that is started is a transition of the parent ("Transitions in Distributed Map state", Step
            # Functions developer guide).
            "Step Functions": transitions * prices.TRANSITIONS.usd / prices.MILLION
            + tally.children * prices.EXPRESS.usd / prices.MILLION
            + tally.child_secs * prices.EXPRESS_GB * prices.EXPRESS_COMPUTE.usd,
            "logs": tally.invocations * prices.PLATFORM_LOG_BYTES / 1e9 * prices.LOGS.usd,
        }

    @property
    def total_usd(self) -> float:
        return sum(self.usd.values())


def stats(size_bytes: int, at_once: int, seed: int = 0, quota: int | None = None) -> Result:
    """Statistics of one list, in as many passes as the model says."""
    memory_mb = MODEL["stats_memory_mb"]
    run = begin(seed, quota)
    whole, rest = divmod(size_bytes, int(MODEL["slice_bytes"]))
    slices = [int(MODEL["slice_bytes"])] * whole + [rest] * (rest > 0)
    parse = MODEL["parse_bytes_per_sec"] * processor(memory_mb)
    phases = {}

    # HEAD, the list's beginning, the plan and the work list.
    run.alone(lambda rng: simple(run, rng, reads=2, writes=2), phase=0)
    phases["plan"] = run.now
    for number in range(int(MODEL["passes"])):
        run.pause(MODEL["map_start_secs"])
        # In the second pass a slice is also told what is looked for.
        reads = 1 + (number > 0)
        run.each((slice_work(run, size, reads, parse) for size in slices), at_once, phase=2 * number + 1)
        phases[f"pass {number + 1}"] = run.now
        run.alone(reducer(run, len(slices), MODEL["partial_bytes"], parse), phase=2 * number + 2)
        phases[f"reduce {number + 1}"] = run.now
    return Result(run.now, run.tally, memory_mb, phases)


def images(
    count: int, image_bytes: int, at_once: int, seed: int = 0, quota: int | None = None, prefixes: int = 1
) -> Result:
    """Gray images of all that lies below one prefix, which S3 has not divided; their results lie below `prefixes`."""
    memory_mb = MODEL["grayscale_memory_mb"]
    run = begin(seed, quota)
    keys = batch_objects(image_bytes)
    reads, writes = Gate(MODEL["reads_per_sec"]), Gate(prefixes * MODEL["writes_per_sec"])
    gray_secs = image_bytes / (MODEL["gray_bytes_per_sec"] * processor(memory_mb))
    phases = {}

    # The function that is asked keeps the request and starts the execution.
    run.alone(lambda rng: simple(run, rng, reads=0, writes=1), phase=3)
    pages = math.ceil(count / MODEL["list_page_keys"])
    for step, listed in enumerate(planning(pages)):
        run.alone(lister(run, listed), phase=4 + step)
    phases["plan"] = run.now
    run.pause(MODEL["map_start_secs"])
    sizes = batch_sizes(count, keys)
    # Step Functions reads the list of the work.
    run.tally.reads += 1
    run.each((batch_work(run, size, image_bytes, gray_secs, reads, writes) for size in sizes), at_once, phase=1)
    phases["images"] = run.now
    # The plan besides.
    run.tally.reads += 1 + int(MODEL["step_reads"])
    run.alone(reducer(run, len(sizes), keys * MODEL["report_line_bytes"], MODEL["read_bytes_per_sec"]), phase=2)
    phases["reduce 1"] = run.now
    return Result(run.now, run.tally, memory_mb, phases)


def batch_sizes(count: int, keys: int) -> list[int]:
    """How many images each batch has: the last of a page, which no batch goes beyond, has what is left of it."""
    page = int(MODEL["list_page_keys"])
    pages = (min(page, count - listed) for listed in range(0, count, page))
    return [min(keys, objects - done) for objects in pages for done in range(0, objects, keys)]


def planning(pages: int) -> list[int]:
    """How many pages each step lists and keeps, until it has no time for another."""
    each = max(1, math.floor(MODEL["plan_secs"] / page_secs()))
    return [min(each, pages - listed) for listed in range(0, pages, each)]


def page_secs() -> float:
    """A page is listed, and kept, before the next."""
    return MODEL["list_page_secs"] + MODEL["s3_request_secs"]


def begin(seed: int, quota: int | None) -> Run:
    run = Run(Environments(quota or int(MODEL["concurrency_quota"])), seed)
    # All states of the parent, which are not followed one by one.
    run.pause(MODEL["transitions"] * MODEL["transition_secs"])
    return run


def simple(run: Run, rng: random.Random, reads: int, writes: int) -> Work:
    """A function that does nothing but a few requests."""
    secs = run.calls_secs(rng, reads + writes)
    run.tally.reads += reads
    run.tally.writes += writes
    yield secs or 0.0
    return secs is not None


def lister(run: Run, pages: int) -> Callable[[random.Random], Work]:
    """Lists page by page and keeps each, then how far it has come and the plan; the last step, the work besides."""

    def work(rng: random.Random) -> Work:
        reads, writes = 1 + int(MODEL["step_reads"]), pages + 3
        run.tally.lists += pages
        run.tally.reads += reads
        run.tally.writes += writes
        secs = run.calls_secs(rng, reads + pages + writes)
        longer = pages * (MODEL["list_page_secs"] - MODEL["s3_request_secs"])
        # A step that has failed for good lists its pages again.
        yield secs + longer if secs is not None else pages * page_secs() * rng.random()
        return secs is not None

    return work


def slice_work(run: Run, size_bytes: int, reads: int, parse: float) -> Callable[[random.Random], Work]:
    def work(rng: random.Random) -> Work:
        # The list is parsed while it comes: the slower of both counts.
        secs = size_bytes / min(MODEL["read_bytes_per_sec"] / slowness(rng), parse)
        if is_killed(rng):
            run.tally.reads += reads
            yield secs * rng.random()
            return False
        calls = run.calls_secs(rng, reads + 1)
        run.tally.reads += reads
        run.tally.writes += 1
        yield secs + (calls or 0.0)
        return calls is not None

    return work


def batch_work(
    run: Run, keys: int, image_bytes: int, gray_secs: float, reads: Gate, writes: Gate
) -> Callable[[random.Random], Work]:
    """Some images of a batch are fetched, done and stored at the same time, one of them done. Their bytes share what a
    function gets from S3 and sends there. What takes longest of bytes, work and waiting hides the others, but for the
    first image on its way in and the last on its way out, which together are one that nothing hides."""

    def work(rng: random.Random) -> Work:
        began = run.now
        reads_before = int(MODEL["step_reads"] + MODEL["batch_reads"])
        if not (yield from simple(run, rng, reads=reads_before, writes=0)):
            return False
        rate = MODEL["read_bytes_per_sec"] / slowness(rng)
        bytes_secs = image_bytes * (1 + MODEL["gray_output_ratio"]) / rate
        alone = 2 * MODEL["s3_request_secs"] + bytes_secs + gray_secs
        yield alone - max(2 * MODEL["s3_request_secs"] / MODEL["objects_at_once"], bytes_secs, gray_secs)
        steps = [min(STEP_KEYS, keys - done) for done in range(0, keys, STEP_KEYS)]
        killed_in = rng.randrange(len(steps)) if is_killed(rng) else None
        for number, count in enumerate(steps):
            if number == killed_in:
                return False
            # Two calls an image. One that fails for good is made again by the function itself, which is left out.
            secs = run.calls_secs(rng, 2 * count) or 0.0
            waited = max(reads.wait_secs(run.now, count), writes.wait_secs(run.now, count))
            run.tally.waited_for_s3_secs += waited
            run.tally.reads += count
            run.tally.writes += count
            yield waited + max(secs / MODEL["objects_at_once"], count * bytes_secs, count * gray_secs)
        run.tally.reads += int((run.now - began) / MODEL["look_secs"])
        return (yield from simple(run, rng, reads=0, writes=1))

    return work


def reducer(run: Run, partials: int, partial_bytes: float, parse: float) -> Callable[[random.Random], Work]:
    def work(rng: random.Random) -> Work:
        run.tally.reads += partials
        calls = run.calls_secs(rng, partials)
        waited = (calls if calls is not None else 0.0) / MODEL["reads_at_once"]
        yield max(waited, partials * partial_bytes / min(MODEL["read_bytes_per_sec"] / slowness(rng), parse))
        return (yield from simple(run, rng, reads=0, writes=1))

    return work


def median(of: Callable[[int], Result]) -> Result:
    """The run in the middle of those with each seed, by the time it took."""
    results = [of(seed) for seed in SEEDS]
    middle = statistics.median_low(result.wall_secs for result in results)
    return next(result for result in results if result.wall_secs == middle)
