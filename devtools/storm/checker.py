"""Reads the buckets and queues after a run, and the record of what was asked and shown, and counts what must not be.

It looks at the cloud by itself, past the faults, with none of the project's code: what it says does not depend on
the client that it judges.

    checker.py RECORD
"""

import hashlib
import json
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from devtools import stack
from devtools.storm import cloud, pictures, record

# What must not be, in the order of the table.
FAULTS = ("lost", "wrong client", "shown twice", "wrong result", "answered before it was kept", "never answered")


class Verdict:
    """The counts, by kind of job, and an example of each."""

    def __init__(self):
        self.asked: Counter[str] = Counter()
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.notes: Counter[str] = Counter()
        self.examples = {}

    def blame(self, fault, kind, example):
        self.counts[fault][kind] += 1
        self.examples.setdefault(fault, example)

    def total(self, fault):
        return sum(self.counts[fault].values())

    def is_good(self):
        return not any(self.total(fault) for fault in FAULTS)

    def table(self):
        lines = [f"{'':30}{'lists':>8}{'images':>8}"]
        row = "{:30}{:>8}{:>8}".format
        lines.append(row("asked", self.asked["list"], self.asked["image"]))
        for fault in FAULTS:
            lines.append(row(fault, self.counts[fault]["list"], self.counts[fault]["image"]))
        lines += [f"{note}: {count}" for note, count in sorted(self.notes.items())]
        lines += [f"for example, {fault}: {example}" for fault, example in self.examples.items()]
        return "\n".join(lines)


def check(folder):
    asked = {each["job_id"]: each for each in record.read(folder, record.ASKED)}
    received, shown = record.read(folder, record.RECEIVED), record.read(folder, record.SHOWN)
    verdict = Verdict()
    verdict.asked.update(each["kind"] for each in asked.values())

    place, s3 = cloud.Place(), cloud.client("s3", direct=True)
    dead_lettered = dead_letters(place)
    with ThreadPoolExecutor(8) as readers:
        outcomes = dict(zip(asked, readers.map(lambda job_id: kept_of(s3, place, job_id), asked), strict=True))

    for job_id, job in asked.items():
        outcome = outcomes[job_id]
        if outcome is None:
            # A dead letter tells nobody that it is there: whoever asked for the job waits for its outcome.
            where = "and rests in the dead-letter queue" if job_id in dead_lettered else "and no dead letter"
            verdict.blame("lost", job["kind"], f"{job_id} has no outcome {where}")
        elif outcome["status"] == "failed" and outcome["error"]["retryable"] and job_id in dead_lettered:
            verdict.notes["answered, and at rest in the dead-letter queue"] += 1
        elif reason := wrong(s3, place, job, outcome):
            verdict.blame("wrong result", job["kind"], f"{job_id}: {reason}")

    for each in received + shown:
        job = asked.get(each["job_id"])
        if job is None or job["client"] != each["client"]:
            kind = job["kind"] if job else "list"
            verdict.blame("wrong client", kind, f"{each['job_id']} came to client {each['client']}")
    for each in received:
        if each.get("kept") is False:
            kind = asked.get(each["job_id"], {}).get("kind", "list")
            verdict.blame("answered before it was kept", kind, f"{each['job_id']} had no outcome when its reply came")
    looked_at = sum("kept" in each for each in received)
    verdict.notes["replies whose outcome was looked for on arrival"] = looked_at

    seen = Counter(each["job_id"] for each in shown)
    for job_id, times in seen.items():
        if times > 1:
            verdict.blame("shown twice", asked.get(job_id, {}).get("kind", "list"), f"{job_id} was shown {times} times")
    for job_id in asked.keys() - seen.keys():
        verdict.blame("never answered", asked[job_id]["kind"], f"{job_id} was never shown to its client")
    for each in shown:
        # Of the same job, what was shown and what is kept must agree; a failure that was redriven is kept as success.
        outcome = outcomes.get(each["job_id"])
        if outcome and each["answer"] != answer_of(outcome) and not each["answer"].get("retryable"):
            verdict.blame("wrong result", asked[each["job_id"]]["kind"], f"{each['job_id']} was shown {each['answer']}")
        if "sha256" in each and each["sha256"] != stored_digest(s3, place, outcome):
            verdict.blame("wrong result", "image", f"{each['job_id']}: the client has another image than the one kept")
        if each["answer"].get("retryable"):
            verdict.notes["shown as failed for now, kept for redrive"] += 1

    again = Counter(each["job_id"] for each in received)
    verdict.notes["replies that came again, and were ignored"] = sum(count - 1 for count in again.values())
    return verdict


def answer_of(outcome):
    """What a client shows of an outcome."""
    if outcome["status"] == "failed":
        return {"failed": outcome["error"]["code"], "retryable": outcome["error"]["retryable"]}
    if "object" in outcome:
        return {"object": outcome["object"]["key"]}
    return {name: outcome["result"][name] for name in ("count", "sum", "minimum", "maximum")}


def wrong(s3, place, job, outcome):
    """Why an outcome is not what the job asked for; none if it is."""
    if outcome["job_id"] != job["job_id"]:
        return f"the outcome is of {outcome['job_id']}"
    if outcome["status"] != "succeeded":
        return f"failed: {outcome['error']}"
    if job["kind"] == "list":
        numbers = [int(word) for word in job["input"].split()]
        wanted = {
            "count": len(numbers),
            "sum": str(sum(numbers)),
            "minimum": str(min(numbers)),
            "maximum": str(max(numbers)),
        }
        return None if answer_of(outcome) == wanted else f"{answer_of(outcome)} in place of {wanted}"
    picture = pictures.make(*job["input"])
    try:
        width, height, channels, gray = pictures.decode(stored(s3, place, outcome))
    except (ClientError, ValueError, KeyError) as error:
        return f"no image: {error}"
    if channels != 1 or (width, height, gray) != pictures.luma(picture):
        return "another image"
    return None


def stored(s3, place, outcome):
    """The result that an outcome names."""
    return s3.get_object(Bucket=place.result_bucket, Key=outcome["object"]["key"])["Body"].read()


def stored_digest(s3, place, outcome):
    return hashlib.sha256(stored(s3, place, outcome)).hexdigest()


def outcome_of(s3, place, job_id):
    """The job's answer; none if there is none yet. What is kept for the case that a process is killed during the last
    delivery is no answer before the moment it names."""
    outcome = kept_of(s3, place, job_id)
    return outcome if outcome and outcome.get("not_before_unix_ms", 0) <= time.time() * 1000 else None


def kept_of(s3, place, job_id):
    try:
        body = s3.get_object(Bucket=place.result_bucket, Key=f"outcomes/{job_id}.json")["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    return json.loads(body)


def dead_letters(place):
    """The ids of the jobs in the dead-letter queues; looking does not take them out."""
    sqs, found = cloud.client("sqs", direct=True), set()
    for operation in stack.names():
        url = place.queue(f"{operation}-dead-letters")
        taken = []
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
            messages = answer.get("Messages", [])
            if not messages:
                break
            taken += messages
        for message in taken:
            found.add(json.loads(message["Body"]).get("job_id"))
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return found


if __name__ == "__main__":
    result = check(sys.argv[1])
    print(result.table())
    sys.exit(0 if result.is_good() else 1)
