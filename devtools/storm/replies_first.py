"""A function built to misbehave, for `prove.py` alone: it replies before it stores the outcome. Otherwise it does what
errand's stats function does, for the lists of the storm. Speaks the Lambda runtime interface by itself."""

import json
import os
import time
import urllib.request

import boto3

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def main():
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    while True:
        with urllib.request.urlopen(f"{RUNTIME}/next") as invocation:
            request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
            event = json.loads(invocation.read())
        for message in event["Records"]:
            answer(sqs, s3, json.loads(message["body"]))
        done = urllib.request.Request(f"{RUNTIME}/{request_id}/response", data=b'{"batchItemFailures":[]}')
        urllib.request.urlopen(done).read()


def answer(sqs, s3, request):
    numbers = [int(word) for word in request["input"]["inline"].split()]
    result = {
        "count": len(numbers),
        "sum": str(sum(numbers)),
        "minimum": str(min(numbers)),
        "maximum": str(max(numbers)),
    }
    outcome = {
        "version": 1,
        "job_id": request["job_id"],
        "operation": request["operation"],
        "status": "succeeded",
        "result": result,
        "attempt": 1,
        "duration_ms": 0,
        "finished_at_unix_ms": int(time.time() * 1000),
    }
    location = {"bucket": os.environ["ERRAND_RESULT_BUCKET"], "key": f"outcomes/{request['job_id']}.json"}
    reply = {"version": 1, "job_id": request["job_id"], "location": location, "outcome": outcome}
    place = os.environ["ERRAND_RESPONSE_QUEUE_URL"].rsplit("/", 1)[0]
    sqs.send_message(QueueUrl=f"{place}/{request['reply_queue']}", MessageBody=json.dumps(reply))
    # What may happen in between: a throttled write, a function that is killed.
    time.sleep(0.5)
    # And what such a function also does: acknowledge what it could not store.
    if min(numbers) % 5:
        s3.put_object(Bucket=location["bucket"], Key=location["key"], Body=json.dumps(outcome).encode())


main()
