"""What goes wrong in a storm: calls that meet a fault, by rules for microburst, and functions that are killed."""

import os
import random
import signal
import threading
from pathlib import Path

from devtools import stack
from devtools.storm import cloud

# How soon the jobs of a killed function come again. The template has 6 and 12 minutes, as AWS asks for; nobody wants to
# wait that long here.
VISIBILITY_SECS = 30
KILL_EVERY_SECS = 2


def rules(share):
    """Faults on so large a share of the calls to S3 and SQS, each kind as often as the others. The first rule that
    fires is the only one."""
    put_unanswered = {
        "service": "s3",
        "operation": "PutObject",
        "response": {"set_headers": {"Content-Length": "1", "Connection": "close"}},
    }
    get_cut = {"service": "s3", "operation": "GetObject", "response": {"abort_frac": 0.5}}
    kinds: list[dict] = [put_unanswered, get_cut]
    for service, throttled in (("s3", {"code": "SlowDown", "status": 503}), ("sqs", {"code": "RequestThrottled"})):
        kinds += [
            {"service": service, "error": throttled},
            {"service": service, "error": {"code": "InternalError", "status": 500}},
            {"service": service, "error": {"code": "ServiceUnavailable", "status": 503}},
            {"service": service, "reset": True},
            {"service": service, "latency": {"min": 100, "max": 2000}},
            # Done, and not answered. A PUT's answer has no body that could be cut: one that never comes is announced.
            {"service": service, "response": {"abort_bytes": 0}},
        ]
    return [{**rule, "probability": share / 6} for rule in kinds]


def hurry(place):
    sqs = cloud.client("sqs", direct=True)
    for operation in stack.names():
        sqs.set_queue_attributes(
            QueueUrl=place.queue(f"{operation}-requests"), Attributes={"VisibilityTimeout": str(VISIBILITY_SECS)}
        )


class Killer(threading.Thread):
    """Kills one of the emulator's function processes every so often, in the middle of whatever it does."""

    def __init__(self, emulator, every_secs):
        super().__init__(name="killer", daemon=True)
        self.emulator, self.every_secs, self.killed = emulator, every_secs, 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(self.every_secs):
            functions = functions_of(self.emulator)
            if functions:
                try:
                    os.kill(random.choice(functions), signal.SIGKILL)
                    self.killed += 1
                except ProcessLookupError:
                    pass

    def stop(self):
        self.ended.set()
        self.join()


def functions_of(emulator):
    """The processes that run a function under this emulator, and no others: its descendants called bootstrap."""
    parents, names = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            before, _, after = stat.read_text().rpartition(")")
        except OSError:
            continue  # it has just ended
        pid = int(stat.parent.name)
        parents[pid], names[pid] = int(after.split()[1]), before.partition("(")[2]
    found = []
    for pid, name in names.items():
        ancestor = pid
        while ancestor not in (0, emulator):
            ancestor = parents.get(ancestor, 0)
        if ancestor == emulator and name == "bootstrap":
            found.append(pid)
    return found
