"""Map jobs while everything fails: 10,000 images of one prefix, first in peace, then with 5 % of the calls failing and
a function killed every two seconds; a long list in slices, likewise; and a job that is canceled in the middle. Then it
is counted what must not be: objects that are missing, there twice, wrong, or of which the reports say otherwise.

    python3 -m devtools.local_cloud run --faults free --parameter RetryBaseSeconds=1 \\
      --parameter ReadableBuckets=lake --parameter WritableBuckets=lake -- \\
      .venv/cloud/bin/python -m devtools.storm.maps --images 10000 --list-mb 200
"""

import argparse
import contextlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools.checkout import ROOT, VENVS
from devtools.storm import cloud, faults
from devtools.storm.maps import canceled, images, job

LAKE = "lake"
ALL = {"percentiles": ["10", "90"]}


def main():
    arguments = parse_arguments()
    place, s3 = cloud.Place(), cloud.client("s3", direct=True)
    faults.hurry(place)
    s3.create_bucket(Bucket=LAKE)
    wrong = []
    with tempfile.TemporaryDirectory(prefix="errand-maps-") as temporary:
        folder = Path(temporary)
        gray = VENVS / "oracles" / "bin" / "python"
        if not gray.exists():
            print("SKIPPED images of map jobs: Pillow is not installed, which takes Python 3.11")
        else:
            album = images.Album(folder, arguments.images, arguments.broken, s3, LAKE, gray)
            if not arguments.only_faults:
                wrong += images.run(album, place, None, arguments.patience)
            with storm(arguments):
                wrong += images.run(album, place, {"bucket": LAKE, "prefix": "gray/"}, arguments.patience)
            wrong += canceled.run(place, LAKE, album)
        if arguments.list_mb:
            wrong += run_list(arguments, place, s3, folder)
    for each in wrong:
        print(f"FAIL {each}")
    return 1 if wrong else 0


@contextlib.contextmanager
def storm(arguments):
    """Faults while the block runs, and what there was of them."""
    before = cloud.microburst("stats")["requests"]
    cloud.microburst("rules", faults.rules(arguments.share))
    killer = faults.Killer(int(os.environ["ERRAND_LOCAL_PID"]), arguments.kill_every)
    killer.start()
    try:
        yield
    finally:
        killer.stop()
        cloud.microburst("rules", [])
    after = cloud.microburst("stats")["requests"]
    calls, faulted = (after[name] - before[name] for name in ("total", "faulted"))
    print(f"     meanwhile {killer.killed} functions killed, and {faulted} of {calls} calls with a fault")


def run_list(arguments, place, s3, folder):
    """A list of three objects in slices, against the whole list read at once on this machine."""
    files, made = [], 0
    for number, share in enumerate((0.7, 0.2, 0.1)):
        file = folder / f"{number}.txt"
        made += write_list(file, int(share * (arguments.list_mb << 20)), seed=number)
        # Below a prefix, since it is the listing that tells their sizes: no HEAD through microburst 0.10 does.
        s3.upload_file(str(file), LAKE, f"lists/{file.name}")
        files.append(file)
    binary = ROOT / "target" / "release" / "errand"
    percentiles = ",".join(ALL["percentiles"])
    command = [binary, "--offline", "stats", "--together", *files, "--json", "--percentiles", percentiles]
    wanted = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    options = {"engine": "map", "slice_bytes": arguments.slice_mib << 20}
    with storm(arguments):
        asked = job.Job(place, "stats", {"prefix": {"bucket": LAKE, "prefix": "lists/"}}, options, ALL)
        asked.send()
        outcome, took = asked.wait(arguments.patience)
    what = f"a list of {made} numbers in {arguments.list_mb} MiB, faults"
    if outcome is None:
        return [f"{what}: no outcome after {took:.0f} s"]
    if outcome["status"] != "succeeded":
        return [f"{what}: {outcome['error']}"]
    parts = len(asked.kept("partials/"))
    print(f"ok   {what}: {parts} lines of work, {took:.1f} s, {arguments.list_mb / took:.1f} MiB/s")
    differ = [name for name in wanted if outcome["result"].get(name) != wanted[name]]
    if not wanted:
        return [f"{what}: there is nothing to compare with"]
    return [f"{what}: {name} is {outcome['result'].get(name)}, not {wanted[name]}" for name in differ]


def write_list(file, size_bytes, seed):
    """Numbers of 64 bits, one a line: of so many values, they are read twice. How many there are."""
    generator, count, written = random.Random(seed), 0, 0
    with open(file, "w") as out:
        while written < size_bytes:
            numbers = struct.unpack("50000q", generator.randbytes(400_000))
            written += out.write("\n".join(map(str, numbers)) + "\n")
            count += len(numbers)
    return count


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000, help="objects below the prefix")
    parser.add_argument("--broken", type=int, default=50, help="how many of them are no images")
    parser.add_argument("--list-mb", type=int, default=200, help="how long the list is, in MiB; 0 for no list")
    parser.add_argument("--slice-mib", type=int, default=4, help="how long its slices are, in MiB")
    parser.add_argument("--only-faults", action="store_true", help="leave out the images in peace")
    parser.add_argument("--share", type=float, default=0.05, help="share of the calls to S3 and SQS that meet a fault")
    parser.add_argument("--kill-every", type=float, default=2, help="seconds between killed functions")
    parser.add_argument("--patience", type=float, default=900, help="seconds that a job may take")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
