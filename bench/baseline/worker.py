#!/usr/bin/env python3
"""What errand is measured against: the original design. A loop that is always on, takes one message at a time from a
request queue, works out the statistics of its list, sends the answer to a response queue, and removes the message.

It is the better for what it leaves out: no outcome is kept, a list that is not one ends the program, and what is
answered and not removed in time is answered again.

    worker.py REQUEST_QUEUE_URL RESPONSE_QUEUE_URL
"""

import json
import statistics
import sys

import boto3


def main():
    requests, responses = sys.argv[1:]
    sqs = boto3.client("sqs")
    while True:
        answer = sqs.receive_message(QueueUrl=requests, MaxNumberOfMessages=1, WaitTimeSeconds=20)
        for message in answer.get("Messages", []):
            job = json.loads(message["Body"])
            numbers = [int(word) for word in job["input"]["inline"].split()]
            result = {
                "count": len(numbers),
                "sum": str(sum(numbers)),
                "minimum": str(min(numbers)),
                "maximum": str(max(numbers)),
                "mean": str(statistics.mean(numbers)),
                "median": str(statistics.median(numbers)),
            }
            body = json.dumps({"job_id": job["job_id"], "outcome": {"status": "succeeded", "result": result}})
            sqs.send_message(QueueUrl=responses, MessageBody=body)
            sqs.delete_message(QueueUrl=requests, ReceiptHandle=message["ReceiptHandle"])


main()
