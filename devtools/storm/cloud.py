"""The two ways to the local cloud: the one through the faults, which clients and functions take, and the direct one,
for whoever looks on. `devtools.local_cloud run` names both."""

import io
import json
import os
import stat
import time
import urllib.request
import zipfile

import boto3
from botocore.config import Config

STACK = os.environ.get("ERRAND_STACK", "errand")
FAULTY = os.environ["AWS_ENDPOINT_URL"]
DIRECT = os.environ.get("ERRAND_LOCAL_DIRECT", FAULTY)
REGION = os.environ.get("AWS_REGION", "us-east-1")


def client(service, direct=False):
    """A client of a service. boto3's are safe to share between threads once they are made."""
    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=3,
        read_timeout=30,
        max_pool_connections=40,
        s3={"addressing_style": "path"},
    )
    return boto3.client(service, endpoint_url=DIRECT if direct else FAULTY, region_name=REGION, config=config)


class Place:
    """The stack's parts, found by its name."""

    def __init__(self):
        sqs = client("sqs", direct=True)
        url = sqs.get_queue_url(QueueName=f"{STACK}-responses")["QueueUrl"]
        account = url.rsplit("/", 2)[1]
        self.base = url.rsplit("/", 1)[0]
        self.input_bucket = f"{STACK}-input-{account}-{REGION}"
        self.result_bucket = f"{STACK}-results-{account}-{REGION}"

    def queue(self, name, endpoint=DIRECT):
        """A queue's URL; the SDK sends to the endpoint it is set to, whatever the URL says."""
        return f"{endpoint}/{self.base.rsplit('/', 1)[1]}/{STACK}-{name}"


def replace_stats(files, timeout_secs=None):
    """Puts another program into the place of the stats function: `files` by name, `bootstrap` among them. The queue
    feeds the alias, so that it has to be a published version."""
    functions, name = client("lambda", direct=True), f"{STACK}-stats"
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        for file, content in files.items():
            entry = zipfile.ZipInfo(file)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, content)
    if timeout_secs:
        functions.update_function_configuration(FunctionName=name, Timeout=timeout_secs)
    functions.update_function_code(FunctionName=name, ZipFile=code.getvalue())
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    time.sleep(1)


def microburst(path, rules=None):
    """Asks what makes the faults, or gives it its rules."""
    body = None if rules is None else json.dumps(rules).encode()
    request = urllib.request.Request(f"{FAULTY}/_microburst/{path}", data=body)
    if body is not None:
        request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.loads(opener.open(request, timeout=30).read())
