"""Runs the clients of examples/clients/ as users of this stack, and compares what they get with what `errand --offline`
finds by itself; looks that they leave no queue behind, and holds every outcome against docs/schemas/.

    python3 -m devtools.local_cloud run --as-client -- .venv/clients/bin/python -m devtools.checks.clients
"""

import json
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from devtools.checkout import ROOT, VENVS, Failure, run_main
from devtools.checks.schemas import Schemas

ERRAND = ROOT / "target" / "release" / "errand"
CLIENTS = ROOT / "examples" / "clients"
PYTHON = [sys.executable, CLIENTS / "client.py"]
SHELL = [CLIENTS / "client.sh"]
LIST, IMAGE = ROOT / "examples" / "input.txt", ROOT / "examples" / "image.jpg"


def main():
    if "AWS_ENDPOINT_URL" not in os.environ:
        raise Failure("AWS_ENDPOINT_URL names no local cloud: run this with `make test-clients`")
    schemas = Schemas()
    # The AWS CLI of this checkout, whatever else is installed.
    os.environ["PATH"] = f"{VENVS / 'clients' / 'bin'}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        big, broken = work / "big.txt", work / "broken.txt"
        big.write_text("".join(f"{number}\n" for number in range(250_000)))
        broken.write_text('1 2 x"status":"succeeded" 4')
        for name, client, result in (("client.py", PYTHON, as_it_is), ("client.sh", SHELL, result_of(schemas))):
            for file in (LIST, big):
                expect(name, file.name, result(said(client, "stats", file)), offline("stats", file))
            for file in (IMAGE, ROOT / "examples" / "balloons.png"):
                gray, own = work / f"{name}-{file.name}", work / file.name
                report = result(said(client, "grayscale", file, gray))
                expect(name, file.name, report, offline("grayscale", file, "-o", own, "--force"))
                expect(name, f"the picture of {file.name}", gray.read_bytes() == own.read_bytes(), True)
            refused = run(client, "stats", broken)
            expect(name, "a list with a word", refused.returncode, 1)
            expect(name, "the reason", "not_an_integer" in refused.stdout + refused.stderr, True)
        bare(schemas)
        printed(schemas, work)
    queues = boto3.client("sqs").list_queues(QueueNamePrefix=f"{os.environ['ERRAND_STACK']}-reply-")
    expect("all", "the reply queues left behind", queues.get("QueueUrls", []), [])
    return 0


def bare(schemas):
    outcome = json.loads(said([sys.executable, CLIENTS / "bare_message.py"], "1", "2", "3"))
    expect("bare_message.py", "the outcome", schemas.wrong("outcome", outcome), [])
    expect("bare_message.py", "the sum", outcome["result"]["sum"], "6")
    # The rule by which its job is known, said once more by what the answer holds.
    job_id_of_message = runpy.run_path(str(CLIENTS / "bare_message.py"))["job_id_of_message"]
    expect("bare_message.py", "the job", outcome["job_id"], job_id_of_message(outcome["message_id"]))


def printed(schemas, work):
    """What the command prints with --json is as the schemas say, with everything that may be asked for."""
    table = work / "table.csv"
    table.write_text("a,b\n" + "".join(f"{number},{number % 7}\n" for number in range(100)) + "x,y\n")
    everything = ["--all", "--histogram", "--percentiles", "0.5,99", "--column", "a", "--skip-invalid"]
    balloons = ROOT / "examples" / "balloons.png"
    nowhere = ["--endpoint-url", "http://127.0.0.1:9"]
    for schema, *arguments in (
        ("stats", "stats", table, *everything),
        ("stats", "stats", table, *everything, "--offline"),
        ("stats", "stats", table, *everything[:4], "--column", "a,b", "--skip-invalid"),
        ("stats", "stats", table, "--all-columns", "--skip-invalid", "--comment", "#", "--delimiter", ","),
        ("stats", "stats", table, "--column", "2", "--skip-invalid", "--offline"),
        ("grayscale", "grayscale", balloons, "-o", work / "a.webp", "--force"),
        ("grayscale", "grayscale", balloons, "-o", work / "a.webp", "--force", "--offline"),
        ("doctor", "doctor"),
        ("doctor", "doctor", *nowhere),
        ("error", "stats", table),
        ("error", "stats", table, "--offline"),
        ("error", "stats", table, *nowhere, "--timeout", "5"),
        ("error", "result", "01920000-0000-7000-8000-000000000000"),
    ):
        answer = json.loads(run([ERRAND, "--json"], *arguments).stdout)
        what = " ".join(str(word).removeprefix(f"{work}/") for word in arguments)
        expect("errand", what, schemas.wrong(f"command/{schema}", answer), [])


def as_it_is(output):
    return json.loads(output)


def result_of(schemas):
    """The shell's client prints the outcome as a whole."""

    def result(output):
        outcome = json.loads(output)
        expect("client.sh", "the outcome", schemas.wrong("outcome", outcome), [])
        return outcome["result"]

    return result


def offline(*arguments):
    answer = json.loads(said([ERRAND], "--offline", "--json", *arguments))
    answer.pop("output", None)
    return answer


def said(command, *arguments):
    ended = run(command, *arguments)
    if ended.returncode != 0:
        raise Failure(f"{arguments}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def run(command, *arguments):
    words = [str(word) for word in (*command, *arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300)


def expect(client, what, found, wanted):
    if found != wanted:
        raise Failure(f"{client}: {what} is {str(found)[:500]}, not {str(wanted)[:500]}")
    print(f"ok   {client}: {what}")


if __name__ == "__main__":
    run_main(main)
