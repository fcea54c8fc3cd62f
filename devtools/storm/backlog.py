"""Shows on the local cloud that a backlog of slow requests is worked off and none of it dead-lettered: jobs that each
take a quarter and a half of the function's time-out, many more than it can begin in one delivery. The troubled function
(functions/worker/examples/troubled_stats.rs) takes the place of errand's stats function.

    python3 -m devtools.local_cloud run -- .venv/cloud/bin/python -m devtools.storm.backlog \\
      target/release/examples/troubled_stats
"""

import sys
import uuid
from collections import Counter
from pathlib import Path

from devtools.storm import cloud, troubles

QUARTER, HALF = (f"sleep {troubles.TIMEOUT_SECS // part}" for part in (4, 2))
# So many that every function that the queue may keep busy has several deliveries of ten.
CASES = 40 * [QUARTER] + 20 * [HALF]


def main():
    place, sqs = cloud.Place(), cloud.client("sqs")
    troubles.troubled(Path(sys.argv[1]))
    reply_queue = f"{cloud.STACK}-reply-{uuid.uuid4().hex}"
    replies = sqs.create_queue(QueueName=reply_queue)["QueueUrl"]
    jobs = {str(uuid.uuid4()): text for text in CASES}
    bodies = [troubles.request(job, text, reply_queue) for job, text in jobs.items()]
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(bodies[start : start + 10])]
        sqs.send_message_batch(QueueUrl=place.queue("stats-requests"), Entries=entries)
    answers = troubles.wait_for(sqs, replies, set(jobs))
    sqs.delete_queue(QueueUrl=replies)
    ended = Counter(each["status"] for each in answers.values())
    print(f"{len(jobs)} jobs of a quarter and a half of the time-out: {dict(ended)}")
    attempts = Counter(each["attempt"] for each in answers.values())
    print(f"attempts: {dict(sorted(attempts.items()))}")
    left = troubles.unanswered(sqs, place)
    print(f"{left} requests wait, or rest among the dead letters")
    good = ended == {"succeeded": len(jobs)} and not left
    print("ok" if good else "FAIL")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
