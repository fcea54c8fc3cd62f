"""What a function has logged, looked through as an operator would: does every line say which invocation and which job
it is about, and do the metrics say what became of each job?

A line of the function's own is a JSON object: of its log, with a level, or of its metrics, without one. The others are
of Lambda, or of what stands in for it.
"""

import json
import numbers
import re

# What Lambda and its stand-ins write: platform lines, and those of AWS's runtime interface emulator.
NOT_ITS_OWN = re.compile(
    r"(START|END|REPORT) RequestId: |INIT_?|INIT REPORT|REPORT |EXTENSION\t|.*\[(INFO|WARN|ERROR|DEBUG)\] \(rapid\)"
)


def own_lines(text):
    """The lines of the function's own, as objects."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def complaints(text, jobs):
    """What is wrong with a log: nothing, where each of `jobs` ended in it, once. `jobs` gives for each job's id the
    code that it failed with, or None where it succeeded."""
    found = [
        f"a line that is no JSON and not Lambda's: {line}"
        for line in text.splitlines()
        if line.strip() and not line.startswith("{") and not NOT_ITS_OWN.match(line)
    ]
    lines = own_lines(text)
    found += [f"a line without a request id: {line}" for line in lines if not line.get("request_id")]
    found += [f"a line without a job id: {line}" for line in lines if "outcome" in line and not line.get("job_id")]
    found += [f"not in CloudWatch's format ({wrong}): {line}" for line in lines for wrong in malformed(line)]
    for job, code in jobs.items():
        about = [line for line in lines if line.get("job_id") == job]
        told = [line for line in about if line.get("message") == "job ended"]
        counted = [line for line in about if line.get("Jobs") == 1]
        if (len(told), len(counted)) != (1, 1):
            found.append(f"job {job} ended {len(told)} times in the log and {len(counted)} times in the metrics")
            continue
        if told[0]["request_id"] != counted[0]["request_id"]:
            found.append(f"job {job} ended in two invocations: {told[0]} {counted[0]}")
        codes = {line.get("code") for line in (*told, *counted)}
        if codes != {code} or counted[0]["Failed"] != (code is not None):
            found.append(f"job {job} was to end with {code}: {told[0]} {counted[0]}")
    return found


def malformed(line):
    """What keeps CloudWatch from making metrics of a line, by "Specification: Embedded metric format" in its guide."""
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        for name in (name for each in directive["Dimensions"] for name in each):
            if not isinstance(line.get(name), str):
                yield f"dimension {name}"
        if not 1 <= len(directive["Metrics"]) <= 100:
            yield "number of metrics"
        for name in (metric["Name"] for metric in directive["Metrics"]):
            if not isinstance(line.get(name), numbers.Real):
                yield f"metric {name}"
