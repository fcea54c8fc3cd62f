"""Measures commands as whole processes, in rounds: every tool once, then every tool again.

Rounds rather than all the runs of one tool after the other: when the machine slows down for a while, it does so for
everyone, and the ratios hold.
"""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
# A tool that is slower than this gets few runs: its place in the table is clear.
SLOW_SECS = 2.0
RUNS_OF_SLOW = 3


@dataclass
class Command:
    """One way to do a case's work. `output` is the file that it writes, or None when the answer goes to stdout."""

    argv: list
    output: Path | None = None
    environment: dict = field(default_factory=dict)
    stdin: Path = Path(os.devnull)
    core: int | None = None


@dataclass
class Costs:
    """What the runs of one tool on one case have cost."""

    seconds: list = field(default_factory=list)
    user_seconds: list = field(default_factory=list)
    system_seconds: list = field(default_factory=list)
    peak_memory_bytes: int = 0
    output_bytes: int = 0

    @property
    def median_seconds(self):
        return statistics.median(self.seconds)

    @property
    def median_user_seconds(self):
        return statistics.median(self.user_seconds)

    @property
    def median_cpu_seconds(self):
        return statistics.median(map(sum, zip(self.user_seconds, self.system_seconds, strict=True)))

    @property
    def runs(self):
        return len(self.seconds)

    def add(self, cost, output_bytes):
        self.seconds.append(cost["seconds"])
        self.user_seconds.append(cost["user_seconds"])
        self.system_seconds.append(cost["system_seconds"])
        self.peak_memory_bytes = max(self.peak_memory_bytes, cost["peak_memory_bytes"])
        self.output_bytes = output_bytes


class Failed(Exception):
    """A command ended with an exit code other than 0; the message has the end of its stderr."""


def runs_for(warm_up_seconds, runs):
    """How often a tool runs after its warm-up."""
    return runs if warm_up_seconds <= SLOW_SECS else min(runs, RUNS_OF_SLOW)


def measure(commands, runs, scratch, progress=lambda line: None):
    """Runs every command once to warm up, then in rounds. `commands` is name: Command.

    Gives name: Costs, and name: reason for what failed. The standard output of the last run of each stays in
    `scratch`, as NAME.stdout."""
    costs, failed, wanted = {}, {}, {}
    for name, command in commands.items():
        progress(f"{name}: warm-up")
        try:
            cost = run_once(command, name, scratch)
        except Failed as failure:
            failed[name] = str(failure)
            continue
        costs[name] = Costs()
        wanted[name] = runs_for(cost["seconds"], runs)
    for turn in range(runs):
        for name in list(costs):
            if turn >= wanted[name]:
                continue
            progress(f"{name}: run {turn + 1} of {wanted[name]}")
            try:
                cost = run_once(commands[name], name, scratch)
            except Failed as failure:
                failed[name] = str(failure)
                del costs[name]
                continue
            output = commands[name].output or stdout_of(name, scratch)
            costs[name].add(cost, output.stat().st_size)
    return costs, failed


def run_once(command, name, scratch):
    """Runs a command in a fresh process; its output file is removed first, so that nobody overwrites old pages."""
    if command.output:
        command.output.unlink(missing_ok=True)
    stderr = scratch / f"{slug(name)}.stderr"
    job = {
        "argv": [str(part) for part in command.argv],
        "environment": {**os.environ, **command.environment},
        "stdin": str(command.stdin),
        "stdout": str(stdout_of(name, scratch)),
        "stderr": str(stderr),
        "core": command.core,
    }
    # -I and -S: nothing from the user's site, and no more memory than needed.
    launched = subprocess.run([sys.executable, "-I", "-S", LAUNCH, json.dumps(job)], capture_output=True, text=True)
    if launched.returncode != 0:
        raise Failed(last_line(launched.stderr))
    cost = json.loads(launched.stdout)
    if cost["exit_code"] != 0:
        raise Failed(f"exit code {cost['exit_code']}: {last_line(stderr.read_text(errors='replace'))}")
    if command.output and not command.output.exists():
        raise Failed("it ended well and wrote nothing")
    return cost


def stdout_of(name, scratch):
    return scratch / f"{slug(name)}.stdout"


def slug(name):
    """A tool's name as a file's name."""
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"
