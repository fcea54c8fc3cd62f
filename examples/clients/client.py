#!/usr/bin/env python3
"""A client of errand in Python, with boto3 alone: the same as `errand stats` and `errand grayscale`, to read and to
take from. docs/protocol.md explains each step.

    python3 client.py stats input.txt
    python3 client.py grayscale image.jpg gray.jpg

Credentials, region and endpoint are the usual ones of AWS; ERRAND_STACK names the stack if it is not `errand`. Whoever
runs it needs the stack's client policy (output ClientPolicyArn) and nothing else. Exit code 0 is an answer, 1 a failed
job, or no answer yet.
"""

import json
import os
import sys
import time
import uuid
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

STACK = os.environ.get("ERRAND_STACK", "errand")
PATIENCE_SECS = {"stats": 450, "grayscale": 870}
# The most that SQS takes, attributes included.
MESSAGE_BYTES = 1_048_576


class Client:
    """A deployed stack, as its clients see it."""

    def __init__(self):
        self.sqs, self.s3 = boto3.client("sqs"), boto3.client("s3")
        # The names of all else derive from the stack's, the account and the region.
        url = self.sqs.get_queue_url(QueueName=f"{STACK}-responses")["QueueUrl"]
        self.account = url.split("/")[-2]
        region = self.sqs.meta.region_name
        self.inputs = f"{STACK}-input-{self.account}-{region}"
        self.results = f"{STACK}-results-{self.account}-{region}"

    def ask(self, operation, data, name, parameters=None):
        """Has an operation carried out on some bytes, and gives the outcome."""
        # Drawn by the client, before anything is sent: a request that is sent twice is one job, and a client that dies
        # can still be told the answer.
        job_id = str(uuid.uuid4())
        reply_queue = self.make_reply_queue()
        try:
            request = {"version": 1, "job_id": job_id, "operation": operation, "parameters": parameters or {}}
            request["reply_queue"] = reply_queue.rsplit("/", 1)[-1]
            if operation == "stats" and (text := as_text(data)) is not None:
                request["input"] = {"inline": text}
            if "input" not in request or len(json.dumps(request)) > MESSAGE_BYTES:
                request["input"] = {"object": self.upload(job_id, data, name)}
            requests = self.sqs.get_queue_url(QueueName=f"{STACK}-{operation}-requests")["QueueUrl"]
            self.sqs.send_message(QueueUrl=requests, MessageBody=json.dumps(request))
            return self.wait(job_id, reply_queue, PATIENCE_SECS[operation])
        finally:
            self.sqs.delete_queue(QueueUrl=reply_queue)

    def make_reply_queue(self):
        """Makes the queue in which this client waits: its name begins with the stack's reply prefix, or the reply is
        refused. The tags tell `errand doctor` when it has been left behind; one who waits for more than an hour tags it
        with errand:seen-unix-secs every quarter of an hour."""
        made = self.sqs.create_queue(
            QueueName=f"{STACK}-reply-{uuid.uuid4().hex}",
            Attributes={"MessageRetentionPeriod": "3600", "SqsManagedSseEnabled": "true"},
            tags={"errand:stack": STACK, "errand:created-unix-secs": str(int(time.time()))},
        )
        return made["QueueUrl"]

    def upload(self, job_id, data, name):
        """Uploads an input, under its job's own id: another job's is refused. Gives the place."""
        key = f"uploads/{job_id}/{name}"
        put = self.s3.put_object(Bucket=self.inputs, Key=key, Body=data, ExpectedBucketOwner=self.account)
        return {"bucket": self.inputs, "key": key, "version_id": put.get("VersionId")}

    def wait(self, job_id, reply_queue, patience_secs):
        """The outcome of a job. The reply is a hint: one that does not come is made up for by the outcome on S3."""
        deadline = time.monotonic() + patience_secs
        wait_secs = 5
        while time.monotonic() < deadline:
            received = self.sqs.receive_message(QueueUrl=reply_queue, WaitTimeSeconds=wait_secs)
            for message in received.get("Messages", []):
                reply = json.loads(message["Body"])
                if reply["job_id"] == job_id:
                    # A large outcome is not in the reply.
                    return reply.get("outcome") or self.outcome(job_id)
            outcome = self.outcome(job_id)
            if outcome:
                return outcome
            wait_secs = 20
        raise SystemExit(f"no answer yet: fetch it later with `errand result {job_id}`")

    def outcome(self, job_id):
        """The stored outcome of a job; None while there is none."""
        try:
            # Whatever the case in which the id was written: keys have it in lower case.
            key = f"outcomes/{job_id.lower()}.json"
            stored = self.s3.get_object(Bucket=self.results, Key=key, ExpectedBucketOwner=self.account)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        outcome = json.loads(stored["Body"].read())
        # Stored in case that the function is killed while it makes its last attempt.
        if outcome.get("not_before_unix_ms", 0) > time.time() * 1000:
            return None
        return outcome

    def download(self, location):
        """What is at a place of the result bucket."""
        stored = self.s3.get_object(Bucket=location["bucket"], Key=location["key"], ExpectedBucketOwner=self.account)
        return stored["Body"].read()


def as_text(data):
    """The bytes as a text, as which they fit into a message; None where they are none (gzip, say)."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in PATIENCE_SECS:
        raise SystemExit(__doc__)
    operation, path = sys.argv[1], Path(sys.argv[2])
    client = Client()
    outcome = client.ask(operation, path.read_bytes(), path.name)
    if outcome["status"] == "failed":
        error = outcome["error"]
        raise SystemExit(f"{error['message']} ({error['code']}, job {outcome['job_id']})")
    if "object" in outcome:
        image = client.download(outcome["object"])
        Path(sys.argv[3] if len(sys.argv) == 4 else f"output_{path.name}").write_bytes(image)
    print(json.dumps(outcome["result"]))


if __name__ == "__main__":
    main()
