"""Uploads the objects that the sample events speak of to the local cloud that AWS_ENDPOINT_URL names, and prints the
environment of the functions as `sam local invoke --env-vars` takes it.

    python -m devtools.functions.prepare_samples ENDPOINT       the endpoint as the functions reach it
"""

import json
import sys

import boto3

from devtools import stack
from devtools.functions import samples


def main():
    samples.put_inputs(boto3.client("s3"))
    environments = {each.function: stack.function_environment(each, sys.argv[1]) for each in stack.operations()}
    print(json.dumps(environments))


if __name__ == "__main__":
    main()
