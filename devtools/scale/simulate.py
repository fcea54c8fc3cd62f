"""One run of a map job, event by event: children of a Distributed Map, the environments of the function that they
invoke, and S3 behind it.

A child is a generator that yields how long it waits, and whatever happens to it is drawn from a generator of random
numbers of its own. What befalls a slice is therefore the same whatever runs beside it: more functions at once change
when it is done, and never how long it takes. Only S3's limit of requests a second is shared, besides the environments.
"""

import heapq
import itertools
import math
import random
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field

from devtools.scale.model import MODEL

# Seconds to wait; gives whether the work is done, or has to be repeated.
Work = Generator[float, None, bool]
LONGEST_BACKOFF_SECS = 20.0


@dataclass
class Tally:
    """What a run has asked of AWS, and what got into its way."""

    invocations: int = 0
    billed_secs: float = 0.0
    starts: int = 0
    children: int = 0
    child_secs: float = 0.0
    longest_child_secs: float = 0.0
    reads: int = 0
    writes: int = 0
    lists: int = 0
    s3_errors: int = 0
    throttled: int = 0
    repeated: int = 0
    waited_for_s3_secs: float = 0.0


@dataclass
class Environments:
    """Where a function runs. New ones come at the rate at which Lambda gives them out, which "is always 1,000 units at
    maximum" and is refilled continuously; one that is free again is used first."""

    quota: int
    warm: int = 0
    in_use: int = 0
    tokens: float = 0.0
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = MODEL["environments_per_10_secs"]

    def take(self, now: float) -> float | None:
        """How long the environment takes to start; none where Lambda throttles."""
        if self.in_use >= self.quota:
            return None
        if self.warm:
            self.warm -= 1
            self.in_use += 1
            return 0.0
        most = MODEL["environments_per_10_secs"]
        self.tokens = min(most, self.tokens + (now - self.filled_at) * most / 10)
        self.filled_at = now
        if self.tokens < 1:
            return None
        self.tokens -= 1
        self.in_use += 1
        return MODEL["start_secs"]

    def give_back(self) -> None:
        self.in_use -= 1
        self.warm += 1


@dataclass
class Gate:
    """A prefix of S3, or several, that takes so many requests a second. Those beyond it are refused and come again,
    here as if they waited in a line: the best that can become of them, since none comes later than it could."""

    per_sec: float
    free_at: float = 0.0

    def wait_secs(self, now: float, requests: int) -> float:
        begins = max(now, self.free_at)
        self.free_at = begins + requests / self.per_sec
        return begins - now


@dataclass
class Run:
    """A run as far as it has come. `environments` are those of its one function."""

    environments: Environments
    seed: int
    now: float = 0.0
    tally: Tally = field(default_factory=Tally)

    def pause(self, secs: float) -> None:
        self.now += secs

    def draws(self, phase: int, index: int) -> random.Random:
        """The same on every Python, since a text is its seed."""
        return random.Random(f"{self.seed} {phase} {index}")

    def alone(self, work: Callable[[random.Random], Work], phase: int) -> None:
        """One invocation by itself, of a planner or a reducer."""
        self.each([work], 1, phase, is_mapped=False)

    def each(
        self, works: Iterable[Callable[[random.Random], Work]], at_once: int, phase: int, is_mapped: bool = True
    ) -> None:
        """All children of a map, so many at once, in their order, until the last is done."""
        waiting = enumerate(works)
        order = itertools.count()
        events: list[tuple[float, int, Generator[float, None, None]]] = []

        def begin() -> None:
            for index, work in itertools.islice(waiting, 1):
                self.tally.children += is_mapped
                child = self._child(work, self.draws(phase, index), is_mapped)
                heapq.heappush(events, (self.now, next(order), child))

        for _ in range(at_once):
            begin()
        while events:
            self.now, _, child = heapq.heappop(events)
            try:
                heapq.heappush(events, (self.now + next(child), next(order), child))
            except StopIteration:
                begin()

    def _child(
        self, work: Callable[[random.Random], Work], rng: random.Random, is_mapped: bool
    ) -> Generator[float, None, None]:
        began = self.now
        tries = 0
        while True:
            start_secs = self.environments.take(self.now)
            if start_secs is None:
                self.tally.throttled += 1
            else:
                self.tally.invocations += 1
                self.tally.starts += start_secs > 0
                invoked = self.now
                yield start_secs
                is_done = yield from work(rng)
                self.environments.give_back()
                self.tally.billed_secs += self.now - invoked
                if is_done:
                    break
                self.tally.repeated += 1
            # Half of it is jitter.
            yield backoff_secs(MODEL["child_retry_secs"], tries) * (1 + rng.random()) / 2
            tries += 1
        if is_mapped:
            took = self.now - began
            self.tally.longest_child_secs = max(self.tally.longest_child_secs, took)
            # Express workflows are billed in steps of 100 ms.
            self.tally.child_secs += math.ceil(took * 10) / 10

    def calls_secs(self, rng: random.Random, calls: int) -> float | None:
        """How long so many calls of S3 take, one after the other, transfers left out; none if one fails for good."""
        secs = calls * MODEL["s3_request_secs"]
        for _ in range(calls):
            for attempt in itertools.count():
                if rng.random() >= MODEL["s3_error_rate"]:
                    break
                self.tally.s3_errors += 1
                if attempt + 1 == MODEL["sdk_attempts"]:
                    return None
                secs += MODEL["s3_request_secs"] + rng.random() * backoff_secs(1, attempt)
        return secs


def backoff_secs(base: float, attempt: int) -> float:
    return min(LONGEST_BACKOFF_SECS, base * 2**attempt)


def slowness(rng: random.Random) -> float:
    """How many times longer a function's transfers take than at the published rate."""
    return max(1.0, rng.lognormvariate(0, MODEL["straggler_sigma"]))


def is_killed(rng: random.Random) -> bool:
    return rng.random() < MODEL["killed_rate"]


def processor(memory_mb: float) -> float:
    """A function's share of a processor; an operation uses no more than one."""
    return min(1.0, memory_mb / MODEL["processor_mb"])
