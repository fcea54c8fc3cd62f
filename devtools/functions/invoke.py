"""Hands one event to a function's binary under AWS's runtime interface emulator, and prints what it returned.

    python3 -m devtools.functions.invoke stats events/stats-requests.json

The function works against the cloud that AWS_ENDPOINT_URL names, or else the local cloud of this checkout. Its log
and how long it took to start go to stderr.
"""

import argparse
import json
import os
from pathlib import Path

from devtools import stack
from devtools.checkout import LOCAL, Failure, run_main, say
from devtools.functions.interface_emulator import InterfaceEmulator


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("function", choices=stack.names())
    parser.add_argument("event", type=Path, help="a file of events/")
    arguments = parser.parse_args()
    try:
        event = json.loads(arguments.event.read_text())
    except (OSError, ValueError) as error:
        raise Failure(f"cannot read {arguments.event}: {error}") from None

    with InterfaceEmulator(stack.operation(arguments.function), endpoint()) as emulator:
        answer = emulator.invoke(event)
        say(emulator.output().rstrip())
        say(f"started in {emulator.init_ms()} ms")
    print(json.dumps(answer))
    return 1 if isinstance(answer, dict) and "errorType" in answer else 0


def endpoint():
    if "AWS_ENDPOINT_URL" in os.environ:
        return os.environ["AWS_ENDPOINT_URL"]
    try:
        state = json.loads((LOCAL / "cloud" / "state.json").read_text())
        return f"http://127.0.0.1:{state['port']}"
    except (OSError, ValueError, KeyError):
        raise Failure("no local cloud is running: start it with `make local-up`") from None


if __name__ == "__main__":
    run_main(main)
