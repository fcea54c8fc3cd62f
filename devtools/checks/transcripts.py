"""Types what people type into a terminal, on a local cloud of its own, and holds every word of the answers (stdout,
stderr and exit code) against the transcripts in client/tests/transcripts/.

    make test-transcripts       # or, after a change that is meant: make transcripts

What differs from run to run is replaced: ids, times, durations, sizes of an answer, the cloud's place.
"""

import argparse
import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import boto3

from devtools.checkout import ROOT, Failure, run_main

ERRAND = ROOT / "target" / "release" / "errand"
PLACE = ROOT / "client" / "tests" / "transcripts"
# As `errand help` has them.
COMMANDS = [
    *("stats", "grayscale", "wait", "result", "jobs", "cancel", "listen", "dead-letters", "status", "doctor"),
    *("config", "completions", "man"),
]
# Longer answers are cut: a completion script is clap's, not ours.
MOST_LINES = 120

FILES = {
    "list.txt": "3 1 2 0.5\n",
    "bad.txt": "1 2\n3 x\n",
    "empty.txt": "# nothing\n",
    "sales.csv": "item,amount,tax\na,12.50,2\nb,7,1\n",
    "log.jsonl": '{"request":{"ms":2}}\n{"request":{"ms":4.5}}\n',
    "lists/a.txt": "1 2 3\n",
    "lists/b.txt": "4 5\n",
    "note.jpg": "no image\n",
    "image.ppm": "P3 2 1 255 255 0 0 0 255 0\n",
    "images/one.ppm": "P3 1 1 255 255 0 0\n",
    "images/two.ppm": "P3 1 1 255 0 0 255\n",
    "images/torn.ppm": "P3 9 9 255 255 0 0\n",
}

# Each group is a file; `$ID` is the id that was printed last by --detach.
GROUPS: dict[str, list[str]] = {
    "help": ["errand", "errand --version", "errand --help", *(f"errand help {command}" for command in COMMANDS)],
    "stats": [
        "errand stats list.txt",
        "errand stats list.txt --json",
        "errand stats list.txt --all --histogram=3",
        "errand stats sales.csv --column amount",
        "errand stats sales.csv --column 2",
        "errand stats sales.csv --all-columns",
        "errand stats sales.csv --column amount,tax --json --statistics sum",
        "errand stats log.jsonl --column .request.ms",
        "errand stats lists/",
        "errand stats lists/ --json -j1",
        "errand stats lists/ --dry-run",
        "errand stats lists/ bad.txt -j1",
        "errand stats bad.txt",
        "errand stats bad.txt --json",
        "errand stats bad.txt --skip-invalid",
        "errand stats empty.txt",
        "errand stats sales.csv",
        "errand stats sales.csv --column amuont",
        "errand stats list.txt --statistics medain",
        "errand stats nowhere.txt",
        "errand stats nowhere.txt --json",
        "errand --offline stats list.txt",
        "errand --offline stats lists/ --together",
        "errand --offline stats list.txt --plot picture.gif",
        "errand --offline stats list.txt > /dev/full",
        "errand --offline stats list.txt >&-",
        "errand stats list.txt --id-from-content",
    ],
    "grayscale": [
        "errand grayscale image.ppm",
        "errand grayscale image.ppm",
        "errand grayscale image.ppm --force --json",
        "errand grayscale images/ -o gray/ -j1",
        "errand grayscale images/ -o gray/ -j1 --skip-existing --json",
        "errand grayscale images/ -o gray2/ --dry-run",
        "errand grayscale note.jpg",
        "errand grayscale note.jpg --json",
        "errand grayscale image.ppm -o image.ppm",
        "errand grayscale image.ppm -o picture.heic",
        "errand --offline grayscale image.ppm -o gray.png",
        "errand --offline grayscale image.ppm -o no/such/folder.png",
    ],
    "jobs": [
        "errand stats list.txt --detach",
        "errand wait $ID",
        "errand wait $ID --json",
        "errand result $ID",
        "errand result $ID --json",
        "errand result $ID --url",
        "errand cancel $ID",
        "errand cancel $ID --json",
        "errand grayscale image.ppm --detach --json",
        "errand wait $ID",
        "errand result $ID -o fetched.ppm",
        "errand result $ID -o fetched.ppm",
        "errand jobs --limit 2",
        "errand jobs --limit 1 --json",
        "errand jobs --all --limit 1",
        "errand listen --count 2 --timeout 20",
        "errand listen --timeout 1",
        "errand result 01a22ade-98f7-7310-982e-bf941c1b3260",
        "errand result 01a22ade-98f7-7310-982e-bf941c1b3260 --json",
        "errand result nonsense",
        "errand --offline jobs",
    ],
    "operators": [
        "errand dead-letters list",
        "(a dead letter is put there)",
        "errand dead-letters list",
        "errand dead-letters list --json",
        "errand dead-letters show $ID",
        "errand dead-letters show $ID --body",
        "errand dead-letters redrive $ID",
        "errand result $ID --timeout 20",
        "errand dead-letters show $ID",
        "errand doctor",
        "errand doctor --probe --json",
        "errand status",
        "errand status --json",
    ],
    "settings": [
        "errand config show",
        "errand config set target=work targets.work.region=eu-west-1",
        "errand config show --json",
        "errand config unset target",
        "errand config set regoin=x",
        "errand --target elsewhere stats list.txt",
    ],
    "refused": [
        "errand sats",
        "errand stats --coluns 2",
        "errand stats --json --coluns 2",
        "ERRAND_OFFLINE=maybe errand stats list.txt",
        "errand --offline wait 01a22ade-98f7-7310-982e-bf941c1b3260",
        "errand --stack nobody stats list.txt",
        "errand --endpoint-url localhost:4566 stats list.txt",
        "errand --endpoint-url http://127.0.0.1:9 stats list.txt",
        "errand --timeout 0 stats list.txt",
        "env -u AWS_REGION -u AWS_DEFAULT_REGION errand --endpoint-url http://127.0.0.1:9 stats list.txt",
        "errand stats s3://measurements",
        "errand stats s3://measurements/a/ s3://measurements/b/ --each",
        "errand --offline stats s3://measurements/a.txt",
        "errand grayscale image.ppm --to s3://gray/",
        "errand grayscale s3://photos/ --to s3://gray",
    ],
    # Quiet, as how far such a job is when it is looked at differs.
    "objects": [
        "(objects are put into the bucket measurements)",
        "errand stats s3://measurements/lists/a.txt",
        "errand stats s3://measurements/lists/ --quiet",
        "errand stats s3://measurements/lists/ --quiet --json",
        "errand stats s3://measurements/lists/ --quiet --include a.txt --all --engine map",
        "errand stats s3://measurements/lists/ --quiet --each",
        "errand stats s3://measurements/lists/ --quiet --each --json",
        "errand stats s3://measurements/lists/ --engine queue",
        "errand stats s3://measurements/lists/ --dry-run",
        "errand stats s3://measurements/lists/a.txt s3://measurements/lists/b.txt --quiet --together",
        "errand stats s3://measurements/bad/ --quiet",
        "errand stats s3://measurements/bad/ --quiet --json",
        "errand stats s3://measurements/lists/ --quiet --all-columns",
        "errand stats s3://measurements/nothing/ --quiet",
        "errand stats s3://elsewhere/list.txt",
        "errand grayscale s3://measurements/images/ --quiet",
        "errand grayscale s3://measurements/images/ --quiet --json",
        "errand grayscale s3://measurements/images/ --quiet --tolerate 10%",
        "errand grayscale s3://measurements/images/ --quiet -o tree/",
        "errand grayscale s3://measurements/images/ --to s3://elsewhere/",
        "errand grayscale s3://measurements/images/ --dry-run",
        "errand stats s3://measurements/lists/ --detach",
        "errand wait $ID",
        "errand result $ID",
        "errand cancel $ID",
    ],
}

# In this order, each with what stands in its place.
DIFFERENT = [
    (re.compile(r"[^\s\"]*X-Amz-[^\s\"]*"), "LINK"),
    (re.compile(r"results/[0-9a-f]{2}/[0-9a-f]{8}-"), "results/HASH/00000000-"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\b1-[0-9a-f]{8}-[0-9a-f]{24}\b"), "TRACE"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\((\w+(-dirty)?, )?\w+-\w+-linux-\w+\)"), "(COMMIT, TARGET)"),
    (re.compile(r"(\"\w+_ms\"|\"seconds\"|\"age_secs\"|\"\w+_secs\"|\"usd\"): ?[\d.e-]+"), r"\1:N"),
    (re.compile(r"\b[\d.]+( |&nbsp;)?(ms|s|min)\b( ago)?"), r"N s\3"),
    (re.compile(r"\b[\d.]+ USD"), "N USD"),
    (re.compile(r"[\d.]+ (bytes|[kM]B)/s"), "N B/s"),
    (re.compile(r"(?<![\d.])0\.\d+\.\d+\b"), "VERSION"),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write the transcripts anew")
    record = parser.parse_args().record
    if "AWS_ENDPOINT_URL" not in os.environ:
        raise Failure("AWS_ENDPOINT_URL names no local cloud: run this with `make test-transcripts`")
    differ = 0
    with tempfile.TemporaryDirectory() as folder:
        terminal = Terminal(Path(folder))
        for name, lines in GROUPS.items():
            path = PLACE / f"{name}.txt"
            text = "\n".join(terminal.typed(line) for line in lines)
            if record:
                PLACE.mkdir(exist_ok=True)
                path.write_text(text)
                continue
            known = path.read_text() if path.exists() else ""
            if known != text:
                differ += 1
                old, now = known.splitlines(), text.splitlines()
                print("\n".join(difflib.unified_diff(old, now, str(path), "now", lineterm="", n=6)))
    if differ:
        cure = "mend the command, or, if that is meant, run `make transcripts` and read them"
        print(f"{differ} transcripts differ: {cure}")
    else:
        print(f"{len(GROUPS)} transcripts are as they were")
    return 1 if differ else 0


class Terminal:
    """A folder with files to work on, and a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "here"
        for name, text in FILES.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        programs = folder / "programs"
        programs.mkdir()
        (programs / "errand").symlink_to(ERRAND)
        self.home = folder / "home"
        self.home.mkdir()
        self.environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "COLUMNS": "100",
        }
        self.environment.pop("ERRAND_NO_CONFIG", None)
        self.job = ""

    def typed(self, line: str) -> str:
        """What is seen when it is typed."""
        if line.startswith("(objects"):
            put_objects()
            return f"{line}\n"
        if line.startswith("("):
            self.job = dead_letter()
            return f"{line}\n"
        command = line.replace("$ID", self.job)
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        if "--detach" in shlex.split(line) and ended.returncode == 0:
            found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ended.stdout)
            self.job = found.group() if found else ""
            if "--json" not in line:
                # The files that are made have names of their own.
                shutil.rmtree(self.folder / "gray", ignore_errors=True)
        told = f"$ {line}\n{self.same(ended.stdout)}"
        if ended.stderr:
            told += f"(stderr)\n{self.same(ended.stderr)}"
        return f"{told}(exit code {ended.returncode})\n"

    def same(self, text: str) -> str:
        """The text without what differs from run to run."""
        text = text.replace(os.environ["AWS_ENDPOINT_URL"], "ENDPOINT").replace(str(self.home), "HOME")
        lines = text.splitlines()
        if len(lines) > MOST_LINES:
            lines = [*lines[:MOST_LINES], f"... {len(lines) // 100 * 100} lines, about"]
        return "".join(f"{changed(line)}\n" for line in lines)


def changed(line: str) -> str:
    known = line
    for pattern, instead in DIFFERENT:
        line = pattern.sub(instead, line)
    # What was replaced had a width of its own, which columns follow.
    return line if line == known else re.sub(r" {2,}", "  ", line)


def put_objects() -> None:
    """What lies in a bucket of somebody's own."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="measurements")
    for key in ["lists/a.txt", "lists/b.txt", "images/one.ppm", "images/two.ppm", "images/torn.ppm"]:
        s3.put_object(Bucket="measurements", Key=key, Body=FILES[key].encode())
    s3.put_object(Bucket="measurements", Key="bad/1.txt", Body=b"1 2\n3\n")
    s3.put_object(Bucket="measurements", Key="bad/2.txt", Body=b"4\n5 x\n")


def dead_letter() -> str:
    """A request that could not be done, as SQS would have put it there."""
    job = "01a22ade-0000-7000-8000-000000000001"
    request = {"version": 1, "job_id": job, "operation": "stats", "parameters": {}, "input": {"inline": "1 2 3"}}
    queue = boto3.client("sqs").get_queue_url(QueueName="errand-stats-dead-letters")["QueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(request))
    return job


if __name__ == "__main__":
    run_main(main)
