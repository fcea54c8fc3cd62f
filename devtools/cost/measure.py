"""Counts on the local cloud what each kind of job asks of AWS, and holds it against what is recorded in counts.json.

    python3 -m devtools.local_cloud run --functions-port free --parameter MapConcurrency=2 -- \
      .venv/cloud/bin/python -m devtools.cost.measure
    ... --record       writes counts.json; `python3 -m devtools.cost` then writes the tables of docs/cost.md

Nothing here depends on how fast anything is. Single jobs come one after the other. A batch is sent while the queue's
mapping is disabled, so that all of it waits when Lambda begins to take it, and its replies are taken when all of them
are there: every receive then finds as many messages as it may take. That is how a long queue looks to SQS.

What Lambda's pollers ask does not come by here, on the local cloud as on AWS. The emulator logs each of their
deliveries: an invocation is one receive, and one DeleteMessageBatch of up to ten messages. What Step Functions does
itself is told by the history of its execution (maps.py).
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import boto3
from botocore.config import Config

from devtools import stack
from devtools.checkout import ROOT, Failure, run_main, say
from devtools.cost import counting, designs, maps, page, record
from devtools.storm import pictures
from devtools.storm.load import new_id

# How often a single job is done: what it asks has to be the same each time.
TIMES = 3
LISTS, IMAGES = 1000, 200
NUMBERS = " ".join(str(number) for number in range(100, 200))
PATIENCE_SECS = 120
# What batches are for (issue 11).
MOST_OF_NAIVE = 1 / 3
# What one command for many small lists may ask for, each (issue 12).
MOST_OF_A_FILE = 0.6


def main():
    arguments = parse_arguments()
    port = os.environ.get("ERRAND_LOCAL_FUNCTIONS_PORT")
    if not port:
        raise Failure("ERRAND_LOCAL_FUNCTIONS_PORT is not set: run this with `make test-cost`")
    with counting.Proxy(os.environ["ERRAND_LOCAL_DIRECT"], {"client": 0, "functions": int(port)}) as proxy:
        found = measure(Cloud(proxy))
        asked = many_files(Cloud(proxy))
        if proxy.largest_sqs_bytes > counting.SQS_REQUEST_BYTES:
            raise Failure(f"a request of {proxy.largest_sqs_bytes} bytes counts more than once: send less at once")
    for name, counts in found.items():
        say(f"{name}: {counts}")
    print(f"`errand stats FOLDER` of {LISTS} lists asks for {asked:.2f} requests each, its reply queue and all")
    if asked > MOST_OF_A_FILE:
        raise Failure(f"that is more than {MOST_OF_A_FILE}")
    if arguments.record:
        record.write(found)
        say(f"wrote {record.FILE.relative_to(ROOT)}")
        return 0
    wrong = record.differences(record.read(), found)
    for line in wrong:
        print(line)
    if wrong:
        raise Failure("jobs ask AWS for something else than docs/cost.md says: see above; `make cost` counts anew")
    print(f"ok: {len(found)} kinds of jobs ask AWS for what docs/cost.md says")
    lists = designs.counted(found["batch of lists"], "stats")
    for title, job in (
        ("a list in a batch", lists),
        ("a list in a batch, if no reply shared a request", designs.with_single_replies(lists)),
        (f"a list in a map job of {page.MAPPED:,}", designs.counted(found["map of lists"], "stats")),
        (f"an image in a map job of {page.MAPPED:,}", designs.counted(found["map of images"], "grayscale")),
        (f"a photograph in a map job of {page.MAPPED:,}", page.mapped_photographs(found)),
    ):
        ratio = page.ratio_to_naive(job)
        print(f"{title}: {job.requests:.2f} requests, {ratio:.1%} of the naive design's")
        if ratio > MOST_OF_NAIVE:
            raise Failure(f"that is more than {MOST_OF_NAIVE:.1%}")
    return 0


class Cloud:
    """The local cloud, by way of the proxy and past it."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.sqs, self.s3 = client("sqs", proxy.endpoint("client")), client("s3", proxy.endpoint("client"))
        self.queues, self.logs, self.functions = client("sqs"), client("logs"), client("lambda")
        self.states = client("stepfunctions")
        self.log = Path(os.environ["ERRAND_LOCAL_DIR"]) / "emulator.log"

    def url(self, queue):
        return self.queues.get_queue_url(QueueName=f"{stack.NAME}-{queue}")["QueueUrl"]

    def wait_for_replies(self, url, count):
        def are_there():
            told = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            return int(told["Attributes"]["ApproximateNumberOfMessages"]) >= count

        wait_until(are_there, f"{count} replies in {url}")

    def deliveries(self, operation):
        """How many messages each invocation of a function was given."""
        pattern = (
            rf"ESM: Lambda {stack.NAME}-{operation} processed (\d+) SQS messages from \S+( \(\d+ partial failures\))?"
        )
        found = re.findall(pattern, self.log.read_text(errors="replace"))
        if any(failures for _, failures in found):
            raise Failure(f"a job of {operation} had to be done again: {self.log}")
        return [int(messages) for messages, _ in found]

    def logged_bytes(self, operation):
        """What the function has logged itself: the emulator's own lines are no JSON."""
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/errand-{operation}")
        lines = [event["message"] for page in pages for event in page["events"]]
        return sum(len(line.encode()) for line in lines if line.startswith("{"))

    def counted(self, operation, jobs, do, messages=None):
        """What `do`, which does so many jobs, asks for; `messages` is how many it sends, if not one for each."""
        before, logged = len(self.deliveries(operation)), self.logged_bytes(operation)
        self.proxy.take()
        do()
        sent = messages or jobs
        wait_until(lambda: sum(self.deliveries(operation)[before:]) >= sent, f"the end of {jobs} jobs of {operation}")
        return {
            "jobs": jobs,
            **self.proxy.take(),  # of the client and of the functions
            "invocations": len(self.deliveries(operation)) - before,
            "log_bytes": self.logged_bytes(operation) - logged,
        }

    def disable(self, operation, disabled):
        """Keeps a function from being given anything, or lets it be given what waits."""
        found = self.functions.list_event_source_mappings(EventSourceArn=self.queue_arn(operation))
        (mapping,) = found["EventSourceMappings"]
        self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=not disabled)
        if disabled:
            # The emulator may be about to receive.
            time.sleep(1)

    def queue_arn(self, operation):
        url = self.url(f"{operation}-requests")
        told = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return told["Attributes"]["QueueArn"]

    def errand(self, *words, folder=None):
        environment = {**os.environ, "AWS_ENDPOINT_URL": self.proxy.endpoint("client")}
        command = [ROOT / "target" / "release" / "errand", *words, "--json", "--timeout", str(PATIENCE_SECS)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"errand {' '.join(words)} ended with {done.returncode}: {done.stderr}")


def measure(cloud):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "list.txt").write_text(NUMBERS)
        (Path(folder) / "image.png").write_bytes(picture(0))

        def one_list():
            cloud.errand("stats", "list.txt", folder=folder)

        def one_image():
            cloud.errand("grayscale", "image.png", "-o", "gray.png", "--force", folder=folder)

        # The functions start, which takes a while and asks for nothing else.
        one_list()
        one_image()
        return {
            "one list": each_alike(cloud, "stats", one_list),
            "one image": each_alike(cloud, "grayscale", one_image),
            "uploaded list": each_alike(cloud, "stats", lambda: upload(cloud, "stats/list.txt", NUMBERS.encode())),
            "uploaded image": each_alike(cloud, "grayscale", lambda: upload(cloud, "grayscale/image.png", picture(1))),
            "batch of lists": cloud.counted("stats", LISTS, lambda: batch(cloud, "stats", LISTS)),
            "batch of images": cloud.counted("grayscale", IMAGES, lambda: batch(cloud, "grayscale", IMAGES)),
            "map of images": maps.counted(cloud, "grayscale", [picture(3)] * page.MAPPED),
            "small map of images": maps.counted(cloud, "grayscale", [picture(3)] * page.FEW_MAPPED),
            "map of lists": maps.counted(cloud, "stats", [NUMBERS.encode()] * page.MAPPED),
        }


def many_files(cloud):
    """What a client asks for, each, that is given a folder of lists."""
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        lists.mkdir()
        for number in range(LISTS):
            (lists / f"{number}.txt").write_text(NUMBERS)
        asked = cloud.counted("stats", LISTS, lambda: cloud.errand("stats", "lists", folder=folder))
    return sum(asked["client"].values()) / LISTS


def each_alike(cloud, operation, do):
    """What one job asks for, which is the same each time."""
    counts = [cloud.counted(operation, 1, do) for _ in range(TIMES)]
    # The digits of durations.
    sizes = [each.pop("log_bytes") for each in counts]
    if any(each != counts[0] for each in counts):
        raise Failure(f"the same job does not ask for the same each time: {counts}")
    return {**counts[0], "log_bytes": max(sizes)}


def upload(cloud, key, body):
    """A file that is uploaded, and the answer that `errand listen` prints."""
    cloud.s3.put_object(Bucket=stack.input_bucket(), Key=key, Body=body)
    cloud.wait_for_replies(cloud.url("responses"), 1)
    cloud.errand("listen", "--count", "1")


def batch(cloud, operation, jobs):
    """A client with many jobs and one reply queue, as the protocol has it: requests in tens, replies in tens."""
    name = f"{stack.NAME}-reply-{uuid.uuid4().hex}"
    cloud.disable(operation, True)
    requests = cloud.sqs.get_queue_url(QueueName=f"{stack.NAME}-{operation}-requests")["QueueUrl"]
    replies = cloud.sqs.create_queue(QueueName=name, tags={"errand:created-unix-secs": str(int(time.time()))})
    replies = replies["QueueUrl"]
    ids = [new_id() for _ in range(jobs)]
    for start in range(0, jobs, 10):
        bodies = [request(cloud, operation, name, job_id) for job_id in ids[start : start + 10]]
        entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(bodies)]
        if cloud.sqs.send_message_batch(QueueUrl=requests, Entries=entries).get("Failed"):
            raise Failure("the local cloud refused a request")
    cloud.disable(operation, False)
    cloud.wait_for_replies(replies, jobs)
    left = set(ids)
    while left:
        messages = cloud.sqs.receive_message(QueueUrl=replies, MaxNumberOfMessages=10, WaitTimeSeconds=20)["Messages"]
        for message in messages:
            outcome = json.loads(message["Body"])["outcome"]
            left.discard(outcome["job_id"])
            take(cloud, outcome)
        entries = [{"Id": str(index), "ReceiptHandle": each["ReceiptHandle"]} for index, each in enumerate(messages)]
        cloud.sqs.delete_message_batch(QueueUrl=replies, Entries=entries)
        if sum(len(message["Body"]) for message in messages) > counting.SQS_REQUEST_BYTES:
            raise Failure("ten replies count for more than one request: docs/cost.md takes them for one")
    cloud.sqs.delete_queue(QueueUrl=replies)


def request(cloud, operation, reply_queue, job_id):
    given: dict = {"inline": NUMBERS}
    if operation == "grayscale":
        key = f"uploads/{job_id}/image.png"
        cloud.s3.put_object(Bucket=stack.input_bucket(), Key=key, Body=picture(2))
        given = {"object": {"bucket": stack.input_bucket(), "key": key}}
    fields = {"version": 1, "job_id": job_id, "operation": operation, "input": given, "reply_queue": reply_queue}
    return json.dumps(fields)


def take(cloud, outcome):
    if outcome["status"] != "succeeded":
        raise Failure(f"a job failed: {outcome}")
    if "object" in outcome:
        cloud.s3.get_object(Bucket=outcome["object"]["bucket"], Key=outcome["object"]["key"])["Body"].read()


def picture(seed):
    return pictures.make(f"cost/{seed}", 64, 48)


def wait_until(is_so, what):
    end = time.monotonic() + PATIENCE_SECS
    while not is_so():
        if time.monotonic() > end:
            raise Failure(f"waited {PATIENCE_SECS} s for {what}")
        time.sleep(0.1)


def client(service, endpoint=None):
    config = Config(retries={"mode": "standard"}, s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=endpoint or os.environ["ERRAND_LOCAL_DIRECT"], config=config)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write what was counted into counts.json")
    return parser.parse_args()


if __name__ == "__main__":
    run_main(main)
