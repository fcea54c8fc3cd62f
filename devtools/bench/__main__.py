"""Measures errand beside its peers: whole processes, real photographs, interleaved runs. See bench/README.md.

One table on stdout, the same as data in target/bench/report.json. It measures, it does not test: the exit code is 0
whether the targets are reached or not.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from devtools.bench import answers, functions, machine, report, targets, tools
from devtools.bench.absence import Absent
from devtools.bench.cases import Workshop
from devtools.bench.debian import Packages
from devtools.bench.measure import measure, stdout_of
from devtools.checkout import ROOT, Failure, lock, run_main, say, write_whole

RUNS, QUICK_RUNS = 9, 3
# A start takes milliseconds, and varies more than what takes long.
STARTS_A_RUN = 3


def main():
    options = parse_options()
    # Two at once would measure each other.
    with lock(tools.WORK / "lock", "another `make bench`"):
        run(options)


def run(options):
    packages = Packages(tools.WORK / "debian", say)
    python, no_python = tools.peers_python()
    places = tools.Places(options.errand, options.image_crate, python, no_python, packages)
    cases = [*Workshop(tools.WORK / "inputs", packages, python, say).cases(), *functions.cases()]
    cases = chosen(cases, options.cases, "case")
    of_functions = {case.name for case in cases if case.kind == functions.KIND}
    kinds = {case.kind for case in cases}
    # Functions have a peer of their own, and no need of programs from Debian.
    available, absent = tools.find_all(places) if kinds != {functions.KIND} else ([], {})
    available = [tool for tool in available if kinds & set(tool.commands)]
    available = chosen(available, options.tools, "tool", also=absent)

    facts = machine.facts()
    results, groups = targets.Results(), []
    for case in cases:
        if case.kind == functions.KIND:
            continue
        try:
            source = case.make()
        except Absent as reason:
            absent[f"{case.name} ({case.title})"] = str(reason)
            continue
        results.input_bytes[case.name] = source.stat().st_size
        rows = measure_case(case, source, available, options.runs, python, results, absent)
        groups.append((f"{case.name}: {case.title}, {report.megabytes(source.stat().st_size)}", rows))

    deployed = measure_functions(of_functions, options, places, results, absent) if of_functions else []
    judged = targets.judge(results, {case.name for case in cases})
    show(facts, groups, deployed, judged, absent)
    data = {
        "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": facts,
        "measurements": [row for _, rows in groups for row in rows],
        "functions": deployed,
        "targets": judged,
        "absent": absent,
    }
    write_whole(options.report, json.dumps(data, indent=2) + "\n")
    say(f"\nas data: {options.report}")


def measure_case(case, source, available, runs, python, results, absent):
    """Measures all tools on one case and checks what they say. Gives the table's rows."""
    scratch = tools.WORK / "outputs"
    scratch.mkdir(parents=True, exist_ok=True)
    commands = {tool.name: tool.command(case, source, scratch) for tool in available}
    commands = {name: command for name, command in commands.items() if command}
    with Progress(case.name) as progress:
        costs, failed = measure(commands, runs, scratch, progress)
    for name, reason in failed.items():
        absent[f"{name} on {case.name}"] = reason

    done = {name: command for name, command in commands.items() if name in costs}
    if case.kind == "list":
        verdicts = answers.check_lists(source, {name: stdout_of(name, scratch) for name in done if name != "wc -l"})
    else:
        outputs = {name: command.output for name, command in done.items() if name != "cp"}
        verdicts = answers.check_images(python, source, outputs)
    rows = []
    errand_seconds = costs[tools.ERRAND].median_seconds if tools.ERRAND in costs else None
    for tool in available:
        if tool.name in costs:
            results.add(case.name, tool.name, costs[tool.name])
            verdict = verdicts.get(tool.name, "(a floor)")
            rows.append(report.measurement(case, tool, costs[tool.name], errand_seconds, verdict))
    return rows


def measure_functions(names, options, places, results, absent):
    """Measures size and start of the functions. Gives the table's rows."""
    found = functions.find_all(options.functions, places, absent, tools.WORK)
    say("measuring the functions")
    rows = functions.measure(names, found, STARTS_A_RUN * options.runs, absent)
    results.functions = {row["function"]: row for row in rows}
    return rows


def chosen(candidates, names, what, also=()):
    """Those of the candidates that the user wants: names separated by commas, or beginnings of names."""
    if not names:
        return candidates
    wanted = [name.strip().lower() for name in names.split(",")]
    for name in wanted:
        if not any(known.lower().startswith(name) for known in [*(c.name for c in candidates), *also]):
            known = ", ".join(candidate.name for candidate in candidates)
            raise Failure(f"no {what} is called `{name}`; there are: {known}")
    return [candidate for candidate in candidates if candidate.name.lower().startswith(tuple(wanted))]


def show(facts, groups, deployed, judged, absent):
    print(f"{facts['cpu']}, {facts['cores']} cores, {facts['system']}; load at the start {facts['load_at_start']:.1f}")
    if facts["load_at_start"] > 0.5:
        print("The machine was busy: take these figures for provisional.")
    if groups:
        print("Medians after a warm-up; ratio: how many times errand's time.\n")
        print(report.table(groups))
    if deployed:
        print("\nFunctions as deployed\n" + report.functions(deployed))
    if judged:
        print("\nTargets\n" + report.targets(judged))
    if absent:
        print("\nAbsent\n" + "\n".join(f"  {name}: {reason}" for name, reason in absent.items()))


class Progress:
    """One line on a terminal that always says what runs now, gone in the end; elsewhere one line a case."""

    def __init__(self, case):
        self.case = case
        self.terminal = sys.stderr.isatty()

    def __enter__(self):
        if not self.terminal:
            say(f"measuring {self.case}")
        return self

    def __call__(self, text):
        if self.terminal:
            print(f"\r\033[K{self.case}: {text}", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_):
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", metavar="NAMES", help="only these, as in --cases jpeg-a,list (beginnings will do)")
    parser.add_argument("--tools", metavar="NAMES", help="only these, as in --tools errand,polars")
    parser.add_argument("--runs", type=int, help=f"runs of each tool after the warm-up [default: {RUNS}]")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_RUNS} runs: for a first look")
    parser.add_argument(
        "--errand",
        type=Path,
        default=os.environ.get("ERRAND") or ROOT / "target/release/errand",
        help="the program to measure [default: $ERRAND or target/release/errand]",
    )
    parser.add_argument(
        "--image-crate",
        type=Path,
        default=os.environ.get("PLAIN_IMAGE_CRATE") or ROOT / "target/release/examples/plain_image_crate",
        help="the image crate's plain way [default: $PLAIN_IMAGE_CRATE or target/release/examples/plain_image_crate]",
    )
    parser.add_argument(
        "--functions",
        type=Path,
        help="holds NAME/bootstrap of each function to measure [default: they are built, as by `make package`]",
    )
    parser.add_argument(
        "--report", type=Path, default=tools.WORK / "report.json", help="[default: target/bench/report.json]"
    )
    options = parser.parse_args()
    options.runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    options.errand, options.image_crate = Path(options.errand).absolute(), Path(options.image_crate).absolute()
    return options


if __name__ == "__main__":
    run_main(main)
