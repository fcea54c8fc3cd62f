"""What one job asks of AWS: of errand, as counted; of two other designs for the same, as they are written down here.

*Naive Lambda*: what one writes first. The client does for each job what `errand` does for one: it finds the queue,
makes a reply queue, sends, receives, removes the queue. The function is given one message at a time. It reads the image
and writes the gray one; of a list it writes the result. It looks up nothing, keeps no outcome beside, logs nothing, and
sends each reply by itself. That is the least that such a design can do: a HEAD before the GET would be one more.

*Always on*: the original design, bench/baseline/worker.py. One loop on one instance takes one message at a time,
answers on a response queue that all share, and keeps nothing of a list. Images go by a bucket, as in the others.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from devtools import stack
from devtools.checkout import ROOT, Failure
from devtools.cost import prices
from devtools.cost.record import Counts, MapCounts
from devtools.scale.model import MODEL, batch_objects

S3_WRITES = {
    "PutObject",
    "CopyObject",
    "UploadPart",
    "CreateMultipartUpload",
    "CompleteMultipartUpload",
    "ListObjectsV2",
}
S3_READS = {"GetObject", "HeadObject"}
S3_FREE = {"DeleteObject", "AbortMultipartUpload"}
REPLY = ("functions", "sqs:SendMessageBatch")
# What an image asks for in a map job, its batch and its job left aside.
OF_AN_OBJECT = {(who, f"s3:{what}"): 1 for who in ("client", "functions") for what in ("PutObject", "GetObject")}
# Whose table says how long the operation itself takes, and of what: `make bench-memory`.
OPERATING = ROOT / "docs" / "operating.md"
PHOTOGRAPH = "JPEG, 18 megapixels"
# A hundred integers are done in less.
LIST_MS = 1.0


@dataclass(frozen=True)
class Job:
    """What one job asks for, on average."""

    operation: str
    asked: Mapping[tuple[str, str], float]
    """Who asks (client, functions, poller, worker) for what (`sqs:SendMessage`), and how often."""
    invocations: float = 0
    log_bytes: float = 0
    transitions: float = 0
    """Of a state machine, as Step Functions counts them."""
    children: float = 0
    """Of a map job: Express executions, each of which does a batch."""

    def count(self, who: str = "", prefix: str = "") -> float:
        return sum(n for (by, what), n in self.asked.items() if by.startswith(who) and what.startswith(prefix))

    def s3(self, actions: set[str], who: str = "") -> float:
        of_s3 = {(by, what.removeprefix("s3:")): n for (by, what), n in self.asked.items() if what.startswith("s3:")}
        return sum(n for (by, what), n in of_s3.items() if by.startswith(who) and what in actions)

    @property
    def requests(self) -> float:
        """All that AWS counts as one: calls of its services, invocations, transitions and executions."""
        return sum(self.asked.values()) + self.invocations + self.transitions + self.children


@dataclass(frozen=True)
class Cost:
    """USD a million jobs."""

    sqs: float
    s3: float
    compute: float
    logs: float
    states: float = 0

    @property
    def total(self) -> float:
        return self.sqs + self.s3 + self.compute + self.logs + self.states


def counted(counts: Counts, operation: str) -> Job:
    """A job of errand. The pollers receive once for each invocation that they make, and delete what is done once. Step
    Functions reads the lists of a map job's work itself."""
    jobs = counts["jobs"]
    asked = {
        (who, what): times / jobs
        for who, all_of_them in (("client", counts["client"]), ("functions", counts["functions"]))
        for what, times in all_of_them.items()
    }
    invocations = counts["invocations"] / jobs
    of_map = counts.get("map", MapCounts(deliveries=counts["invocations"], transitions=0, children=0, work_lists=0))
    for what in ("sqs:ReceiveMessage", "sqs:DeleteMessageBatch"):
        asked["poller", what] = of_map["deliveries"] / jobs
    if of_map["work_lists"]:
        asked["state machine", "s3:GetObject"] = of_map["work_lists"] / jobs
    logged = counts["log_bytes"] / jobs + invocations * prices.PLATFORM_LOG_BYTES
    return Job(operation, asked, invocations, logged, of_map["transitions"] / jobs, of_map["children"] / jobs)


def of_larger_objects(many: Job, few: Job, jobs: tuple[int, int], size_bytes: float) -> Job:
    """What an object asks for in a map job as large as that of `many`, if fewer of its size fit a batch. Two counted
    map jobs, of so many objects, tell apart what a job asks for, what a batch, and what an object."""
    batches = [round(job.children * count) for job, count in zip((many, few), jobs, strict=True)]
    wanted = math.ceil(jobs[0] / batch_objects(size_bytes))

    def changed(of_many: float, of_few: float, of_object: float = 0) -> float:
        large, small = ((each - of_object) * count for each, count in zip((of_many, of_few), jobs, strict=True))
        of_batch = (large - small) / (batches[0] - batches[1])
        return of_many + (wanted - batches[0]) * of_batch / jobs[0]

    return replace(
        many,
        asked={what: changed(n, few.asked.get(what, 0), OF_AN_OBJECT.get(what, 0)) for what, n in many.asked.items()},
        invocations=changed(many.invocations, few.invocations),
        log_bytes=changed(many.log_bytes, few.log_bytes),
        transitions=changed(many.transitions, few.transitions),
        children=wanted / jobs[0],
    )


def largest_within(share: float, many: Job, few: Job, jobs: tuple[int, int]) -> float:
    """The most bytes that an image may have to ask, in a map job, for no more than such a share of the naive design."""
    most = naive(many.operation).requests * share
    sizes = (MODEL["batch_bytes"] // objects for objects in range(1, int(MODEL["batch_keys"]) + 1))
    return next(size for size in sizes if of_larger_objects(many, few, jobs, size).requests <= most)


def with_single_replies(job: Job) -> Job:
    """The same if no reply shares its request with another, which is the most that replies can ask for."""
    return replace(job, asked={**job.asked, REPLY: 1.0})


def naive(operation: str) -> Job:
    client = ["GetQueueUrl", "CreateQueue", "SendMessage", "ReceiveMessage", "DeleteQueue"]
    asked = {("client", f"sqs:{what}"): 1.0 for what in client}
    asked |= {("poller", "sqs:ReceiveMessage"): 1.0, ("poller", "sqs:DeleteMessage"): 1.0}
    asked |= {("functions", "s3:PutObject"): 1.0, ("functions", "sqs:SendMessage"): 1.0}
    if operation == "grayscale":
        asked |= by_bucket("functions")
    return Job(operation, asked, 1.0, prices.PLATFORM_LOG_BYTES)


def always_on(operation: str) -> Job:
    asked = {("client", f"sqs:{what}"): 1.0 for what in ("SendMessage", "ReceiveMessage", "DeleteMessage")}
    asked |= {("worker", f"sqs:{what}"): 1.0 for what in ("ReceiveMessage", "SendMessage", "DeleteMessage")}
    if operation == "grayscale":
        asked |= by_bucket("worker") | {("worker", "s3:PutObject"): 1.0}
    return Job(operation, asked)


def by_bucket(who: str) -> dict[tuple[str, str], float]:
    """An image goes up, is read, and its gray one comes down."""
    return {("client", "s3:PutObject"): 1.0, ("client", "s3:GetObject"): 1.0, (who, "s3:GetObject"): 1.0}


def least_of_an_image() -> float:
    """Requests that an image cannot do without: up, read, written, down, and its outcome."""
    return sum(naive("grayscale").count(prefix=f"s3:{what}") for what in ("PutObject", "GetObject")) + 1


def cost(job: Job) -> Cost:
    """At the prices, of a million."""
    unknown = {what for _, what in job.asked if what.removeprefix("s3:") not in S3_WRITES | S3_READS | S3_FREE}
    # A start is paid as the transition to the first state.
    unknown = {what for what in unknown if not what.startswith("sqs:") and what != "states:StartExecution"}
    if unknown:
        raise Failure(f"no price is known for {', '.join(sorted(unknown))}: add it to devtools/cost/designs.py")
    gigabytes = stack.operation(job.operation).memory_mb / 1024
    seconds = (batched_ms(job) if job.children else job.invocations * duration_ms(job)) / 1000
    return Cost(
        sqs=job.count(prefix="sqs:") * prices.SQS.usd,
        s3=job.s3(S3_WRITES) * prices.S3_WRITE.usd + job.s3(S3_READS) * prices.S3_READ.usd,
        compute=job.invocations * prices.INVOCATIONS.usd + seconds * gigabytes * prices.COMPUTE.usd * prices.MILLION,
        logs=job.log_bytes * prices.MILLION / 1e9 * prices.LOGS.usd,
        states=job.transitions * prices.TRANSITIONS.usd
        + job.children * prices.EXPRESS.usd
        # As if a child had all of the functions' time, rather than nearly all.
        + (seconds * prices.EXPRESS_GB * prices.EXPRESS_COMPUTE.usd * prices.MILLION if job.children else 0),
    )


def duration_ms(job: Job) -> float:
    """How long an invocation takes: what one job asks of S3, one after the other, the replies, and the operation. The
    jobs of one invocation wait for S3 side by side."""
    replies = job.count("functions", "sqs:") / job.invocations if job.invocations else 0
    waiting = job.count("functions", "s3:") * prices.S3_MS + replies * prices.SQS_MS
    transfers, cpu_ms = work_ms(job.operation)
    return waiting + transfers + cpu_ms


def batched_ms(job: Job) -> float:
    """How long an object takes in a batch, with its part of all that the functions do besides, one after the other.
    Some objects of a batch are on their way at once: what takes longest of the requests, the bytes and the operation
    hides the others."""
    of_object = sum(times for (who, _), times in OF_AN_OBJECT.items() if who == "functions")
    if job.operation == "stats":
        of_object -= 1  # nothing is written
    besides = (job.count("functions", "s3:") - of_object) * prices.S3_MS
    besides += (job.count("functions", "sqs:") + job.count("functions", "states:")) * prices.SQS_MS
    return besides + max(of_object * prices.S3_MS / MODEL["objects_at_once"], *work_ms(job.operation))


def work_ms(operation: str) -> tuple[float, float]:
    """How long an object's bytes are on their way, and how long the operation takes."""
    if operation == "stats":
        return 0, LIST_MS
    megabytes, cpu_ms = measured(PHOTOGRAPH)
    # In and, at the most, as much out.
    return 2 * megabytes / prices.S3_MB_A_SECOND * 1000, cpu_ms


def measured(job: str) -> tuple[float, float]:
    """Megabytes of a job's input and milliseconds of its CPU time, of the table in docs/operating.md."""
    for line in OPERATING.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == job and cells[1].endswith(" MB") and cells[3].endswith(" ms"):
            return float(cells[1].removesuffix(" MB")), float(cells[3].removesuffix(" ms"))
    raise Failure(f"docs/operating.md has no line `{job}` with megabytes and milliseconds")
