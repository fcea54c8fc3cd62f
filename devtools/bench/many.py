"""Many photographs at once, offline, beside what one would otherwise type: a part of `make bench`.

All get the same folder of copies of one photograph of about 2 MB, on the same processors, and take turns. It measures,
it does not test: the exit code is 0 whether the targets are reached or not.

    python3 -m devtools.bench.many --files 1000
"""

import argparse
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from devtools.bench import tools
from devtools.bench.absence import Absent
from devtools.bench.cases import PEERS, Workshop
from devtools.bench.debian import Packages, on_path
from devtools.checkout import ROOT, run_main, say

# What issue 12 asks for.
WANTED = {"xargs -P2 jpegtran -grayscale": 3.5, "libvips, a pool of processes": 6, "Pillow, a pool of processes": 6}


def main():
    arguments = parse_arguments()
    packages = Packages(tools.WORK / "debian", say)
    python, no_python = tools.peers_python()
    source = photograph(Workshop(tools.WORK / "inputs", packages, python, say), packages)
    with tempfile.TemporaryDirectory(dir=tools.WORK) as scratch:
        inputs, outputs = Path(scratch) / "in", Path(scratch) / "out"
        inputs.mkdir()
        for number in range(arguments.files):
            shutil.copyfile(source, inputs / f"{number:04}.jpg")
        commands = {
            "errand": [arguments.errand, "--offline", "--quiet", "grayscale", inputs, "-o", outputs],
            "xargs -P2 jpegtran -grayscale": xargs(packages, inputs, outputs),
        }
        if python:
            for name, tool in (("libvips, a pool of processes", "vips"), ("Pillow, a pool of processes", "pillow")):
                commands[name] = [python, PEERS / "many_pool.py", tool, inputs, outputs]
        else:
            print(f"no libvips, no Pillow: {no_python}")
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for turn in range(arguments.turns + 1):
            for name, command in commands.items():
                took = timed(command, outputs, arguments.files)
                # The first turn brings the files into the page cache.
                if turn:
                    seconds[name].append(took)
    show(seconds, arguments.files, source.stat().st_size)
    return 0


def photograph(workshop, packages):
    """Photograph B with 7 megapixels, in quality 80 and 4:2:0: 2 MB, as a telephone writes them."""
    scaled = tools.WORK / "inputs" / "many-7.jpg"
    if not scaled.exists():
        programs = [on_path(name) or packages.program("libjpeg-turbo-progs", [name]) for name in ("djpeg", "cjpeg")]
        pixels = subprocess.run(
            [programs[0], "-scale", "5/8", workshop.elephants()], stdout=subprocess.PIPE, check=True
        ).stdout
        encode = [programs[1], "-quality", "80", "-sample", "2x2", "-outfile", scaled]
        subprocess.run(encode, input=pixels, check=True)
    return scaled


def xargs(packages, inputs, outputs):
    program = on_path("jpegtran") or packages.program("libjpeg-turbo-progs", ["jpegtran"])
    script = f"cd '{inputs}' && ls | xargs -P2 -I '{{}}' '{program}' -grayscale -outfile '{outputs}/{{}}' '{{}}'"
    return ["sh", "-c", script]


def timed(command, outputs, files):
    """Seconds on the clock, and of the processors: those of all processes that the command started."""
    outputs.mkdir()
    try:
        before, started = used(), time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        took = time.monotonic() - started, used() - before
        made = len(list(outputs.iterdir()))
        if made != files:
            raise Absent(f"{command[0]} made {made} of {files} files")
        return took
    finally:
        shutil.rmtree(outputs)


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def show(seconds, files, size_bytes):
    medians = {name: [statistics.median(each) for each in zip(*turns, strict=True)] for name, turns in seconds.items()}
    print(f"many: {files} photographs of {size_bytes / 1e6:.1f} MB, offline")
    for name, (took, cpu) in medians.items():
        line = f"  {name:32}{took:8.2f} s {cpu:8.2f} s CPU {files / took:8.0f} files/s"
        if name in WANTED:
            ours = medians["errand"]
            line += f"   errand does {took / ours[0]:.1f} times as many ({cpu / ours[1]:.1f} by CPU time)"
            line += f"; wanted: {WANTED[name]}"
        print(line)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200, help="photographs in the folder")
    parser.add_argument("--turns", type=int, default=3, help="turns, of which the median counts")
    parser.add_argument("--errand", type=Path, default=ROOT / "target" / "release" / "errand")
    return parser.parse_args()


if __name__ == "__main__":
    run_main(main)
