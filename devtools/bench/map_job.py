"""A list of a gigabyte through the state machine of a local cloud, with the memory that each function took.

    python3 -m devtools.local_cloud run --parameter StatsMemoryMb=256 --parameter MapConcurrency=2 \\
        --parameter ReadableBuckets=errand-bench -- .venv/cloud/bin/python -m devtools.bench.map_job

The numbers are 1 to P - 1 in the order of the powers of a number modulo the prime P, times a step: what their statistics are
follows from that, whatever the program says. Peak memory is the kernel's high-water mark of the resident set (proc(5),
VmHWM) of each function process. The emulator, which keeps the list in memory and hands it out in Python, takes most of the time: it
is no measure of AWS.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import boto3

from devtools.bench import machine
from devtools.bench.memory import peak_memory
from devtools.checkout import ROOT, Failure, run_main, say

ERRAND = ROOT / "target" / "release" / "errand"
BUCKET, KEY = "errand-bench", "map/list.txt"
FUNCTION = "errand-stats"
# A prime, and a primitive root of it; so that its powers are all numbers from 1 to the prime less one.
PRIME, ROOT_OF_IT = 100_000_007, 5
# What the prime less one is made of.
FACTORS = [2, 491, 101833]
CHUNK = 1_000_000


def main():
    options = parse_options()
    if not sys.platform.startswith("linux"):
        print("SKIPPED: the kernel's figures are Linux's")
        return
    path = ROOT / "target" / "bench" / "inputs" / "map-list.txt"
    if not path.exists():
        write(path)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    say("uploading ...")
    s3.upload_file(str(path), BUCKET, KEY)
    # Read in two passes: the numbers are too far apart to be counted one by one.
    rows = [measure("1 to 10^8, spread", f"s3://{BUCKET}/{KEY}", spread(), options)]
    facts = machine.facts()
    print(
        f"{facts['cpu']}, {facts['system']}; load {facts['load_at_start']:.1f}; functions of {options.memory_mb} MB\n"
    )
    print("| list | bytes | time | function processes | peak memory of each |")
    print("|---|---:|---:|---:|---|")
    for title, seconds, peaks in rows:
        each = ", ".join(f"{peak / 1e6:.0f} MB" for peak in peaks)
        print(f"| {title} | {path.stat().st_size:,} | {seconds:.1f} s | {len(peaks)} | {each} |")
    over = [peak for _, _, peaks in rows for peak in peaks if peak > options.memory_mb << 20]
    if over:
        raise Failure(f"a function of {options.memory_mb} MB took {max(over)} bytes")


def write(path):
    """Powers of the root: each number from 1 to the prime less one, once, in no order, spread over four billion."""
    if any(pow(ROOT_OF_IT, (PRIME - 1) // factor, PRIME) == 1 for factor in FACTORS):
        raise Failure(f"{ROOT_OF_IT} is no primitive root of {PRIME}")
    say(f"writing {PRIME - 1:,} numbers to {path} ...")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    value = 1
    with open(part, "w") as file:
        left = PRIME - 1
        while left:
            lines = []
            for _ in range(min(left, CHUNK)):
                lines.append(value * 41 - 2_000_000_000)
                value = value * ROOT_OF_IT % PRIME
            left -= len(lines)
            file.write("\n".join(map(str, lines)) + "\n")
    part.rename(path)


def spread():
    """What is right, by arithmetic."""
    count = PRIME - 1
    total = 41 * (PRIME * count // 2) - 2_000_000_000 * count
    middle = 41 * PRIME - 2 * 2_000_000_000
    return {
        "count": count,
        "sum": str(total),
        "minimum": str(41 - 2_000_000_000),
        "maximum": str(41 * count - 2_000_000_000),
        "median": f"{middle // 2}.5" if middle % 2 else str(middle // 2),
    }


def measure(title, name, right, options):
    say(f"asking for {title} ...")
    watch = Watch()
    with watch:
        begun = time.monotonic()
        command = [str(ERRAND), "stats", name, "--json", "--quiet", "--engine", "map"]
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.monotonic() - begun
    if done.returncode:
        raise Failure(f"{' '.join(command)}: {done.stderr}")
    answer = json.loads(done.stdout)
    answer = answer.get("result", answer)
    wrong = {key: (answer.get(key), value) for key, value in right.items() if str(answer.get(key)) != str(value)}
    if wrong:
        raise Failure(f"{title}: not what it should be: {wrong}")
    return title, seconds, sorted(watch.peaks.values(), reverse=True)


class Watch:
    """Looks at the processes of the function, as long as they live, for their high-water marks."""

    def __init__(self):
        self.peaks = {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def look(self):
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        while True:
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    environment = (process / "environ").read_bytes().decode(errors="replace").split("\0")
                    if f"AWS_LAMBDA_FUNCTION_NAME={FUNCTION}" in environment and (
                        f"AWS_ENDPOINT_URL={endpoint}" in environment
                    ):
                        self.peaks[process.name] = peak_memory(process.name)
                except (OSError, StopIteration):
                    continue
            if self.over.wait(0.2):
                return


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--memory-mb", type=int, default=256, help="what the functions were deployed with [default: 256]"
    )
    return parser.parse_args()


if __name__ == "__main__":
    run_main(main)
