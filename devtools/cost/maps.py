"""Counts what many objects ask for that are one map job: each is uploaded, one message asks for all of them, one reply
tells of their end; then the reports are read, and each file that was made.

What the client and the functions ask passes by the proxy. What Step Functions does itself does not: its execution's
history tells which states were entered, and its map runs how many children there were.
"""

import json
import time
import uuid

from devtools import stack
from devtools.checkout import Failure
from devtools.cost.record import Counts
from devtools.storm.load import new_id


def counted(cloud, operation: str, contents: list[bytes]) -> Counts:
    job_id = new_id()
    found: Counts = cloud.counted(operation, len(contents), lambda: do(cloud, operation, job_id, contents), messages=1)
    history = execution_history(cloud, job_id)
    entered = [event["type"] for event in history if event["type"].endswith("StateEntered")]
    children = child_count(cloud, job_id)
    # An execution in which something was repeated asks for more.
    if any("Failed" in event["type"] or "TimedOut" in event["type"] for event in history):
        raise Failure(f"a step of the map job {job_id} had to be done again")
    found["map"] = {
        "deliveries": found["invocations"],
        "transitions": len(entered) + children,
        "children": children,
        "work_lists": entered.count("MapStateEntered"),
    }
    found["invocations"] += entered.count("TaskStateEntered") + children
    return found


def do(cloud, operation: str, job_id: str, contents: list[bytes]) -> None:
    """As one client does it, which is told nothing about the objects but by the reports."""
    prefix = f"uploads/{job_id}/"
    for number, content in enumerate(contents):
        cloud.s3.put_object(Bucket=stack.input_bucket(), Key=f"{prefix}{number:04}", Body=content)
    name = f"{stack.NAME}-reply-{uuid.uuid4().hex}"
    requests = cloud.sqs.get_queue_url(QueueName=f"{stack.NAME}-{operation}-requests")["QueueUrl"]
    replies = cloud.sqs.create_queue(QueueName=name, tags={"errand:created-unix-secs": str(int(time.time()))})
    request = {
        "version": 1,
        "job_id": job_id,
        "operation": operation,
        "input": {"prefix": {"bucket": stack.input_bucket(), "prefix": prefix}},
        "map": {"each": True},
        "reply_queue": name,
    }
    cloud.sqs.send_message(QueueUrl=requests, MessageBody=json.dumps(request))
    # A client asks every 20 s; here, once there is an answer, so that nothing depends on how fast anything is.
    cloud.wait_for_replies(replies["QueueUrl"], 1)
    (message,) = cloud.sqs.receive_message(QueueUrl=replies["QueueUrl"], WaitTimeSeconds=20)["Messages"]
    cloud.sqs.delete_queue(QueueUrl=replies["QueueUrl"])
    outcome = json.loads(message["Body"])["outcome"]
    if outcome["status"] != "succeeded" or outcome["result"]["done"] != len(contents):
        raise Failure(f"a map job failed: {outcome}")
    for number in range(outcome["result"]["reports"]):
        fetch(cloud, operation, f"maps/{job_id}/reports/{number:08}.jsonl")


def fetch(cloud, operation: str, report: str) -> None:
    """A report, and the files that it names."""
    bucket = stack.result_bucket()
    for line in cloud.s3.get_object(Bucket=bucket, Key=report)["Body"].read().splitlines():
        made = json.loads(line).get("object")
        if made:
            cloud.s3.get_object(Bucket=made["bucket"], Key=made["key"])["Body"].read()
        elif operation == "grayscale":
            raise Failure(f"nothing was made of an image: {line.decode()}")


def execution_history(cloud, job_id: str) -> list[dict]:
    """All events of the job's execution, when it has ended; it does so soon after the reply."""
    for _ in range(600):
        if cloud.states.describe_execution(executionArn=execution(job_id))["status"] != "RUNNING":
            break
        time.sleep(0.1)
    pages = cloud.states.get_paginator("get_execution_history").paginate(executionArn=execution(job_id))
    return [event for page in pages for event in page["events"]]


def child_count(cloud, job_id: str) -> int:
    runs = cloud.states.list_map_runs(executionArn=execution(job_id))["mapRuns"]
    told = [cloud.states.describe_map_run(mapRunArn=run["mapRunArn"]) for run in runs]
    return sum(run["executionCounts"]["total"] for run in told)


def execution(job_id: str) -> str:
    return f"arn:aws:states:{stack.REGION}:{stack.ACCOUNT}:execution:{stack.NAME}-map:{job_id}"
