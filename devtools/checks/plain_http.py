"""Looks whether the queue and bucket policies refuse plain http to a user whom the client policy lets in over https.

An emulator that enforces IAM and serves plain http cannot run the functions: their queues refuse it too, which is the
point. So what is deployed here is the template without them.

    python3 -m devtools.local_cloud run --auth --bare -- .venv/sam/bin/python -m devtools.checks.plain_http
"""

import json
import os

import boto3
from botocore.exceptions import ClientError
from samcli.yamlhelper import yaml_parse

from devtools.checkout import ROOT, run_main
from devtools.local_cloud import client_user
from devtools.stack import ACCOUNT, input_bucket, result_bucket

KEPT = ("AWS::SQS::", "AWS::S3::", "AWS::IAM::ManagedPolicy")


def main():
    failures = 0
    for policies in (True, False):
        # Without the policies on queues and buckets the same calls have to pass: else they prove nothing.
        deploy("errand", policies)
        key = client_user.make("errand")
        user = {"aws_access_key_id": key["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": key["AWS_SECRET_ACCESS_KEY"]}
        s3, sqs = boto3.client("s3", **user), boto3.client("sqs", **user)
        boto3.client("s3").put_object(Bucket=result_bucket(), Key="outcomes/job.json", Body=b"1")
        print(f"a client over plain http, {'with' if policies else 'without'} the policies on queues and buckets:")
        for what, call, arguments in (
            ("read an outcome", s3.get_object, {"Bucket": result_bucket(), "Key": "outcomes/job.json"}),
            ("upload an input", s3.put_object, {"Bucket": input_bucket(), "Key": "uploads/job/x", "Body": b"1"}),
            ("send a request", sqs.send_message, {"QueueUrl": queue("stats-requests"), "MessageBody": "1"}),
            ("read responses", sqs.receive_message, {"QueueUrl": queue("responses")}),
        ):
            try:
                call(**arguments)
                answer = "allowed"
            except ClientError as error:
                answer = error.response["Error"]["Code"]
            good = answer.endswith("AccessDenied") if policies else answer == "allowed"
            print(f"  {'ok  ' if good else 'FAIL'} {what}: {answer}")
            failures += not good
        boto3.client("iam").delete_access_key(UserName="errand-client", AccessKeyId=key["AWS_ACCESS_KEY_ID"])
        delete("errand")
    return 1 if failures else 0


def deploy(stack, policies):
    template = yaml_parse((ROOT / "template.yaml").read_text())
    template["Resources"] = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"].startswith(KEPT)
        and (policies or not resource["Type"].endswith(("QueuePolicy", "BucketPolicy")))
    }
    for resource in template["Resources"].values():
        resource.pop("DependsOn", None)
    template["Outputs"] = {"ClientPolicyArn": template["Outputs"]["ClientPolicyArn"]}
    for part in ("Transform", "Globals"):
        del template[part]
    # Its notifications would be refused by the very policies.
    template["Resources"]["InputBucket"]["Properties"].pop("NotificationConfiguration")
    cloud = boto3.client("cloudformation")
    cloud.create_stack(StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
    cloud.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})


def delete(stack):
    iam = boto3.client("iam")
    for policy in iam.list_attached_user_policies(UserName=f"{stack}-client")["AttachedPolicies"]:
        iam.detach_user_policy(UserName=f"{stack}-client", PolicyArn=policy["PolicyArn"])
    iam.delete_user(UserName=f"{stack}-client")
    cloud = boto3.client("cloudformation")
    cloud.delete_stack(StackName=stack)
    cloud.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})


def queue(name):
    return f"{os.environ['AWS_ENDPOINT_URL']}/{ACCOUNT}/errand-{name}"


if __name__ == "__main__":
    run_main(main)
