"""What `make deploy` and `make undeploy` ask of the AWS account. Runs with SAM's Python, which has boto3.

python -m devtools.account check [REGION]                     says whose credentials are used, or what is missing
python -m devtools.account architecture STACK [REGION]        prints the deployed stack's, or arm64
python -m devtools.account deployed STACK [REGION]            registers the stack as a target, and says what comes next
python -m devtools.account undeploy [--yes] STACK [REGION]    deletes the stack, with all that is in its buckets
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ProfileNotFound

from devtools import settings, stack
from devtools.checkout import Failure, run_main, say
from devtools.deploy import check as check_name

BUCKETS = ("InputBucket", "ResultBucket")
# Objects that S3 deletes at once.
BATCH = 1000
# An upload that is under way while a bucket is emptied keeps the bucket from being deleted.
ATTEMPTS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("check", "architecture", "deployed", "undeploy"):
        its = verbs.add_parser(verb)
        if verb == "undeploy":
            its.add_argument("--yes", action="store_true", help="do not ask")
        if verb != "check":
            its.add_argument("stack")
        its.add_argument("region", nargs="?")
    arguments = parser.parse_args()
    account = Account(arguments.region)
    try:
        if arguments.verb == "check":
            say(f"account {account.number}, region {account.region}, as {account.arn}")
        elif arguments.verb == "architecture":
            print(architecture(account, arguments.stack))
        elif arguments.verb == "deployed":
            deployed(account, arguments.stack)
        else:
            undeploy(account, arguments.stack, arguments.yes)
    except (BotoCoreError, ClientError) as error:
        raise Failure(str(error)) from None


class Account:
    """The account of the credentials in use, and a region of it."""

    def __init__(self, region: str | None):
        try:
            self.session = boto3.Session(region_name=region or None)
        except ProfileNotFound as error:
            raise Failure(f"{error}: set AWS_PROFILE to one that `aws configure list-profiles` lists") from None
        self.region = self.session.region_name
        if not self.region:
            raise Failure("no AWS region is set: give one as REGION=eu-west-1, in AWS_REGION or in the profile")
        try:
            caller = self.client("sts").get_caller_identity()
        except (NoCredentialsError, NoRegionError):
            cure = "run `aws configure` or `aws sso login`, or set AWS_PROFILE"
            raise Failure(f"no AWS credentials found: {cure}") from None
        except (BotoCoreError, ClientError) as error:
            raise Failure(f"the AWS credentials cannot be used: {error}; renew them, or set AWS_PROFILE") from None
        self.number, self.arn = caller["Account"], caller["Arn"]

    def client(self, service: str):
        return self.session.client(service)

    def stack(self, name: str) -> dict | None:
        """The stack as CloudFormation has it; None if there is none."""
        try:
            return self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise


def architecture(account: Account, name: str) -> str:
    """Updating keeps the architecture that the stack was deployed with."""
    there = account.stack(name)
    return parameters(there).get("Architecture", "arm64") if there else "arm64"


def parameters(there: dict) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in there.get("Parameters", [])}


def outputs(there: dict) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in there.get("Outputs", [])}


def target_of(name: str) -> str:
    """The stack `errand` is the target `aws`, another one that of its name."""
    return "aws" if name == stack.NAME else name


def target_values(name: str, region: str, there: dict, environment: dict[str, str]) -> dict[str, str]:
    """What the target says. A profile is a name and no secret; it was not what the stack was deployed with where there
    are keys in the environment, which outdo it for every AWS tool."""
    values = {"stack": name, "region": region}
    profile = environment.get("AWS_PROFILE")
    if profile and not environment.get("AWS_ACCESS_KEY_ID"):
        values["profile"] = profile
    key = parameters(there).get("KmsKeyArn")
    if key:
        values["kms-key-arn"] = key
    return values


def deployed(account: Account, name: str) -> None:
    there = account.stack(name)
    if not there:
        say(f"stack {name} is not there: nothing was deployed")
        return
    target = target_of(name)
    if any(os.environ.get(f"AWS_ENDPOINT_URL{service}") for service in ("", "_S3", "_SQS")):
        say("AWS_ENDPOINT_URL leads elsewhere than to AWS: no target was registered")
    elif settings.put(target, target_values(name, account.region, there, dict(os.environ))):
        say(f"stack {name} is target `{target}` in {settings.FILE.name}, and the one that is taken in this checkout:")
        say("  target/release/errand doctor")
        say("  target/release/errand stats examples/input.txt")
    say("Whoever else uses it needs the command, and the managed policy:")
    say(f"  aws iam attach-user-policy --user-name NAME --policy-arn {outputs(there).get('ClientPolicyArn')}")
    say("  (or attach-role-policy --role-name; who handles dead letters needs OperatorPolicyArn besides)")


def undeploy(account: Account, name: str, is_sure: bool) -> None:
    check_name(name)
    there = account.stack(name)
    if not there:
        raise Failure(
            f"there is no stack {name} in account {account.number}, region {account.region}: give STACK=, REGION= or "
            "another AWS_PROFILE"
        )
    buckets = buckets_of(account, name)
    if not is_sure:
        ask(account, name, buckets)
    cloudformation = account.client("cloudformation")
    for attempt in range(1, ATTEMPTS + 1):
        for bucket in buckets:
            empty(account, bucket)
        say(f"deleting stack {name}; this takes some minutes")
        cloudformation.delete_stack(StackName=there["StackId"])
        status, reason = wait_until_deleted(cloudformation, there["StackId"])
        if status == "DELETE_COMPLETE":
            break
        if attempt == ATTEMPTS:
            raise Failure(f"stack {name} is not deleted ({status}): {reason}")
        say(f"not deleted yet ({reason}); once more")
    remove_reply_queues(account, name)
    settings.take(target_of(name))
    say(f"stack {name} is deleted, and all that was in its buckets")


def buckets_of(account: Account, name: str) -> list[str]:
    """Those of the stack that are still there."""
    resources = account.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    found = [
        each["PhysicalResourceId"]
        for each in resources
        if each["LogicalResourceId"] in BUCKETS and each.get("PhysicalResourceId")
    ]
    s3 = account.client("s3")
    return [bucket for bucket in found if is_there(s3, bucket)]


def is_there(s3, bucket: str) -> bool:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def ask(account: Account, name: str, buckets: list[str]) -> None:
    say(f"This deletes stack {name} in account {account.number}, region {account.region}, and all that is in")
    s3 = account.client("s3")
    for bucket in buckets:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=BATCH)
        count = len(page.get("Versions", []))
        say(f"  {bucket}: {'more than ' if page.get('IsTruncated') else ''}{count} objects, old versions among them")
    say("Inputs, outcomes and results cannot be had back.")
    if not sys.stdin.isatty():
        raise Failure("nobody can be asked here: make undeploy UNDEPLOY=--yes does it without a question")
    print(f"Type the stack's name to delete it ({name}): ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != name:
        raise Failure("nothing was deleted")


def empty(account: Account, bucket: str) -> None:
    """Deletes every version and delete marker, and what was uploaded in part."""
    s3 = account.client("s3")
    if not is_there(s3, bucket):
        return
    count = 0
    # What is deleted is not listed again, so that each listing is the first page.
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=BATCH)
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not found:
            break
        # A bucket without versions calls each `null`.
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        for first in range(0, len(objects), BATCH):
            batch = objects[first : first + BATCH]
            done = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
            for error in done.get("Errors", [])[:1]:
                raise Failure(f"{bucket}/{error['Key']} cannot be deleted: {error['Code']}: {error.get('Message', '')}")
        count += len(objects)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    say(f"{bucket}: {count} objects deleted, old versions and their markers among them")


def wait_until_deleted(cloudformation, stack_id: str) -> tuple[str, str]:
    while True:
        try:
            # By its id it is there also when it is deleted.
            there = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return "DELETE_COMPLETE", ""
            raise
        if there["StackStatus"] != "DELETE_IN_PROGRESS":
            return there["StackStatus"], there.get("StackStatusReason", "no reason given")
        time.sleep(5)


def remove_reply_queues(account: Account, name: str) -> None:
    """Those of clients that died; they are not part of the stack."""
    sqs = account.client("sqs")
    urls = [
        url
        for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"{name}-reply-")
        for url in page.get("QueueUrls", [])
    ]
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
    if urls:
        say(f"{len(urls)} reply queues of clients that died are deleted as well")


if __name__ == "__main__":
    run_main(main)
