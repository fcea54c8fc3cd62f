"""Proves that the checker can fail. A short run is checked and found good; then its record, or what lies in the cloud,
is tampered with, one thing at a time, and the checker has to report just that. At last a function that replies before
it stores takes the place of errand's, and the checker has to notice.

    python3 -m devtools.local_cloud run -- .venv/cloud/bin/python -m devtools.storm.prove
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from devtools.storm import checker, cloud, load, record

failures: list[str] = []


def main():
    place, s3 = cloud.Place(), cloud.client("s3", direct=True)
    with tempfile.TemporaryDirectory(prefix="errand-proof-") as temporary:
        folder = Path(temporary)
        run(place, folder / "good", lists=12, images=4)
        expect("a run that nobody tampered with", folder / "good", [])
        for name, tamper in {
            "a reply that was swapped with another client's": swap,
            "a reply that was swapped with another of the same client's": swap_own,
            "an answer that was shown twice": repeat,
            "an answer that was never shown": forget,
            "an answer that was changed on its way": change,
        }.items():
            copy = folder / "tampered"
            shutil.copytree(folder / "good", copy)
            expect(name, copy, tamper(copy))
            shutil.rmtree(copy)
        for name, tamper_with_cloud in {
            "an outcome that was removed": remove_outcome,
            "a dead letter whose outcome was removed": dead_letter_without_outcome,
            "an outcome that was changed": change_outcome,
            "an image that was changed": change_image,
        }.items():
            undo, faults = tamper_with_cloud(s3, place, folder / "good")
            expect(name, folder / "good", faults)
            undo()
        expect("the same run, put right again", folder / "good", [])

        misbehave()
        run(place, folder / "bad", lists=20, images=0)
        expect(
            "a function that replies before it stores, and then may not store",
            folder / "bad",
            ["answered before it was kept", "lost"],
        )
    return 1 if failures else 0


def run(place, folder, lists, images):
    written = record.Record(folder)
    share = load.Share(lists // 2, images // 2, by_command=0)
    clients = [
        load.Client(number, place, written, share, look_every=1, patience_secs=60, binary=None) for number in (1, 2)
    ]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
        if each.failed:
            raise each.failed


def expect(what, folder, faults):
    """The checker has to report these faults, and no others."""
    verdict = checker.check(folder)
    found = [fault for fault in checker.FAULTS if verdict.total(fault)]
    good = sorted(found) == sorted(faults)
    print(f"{'ok  ' if good else 'FAIL'} {what}: {', '.join(found) or 'nothing found'}")
    if not good:
        print(f"     expected {faults}; {verdict.examples}")
        failures.append(what)


# ---------------------------------------------------------------- tampering with the record


def swap(folder):
    shown = record.read(folder, record.SHOWN)
    first = next(each for each in shown if each["client"] == 1 and "count" in each["answer"])
    second = next(each for each in shown if each["client"] == 2 and "count" in each["answer"])
    first["client"], second["client"] = second["client"], first["client"]
    record.write_all(folder, record.SHOWN, shown)
    return ["wrong client"]


def swap_own(folder):
    shown = record.read(folder, record.SHOWN)
    first, second = [each for each in shown if each["client"] == 1 and "count" in each["answer"]][:2]
    first["answer"], second["answer"] = second["answer"], first["answer"]
    record.write_all(folder, record.SHOWN, shown)
    return ["wrong result"]


def repeat(folder):
    shown = record.read(folder, record.SHOWN)
    record.write_all(folder, record.SHOWN, [*shown, shown[0]])
    return ["shown twice"]


def forget(folder):
    record.write_all(folder, record.SHOWN, record.read(folder, record.SHOWN)[1:])
    return ["never answered"]


def change(folder):
    shown = record.read(folder, record.SHOWN)
    next(each for each in shown if "sum" in each["answer"])["answer"]["sum"] = "42"
    record.write_all(folder, record.SHOWN, shown)
    return ["wrong result"]


# ---------------------------------------------------------------- tampering with the cloud


def some_job(folder, kind):
    return next(each for each in record.read(folder, record.ASKED) if each["kind"] == kind)["job_id"]


def replace(s3, bucket, key, new):
    """Puts `new` in the place of an object, or removes it; gives what undoes that."""
    old = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if new is None:
        s3.delete_object(Bucket=bucket, Key=key)
    else:
        s3.put_object(Bucket=bucket, Key=key, Body=new(old))
    return lambda: s3.put_object(Bucket=bucket, Key=key, Body=old)


def remove_outcome(s3, place, folder):
    key = f"outcomes/{some_job(folder, 'list')}.json"
    return replace(s3, place.result_bucket, key, None), ["lost"]


def dead_letter_without_outcome(s3, place, folder):
    """What a function leaves that is killed on the last delivery and has stored nothing before."""
    sqs, queue = cloud.client("sqs", direct=True), place.queue("stats-dead-letters")
    put_back, faults = remove_outcome(s3, place, folder)
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"job_id": some_job(folder, "list")}))

    def undo():
        put_back()
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    return undo, faults


def change_outcome(s3, place, folder):
    def new(old):
        outcome = json.loads(old)
        outcome["result"]["maximum"] = "7"
        return json.dumps(outcome).encode()

    key = f"outcomes/{some_job(folder, 'list')}.json"
    return replace(s3, place.result_bucket, key, new), ["wrong result"]


def change_image(s3, place, folder):
    jobs = [each["job_id"] for each in record.read(folder, record.ASKED) if each["kind"] == "image"]
    keys = [checker.outcome_of(s3, place, job)["object"]["key"] for job in jobs[:2]]
    other = s3.get_object(Bucket=place.result_bucket, Key=keys[1])["Body"].read()
    return replace(s3, place.result_bucket, keys[0], lambda _: other), ["wrong result"]


def misbehave():
    """Puts the function that replies first into the place of errand's stats function."""
    source = Path(__file__).with_name("replies_first.py").read_bytes()
    start = f'#!/bin/sh\nexec "{sys.executable}" "$(dirname "$0")/replies_first.py"\n'
    cloud.replace_stats({"replies_first.py": source, "bootstrap": start.encode()})


if __name__ == "__main__":
    sys.exit(main())
