#!/usr/bin/env python3
"""Sends a bare list of integers to the stats queue, as any program can that knows how to send a message, and reads the
answer from S3 by the id that SQS gave the message. docs/protocol.md explains the rule.

    python3 bare_message.py "3 1 2"
"""

import os
import sys
import time
import uuid

import boto3
from botocore.exceptions import ClientError

STACK = os.environ.get("ERRAND_STACK", "errand")
# The name space of ids that are derived, and not drawn: the same for every stack, for ever.
DERIVED = uuid.UUID("6f4d9d0e-51b3-4c0a-9a5e-0c8e7b1d2f63")


def job_id_of_message(message_id):
    """The job that a bare message asks for: a UUIDv5 (RFC 9562, section 5.5) of "message" and the message's id, each
    behind its length in bytes."""
    parts = ["message", message_id]
    return str(uuid.uuid5(DERIVED, "".join(f"{len(part)}:{part}" for part in parts)))


def main():
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    requests = sqs.get_queue_url(QueueName=f"{STACK}-stats-requests")["QueueUrl"]
    results = f"{STACK}-results-{requests.split('/')[-2]}-{sqs.meta.region_name}"
    message_id = sqs.send_message(QueueUrl=requests, MessageBody=" ".join(sys.argv[1:]))["MessageId"]
    key = f"outcomes/{job_id_of_message(message_id)}.json"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            print(s3.get_object(Bucket=results, Key=key)["Body"].read().decode())
            return
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            time.sleep(0.5)
    raise SystemExit(f"no answer yet: s3://{results}/{key}")


if __name__ == "__main__":
    main()
