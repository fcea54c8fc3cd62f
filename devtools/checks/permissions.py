"""Looks whether the stack keeps out whom it should, on a local cloud that enforces IAM: the function roles, the client
policy, the queue and bucket policies. What they allow, the end-to-end tests show; this is about what they deny.

    make test-permissions
"""

import json
import os

import boto3
from botocore.exceptions import ClientError

from devtools import stack
from devtools.checkout import run_main
from devtools.stack import ACCOUNT, NAME, REGION, input_bucket, result_bucket

ROOT_USER = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
FOREIGN_BUCKET = "somebody-elses-bucket"
FOREIGN_QUEUE = "somebody-elses-queue"
# Which the stack's parameters name, one by a `*`: the Makefile.
READABLE_BUCKET = "permissions-readable"
WRITABLE_BUCKET = "permissions-writable"
OF_STATES = f"arn:aws:states:{REGION}:{ACCOUNT}"
MACHINE = f"{OF_STATES}:stateMachine:{NAME}-map"
EXECUTION = f"{OF_STATES}:execution:{NAME}-map:permissions"
FOREIGN_EXECUTION = f"{OF_STATES}:execution:somebody-elses:permissions"

failures: list[str] = []


def main():
    prepare()
    client()
    for name in stack.names():
        function(name, others=[other for other in stack.names() if other != name])
    return 1 if failures else 0


def prepare():
    """What the requests below ask for exists, so that nothing is refused merely for being absent."""
    s3, sqs = boto3.client("s3", **ROOT_USER), boto3.client("sqs", **ROOT_USER)
    for bucket in (FOREIGN_BUCKET, READABLE_BUCKET, WRITABLE_BUCKET):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="file", Body=b"1")
    sqs.create_queue(QueueName=FOREIGN_QUEUE)
    sqs.create_queue(QueueName="errand-reply-permissions")
    given = [f"{name}/permissions.txt" for name in stack.names()]
    for key in ("uploads/job/input.txt", "elsewhere/input.txt", *given):
        s3.put_object(Bucket=input_bucket(), Key=key, Body=b"1")
    made = ("outcomes/job.json", "results/job/image.png", "maps/job/plan.json", "grayscale/image.png", "elsewhere/file")
    for key in made:
        s3.put_object(Bucket=result_bucket(), Key=key, Body=b"1")
    states = boto3.client("stepfunctions", **ROOT_USER)
    forever = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    role = states.describe_state_machine(stateMachineArn=MACHINE)["roleArn"]
    foreign = states.create_state_machine(name="somebody-elses", definition=json.dumps(forever), roleArn=role)
    states.start_execution(stateMachineArn=foreign["stateMachineArn"], name="permissions")
    # Of an operation that there is not, whose function is looked for again and again.
    job = json.dumps({"job_id": "permissions", "operation": "none"})
    states.start_execution(stateMachineArn=MACHINE, name="permissions", input=job)


def client():
    title("a user with the client policy alone")
    s3, sqs, functions, iam = (boto3.client(each) for each in ("s3", "sqs", "lambda", "iam"))
    requests = queue("stats-requests")
    allowed("read an outcome", s3.get_object, Bucket=result_bucket(), Key="outcomes/job.json")
    allowed("upload an input", s3.put_object, Bucket=input_bucket(), Key="uploads/job/other.txt", Body=b"1")
    allowed("begin an upload in parts, and abort it", abort_upload, s3=s3)
    allowed("send a request", sqs.send_message, QueueUrl=requests, MessageBody="1")
    denied("read a request", sqs.receive_message, QueueUrl=requests)
    denied("delete a request", sqs.delete_message, QueueUrl=requests, ReceiptHandle="x")
    denied("purge the requests", sqs.purge_queue, QueueUrl=requests)
    denied("delete the request queue", sqs.delete_queue, QueueUrl=requests)
    denied("read the dead letters", sqs.receive_message, QueueUrl=queue("stats-dead-letters"))
    denied("send to the response queue", sqs.send_message, QueueUrl=queue("responses"), MessageBody="1")
    denied("send to a reply queue", sqs.send_message, QueueUrl=queue("reply-permissions"), MessageBody="1")
    denied("make a queue of another name", sqs.create_queue, QueueName="errand-other")
    denied("read a foreign queue", sqs.receive_message, QueueUrl=queue_url(FOREIGN_QUEUE))
    denied("invoke a function", functions.invoke, FunctionName="errand-stats")
    denied("look at a function", functions.get_function_configuration, FunctionName="errand-stats")
    denied("look at what feeds functions", functions.list_event_source_mappings)
    denied("read the input bucket's policy", s3.get_bucket_policy, Bucket=input_bucket())
    allowed("read which release the stack is of", sqs.list_queue_tags, QueueUrl=queue("responses"))
    denied("read the tags of requests", sqs.list_queue_tags, QueueUrl=requests)
    denied("read another's upload", s3.get_object, Bucket=input_bucket(), Key="uploads/job/input.txt")
    denied("read beside the prefixes", s3.get_object, Bucket=input_bucket(), Key="elsewhere/input.txt")
    denied("write beside the prefixes", s3.put_object, Bucket=input_bucket(), Key="elsewhere/x", Body=b"1")
    for name in stack.names():
        allowed(f"list what was uploaded for {name}", s3.list_objects_v2, Bucket=input_bucket(), Prefix=f"{name}/")
    denied("list the inputs", s3.list_objects_v2, Bucket=input_bucket())
    denied("list others' inputs", s3.list_objects_v2, Bucket=input_bucket(), Prefix="uploads/")
    denied("list beside the prefixes", s3.list_objects_v2, Bucket=input_bucket(), Prefix="")
    denied("delete an input", s3.delete_object, Bucket=input_bucket(), Key="uploads/job/input.txt")
    denied("read other results", s3.get_object, Bucket=result_bucket(), Key="elsewhere/file")
    denied("write an outcome", s3.put_object, Bucket=result_bucket(), Key="outcomes/forged.json", Body=b"1")
    denied("delete an outcome", s3.delete_object, Bucket=result_bucket(), Key="outcomes/job.json")
    denied("write to a foreign bucket", s3.put_object, Bucket=FOREIGN_BUCKET, Key="x", Body=b"1")
    denied("read a bucket of jobs", s3.get_object, Bucket=READABLE_BUCKET, Key="file")
    denied("write to a bucket of jobs", s3.put_object, Bucket=WRITABLE_BUCKET, Key="x", Body=b"1")
    allowed("read how far a map job is", s3.get_object, Bucket=result_bucket(), Key="maps/job/plan.json")
    denied("write what a map job keeps", s3.put_object, Bucket=result_bucket(), Key="maps/job/plan.json", Body=b"1")
    states = boto3.client("stepfunctions")
    allowed("look at a map job", states.describe_execution, executionArn=EXECUTION)
    allowed("look for its map runs", states.list_map_runs, executionArn=EXECUTION)
    allowed("stop it", states.stop_execution, executionArn=EXECUTION)
    denied("start a map job", states.start_execution, stateMachineArn=MACHINE, name="forged")
    denied("list map jobs", states.list_executions, stateMachineArn=MACHINE)
    denied("look at a foreign execution", states.describe_execution, executionArn=FOREIGN_EXECUTION)
    denied("stop a foreign execution", states.stop_execution, executionArn=FOREIGN_EXECUTION)
    denied("change the state machine", states.update_state_machine, stateMachineArn=MACHINE, definition="{}")
    denied(
        "give itself more",
        iam.attach_user_policy,
        UserName="errand-client",
        PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
    )


def abort_upload(s3):
    place = {"Bucket": input_bucket(), "Key": "uploads/job/large.txt"}
    s3.abort_multipart_upload(**place, UploadId=s3.create_multipart_upload(**place)["UploadId"])


def function(name, others):
    title(f"the role of the {name} function")
    iam, sts = boto3.client("iam", **ROOT_USER), boto3.client("sts", **ROOT_USER)
    (role,) = [each["Arn"] for each in iam.list_roles()["Roles"] if f"-{name.capitalize()}Role-" in each["Arn"]]
    lent = sts.assume_role(RoleArn=role, RoleSessionName="test-permissions")["Credentials"]
    credentials = {
        "aws_access_key_id": lent["AccessKeyId"],
        "aws_secret_access_key": lent["SecretAccessKey"],
        "aws_session_token": lent["SessionToken"],
    }
    s3, sqs = boto3.client("s3", **credentials), boto3.client("sqs", **credentials)
    allowed("read an upload", s3.get_object, Bucket=input_bucket(), Key="uploads/job/input.txt")
    allowed("read an uploaded file", s3.get_object, Bucket=input_bucket(), Key=f"{name}/permissions.txt")
    allowed("write an outcome", s3.put_object, Bucket=result_bucket(), Key="outcomes/permissions.json", Body=b"1")
    allowed("send to the response queue", sqs.send_message, QueueUrl=queue("responses"), MessageBody="1")
    allowed("send to a reply queue", sqs.send_message, QueueUrl=queue("reply-permissions"), MessageBody="1")
    denied("write an input", s3.put_object, Bucket=input_bucket(), Key="uploads/job/input.txt", Body=b"1")
    denied("upload a file", s3.put_object, Bucket=input_bucket(), Key=f"{name}/x", Body=b"1")
    denied("delete an input", s3.delete_object, Bucket=input_bucket(), Key="uploads/job/input.txt")
    for other in others:
        key = f"{other}/permissions.txt"
        denied(f"read what was uploaded for {other}", s3.get_object, Bucket=input_bucket(), Key=key)
    denied("read beside the prefixes", s3.get_object, Bucket=input_bucket(), Key="elsewhere/input.txt")
    denied("read other results", s3.get_object, Bucket=result_bucket(), Key="elsewhere/file")
    denied("write other results", s3.put_object, Bucket=result_bucket(), Key="elsewhere/file", Body=b"1")
    denied("delete an outcome", s3.delete_object, Bucket=result_bucket(), Key="outcomes/job.json")
    if name != "grayscale":
        denied("write an uploaded image's result", s3.put_object, Bucket=result_bucket(), Key="grayscale/x", Body=b"1")
    denied("write to a foreign bucket", s3.put_object, Bucket=FOREIGN_BUCKET, Key="x", Body=b"1")
    denied("read a foreign bucket", s3.get_object, Bucket=FOREIGN_BUCKET, Key="file")
    denied("list a foreign bucket", s3.list_objects_v2, Bucket=FOREIGN_BUCKET)
    allowed("read a bucket of jobs", s3.get_object, Bucket=READABLE_BUCKET, Key="file")
    allowed("list a bucket of jobs", s3.list_objects_v2, Bucket=READABLE_BUCKET)
    denied("write to a bucket to read", s3.put_object, Bucket=READABLE_BUCKET, Key="x", Body=b"1")
    allowed("write to a bucket of jobs", s3.put_object, Bucket=WRITABLE_BUCKET, Key="x", Body=b"1")
    allowed("see what is in it", s3.head_object, Bucket=WRITABLE_BUCKET, Key="file")
    denied("delete in it", s3.delete_object, Bucket=WRITABLE_BUCKET, Key="file")
    allowed("keep what a map job needs", s3.put_object, Bucket=result_bucket(), Key="maps/job/plan.json", Body=b"1")
    states = boto3.client("stepfunctions", **credentials)
    allowed("start a map job", states.start_execution, stateMachineArn=MACHINE, name=f"permissions-{name}")
    denied("stop a map job", states.stop_execution, executionArn=EXECUTION)
    denied("look at a foreign execution", states.describe_execution, executionArn=FOREIGN_EXECUTION)
    denied("send to a foreign queue", sqs.send_message, QueueUrl=queue_url(FOREIGN_QUEUE), MessageBody="1")
    denied("send itself requests", sqs.send_message, QueueUrl=queue(f"{name}-requests"), MessageBody="1")
    for other in others:
        denied(f"read the requests of {other}", sqs.receive_message, QueueUrl=queue(f"{other}-requests"))
    denied("read a reply queue", sqs.receive_message, QueueUrl=queue("reply-permissions"))
    denied("make a queue", sqs.create_queue, QueueName="errand-reply-made-by-a-function")


def title(text):
    print(f"{text}:")


def allowed(what, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        report(False, f"may {what}", error)
    else:
        report(True, f"may {what}")


def denied(what, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # Only a refusal counts: an error of another kind may hide that the call was let in.
        refused = code in ("AccessDenied", "AccessDeniedException", "403") or code.endswith(".AccessDenied")
        report(refused, f"may not {what}", error)
    else:
        report(False, f"may not {what}", "it was allowed")


def report(good, what, reason=""):
    print(f"  {'ok  ' if good else 'FAIL'} {what}" + ("" if good else f": {reason}"))
    if not good:
        failures.append(what)


def queue(name):
    return queue_url(f"errand-{name}")


def queue_url(name):
    return f"{os.environ['AWS_ENDPOINT_URL']}/{ACCOUNT}/{name}"


if __name__ == "__main__":
    run_main(main)
