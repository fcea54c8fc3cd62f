"""AWS's own Lambda runtime interface emulator, run on this host.

It is what `sam local invoke` runs inside of its container, and ships with SAM CLI as a Linux program. It starts the
function's binary as Lambda would, hands it one event, and gives its answer back.
"""

import json
import os
import platform
import re
import socket
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from devtools import processes
from devtools.checkout import ROOT, VENVS, Failure
from devtools.stack import Operation, function_environment

HOST = "127.0.0.1"


def program():
    """The emulator for this host, or None when this host cannot run it."""
    if platform.system() != "Linux":
        return None
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    found = sorted((VENVS / "sam").glob(f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}"))
    return found[0] if found else None


class InterfaceEmulator:
    """One function under the emulator, for as long as the `with` block runs. `binary` is another program than the one
    that `make build` left for the operation."""

    def __init__(self, operation: Operation, endpoint: str, binary: Path | None = None):
        self.operation = operation
        self.endpoint = endpoint
        self.binary = binary or operation.binary
        self.port, api_port = free_ports(2)
        self.api_address = f"{HOST}:{api_port}"

    def __enter__(self):
        emulator = program()
        if emulator is None:
            raise Failure("the runtime interface emulator runs on Linux alone, with `make setup` done")
        if not self.binary.exists():
            raise Failure(f"{os.path.relpath(self.binary, ROOT)} is not there: run `make build` first")
        self.directory = tempfile.TemporaryDirectory(prefix="errand-rie-")
        self.log = Path(self.directory.name) / "log"
        environment = {
            "PATH": "/usr/bin:/bin",
            "TMPDIR": self.directory.name,
            "AWS_LAMBDA_FUNCTION_NAME": self.operation.function_name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.operation.timeout_secs),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.operation.memory_mb),
            **function_environment(self.operation, self.endpoint),
        }
        command = [str(emulator)]
        command += ["--runtime-interface-emulator-address", f"{HOST}:{self.port}"]
        command += ["--runtime-api-address", self.api_address, str(self.binary)]
        self.process = processes.start(command, environment, self.log)
        self.wait_until_ready()
        return self

    def __exit__(self, *_):
        processes.stop(self.process)
        self.directory.cleanup()

    def wait_until_ready(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and processes.is_alive(self.process):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.02)
        raise Failure(f"the runtime interface emulator did not start; it says:\n{self.output()}")

    def invoke(self, event):
        """The function's answer to an event: what it returned, as JSON says it."""
        url = f"http://{HOST}:{self.port}/2015-03-31/functions/function/invocations"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            body = opener.open(url, data=json.dumps(event).encode(), timeout=self.operation.timeout_secs + 10).read()
        except urllib.error.HTTPError as error:
            body = error.read()
        try:
            return json.loads(body) if body else None
        except ValueError:
            raise Failure(f"the function answered no JSON but {body[:500]!r}; its log:\n{self.output()}") from None

    def output(self):
        return self.log.read_text(errors="replace")

    def init_ms(self):
        """How long the function took to start, as the emulator measured it; None before the first invocation."""
        found = re.search(r"INIT REPORT\(durationMs: ([0-9.]+)", self.output())
        return float(found.group(1)) if found else None


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
