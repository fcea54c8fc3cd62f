"""Looks whether statistics keep to the memory that there is, by the kernel's figures.

    python3 -m devtools.checks.memory

A file of 200 KB holds two hundred million numbers of one byte and one that is far larger: all statistics of it, in a
function of its usual memory, and of a part of it with `--memory 64`. And a list that comes through standard input is
held once by the client.
"""

import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools import stack
from devtools.bench.memory import peak_memory, start, started
from devtools.bench.standin import StandIn
from devtools.checkout import ROOT, Failure, run_main

MIB = 1 << 20
JOB_SECONDS = 300
JOB_ID = "0193a0c4-5e00-7000-8000-000000000001"
# What the command takes besides the numbers: itself, its threads' chunks, windows.
CLIENT_MIB = 40
ERRAND = ROOT / "target/release/errand"
LAUNCH = ROOT / "devtools/bench/launch.py"


def main():
    if not sys.platform.startswith("linux"):
        print("SKIPPED: the kernel's figures are Linux's")
        return 0
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        function_mb = stack.operation("stats").memory_mb
        many = narrow(Path(folder) / "many.gz", 200_000_000)
        failures += told(f"all statistics, function of {function_mb} MB", in_function(many, function_mb), function_mb)
        some = narrow(Path(folder) / "some.gz", 30_000_000)
        offline = client(["stats", some, "--all", "--offline", "--memory", "64"], os.devnull, 0)
        failures += told("all statistics, --memory 64", offline, 64 + CLIENT_MIB)
        listed = Path(folder) / "list.txt"
        numbers = random.Random(1)
        listed.write_text("".join(f"{numbers.randrange(10**9)}\n" for _ in range(10_000_000)))
        # It is read before anything is sent, and nobody listens there.
        sent = client(["stats", "-", "--endpoint-url", "http://127.0.0.1:1"], listed, 3)
        failures += told("a list from standard input", sent, listed.stat().st_size // MIB + CLIENT_MIB)
    return 1 if failures else 0


def told(what, peak_bytes, most_mib):
    peak_mib = -(-peak_bytes // MIB)
    good = peak_mib <= most_mib
    print(f"{'ok  ' if good else 'FAIL'} {what}: {peak_mib} MiB, at most {most_mib}")
    return not good


def narrow(path, count):
    """A list of so many numbers below ten, and one that takes eight bytes."""
    ten = b"1 2 3 4 5 6 7 8 9 0 "
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(count // 1_000_000):
            file.write(ten * 100_000)
        file.write(b"99999999999999999\n")
    return path


def in_function(path, memory_mb):
    """The peak memory of the function's process for all statistics of a list."""
    operation = stack.operation("stats")
    if not operation.binary.exists():
        raise Failure(f"{operation.binary} is not there: run `make build` first")
    bucket, key = stack.input_bucket(), f"uploads/{JOB_ID}/{path.name}"
    request = {
        "version": 1,
        "job_id": JOB_ID,
        "operation": "stats",
        "parameters": {"statistics": "all"},
        "input": {"object": {"bucket": bucket, "key": key}},
    }
    record = {
        "messageId": "1",
        "receiptHandle": "1",
        "body": json.dumps(request),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1764028800000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{stack.NAME}-stats-requests",
        "awsRegion": "us-east-1",
    }
    with StandIn({f"{bucket}/{key}": path}) as lambda_, tempfile.TemporaryFile() as log:
        process = start(operation, operation.binary, memory_mb, lambda_, log)
        try:
            started(lambda_, process)
            lambda_.give({"Records": [record]})
            if not lambda_.wait_until_asked(JOB_SECONDS):
                raise Failure(f"the function did not end its job (exit code {process.poll()})")
            peak = peak_memory(process.pid)
        finally:
            process.kill()
            process.wait()
        result = lambda_.outcome.get("result", {})
        if result.get("distinct") != 11:
            raise Failure(f"not the answer: {lambda_.outcome}")
        return peak


def client(arguments, stdin, exit_code):
    """The peak memory of the command."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    argv = [str(ERRAND), *map(str, arguments)]
    job = {
        "argv": argv,
        "environment": {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **keys},
        "stdin": str(stdin),
        "stdout": os.devnull,
        "stderr": os.devnull,
        "core": None,
    }
    command = [sys.executable, "-I", "-S", str(LAUNCH), json.dumps(job)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    cost = json.loads(ran.stdout)
    if cost["exit_code"] != exit_code:
        raise Failure(f"{' '.join(argv)}: exit code {cost['exit_code']} instead of {exit_code}")
    return cost["peak_memory_bytes"]


if __name__ == "__main__":
    run_main(main)
