"""Breaks one thing after the other of a stack on the local cloud, looks that `errand doctor` finds it and says what to
do, mends it, and looks that nothing is found any more.

    python3 -m devtools.local_cloud run -- .venv/cloud/bin/python -m devtools.checks.doctor
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import boto3

from devtools.checkout import ROOT, Failure, run_main
from devtools.stack import input_bucket

ERRAND = ROOT / "target" / "release" / "errand"
QUEUE = "errand-stats-requests"
ATTRIBUTES = ("VisibilityTimeout", "Policy", "RedrivePolicy")

failures: list[str] = []


def main() -> int:
    if "AWS_ENDPOINT_URL" not in os.environ:
        raise Failure("AWS_ENDPOINT_URL names no local cloud: run this with `make test-doctor`")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        findings, code = doctor()
        expect("a stack as it was deployed is healthy", code == 0 and statuses(findings) == {"ok"}, findings)
        for what, breaks, check, status, cure in CASES:
            with breaks():
                findings, code = doctor()
                found = [each for each in findings if (each["check"], each["status"]) == (check, status)]
                said = any(cure in each["message"] for each in found)
                ended = code == (3 if status == "failed" else 0)
                expect(f"{what}: {check} {status}, with its cure", said and ended, findings)
            findings, code = doctor()
            expect(f"{what}: mended, nothing is found", code == 0 and statuses(findings) <= {"ok"}, findings)
        unanswered()
        ages()
    return 1 if failures else 0


def unanswered() -> None:
    """The stack of the issue: a disabled trigger, and five jobs that nobody answers."""
    with trigger(Enabled=False):
        jobs = [said("stats", "-", "--detach", given="1 2 3").strip() for _ in range(5)]
        findings, code = doctor()
        texts = " ".join(each["message"] for each in findings if each["status"] == "failed")
        expect("five jobs behind a disabled trigger", code == 3 and "5 waiting, 0 in flight" in texts, findings)
        status = json.loads(said("status", "--json"))
        expect("status counts them", status["queues"][0]["waiting"] == 5, status)
        expect("and says whose they are", status["unanswered"]["count"] == 5, status)
        expect("and which is the oldest", status["unanswered"]["oldest_job_id"] == jobs[0], status)
    for job in jobs:
        said("result", job, "--timeout", "60")
    left = json.loads(said("status", "--json"))["unanswered"]["count"]
    expect("once it is enabled, they are answered", left == 0, left)


def ages() -> None:
    """MiniStack gives no figure of SQS's to CloudWatch by itself."""
    now = datetime.now(UTC)
    dimensions = [{"Name": "QueueName", "Value": QUEUE}]
    datum = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": dimensions, "Value": 250, "Timestamp": now}
    boto3.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[datum])
    status = json.loads(said("status", "--json"))
    expect("the age of the oldest message", status["queues"][0].get("oldest_age_secs") == 250, status)


def doctor() -> tuple[list[dict[str, str]], int]:
    ended = subprocess.run([ERRAND, "doctor", "--json"], capture_output=True, text=True, check=False)
    return json.loads(ended.stdout)["findings"], ended.returncode


def said(*arguments: str, given: str = "") -> str:
    ended = subprocess.run([ERRAND, *arguments], input=given, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise Failure(f"errand {' '.join(arguments)} ended with {ended.returncode}: {ended.stderr}")
    return ended.stdout


def statuses(findings: list[dict[str, str]]) -> set[str]:
    return {each["status"] for each in findings}


def queue_url(name: str = QUEUE) -> str:
    return boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]


@contextmanager
def trigger(**changes: object) -> Iterator[None]:
    """The trigger of stats with something changed."""
    functions = boto3.client("lambda")
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = [each for each in mappings if each["EventSourceArn"].endswith(f":{QUEUE}")]
    functions.update_event_source_mapping(UUID=mapping["UUID"], **changes)
    try:
        yield
    finally:
        before = {"Enabled": True, "FunctionResponseTypes": mapping["FunctionResponseTypes"]}
        functions.update_event_source_mapping(UUID=mapping["UUID"], **before)


@contextmanager
def attributes(**changes: str) -> Iterator[None]:
    """The request queue of stats with something changed."""
    sqs, url = boto3.client("sqs"), queue_url()
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=changes)
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: before[name] for name in ATTRIBUTES})


def redrive(count: int, target: str = "errand-stats-dead-letters") -> str:
    sqs = boto3.client("sqs")
    answer = sqs.get_queue_attributes(QueueUrl=queue_url(target), AttributeNames=["QueueArn"])
    return json.dumps({"deadLetterTargetArn": answer["Attributes"]["QueueArn"], "maxReceiveCount": count})


@contextmanager
def no_notifications() -> Iterator[None]:
    s3, bucket = boto3.client("s3"), input_bucket()
    before = s3.get_bucket_notification_configuration(Bucket=bucket)
    del before["ResponseMetadata"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=before)


@contextmanager
def no_bucket_policy() -> Iterator[None]:
    s3, bucket = boto3.client("s3"), input_bucket()
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    try:
        yield
    finally:
        s3.put_bucket_policy(Bucket=bucket, Policy=before)


@contextmanager
def release(version: str | None) -> Iterator[None]:
    sqs, url = boto3.client("sqs"), queue_url("errand-responses")
    before = sqs.list_queue_tags(QueueUrl=url)["Tags"]["errand:version"]
    if version:
        sqs.tag_queue(QueueUrl=url, Tags={"errand:version": version})
    else:
        sqs.untag_queue(QueueUrl=url, TagKeys=["errand:version"])
    try:
        yield
    finally:
        sqs.tag_queue(QueueUrl=url, Tags={"errand:version": before})


@contextmanager
def slow_function() -> Iterator[None]:
    """One that may take longer than its queue hides a request."""
    functions = boto3.client("lambda")
    before = functions.get_function_configuration(FunctionName="errand-stats", Qualifier="live")
    functions.update_function_configuration(FunctionName="errand-stats", Timeout=before["Timeout"] * 2)
    version = functions.publish_version(FunctionName="errand-stats")["Version"]
    alias = {"FunctionName": "errand-stats", "Name": "live"}
    functions.update_alias(**alias, FunctionVersion=version)
    try:
        yield
    finally:
        functions.update_alias(**alias, FunctionVersion=before["Version"])


@contextmanager
def dead_letter() -> Iterator[None]:
    sqs, url = boto3.client("sqs"), queue_url("errand-stats-dead-letters")
    sqs.send_message(QueueUrl=url, MessageBody="1 2 3")
    try:
        yield
    finally:
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def another_reader() -> Iterator[None]:
    """Another function that takes requests from the queue."""
    functions = boto3.client("lambda")
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue_url(), AttributeNames=["QueueArn"])
    made = functions.create_event_source_mapping(
        EventSourceArn=arn["Attributes"]["QueueArn"], FunctionName="errand-grayscale", Enabled=False
    )
    try:
        yield
    finally:
        functions.delete_event_source_mapping(UUID=made["UUID"])


Case = tuple[str, Callable[[], AbstractContextManager[None]], str, str, str]
CASES: list[Case] = [
    ("a trigger that is disabled", lambda: trigger(Enabled=False), "trigger", "failed", "--enabled`"),
    (
        "a trigger without partial batch response",
        lambda: trigger(FunctionResponseTypes=[]),
        "trigger",
        "failed",
        "--function-response-types ReportBatchItemFailures",
    ),
    ("another reader", another_reader, "trigger", "failed", "aws lambda delete-event-source-mapping"),
    (
        "a short visibility time-out",
        lambda: attributes(VisibilityTimeout="100"),
        "visibility",
        "warning",
        "VisibilityTimeout=360 ",
    ),
    (
        "one that is shorter than the function's",
        lambda: attributes(VisibilityTimeout="30"),
        "visibility",
        "failed",
        "=360",
    ),
    ("a slower function", slow_function, "visibility", "warning", "VisibilityTimeout=720"),
    ("few deliveries", lambda: attributes(RedrivePolicy=redrive(3)), "redrive", "failed", "set its redrive policy"),
    (
        "other deliveries than the function counts",
        lambda: attributes(RedrivePolicy=redrive(50)),
        "redrive",
        "failed",
        "to 100",
    ),
    (
        "the dead letters of another",
        lambda: attributes(RedrivePolicy=redrive(100, "errand-grayscale-dead-letters")),
        "redrive",
        "failed",
        "where nobody looks",
    ),
    ("no dead letters", lambda: attributes(RedrivePolicy=""), "redrive", "failed", "has no dead-letter queue"),
    ("a queue that takes plain http", lambda: attributes(Policy=""), "tls", "warning", "OnlyOverTls"),
    ("a bucket that takes plain http", no_bucket_policy, "tls", "warning", "OnlyOverTls"),
    ("no notifications", no_notifications, "notifications", "failed", "what is created there"),
    ("a dead letter", dead_letter, "dead letters", "warning", "errand dead-letters list --operation stats"),
    ("a newer stack", lambda: release("99.0.0"), "version", "warning", "get the client of release 99.0.0"),
    ("an older stack", lambda: release("0.0.1"), "version", "warning", "deploy release"),
    ("a stack of before there were releases", lambda: release(None), "version", "warning", "make deploy"),
]


def expect(what: str, holds: bool, seen: object) -> None:
    print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f":\n{json.dumps(seen, indent=2)}"))
    if not holds:
        failures.append(what)


if __name__ == "__main__":
    run_main(main)
