"""Shows on the local cloud that one bad record hurts only itself. A function whose operation panics or takes too long
on demand (functions/worker/examples/troubled_stats.rs) takes the place of errand's stats function; a batch of good and
bad requests is sent to it at once; each has to be answered, the good ones with success. Its log has to tell of each.

    python3 -m devtools.local_cloud run -- .venv/cloud/bin/python -m devtools.storm.troubles \\
      target/release/examples/troubled_stats
"""

import json
import sys
import time
import uuid
from pathlib import Path

from devtools.functions import log
from devtools.storm import cloud

# Short enough not to wait for, long enough for the work of a batch.
TIMEOUT_SECS = 12
PATIENCE_SECS = 120

# What is asked, and the status or the error's code that has to come of it.
CASES = [
    ("good 1", "succeeded"),
    ("panic", "internal_error"),
    ("good 2", "succeeded"),
    ("panic", "internal_error"),
    ("good 3", "succeeded"),
    # Longer than the function may take: it had nearly all of the time for itself, so that another delivery would
    # not help either.
    ("sleep 20", "deadline_exceeded"),
]


def main():
    place, sqs, s3 = cloud.Place(), cloud.client("sqs"), cloud.client("s3")
    troubled(Path(sys.argv[1]))
    reply_queue = f"{cloud.STACK}-reply-{uuid.uuid4().hex}"
    replies = sqs.create_queue(QueueName=reply_queue)["QueueUrl"]
    jobs = {str(uuid.uuid4()): case for case in CASES}
    sqs.send_message_batch(
        QueueUrl=place.queue("stats-requests"),
        Entries=[
            {"Id": str(number), "MessageBody": request(job, text, reply_queue)}
            for number, (job, (text, _)) in enumerate(jobs.items())
        ],
    )
    answers = wait_for(sqs, replies, set(jobs))
    sqs.delete_queue(QueueUrl=replies)
    failed = 0
    for job, (text, expected) in jobs.items():
        kept = s3.get_object(Bucket=place.result_bucket, Key=f"outcomes/{job}.json")["Body"].read()
        outcome = answers.get(job)
        found = outcome and (outcome["error"]["code"] if outcome["status"] == "failed" else outcome["status"])
        good = found == expected and json.loads(kept) == outcome
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {text}: {found or 'no answer'}, attempt {outcome and outcome['attempt']}")
        if not good:
            print(f"     expected {expected}; kept {kept.decode()}")
    waiting = unanswered(sqs, place)
    print(f"{'FAIL' if waiting else 'ok  '} {waiting} requests wait, or rest among the dead letters")
    codes = {job: None if expected == "succeeded" else expected for job, (_, expected) in jobs.items()}
    wrong = complaints(codes)
    print(f"{'FAIL' if wrong else 'ok  '} its log tells of each job, and each line of which")
    for line in wrong:
        print(f"     {line}")
    return 1 if failed or waiting or wrong else 0


def complaints(codes):
    """What is wrong with the function's log, as it lies in CloudWatch Logs, once it is there. A job that was delivered
    again before it ended is told of once all the same."""
    logs, end = cloud.client("logs", direct=True), time.monotonic() + PATIENCE_SECS
    group = f"/aws/lambda/{cloud.STACK}-stats"
    while True:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        found = log.complaints("\n".join(event["message"] for page in pages for event in page["events"]), codes)
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.5)


def request(job, text, reply_queue):
    return json.dumps(
        {"version": 1, "job_id": job, "operation": "stats", "input": {"inline": text}, "reply_queue": reply_queue}
    )


def wait_for(sqs, queue, jobs):
    """The outcomes that are replied, by job, until there is one for each of them."""
    answers: dict[str, dict] = {}
    end = time.monotonic() + PATIENCE_SECS
    while answers.keys() != jobs and time.monotonic() < end:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        for message in received.get("Messages", []):
            reply = json.loads(message["Body"])
            answers[reply["job_id"]] = reply["outcome"]
    return answers


def unanswered(sqs, place):
    """How many requests are in the queue or the dead-letter queue, once those that were answered had time to go."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    end = time.monotonic() + TIMEOUT_SECS + 30
    while True:
        count = 0
        for queue in ("stats-requests", "stats-dead-letters"):
            found = sqs.get_queue_attributes(QueueUrl=place.queue(queue), AttributeNames=names)["Attributes"]
            count += sum(int(value) for value in found.values())
        if not count or time.monotonic() > end:
            return count
        time.sleep(0.5)


def troubled(binary):
    """Puts the troubled function into the place of errand's stats function."""
    cloud.replace_stats({"bootstrap": binary.read_bytes()}, TIMEOUT_SECS)


if __name__ == "__main__":
    sys.exit(main())
