"""What a job asks of a function's memory and processor, and how long it then takes at which memory setting.

    python3 -m devtools.bench.memory

Measured: the real function processes, one job at a time, against a stand-in for Lambda, S3 and SQS on 127.0.0.1. Peak
memory is the kernel's high-water mark of the resident set. CPU time is that of all of the function's threads over one
job, the median of those after the first. The least setting is the smallest of those tried at which the function takes
the job.

Computed: durations. Lambda gives a function processor time in proportion to its memory, one processor at 1,769 MB,
and a job has one thread that computes; so it takes its CPU time, times 1,769 over the setting, and no less than its CPU
time.
What S3 and SQS take comes on top. The processor is this machine's.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from devtools import stack
from devtools.bench import lists, machine
from devtools.bench.absence import Absent
from devtools.bench.cases import PEERS, Workshop
from devtools.bench.debian import Packages
from devtools.bench.report import duration, megabytes
from devtools.bench.standin import StandIn, object_created
from devtools.bench.tools import WORK, peers_python
from devtools.checkout import ROOT, Failure, lock, run_main, say

# AWS Lambda Developer Guide, "Configure Lambda function memory" (read 2026-11): at 1,769 MB, one vCPU.
ONE_PROCESSOR_MB = 1769
SETTINGS_MB = [128, 256, 512, 1024, 1769, 2048, 3008]
SHOWN_MB = [512, 1024, 1769, 3008]
JOB_SECONDS = 600


@dataclass
class Job:
    """One job for one function; `input` is a file whose name says its format."""

    title: str
    operation: str
    input: Path


@dataclass
class Need:
    """What a job was seen to need."""

    peak_memory_bytes: int
    cpu_seconds: float
    least_mb: int | None
    """The smallest setting tried at which it succeeds; None when it does at none."""


def main():
    options = parse_options()
    with lock(WORK / "lock", "another `make bench`"):
        rows = [(job, need_of(job, options)) for job in jobs()]
    facts = machine.facts()
    print(f"{facts['cpu']}, {facts['system']}; load {facts['load_at_start']:.1f}; functions of {options.functions}\n")
    print(table(rows))


def jobs():
    packages = Packages(WORK / "debian", say)
    python, no_python = peers_python()
    workshop = Workshop(WORK / "inputs", packages, python, say)
    found = []
    for megapixels in [1, 18, 100]:
        for suffix in ["jpg", "png"]:
            path = picture(workshop, megapixels, suffix, no_python)
            found.append(
                Job(
                    f"{suffix.replace('jpg', 'jpeg').upper()}, {megapixels} megapixel{'s' if megapixels > 1 else ''}",
                    "grayscale",
                    path,
                )
            )
    for size, count in [(1, 91_700), (100, 9_170_000)]:
        recipe = lists.Recipe(count, "i", "\n", size)
        found.append(Job(f"list of {size} MB", "stats", workshop.list(f"memory-{size}-mb", recipe)))
    return found


def picture(workshop, megapixels, suffix, no_python):
    if not workshop.python:
        raise Failure(f"the images are made with Pillow: {no_python}")
    try:
        photograph = workshop.elephants()
        command = [workshop.python, PEERS / "make_image.py", photograph, str(megapixels)]
        return workshop.made(f"memory-{megapixels}.{suffix}", lambda path: subprocess.run([*command, path], check=True))
    except Absent as reason:
        raise Failure(str(reason)) from None


def need_of(job, options):
    binary = options.functions / job.operation / "bootstrap"
    if not binary.exists():
        raise Failure(f"{binary} is not there: run `make package` for this machine's architecture, or name --functions")
    say(f"measuring {job.title}")
    peak, seconds = run(job, binary, max(SETTINGS_MB), options.runs)
    if not seconds:
        return Need(peak, 0.0, None)
    least = next((mb for mb in SETTINGS_MB if run(job, binary, mb, 1)[1]), None)
    return Need(peak, statistics.median(seconds), least)


def start(operation, binary, memory_mb, lambda_, log):
    """A process of the function, as Lambda starts it with so much memory, which asks the stand-in for events."""
    environment = {
        "PATH": "/usr/bin:/bin",
        **stack.function_environment(operation, lambda_.endpoint),
        "AWS_LAMBDA_RUNTIME_API": lambda_.address,
        "AWS_LAMBDA_FUNCTION_NAME": operation.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": "log",
        "AWS_LAMBDA_LOG_STREAM_NAME": "log",
    }
    return subprocess.Popen([binary], env=environment, stdout=log, stderr=log)


def run(job, binary, memory_mb, times):
    """Does a job some times, after once to warm up, in one function process of so much memory. Gives the peak memory
    and the CPU time of each; no times when the function refused it."""
    operation = stack.operation(job.operation)
    key = f"{job.operation}/{job.input.name}"
    event = object_created(stack.input_bucket(), key, job.input.stat().st_size)
    with StandIn({f"{stack.input_bucket()}/{key}": job.input}) as lambda_, tempfile.TemporaryFile() as log:
        process = start(operation, binary, memory_mb, lambda_, log)
        try:
            started(lambda_, process)
            seconds = [cpu_seconds_of(event, lambda_, process) for _ in range(times + 1)]
            peak = peak_memory(process.pid)
        finally:
            process.kill()
            process.wait()
        done = lambda_.outcome.get("status") == "succeeded"
        return peak, seconds[1:] if done else []


def started(lambda_, process):
    if not lambda_.wait_until_asked(30):
        raise Failure(f"the function did not start (exit code {process.poll()})")


def cpu_seconds_of(event, lambda_, process):
    before = cpu_seconds(process.pid)
    lambda_.give(event)
    if not lambda_.wait_until_asked(JOB_SECONDS):
        raise Failure(f"the function did not end its job (exit code {process.poll()})")
    return cpu_seconds(process.pid) - before


def cpu_seconds(pid):
    """CPU time of a process with all its threads, ended ones too: its CPU clock (clock_getcpuclockid(3), as Linux makes
    it of the id)."""
    return time.clock_gettime((~pid << 3) | 2)


def peak_memory(pid):
    """The high-water mark of the resident set (proc(5), VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kibibytes) * 1024


def computed_seconds(cpu_seconds, memory_mb):
    """How long a job takes at a setting, by AWS's rule; one thread has no use for more than one processor."""
    return cpu_seconds * max(1.0, ONE_PROCESSOR_MB / memory_mb)


def table(rows):
    """The table of docs/operating.md, in Markdown."""
    heads = ["job", "input", "peak memory", "CPU time", "least setting"]
    heads += [f"at {mb} MB" for mb in SHOWN_MB]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    for job, need in rows:
        cells = [job.title, megabytes(job.input.stat().st_size), megabytes(need.peak_memory_bytes)]
        cells += [duration(need.cpu_seconds).strip(), f"{need.least_mb} MB" if need.least_mb else "none"]
        cells += [computed(need, mb) for mb in SHOWN_MB]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def computed(need, memory_mb):
    if need.least_mb is None or memory_mb < need.least_mb:
        return "refused"
    return duration(computed_seconds(need.cpu_seconds, memory_mb)).strip()


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="jobs of each kind after the warm-up [default: 5]")
    parser.add_argument(
        "--functions",
        type=Path,
        default=os.environ.get("FUNCTIONS") or ROOT / "build/aws/build/lambda",
        help="holds NAME/bootstrap of each function [default: $FUNCTIONS or build/aws/build/lambda, of `make package`]",
    )
    options = parser.parse_args()
    options.functions = Path(options.functions).absolute()
    return options


if __name__ == "__main__":
    run_main(main)
