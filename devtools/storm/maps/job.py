"""Map jobs by the raw protocol, as docs/protocol.md tells of it, and what is left of them."""

import json
import time
import uuid

from devtools.storm import checker, cloud


class Job:
    """One job. It is sent through the faults, as a client does, and looked at past them."""

    def __init__(self, place, operation, input_, options, parameters=None):
        self.place, self.operation, self.id = place, operation, str(uuid.uuid4())
        self.s3, self.sqs = cloud.client("s3", direct=True), cloud.client("sqs", direct=True)
        self.reply_queue = f"{cloud.STACK}-reply-{uuid.uuid4().hex}"
        self.replies = self.sqs.create_queue(QueueName=self.reply_queue)["QueueUrl"]
        self.request = {
            "version": 1,
            "job_id": self.id,
            "operation": operation,
            "parameters": parameters or {},
            "input": input_,
            "map": options,
            "reply_queue": self.reply_queue,
        }
        self.sent = 0.0

    def send(self):
        """Sends the request, twice: under one id it is one job."""
        self.sent = time.monotonic()
        for _ in range(2):
            cloud.client("sqs").send_message(
                QueueUrl=self.place.queue(f"{self.operation}-requests", cloud.FAULTY),
                MessageBody=json.dumps(self.request),
            )

    def wait(self, patience_secs):
        """The outcome, and how many seconds it took."""
        while time.monotonic() < self.sent + patience_secs:
            if outcome := checker.outcome_of(self.s3, self.place, self.id):
                return outcome, time.monotonic() - self.sent
            time.sleep(0.2)
        return None, patience_secs

    def replied(self):
        """What was replied so far, without the outcomes: each reply's job, and whether it succeeded."""
        found = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.replies, MaxNumberOfMessages=10, WaitTimeSeconds=2
        ).get("Messages"):
            for message in messages:
                reply = json.loads(message["Body"])
                found.append((reply["job_id"], (reply.get("outcome") or {}).get("status")))
                self.sqs.delete_message(QueueUrl=self.replies, ReceiptHandle=message["ReceiptHandle"])
        return found

    def reports(self, how_many):
        """What the reports tell of each object, in their order."""
        lines = []
        for number in range(how_many):
            key = f"maps/{self.id}/reports/{number:08}.jsonl"
            body = self.s3.get_object(Bucket=self.place.result_bucket, Key=key)["Body"].read()
            lines += [json.loads(line) for line in body.splitlines()]
        return lines

    def kept(self, name):
        """What the job keeps for itself under a name; none if it does not."""
        listed = keys(self.s3, self.place.result_bucket, f"maps/{self.id}/{name}")
        return sorted(listed)


def keys(s3, bucket, prefix):
    """The objects below a prefix: sizes by key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}
