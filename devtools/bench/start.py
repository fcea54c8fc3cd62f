"""How quick the command itself is, beside `aws` and a script with boto3: a part of `make bench`.

`errand --version` is a start and nothing else. A round trip is a small list, sent and answered: the cloud is a server
in this process that answers at once, so that what is measured is the own time of a client. CPU time stands beside the
time on the clock: on a machine that does other things as well, only that is its own. It measures, it does not test:
the exit code is 0 whether the targets are reached or not.

    python3 -m devtools.bench.start
    chrt -r 20 python3 -m devtools.bench.start --runs 31        where others use the machine
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools.bench import tools
from devtools.bench.absence import Absent
from devtools.bench.answering import Answering
from devtools.bench.measure import Command, measure
from devtools.checkout import ROOT, VENVS, run_main

VERSION, ROUND_TRIP = "errand --version", "errand stats, there and back"
# What issue 12 asks for, in seconds.
WANTED = {VERSION: 0.005, ROUND_TRIP: 0.040}
CLIENT = ROOT / "examples" / "clients" / "client.py"


def main():
    arguments = parse_arguments()
    tools.WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tools.WORK) as scratch, Answering() as cloud:
        numbers = Path(scratch) / "numbers.txt"
        numbers.write_text(" ".join(str(number) for number in range(100, 200)))
        there = environment(cloud.endpoint, scratch)
        commands = {
            VERSION: Command([arguments.errand, "--version"], environment=there),
            ROUND_TRIP: Command([arguments.errand, "stats", numbers], environment=there),
        }
        try:
            python = clients()
            commands["aws --version"] = Command([python.with_name("aws"), "--version"], environment=there)
            commands["boto3, there and back"] = Command([python, CLIENT, "stats", numbers], environment=there)
        except Absent as reason:
            print(f"no aws, no boto3: {reason}")
        costs, failed = measure(commands, arguments.runs, Path(scratch))
    show(costs, failed)
    return 0


def environment(endpoint, scratch):
    """A cloud without a way to it, and none of this user's settings."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "HOME": scratch,
        "XDG_STATE_HOME": scratch,
        "XDG_CONFIG_HOME": scratch,
    }


def clients():
    """The Python of the other clients, which `make test` uses, too."""
    install = [sys.executable, "-m", "devtools.install", "clients"]
    if subprocess.run(install, cwd=ROOT, stdout=sys.stderr).returncode != 0:
        raise Absent("they could not be installed, see above")
    return VENVS / "clients" / "bin" / "python"


def show(costs, failed):
    print(f"start: {os.cpu_count()} processors; time on the clock, and CPU time (user and system), medians")
    for name, cost in costs.items():
        milliseconds = [f"{1e3 * each:8.1f} ms" for each in (cost.median_seconds, cost.median_cpu_seconds)]
        line = f"  {name:30}{milliseconds[0]}{milliseconds[1]} CPU   ({cost.runs} runs)"
        if name in WANTED:
            reached = "reached" if cost.median_seconds < WANTED[name] else "not reached"
            line += f"   wanted: under {1e3 * WANTED[name]:.0f} ms: {reached}"
        print(line)
    for name, reason in failed.items():
        print(f"  {name}: {reason}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=21, help="runs of each, of which the median counts")
    parser.add_argument("--errand", type=Path, default=ROOT / "target" / "release" / "errand")
    return parser.parse_args()


if __name__ == "__main__":
    run_main(main)
