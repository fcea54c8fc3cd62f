"""Many images of one prefix, and whether each has become gray once."""

import json
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from devtools.checkout import ROOT
from devtools.storm.maps import job, tree

PREFIX = "photos/"
AT_ONCE = 8


class Album:
    """The images, here and in a bucket."""

    def __init__(self, folder, count, how_many_broken, s3, bucket, gray):
        self.folder, self.s3, self.bucket, self.gray = folder, s3, bucket, gray
        self.names = tree.names(count)
        self.numbers = {PREFIX + name: number for number, name in enumerate(self.names)}
        self.broken = {PREFIX + self.names[number] for number in tree.broken(count, how_many_broken)}
        self.originals = folder / "originals"
        self.originals.mkdir()
        self.look("make", self.originals, count, how_many_broken)
        started = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as uploads:
            list(uploads.map(self.upload, self.numbers))
        # What stands for a folder is none of the images, nor is what only begins alike.
        s3.put_object(Bucket=bucket, Key=f"{PREFIX}2026/", Body=b"")
        s3.put_object(Bucket=bucket, Key=f"{PREFIX[:-1]}-of-others/1.png", Body=b"")
        print(f"     {count} images uploaded in {time.monotonic() - started:.1f} s")

    def upload(self, key):
        body = (self.originals / str(self.numbers[key])).read_bytes()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def size(self, key):
        return (self.originals / str(self.numbers[key])).stat().st_size

    def look(self, *arguments):
        """Runs what makes images and compares them."""
        command = [self.gray, "-m", "devtools.storm.maps.gray", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    def wrong_results(self, results):
        """What is wrong with the results, of which the keys are given by the originals' keys."""
        folder = self.folder / "results"
        folder.mkdir()

        def download(pair):
            key, (bucket, result) = pair
            body = self.s3.get_object(Bucket=bucket, Key=result)["Body"].read()
            (folder / str(self.numbers[key])).write_bytes(body)

        with ThreadPoolExecutor(AT_ONCE) as downloads:
            list(downloads.map(download, results.items()))
        wrong = json.loads(self.look("check", self.originals, folder))
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
        return [f"{PREFIX}{self.names[int(number)]}: {reason}" for number, reason in wrong.items()]


def run(album, place, to, patience_secs):
    """Has all images made gray by one job; what is wrong with it."""
    options = {"to": to} if to else {}
    what = f"{len(album.numbers)} images to {to['prefix'] if to else 'the result bucket'}"
    asked = job.Job(place, "grayscale", {"prefix": {"bucket": album.bucket, "prefix": PREFIX}}, options)
    asked.send()
    outcome, took = asked.wait(patience_secs)
    if outcome is None:
        return [f"{what}: no outcome after {took:.0f} s"]
    if outcome["status"] != "succeeded":
        return [f"{what}: {outcome['error']} after {took:.0f} s"]
    wrong = [*check(album, asked, outcome["result"], to), *replies(asked)]
    kept = len([key for key in asked.kept("reports/") if key.endswith(".so-far")])
    rate, verdict = len(album.numbers) / took, "FAIL" if wrong else "ok  "
    print(f"{verdict} {what}: {took:.1f} s, {rate:.0f}/s; {kept} batches kept what they had so far")
    return [f"{what}: {each}" for each in wrong]


def replies(asked):
    found = asked.replied()
    if not found:
        yield "no reply came"
    for reply in found:
        if reply != (asked.id, "succeeded"):
            yield f"a reply says {reply}"


def check(album, asked, report, to):
    """What is wrong with a job's report, its reports of each object, and the results."""
    lines = asked.reports(report["reports"])
    keys = Counter(line["key"] for line in lines)
    yield from some("has no line in the reports", album.numbers.keys() - keys.keys())
    yield from some("is in the reports, and was never asked for", keys.keys() - album.numbers.keys())
    yield from some("has several lines in the reports", {key for key, count in keys.items() if count > 1})
    done = {line["key"]: line for line in lines if line["status"] == "done"}
    failed = [line for line in lines if line["status"] == "failed"]
    yield from some("failed, and is a good image", {line["key"] for line in failed} - album.broken)
    yield from some("did not fail, and is no image", album.broken - {line["key"] for line in failed})
    sized = {line["key"]: line["size_bytes"] for line in lines if line["key"] in album.numbers}
    yield from some("has another size in the report", {key for key in sized if sized[key] != album.size(key)})

    # The sums, and the failures in the order of the objects.
    ordered = sorted(album.broken, key=str.encode)
    told = [failure["key"] for failure in report.get("failures", [])]
    if told != ordered[: len(told)] or len(told) != min(len(ordered), 100):
        yield f"the outcome names the failures {told[:3]}..., in place of {ordered[:3]}..."
    sums = {
        "objects": len(album.numbers),
        "done": len(album.numbers) - len(album.broken),
        "failed": len(album.broken),
        "skipped": 0,
        "bytes_in": sum(map(album.size, album.numbers)),
        "bytes_out": sum(line["bytes_out"] for line in done.values()),
    }
    for name, value in sums.items():
        if report[name] != value:
            yield f"the outcome says {report[name]} {name}, not {value}"

    # Each result is where it belongs, and nothing else is there.
    results = {key: (line["object"]["bucket"], line["object"]["key"]) for key, line in done.items()}
    if to:
        there = job.keys(album.s3, to["bucket"], to["prefix"])
        wanted = {key: (to["bucket"], to["prefix"] + key.removeprefix(PREFIX)) for key in results}
        yield from some("has its result elsewhere", {key for key in results if results[key] != wanted[key]})
    else:
        listed = job.keys(album.s3, asked.place.result_bucket, "results/")
        there = {key: size for key, size in listed.items() if f"/{asked.id}/" in key}
        end = {key: f"/{asked.id}/{key.removeprefix(PREFIX)}" for key in results}
        yield from some("has its result elsewhere", {key for key in results if not results[key][1].endswith(end[key])})
    named = Counter(key for _, key in results.values())
    yield from some("is the result of several", {key for key, count in named.items() if count > 1})
    yield from some("is there, and nobody's result", there.keys() - named.keys())
    yield from some("is a result, and not there", named.keys() - there.keys())
    sizes = {line["object"]["key"]: line["bytes_out"] for line in done.values()}
    yield from some("has another size than the report says", {key for key in sizes if there.get(key) != sizes[key]})
    yield from album.wrong_results({key: place for key, place in results.items() if place[1] in there})


def some(what, keys):
    """A complaint about keys, of which it names the first."""
    if keys:
        yield f"{min(keys)!r} {what}; {len(keys)} in all"
