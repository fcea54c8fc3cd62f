"""What is deployed: how large each function's zip is, and how long it takes to start, beside a function in Python.

A start is measured by AWS's own runtime interface emulator: from starting the program to its asking for the first
event.
"""

import io
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from devtools import stack
from devtools.bench.absence import Absent
from devtools.bench.cases import PEERS, Case
from devtools.bench.tools import locked_version
from devtools.checkout import ROOT, Failure
from devtools.functions import interface_emulator
from devtools.functions.interface_emulator import InterfaceEmulator

KIND = "function"
SIZE, START = "function-size", "function-start"
PYTHON = "Python, boto3 and Pillow"
PACKAGED = ROOT / "build" / "aws" / "build" / "lambda"
# An event that asks for nothing: S3's test message.
NO_JOB = ROOT / "events" / "s3-test.json"
# Nobody listens there: a start sends nothing.
NOWHERE = "http://127.0.0.1:9"


@dataclass
class Function:
    """What is deployed under a name. `files` are pairs of a name in the zip and a path; `program` is started."""

    name: str
    version: str
    files: list
    program: Path


def cases():
    """Not made of an input: `measure` does them."""

    def no_input():
        raise Absent("it has no input")

    return [
        Case(SIZE, "zip of a function, as deployed", KIND, no_input),
        Case(START, "start of a function, under AWS's runtime interface emulator", KIND, no_input),
    ]


def measure(names, functions, runs, absent):
    """Measures the cases of these names. Gives a row for each function, as data: null for what was not measured."""
    rows = [
        {
            "function": function.name,
            "version": function.version,
            "unpacked_bytes": sum(Path(path).stat().st_size for _, path in function.files),
            "zip_bytes": zip_size(function.files) if SIZE in names else None,
            "median_start_seconds": None,
            "least_start_seconds": None,
            "runs": 0,
        }
        for function in functions
    ]
    if START in names:
        try:
            started = starts(functions, runs)
        except (Absent, Failure) as reason:
            absent[START] = str(reason)
            return rows
        for row in rows:
            seconds = started[row["function"]]
            row["median_start_seconds"], row["least_start_seconds"] = statistics.median(seconds), min(seconds)
            row["runs"] = len(seconds)
    return rows


def zip_size(files):
    """The size of a zip of files, as small as Deflate gets it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in files:
            archive.write(path, name)
    return len(written.getvalue())


def starts(functions, runs):
    """Seconds of each start, by function: in rounds, after one to warm up."""
    if interface_emulator.program() is None:
        raise Absent("the runtime interface emulator runs on Linux alone, with `make setup` done")
    seconds: dict[str, list[float]] = {function.name: [] for function in functions}
    event = json.loads(NO_JOB.read_text())
    for turn in range(runs + 1):
        for function in functions:
            # Environment, memory and time-out are those of the stats function for all.
            with InterfaceEmulator(stack.operation("stats"), NOWHERE, function.program) as emulator:
                emulator.invoke(event)
                took_ms = emulator.init_ms()
                if took_ms is None:
                    raise Absent(f"{function.name} did not start: {emulator.output()[-300:]}")
            if turn > 0:
                seconds[function.name].append(took_ms / 1e3)
    return seconds


def find_all(directory, places, absent, scratch):
    """errand's functions and the one in Python. `directory` holds the programs as `scripts/stage` leaves them; without
    one, the functions are built for AWS first, for this machine's architecture."""
    found = []
    try:
        directory = directory or package()
        for name in stack.names():
            program = directory / name / "bootstrap"
            if not program.exists():
                raise Absent(f"{program} is not there: run `make package`")
            found.append(Function(f"errand, {name}", locked_version("errand"), [("bootstrap", program)], program))
    except Absent as reason:
        absent["errand's functions"] = str(reason)
    try:
        found.append(python_function(places, scratch))
    except Absent as reason:
        absent[PYTHON] = str(reason)
    return found


def package():
    """Builds the functions as `make package` does: minutes for the first time, and nothing when they are up to date."""
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    commands = [[sys.executable, "-m", "devtools.install", "sam"], [str(ROOT / "scripts" / "package"), architecture]]
    for command in commands:
        if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode != 0:
            raise Absent(f"`make package ARCHITECTURE={architecture}` failed, see above")
    return PACKAGED


def python_function(places, scratch):
    version = f"{places.library('boto3')}, {places.library('PIL')}"
    handler = PEERS / "function.py"
    listed = subprocess.run([places.python, PEERS / "function_files.py"], capture_output=True, text=True)
    if listed.returncode != 0:
        raise Absent(f"its files cannot be listed: {listed.stderr.strip()[-300:]}")
    files = [("bootstrap", handler), *json.loads(listed.stdout)]
    # The emulator starts a program without arguments.
    program = Path(tempfile.mkdtemp(dir=scratch)) / "bootstrap"
    program.write_text(f'#!/bin/sh\nexec "{places.python}" "{handler}"\n')
    program.chmod(0o755)
    return Function(PYTHON, version, files, program)
