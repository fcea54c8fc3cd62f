"""Many clients, many jobs, and everything that can go wrong at once: calls to S3 and SQS that are throttled, fail, are
cut off, are slow, or are done and not answered; functions that are killed in the middle. Then the checker counts.

    python3 -m devtools.local_cloud run --faults free --parameter RetryBaseSeconds=1 -- \\
      .venv/cloud/bin/python -m devtools.storm --lists 10000 --images 300
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from devtools import stack
from devtools.checkout import ROOT
from devtools.storm import checker, cloud, faults, load, record


def new_folder():
    """A folder for the record of this run, kept to look into it, with everything else that was built."""
    storms = ROOT / "target" / "storms"
    storms.mkdir(parents=True, exist_ok=True)
    return tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=storms)


def main():
    arguments = parse_arguments()
    folder = Path(arguments.record or new_folder())
    place = cloud.Place()
    faults.hurry(place)
    cloud.microburst("rules", faults.rules(arguments.share))
    killer = faults.Killer(int(os.environ["ERRAND_LOCAL_PID"]), arguments.kill_every)
    killer.start()
    started = time.monotonic()
    clients = run_clients(arguments, place, record.Record(folder))
    took = time.monotonic() - started
    killer.stop()
    met = cloud.microburst("stats")
    cloud.microburst("rules", [])
    settle(place)
    verdict = checker.check(folder)
    print(verdict.table())
    print(f"answers read from S3 for want of a reply: {sum(each.from_s3 for each in clients)}")
    print(f"commands given again after they lost the cloud: {sum(each.sent_again for each in clients)}")
    requests = met["requests"]
    print(f"calls: {requests['total']}, of them with a fault: {requests['faulted']}")
    print(f"functions killed: {killer.killed}")
    print(f"{sum(verdict.asked.values())} jobs in {took:.0f} s; record: {folder}")
    broken = [each for each in clients if each.failed]
    for each in broken:
        print(f"client {each.number} ended early: {each.failed!r}")
    return 0 if verdict.is_good() and not broken else 1


def run_clients(arguments, place, written):
    clients = []
    for number in range(1, arguments.clients + 1):
        wanted = (arguments.lists, arguments.images, arguments.commands)
        share = load.Share(*(part(each, number, arguments.clients) for each in wanted))
        clients.append(
            load.Client(number, place, written, share, arguments.look_every, arguments.patience, arguments.binary)
        )
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return clients


def part(whole, number, parts):
    return whole * number // parts - whole * (number - 1) // parts


def settle(place):
    """Waits until no request is on its way any more: those of functions that were killed come again."""
    sqs, end = cloud.client("sqs", direct=True), time.monotonic() + 20 * faults.VISIBILITY_SECS
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    for operation in stack.names():
        while time.monotonic() < end:
            url = place.queue(f"{operation}-requests")
            left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            if not any(int(count) for count in left.values()):
                break
            time.sleep(0.5)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=int, default=300, help="jobs on lists")
    parser.add_argument("--images", type=int, default=20, help="jobs on images")
    parser.add_argument("--commands", type=int, default=20, help="more jobs, through the errand command")
    parser.add_argument("--clients", type=int, default=20, help="clients at once")
    parser.add_argument("--share", type=float, default=0.05, help="share of the calls to S3 and SQS that meet a fault")
    parser.add_argument("--kill-every", type=float, default=faults.KILL_EVERY_SECS, help="seconds between kills")
    parser.add_argument("--look-every", type=int, default=1, help="look for the outcome on every so-many-th reply")
    parser.add_argument("--patience", type=float, default=900, help="seconds that a client waits for all its answers")
    parser.add_argument("--record", help="folder for the record of the run; a new one under target/storms/")
    parser.add_argument("--binary", default=str(ROOT / "target" / "release" / "errand"), help="the errand command")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
