"""A map job that is canceled in the middle, as docs/protocol.md says: its outcome is stored, its execution stopped."""

import json
import time

from devtools.storm import checker, cloud
from devtools.storm.maps import images, job

# A function looks every five seconds whether its job is still wanted.
ENDS_WITHIN_SECS = 10
PATIENCE_SECS = 120


def run(place, bucket, album):
    """What is wrong with it."""
    s3, states = album.s3, cloud.client("stepfunctions", direct=True)
    to = {"bucket": bucket, "prefix": "canceled/"}
    asked = job.Job(place, "grayscale", {"prefix": {"bucket": bucket, "prefix": images.PREFIX}}, {"to": to})
    asked.send()
    end = time.monotonic() + PATIENCE_SECS
    while not (begun := len(job.keys(s3, bucket, to["prefix"]))) and time.monotonic() < end:
        time.sleep(0.1)

    outcome = {
        "version": 1,
        "job_id": asked.id,
        "operation": "grayscale",
        "status": "failed",
        "error": {"code": "canceled", "message": "it was canceled", "retryable": False},
        "attempt": 0,
        "duration_ms": 0,
        "finished_at_unix_ms": int(time.time() * 1000),
    }
    s3.put_object(
        Bucket=place.result_bucket, Key=f"outcomes/{asked.id}.json", Body=json.dumps(outcome).encode(), IfNoneMatch="*"
    )
    machine = next(
        each["stateMachineArn"]
        for each in states.list_state_machines()["stateMachines"]
        if each["name"] == f"{cloud.STACK}-map"
    )
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{asked.id}"
    states.stop_execution(executionArn=execution)
    canceled = time.monotonic()

    last, changed = begun, canceled
    while time.monotonic() < canceled + 2 * ENDS_WITHIN_SECS:
        if (now := len(job.keys(s3, bucket, to["prefix"]))) != last:
            last, changed = now, time.monotonic()
        time.sleep(0.5)

    wrong = []
    took, every = changed - canceled, len(album.numbers) - len(album.broken)
    if last >= every:
        wrong.append(f"all {last} results were there before it was canceled")
    if took > ENDS_WITHIN_SECS:
        wrong.append(f"results came for {took:.1f} s after it was canceled")
    status = states.describe_execution(executionArn=execution)["status"]
    if status != "ABORTED":
        wrong.append(f"its execution is {status}")
    if checker.kept_of(s3, place, asked.id) != outcome:
        wrong.append(f"its outcome was replaced: {checker.kept_of(s3, place, asked.id)}")
    if any(status == "succeeded" for _, status in asked.replied()):
        wrong.append("a reply says that it succeeded")
    verdict = "FAIL" if wrong else "ok  "
    print(
        f"{verdict} canceled with {begun} of {every} results there: {last} after {took:.1f} s, and no more after that"
    )
    return [f"canceled: {each}" for each in wrong]
