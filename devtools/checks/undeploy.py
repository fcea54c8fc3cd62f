"""`make undeploy` asks, and leaves nothing behind: no object in any version, no queue, no stack.

Runs in the virtual environment of the local cloud, against a cloud of its own.
"""

import os
import pty
import subprocess
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from devtools import stack
from devtools.checkout import ROOT, Failure, run_main, say, venv_tool


def main() -> None:
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    buckets = [f"{stack.NAME}-{kind}-{stack.ACCOUNT}-{stack.REGION}" for kind in ("input", "results")]
    for index in range(1003):
        s3.put_object(Bucket=buckets[1], Key=f"results/{index}", Body=b"x")
    for body in (b"old", b"new"):
        s3.put_object(Bucket=buckets[0], Key="uploads/a", Body=body)
    s3.delete_object(Bucket=buckets[0], Key="uploads/a")
    s3.create_multipart_upload(Bucket=buckets[0], Key="uploads/b")
    sqs.create_queue(QueueName=f"{stack.NAME}-reply-0192f0c4")

    said = undeploy()
    expect("nobody to ask", said, 1, "nobody can be asked here: make undeploy UNDEPLOY=--yes")
    said = undeploy(typed="errend\n")
    expect("another answer", said, 1, "nothing was deleted")
    if "more than 1000 objects" not in said.stderr:
        raise Failure(f"it does not say how much there is: {said.stderr}")
    s3.head_object(Bucket=buckets[1], Key="results/0")
    expect("another stack", undeploy("errand-two", "--yes"), 1, "there is no stack errand-two")
    expect("the answer", undeploy(typed=f"{stack.NAME}\n"), 0, "stack errand is deleted")

    for bucket in buckets:
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError:
            continue
        raise Failure(f"{bucket} is still there")
    queues = sqs.list_queues(QueueNamePrefix=f"{stack.NAME}-").get("QueueUrls", [])
    if queues:
        raise Failure(f"queues are still there: {queues}")
    expect("a second time", undeploy(stack.NAME, "--yes"), 1, "there is no stack errand")
    say("make undeploy asks, and leaves nothing behind")


def undeploy(name: str = stack.NAME, *options: str, typed: str | None = None) -> subprocess.CompletedProcess:
    """Runs it, at a terminal where something is typed."""
    command = [str(venv_tool("sam", "python")), "-m", "devtools.account", "undeploy", *options, name]
    stdin, ours = subprocess.DEVNULL, None
    if typed is not None:
        ours, stdin = pty.openpty()
        os.write(ours, typed.encode())
    done = subprocess.run(command, cwd=Path(ROOT), stdin=stdin, capture_output=True, text=True)
    for handle in (ours, stdin):
        if typed is not None and handle is not None:
            os.close(handle)
    return done


def expect(what: str, done: subprocess.CompletedProcess, code: int, words: str) -> None:
    if done.returncode != code or words not in done.stderr:
        raise Failure(f"{what}: exit code {done.returncode}, and it says:\n{done.stderr}")
    say(f"  ok {what}")


if __name__ == "__main__":
    run_main(main)
