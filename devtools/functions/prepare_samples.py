"""Uploads the objects that the sample events speak of to the local cloud that AWS_ENDPOINT_URL names, and prints the
environment of both functions as `sam local invoke --env-vars` takes it.

    python -m devtools.functions.prepare_samples ENDPOINT       the endpoint as the functions reach it
"""

import json
import sys

import boto3

from devtools.functions import samples
from devtools.stack import function_environment

samples.put_inputs(boto3.client("s3"))
names = {"StatsFunction": "stats", "GrayscaleFunction": "grayscale"}
print(json.dumps({name: function_environment(function, sys.argv[1]) for name, function in names.items()}))
