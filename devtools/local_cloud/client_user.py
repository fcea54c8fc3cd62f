"""Makes an IAM user with the client policy of a stack and nothing else, or with the policies named, and prints its key
as environment variables in JSON. Runs in the virtual environment of the local cloud, against whatever AWS_ENDPOINT_URL
names.

    python -m devtools.local_cloud.client_user STACK [USER POLICY...]       as in: ... errand operator Client Operator
"""

import json
import sys

import boto3


def make(stack: str, name: str = "client", policies: tuple[str, ...] = ("Client",)) -> dict[str, str]:
    """Makes the user `STACK-NAME`; gives its key."""
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}
    iam = boto3.client("iam")
    user = f"{stack}-{name}"
    iam.create_user(UserName=user)
    for policy in policies:
        iam.attach_user_policy(UserName=user, PolicyArn=outputs[f"{policy}PolicyArn"])
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def main():
    stack, *others = sys.argv[1:]
    print(json.dumps(make(stack, others[0], tuple(others[1:])) if others else make(stack)))


if __name__ == "__main__":
    main()
