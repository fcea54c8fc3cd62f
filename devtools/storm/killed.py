"""Shows on the local cloud that a request whose function is killed on every delivery, the last one too, is answered.
The troubled function (functions/worker/examples/troubled_stats.rs) dies of it five times; then the request has to rest
in the dead-letter queue, and its outcome has to say so: not before the last invocation is over, and to whoever asks
with `errand result`.

    python3 -m devtools.local_cloud run -- .venv/cloud/bin/python -m devtools.storm.killed \\
      target/release/examples/troubled_stats
"""

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

from devtools.checkout import ROOT
from devtools.storm import checker, cloud, troubles

# How soon the request comes again, in place of six minutes.
VISIBILITY_SECS = 3
PATIENCE_SECS = 120
# Exit codes of `errand`.
FAULT, NO_ANSWER_YET = 6, 4


def main():
    place, sqs, s3 = cloud.Place(), cloud.client("sqs"), cloud.client("s3")
    troubles.troubled(Path(sys.argv[1]))
    queue = place.queue("stats-requests")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(VISIBILITY_SECS)})
    job = str(uuid.uuid4())
    sqs.send_message(
        QueueUrl=queue, MessageBody=troubles.request(job, "die", f"{cloud.STACK}-reply-{uuid.uuid4().hex}")
    )

    # It is there from the last delivery on, and is no answer yet.
    kept = wait_until(lambda: checker.kept_of(s3, place, job))
    early = result_of(job)
    expect("the failure is stored before the last delivery dies", kept and kept["status"], "failed")
    expect("the delivery that it was stored by", kept and kept["attempt"], 5)
    expect("`errand result` meanwhile", early.returncode, NO_ANSWER_YET)
    expect("the request rests in the dead-letter queue", wait_until(lambda: job in checker.dead_letters(place)), True)
    answer = wait_until(lambda: checker.outcome_of(s3, place, job))
    expect("the answer's code", answer and answer["error"]["code"], "process_killed")
    late = result_of(job)
    expect("`errand result` at last", late.returncode, FAULT)
    expect("... and why", json.loads(late.stdout or late.stderr or "{}").get("error", {}).get("code"), "process_killed")
    return 1 if failures else 0


failures: list[str] = []


def expect(what, found, expected):
    good = found == expected
    print(f"{'ok  ' if good else 'FAIL'} {what}: {found}")
    if not good:
        print(f"     expected {expected}")
        failures.append(what)


def wait_until(look):
    """What `look` finds, once it finds something."""
    end = time.monotonic() + PATIENCE_SECS
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def result_of(job):
    binary = ROOT / "target" / "release" / "errand"
    return subprocess.run([binary, "result", job, "--json"], capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
