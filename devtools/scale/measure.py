"""Measures what of the model this machine can tell: how quick errand is on one core."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from devtools.bench import lists, machine
from devtools.checkout import ROOT, Failure, say

RUNS = 5
# 32-bit integers of either sign, a line each: 11 bytes on average, so that this is 256 MiB.
NUMBERS = 24_400_000
# What two passes need not be spared: less than the list would take.
MEMORY_MIB = 64
COPIES = 200


def main() -> None:
    errand = Path(os.environ.get("ERRAND", ROOT / "target" / "release" / "errand"))
    if not errand.exists():
        raise Failure(f"{errand} is not there: `make build`, or name it with ERRAND")
    facts = machine.facts()
    print(f"{facts['cpu']}, load {facts['load_at_start']:.2f}, {time.strftime('%Y-%m-%d')}; median of {RUNS}, one core")
    with tempfile.TemporaryDirectory() as directory:
        measure_lists(errand, Path(directory))
        measure_images(errand, Path(directory))


def measure_lists(errand: Path, directory: Path) -> None:
    path = directory / "list.txt"
    say("writing a list of 256 MiB ...")
    with open(path, "w") as file:
        for chunk in lists.values(lists.Recipe(NUMBERS, "i", "\n", 14)):
            file.write("\n".join(map(str, chunk)) + "\n")
    size = path.stat().st_size
    stats = [str(errand), "--offline", "stats", str(path), "--json"]
    seconds = cpu_seconds([*stats, "--memory", str(MEMORY_MIB)])
    print(f"parse_bytes_per_sec: {2 * size / seconds / 1e6:.0f}e6   {size} bytes twice: {seconds:.3f} s of CPU time")
    seconds = cpu_seconds(stats)
    print(f"  all kept in memory: {size / seconds / 1e6:.0f}e6")


def measure_images(errand: Path, directory: Path) -> None:
    source, images, gray = ROOT / "examples" / "image.jpg", directory / "images", directory / "gray"
    images.mkdir()
    for index in range(COPIES):
        shutil.copy(source, images / f"{index:03}.jpg")
    size = source.stat().st_size
    command = [str(errand), "--offline", "grayscale", str(images), "-o", str(gray), "--jobs", "1", "--force", "--quiet"]
    seconds = cpu_seconds(command) / COPIES
    made = sum(each.stat().st_size for each in gray.rglob("*.jpg"))
    print(f"gray_bytes_per_sec: {size / seconds / 1e6:.0f}e6   {size} bytes: {seconds * 1000:.2f} ms of CPU time")
    print(f"gray_output_ratio: {made / COPIES / size:.3f}")


def cpu_seconds(command: list[str]) -> float:
    """User and system time of the process, on the last processor that there is: median."""
    processors = os.sched_getaffinity(0)
    # The process inherits it.
    os.sched_setaffinity(0, {max(processors)})
    try:
        return sorted(one_run(command) for _ in range(RUNS))[RUNS // 2]
    finally:
        os.sched_setaffinity(0, processors)


def one_run(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failure(f"`{' '.join(command)}` ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime
