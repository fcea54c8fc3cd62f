"""Copies one file to or from S3, for those who have no `aws` command at hand.

    cp FILE s3://BUCKET/KEY
    cp [--wait SECONDS] s3://BUCKET/KEY FILE     waits for the object to appear

Reaches the cloud that AWS_ENDPOINT_URL and the usual AWS_* variables name. Runs in the virtual environment of the
local cloud: .venv/cloud/bin/python -m devtools.s3 ...
"""

import argparse
import time
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from devtools.checkout import Failure, run_main


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["cp"])
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="how long the object may take to appear"
    )
    parser.add_argument("source")
    parser.add_argument("destination")
    arguments = parser.parse_args()
    s3 = boto3.client("s3")
    try:
        if arguments.destination.startswith("s3://"):
            s3.upload_file(arguments.source, *bucket_and_key(arguments.destination))
        else:
            download(s3, arguments)
    except (BotoCoreError, ClientError, OSError) as error:
        raise Failure(error) from None


def download(s3, arguments):
    bucket, key = bucket_and_key(arguments.source)
    deadline = time.monotonic() + arguments.wait
    while True:
        try:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            if time.monotonic() >= deadline:
                raise Failure(f"{arguments.source} is not there") from None
            time.sleep(0.1)
        else:
            Path(arguments.destination).write_bytes(body)
            return


def bucket_and_key(url):
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket or not key:
        raise Failure(f"{url} is no object: write s3://BUCKET/KEY")
    return bucket, key


if __name__ == "__main__":
    run_main(main)
