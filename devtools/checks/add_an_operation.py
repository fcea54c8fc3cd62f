"""Follows docs/add-an-operation.md to the letter, in a copy of the checkout: makes its files and edits, runs its
commands, deploys the copy to a local cloud of its own and asks the operation that was added.

    python3 -m devtools.checks.add_an_operation

The copy stands in target/add-an-operation/ and takes over what is compiled, so that Cargo compiles what the page adds
and no more. It is removed when the page held.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

from devtools import markdown
from devtools.checkout import ROOT, VENVS, Failure, lock, run_main, say

PAGE = ROOT / "docs" / "add-an-operation.md"
PLACE = ROOT / "target" / "add-an-operation"
COPY = PLACE / "checkout"
# Not part of a checkout, or too large to be copied.
LEFT_OUT = (".git", ".venv", ".local", "target", "build", "__pycache__")


def main():
    if sys.argv[1:] == ["--ask"]:
        return ask()
    if not (ROOT / "target" / "release" / "deps").exists():
        raise Failure("nothing is built: run `make build` first")
    with lock(PLACE / "lock", "another test that adds an operation"):
        copy()
        for block in markdown.blocks(PAGE.read_text()):
            if block.file:
                say(f"{PAGE.name}: {block.file}")
                markdown.write(block, COPY)
            elif block.mark == "run":
                for command in block.text.splitlines():
                    say(f"$ {command}")
                    run(["bash", "-c", command])
        asking = [VENVS / "cloud" / "bin" / "python", "-m", "devtools.checks.add_an_operation", "--ask"]
        run([sys.executable, "-m", "devtools.local_cloud", "run", "--", *asking])
        shutil.rmtree(COPY)
    return 0


def copy():
    """The checkout as it stands, with what is compiled of it."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT, COPY, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (COPY / ".venv").symlink_to(VENVS)
    for part in ("deps", "build", ".fingerprint"):
        compiled = Path("target", "release", part)
        shutil.copytree(ROOT / compiled, COPY / compiled, symlinks=True, copy_function=take_over)


def take_over(source, target):
    """A file of Cargo's with its time, by which Cargo tells what is up to date. A library of the registry's, which is
    never written to again, is there a second time without a copy."""
    path = Path(source)
    if path.suffix in (".rlib", ".rmeta", ".so") and not path.name.startswith(("liberrand", "libjpeg_luma")):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def run(command):
    # A make that runs this, or a target directory of the user's, is not for the copy.
    others = ("CARGO_TARGET", "MAKE", "MFLAGS")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    # All that the workspace needs has been fetched for its build.
    environment["CARGO_NET_OFFLINE"] = "true"
    done = subprocess.run([str(part) for part in command], cwd=COPY, env=environment)
    if done.returncode != 0:
        raise Failure(f"{PAGE.relative_to(ROOT)} does not hold: `{command[-1]}` ended with {done.returncode}")


def ask():
    """Inside of the copy, with its cloud: what the page asks, and a request in a message besides."""
    os.environ["PATH"] = f"{ROOT / 'target' / 'release'}:{os.environ['PATH']}"
    found = markdown.blocks(PAGE.read_text())
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.mark == "run=cloud":
            print(block.text, end="", flush=True)
            said = subprocess.run(["bash", "-euc", block.text], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
            print(said.stdout, end="")
            if following and following.mark == "output" and without_ids(said.stdout) != without_ids(following.text):
                raise Failure(f"the page has another output:\n{following.text}")
    ask_by_message()
    return 0


def without_ids(text):
    """What is said, whatever the job's id."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "JOB", text)


def ask_by_message():
    import boto3

    from devtools import stack

    job, text = str(uuid.uuid4()), "one\n \nthree\n"
    request = {"version": 1, "job_id": job, "operation": "linecount", "input": {"inline": text}}
    request["parameters"] = {"skip_blank": True}
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    url = stack.resolve("!Ref LinecountRequests", os.environ["AWS_ENDPOINT_URL"])
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(request))
    deadline = time.monotonic() + 60
    while True:
        try:
            stored = s3.get_object(Bucket=stack.result_bucket(), Key=f"outcomes/{job}.json")
            break
        except s3.exceptions.NoSuchKey:
            if time.monotonic() > deadline:
                raise Failure("a request in a message was not answered") from None
            time.sleep(0.2)
    outcome = json.loads(stored["Body"].read())
    if outcome["status"] != "succeeded" or outcome["result"] != {"lines": 2}:
        raise Failure(f"a request in a message was answered with {outcome}")
    print("a request in a message: answered")


if __name__ == "__main__":
    run_main(main)
