"""Has the stack's events go through a rule of EventBridge and an SNS topic to a request queue, as docs/operating.md
says, and looks that files are done which the queue hears of in these ways; then gives a file the parameters that the
answer advises.

    python3 -m devtools.local_cloud run --parameter EventSourceArns=ARN -- \\
        .venv/clients/bin/python -m devtools.checks.chained
"""

import json
import os
import re
import shlex
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from devtools.checkout import VENVS, Failure, run_main
from devtools.stack import ACCOUNT, REGION, input_bucket, resolve, result_bucket

DERIVED = uuid.UUID("6f4d9d0e-51b3-4c0a-9a5e-0c8e7b1d2f63")
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{resolve('!Ref StatsRequests').rsplit('/', 1)[1]}"
# A file's bytes are no other's here, so that each is known by its ETag.
WAYS = ("bus", "topic")


def main():
    if "AWS_ENDPOINT_URL" not in os.environ:
        raise Failure("AWS_ENDPOINT_URL names no local cloud: run this with `make test-events`")
    s3 = boto3.client("s3")
    told = s3.get_bucket_notification_configuration(Bucket=input_bucket())
    expect("the input bucket tells EventBridge", "EventBridgeConfiguration" in told, True)
    chain()
    for number, way in enumerate(WAYS):
        key = f"stats/{way}/two words + é 100%41.txt"
        put = s3.put_object(Bucket=input_bucket(), Key=key, Body=f"{number} 100".encode())
        # The emulator leaves the version out of what it tells EventBridge, so that its ETag stands for it.
        for said, revision in (("directly", put["VersionId"]), (f"by {way}", put["ETag"].strip('"'))):
            outcome = awaited(s3, job_id("object", input_bucket(), key, revision))
            expect(f"{key}, heard of {said}", outcome["result"]["sum"], str(100 + number))
    advice(s3)
    return 0


def chain():
    """A rule that sends to the queue, and one that sends to a topic to which the queue is subscribed."""
    events, sns = boto3.client("events"), boto3.client("sns")
    topic = sns.create_topic(Name="uploads")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)
    for way, target in zip(WAYS, (QUEUE, topic), strict=True):
        detail = {"bucket": {"name": [input_bucket()]}, "object": {"key": [{"prefix": f"stats/{way}/"}]}}
        pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}
        events.put_rule(Name=f"uploads-{way}", EventPattern=json.dumps(pattern))
        events.put_targets(Rule=f"uploads-{way}", Targets=[{"Id": "errand", "Arn": target}])


def advice(s3):
    """A table is uploaded without parameters and with what the answer to that says."""
    key = "stats/sales.csv"
    put = s3.put_object(Bucket=input_bucket(), Key=key, Body=b"3 1 x\n")
    message = awaited(s3, job_id("object", input_bucket(), key, put["VersionId"]))["error"]["message"]
    (command,) = re.findall(r"aws s3 cp FILE .*'", message)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list.txt"
        file.write_text("3 1 x\n")
        words = [word.replace("FILE", str(file)) for word in shlex.split(command)]
        words[0] = str(VENVS / "clients" / "bin" / "aws")
        subprocess.run(words, check=True, capture_output=True)
    head = s3.head_object(Bucket=input_bucket(), Key=key)
    outcome = awaited(s3, job_id("object", input_bucket(), key, head["VersionId"]))
    expect("what the advised command makes of the file", outcome["result"]["sum"], "4")


def job_id(*parts):
    return str(uuid.uuid5(DERIVED, "".join(f"{len(part.encode())}:{part}" for part in parts)))


def awaited(s3, job):
    deadline = time.monotonic() + 60
    while True:
        try:
            return json.loads(s3.get_object(Bucket=result_bucket(), Key=f"outcomes/{job}.json")["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey" or time.monotonic() > deadline:
                raise Failure(f"there is no outcome of job {job}: {error}") from None
        time.sleep(0.1)


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {str(found)[:500]}, not {str(wanted)[:500]}")
    print(f"ok   {what}")


if __name__ == "__main__":
    run_main(main)
