"""Puts every sample event through the functions' binaries under AWS's own runtime interface emulator, against the local
cloud that AWS_ENDPOINT_URL names, and looks at what they returned, logged and left on S3.

    python3 -m devtools.local_cloud run -- .venv/cloud/bin/python -m devtools.checks.events
"""

import json
import os
import time

import boto3

from devtools import stack
from devtools.checkout import Failure, run_main
from devtools.functions import interface_emulator, log, samples
from devtools.stack import result_bucket


def main():
    if interface_emulator.program() is None:
        print("SKIPPED events: the runtime interface emulator is a Linux program and this is not Linux")
        return 0
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        raise Failure("AWS_ENDPOINT_URL names no local cloud: run this with `make test-events`")
    s3 = boto3.client("s3")
    keys = samples.put_inputs(s3)
    # The deployed functions do the uploaded files by themselves. Let them, so that what appears later is ours.
    wait_for_outcomes(s3, sum(not key.startswith("uploads/") for key in keys))
    failed = 0
    for operation in stack.operations():
        with interface_emulator.InterfaceEmulator(operation, endpoint) as emulator:
            for name, (for_operation, outcomes) in samples.SAMPLES.items():
                if for_operation == operation.name:
                    failed += not passes(s3, emulator, name, outcomes)
            print(f"     {operation.name} started in {emulator.init_ms()} ms")
    return 1 if failed else 0


def passes(s3, emulator, name, expected):
    event = samples.event(name)
    before = outcomes(s3)
    said_before = len(emulator.output())
    answer = emulator.invoke(event)
    made = {key: outcome for key, outcome in outcomes(s3).items() if key not in before}
    wrong = []
    if isinstance(answer, dict) and "errorType" in answer:
        wrong.append(f"returned an error: {answer}")
    elif is_from_queue(event) and answer != {"batchItemFailures": []}:
        wrong.append(f"returned {answer}")
    if len(made) != expected:
        wrong.append(f"left {len(made)} outcomes, not {expected}")
    wrong += [f"{key}: {outcome}" for key, outcome in made.items() if outcome["status"] != "succeeded"]
    traces = {outcome.get("trace_id") for outcome in made.values()}
    wrong += [f"trace {trace} is in no outcome" for trace in traces_in(event) - traces]
    wrong += settled(lambda: log.complaints(emulator.output()[said_before:], dict.fromkeys(ids(made))))
    # The same event again, as SQS and S3 may deliver it: nothing new comes of it.
    emulator.invoke(event)
    again = outcomes(s3).keys() - before.keys() - made.keys()
    if again:
        wrong.append(f"the same event again left {len(again)} more outcomes")
    print(f"{'ok  ' if not wrong else 'FAIL'} {name}")
    for line in wrong:
        print(f"       {line}")
    if wrong:
        print(emulator.output())
    return not wrong


def ids(outcomes):
    return [outcome["job_id"] for outcome in outcomes.values()]


def is_from_queue(event):
    return any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", []))


def traces_in(event):
    """The traces that the messages of an event belong to, as SQS tells them."""
    headers = [record.get("attributes", {}).get("AWSTraceHeader") for record in event.get("Records", [])]
    return {part.removeprefix("Root=") for header in headers if header for part in header.split(";") if "Root=" in part}


def settled(complaints):
    """What is wrong once the emulator has had the time to pass on what the function wrote."""
    deadline = time.monotonic() + 5
    while (found := complaints()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def wait_for_outcomes(s3, count):
    deadline = time.monotonic() + 30
    while len(outcomes(s3)) < count:
        if time.monotonic() > deadline:
            raise Failure(
                f"{count} files were uploaded to the input bucket and {len(outcomes(s3))} outcomes came of it"
            )
        time.sleep(0.1)


def outcomes(s3):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=result_bucket(), Prefix="outcomes/")
    keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    return {key: json.loads(s3.get_object(Bucket=result_bucket(), Key=key)["Body"].read()) for key in keys}


if __name__ == "__main__":
    run_main(main)
