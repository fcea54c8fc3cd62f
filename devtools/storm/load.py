"""Clients that ask for many jobs at once, each with its own reply queue, as the protocol has it: requests in tens,
replies in tens, repeated replies ignored, an outcome looked up on S3 where no reply came. Some of their jobs go through
the real `errand` command, as a person would give it."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from devtools.storm import checker, cloud, pictures, record

# The most that a client has on the way at once.
WINDOW = 200
# How long nothing may come before a client looks for outcomes itself, as the real one does.
QUIET_SECS = 5
JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
# What a call can fail with. A body that breaks off comes up as urllib3's own error.
FAILURES = (BotoCoreError, ClientError, HTTPError, OSError)
# Exit codes of `errand`.
NO_CLOUD, NO_ANSWER_YET = 3, 4


class Share(NamedTuple):
    """How many jobs a client asks for: on lists, on images, and through the errand command."""

    lists: int
    images: int
    by_command: int


class Client(threading.Thread):
    """One client with its share of the jobs."""

    def __init__(self, number, place, written, share, look_every, patience_secs, binary):
        super().__init__(name=f"client-{number}")
        self.number, self.place, self.record, self.share = number, place, written, share
        self.look_every, self.patience_secs, self.binary = look_every, patience_secs, binary
        self.reply_queue = f"{cloud.STACK}-reply-{uuid.uuid4().hex}"
        self.waiting: dict[str, str] = {}  # job id: kind
        self.received = 0
        self.from_s3 = self.sent_again = 0
        self.failed: Exception | None = None

    def run(self):
        try:
            self.sqs, self.s3 = cloud.client("sqs"), cloud.client("s3")
            self.direct = cloud.client("s3", direct=True)
            persist(
                self.sqs.create_queue,
                QueueName=self.reply_queue,
                tags={"errand:created-unix-secs": str(int(time.time()))},
            )
            self.reply_url = self.place.queue(self.reply_queue.removeprefix(f"{cloud.STACK}-"), cloud.FAULTY)
            for index in range(self.share.by_command):
                self.give_command(index)
            self.go_through()
            # It may be done before, and not answered.
            with contextlib.suppress(self.sqs.exceptions.QueueDoesNotExist):
                persist(self.sqs.delete_queue, QueueUrl=self.reply_url)
        except Exception as error:  # the storm reports it: a thread's own end would go unseen
            self.failed = error
            raise

    def go_through(self):
        lists = [("list", self.numbers(index)) for index in range(self.share.lists)]
        images = [("image", self.picture(index)) for index in range(self.share.images)]
        # An image after every so many lists, so that both run all the time.
        every, mixed = max(1, len(lists) // max(1, len(images))), []
        while lists or images:
            mixed += lists[:every] + images[:1]
            del lists[:every], images[:1]
        last_news = time.monotonic()
        end = time.monotonic() + self.patience_secs
        while (mixed or self.waiting) and time.monotonic() < end:
            while mixed and len(self.waiting) < WINDOW:
                self.send(mixed[:10])
                del mixed[:10]
            if self.receive(0 if mixed and len(self.waiting) < WINDOW else 1):
                last_news = time.monotonic()
            elif time.monotonic() - last_news > QUIET_SECS:
                self.look_up()
                last_news = time.monotonic()

    def numbers(self, index):
        return f"{self.number} {index} {self.number * 1_000_003 + index} -{index}"

    def picture(self, index):
        width, height = (320, 240) if index % 10 == 9 else (64, 48)
        return [f"{self.number}/{index}", width, height]

    def send(self, jobs):
        """Sends up to ten jobs, each kind to its own queue in one batch."""
        batches: dict[str, list[str]] = {"list": [], "image": []}
        for kind, wanted in jobs:
            job_id = new_id()
            self.record.write(record.ASKED, job_id=job_id, client=self.number, kind=kind, input=wanted)
            given = {"inline": wanted}
            if kind == "image":
                key = f"uploads/{job_id}/image.png"
                persist(self.s3.put_object, Bucket=self.place.input_bucket, Key=key, Body=pictures.make(*wanted))
                given = {"object": {"bucket": self.place.input_bucket, "key": key}}
            operation = {"list": "stats", "image": "grayscale"}[kind]
            request = {"version": 1, "job_id": job_id, "operation": operation, "input": given}
            batches[kind].append(json.dumps({**request, "reply_queue": self.reply_queue}))
            self.waiting[job_id] = kind
        for kind, queue in (("list", "stats-requests"), ("image", "grayscale-requests")):
            entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(batches[kind])]
            while entries:
                # One that arrives twice, because the answer to this was lost, is one job all the same.
                url = self.place.queue(queue, cloud.FAULTY)
                answer = persist(self.sqs.send_message_batch, QueueUrl=url, Entries=entries)
                left_out = {each["Id"] for each in answer.get("Failed", [])}
                entries = [each for each in entries if each["Id"] in left_out]

    def receive(self, wait_secs):
        """Takes up to ten replies; whether there were any."""
        try:
            answer = self.sqs.receive_message(
                QueueUrl=self.reply_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_secs
            )
        except FAILURES:
            return False
        messages = answer.get("Messages", [])
        for message in messages:
            self.take(json.loads(message["Body"]))
        if messages:
            entries = [{"Id": str(i), "ReceiptHandle": each["ReceiptHandle"]} for i, each in enumerate(messages)]
            # Those that stay come again, and are ignored.
            with contextlib.suppress(*FAILURES):
                self.sqs.delete_message_batch(QueueUrl=self.reply_url, Entries=entries)
        return bool(messages)

    def take(self, reply):
        job_id = reply["job_id"]
        looked = {}
        self.received += 1
        if self.received % self.look_every == 0:
            looked["kept"] = checker.outcome_of(self.direct, self.place, job_id) is not None
        self.record.write(record.RECEIVED, job_id=job_id, client=self.number, **looked)
        outcome = reply.get("outcome") or persist(checker.outcome_of, self.s3, self.place, job_id)
        if self.waiting.pop(job_id, None):
            self.show(outcome)

    def look_up(self):
        for job_id in list(self.waiting):
            outcome = persist(checker.outcome_of, self.s3, self.place, job_id)
            if outcome is not None:
                self.from_s3 += 1
                self.waiting.pop(job_id)
                self.show(outcome)

    def show(self, outcome):
        saved = {}
        if "object" in outcome:
            body = persist(checker.stored, self.s3, self.place, outcome)
            saved["sha256"] = hashlib.sha256(body).hexdigest()
        answer = checker.answer_of(outcome)
        self.record.write(record.SHOWN, job_id=outcome["job_id"], client=self.number, answer=answer, **saved)

    def give_command(self, index):
        """Does a job as a person would: with `errand`, which is asked for the answer again where it lost its way."""
        kind = "image" if (self.number + index) % 4 == 0 else "list"
        wanted = self.picture(10_000 + index) if kind == "image" else self.numbers(10_000 + index)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / ("image.png" if kind == "image" else "input.txt")
            file.write_bytes(pictures.make(*wanted) if kind == "image" else wanted.encode())
            output = ["-o", "gray.png"] if kind == "image" else []
            command = ["grayscale" if kind == "image" else "stats", file.name, *output]
            job_id, end = None, time.monotonic() + self.patience_secs
            while time.monotonic() < end:
                done = subprocess.run(
                    [self.binary, *command, "--json", "--timeout", "120"],
                    cwd=folder,
                    capture_output=True,
                    text=True,
                )
                named = JOB_ID.findall(done.stderr)
                if named:
                    job_id = named[-1]
                    command = ["result", job_id, *output]
                if done.returncode not in (NO_CLOUD, NO_ANSWER_YET):
                    break
                self.sent_again += 1
            if done.returncode != 0:
                raise RuntimeError(f"errand {command} ended with {done.returncode}: {done.stderr}")
            answer = json.loads(done.stdout)
            job_id = answer["job_id"]
            self.record.write(record.ASKED, job_id=job_id, client=self.number, kind=kind, input=wanted)
            saved = {}
            if kind == "image":
                saved["sha256"] = hashlib.sha256((Path(folder) / "gray.png").read_bytes()).hexdigest()
                shown = {"object": answer["location"].removeprefix(f"s3://{self.place.result_bucket}/")}
            else:
                shown = {name: answer[name] for name in ("count", "sum", "minimum", "maximum")}
            self.record.write(record.SHOWN, job_id=job_id, client=self.number, answer=shown, **saved)


def persist(call, *arguments, attempts=20, **fields):
    """Tries again what the SDK gave up."""
    for attempt in range(attempts):
        try:
            return call(*arguments, **fields)
        except FAILURES:
            if attempt + 1 == attempts:
                raise
            time.sleep(min(0.2 * 2**attempt, 2))


def new_id():
    """A UUIDv7 (RFC 9562, section 5.7)."""
    milliseconds = int(time.time() * 1000).to_bytes(6, "big")
    rest = bytearray(os.urandom(10))
    rest[0] = rest[0] & 0x0F | 0x70
    rest[2] = rest[2] & 0x3F | 0x80
    return str(uuid.UUID(bytes=milliseconds + bytes(rest)))
