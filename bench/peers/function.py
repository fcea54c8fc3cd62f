"""A function in Python as it would be beside errand's: boto3 and Pillow imported, clients of S3 and SQS made, then
events asked for and answered with nothing.

It is quicker than one under AWS's own runtime for Python, whose client of the runtime API is left out."""

import http.client
import os

import boto3
from PIL import Image

INVOCATIONS = "/2018-06-01/runtime/invocation"

s3, sqs = boto3.client("s3"), boto3.client("sqs")
Image.init()
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    runtime.request("GET", f"{INVOCATIONS}/next")
    invocation = runtime.getresponse()
    invocation.read()
    request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    runtime.request("POST", f"{INVOCATIONS}/{request_id}/response", body="null")
    runtime.getresponse().read()
