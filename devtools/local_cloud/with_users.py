"""Runs a command against the local cloud as root, with the keys of two IAM users in its environment: one with the
client policy of the stack alone (ERRAND_TEST_CLIENT_AWS_...), one with the operator policy besides
(ERRAND_TEST_OPERATOR_AWS_...). The end-to-end tests run `errand` as one or the other.

    python3 -m devtools.local_cloud run --auth -- \\
      .venv/cloud/bin/python -m devtools.local_cloud.with_users cargo test ...
"""

import json
import os
import sys

import boto3

from devtools.local_cloud import client_user

USERS = {"client": ("Client",), "operator": ("Client", "Operator")}


def main():
    environment = dict(os.environ)
    for user, policies in USERS.items():
        for name, value in client_user.make(os.environ["ERRAND_STACK"], user, policies).items():
            environment[f"ERRAND_TEST_{user.upper()}_{name}"] = value
        give_what_aws_would(os.environ["ERRAND_STACK"], user)
    os.execvpe(sys.argv[1], sys.argv[1:], environment)


def give_what_aws_would(stack: str, user: str) -> None:
    """Gives a user what its policy gives it on AWS. MiniStack (1.5) does not know the key `s3:if-none-match`, and so
    takes the condition that an outcome may be written where there is none for one that is never met; and it does not
    read which map run is asked for, so that only a right to all of them is one."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    bucket = next(each["PhysicalResourceId"] for each in resources if each["LogicalResourceId"] == "ResultBucket")
    statements = [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/outcomes/*.json"},
        {"Effect": "Allow", "Action": "states:DescribeMapRun", "Resource": "*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    boto3.client("iam").put_user_policy(UserName=f"{stack}-{user}", PolicyName="as-on-aws", PolicyDocument=policy)


if __name__ == "__main__":
    main()
