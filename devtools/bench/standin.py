"""What a function talks to, on 127.0.0.1: Lambda's runtime API, S3 and SQS, as little of each as one job needs.

So that nothing but the function itself is measured, and nothing has to be installed: `devtools.bench.memory`.
"""

import json
import re
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"
RUNTIME = "/2018-06-01/runtime/"
# Far beyond what a job takes: the function shall not give one up.
DEADLINE_MS = 4_000_000_000_000


class StandIn:
    """Serves objects from files, takes what is written, and hands out one event at a time, while the `with` block runs.

    `written` holds the sizes of the objects that were written, by bucket and key, and `outcome` what the last outcome
    says."""

    def __init__(self, objects: dict[str, Path]):
        self.objects = objects
        self.written: dict[str, int] = {}
        self.outcome: dict = {}
        self.event: dict | None = None
        self.changed = threading.Condition()
        self.asked = False
        self.stopped = False
        stand_in = self

        class Handler(_Handler):
            of = stand_in

        self.server = _Server((HOST, 0), Handler)
        self.address = f"{HOST}:{self.server.server_address[1]}"
        self.endpoint = f"http://{self.address}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        with self.changed:
            self.stopped = True
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()

    def wait_until_asked(self, seconds):
        """Waits until the function asks for an event: its start is over, or the last job. Gives whether it did."""
        with self.changed:
            return self.changed.wait_for(lambda: self.asked, seconds)

    def give(self, event):
        with self.changed:
            self.event, self.asked = event, False
            self.changed.notify_all()

    def next_event(self):
        with self.changed:
            self.asked = True
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.event is not None or self.stopped)
            event, self.event = self.event, None
            return event


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A function that refuses an object, or is killed, goes away in the middle of an answer.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    of: StandIn

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.startswith(RUNTIME):
            event = self.of.next_event()
            if event is None:
                self.close_connection = True
                return
            headers = {
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(DEADLINE_MS),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:measured",
                "Content-Type": "application/json",
            }
            self.answer(200, json.dumps(event).encode(), headers)
            return
        path = self.of.objects.get(self.path.partition("?")[0].lstrip("/"))
        if path is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"})
            return
        self.send_response(200)
        self.send_header("Content-Length", str(path.stat().st_size))
        self.send_header("ETag", '"1"')
        self.end_headers()
        with open(path, "rb") as file:
            shutil.copyfileobj(file, self.wfile, 1 << 18)

    def do_PUT(self):
        body = self.body()
        key = self.path.partition("?")[0].lstrip("/")
        self.of.written[key] = len(body)
        if "/outcomes/" in key:
            self.of.outcome = json.loads(body)
        self.answer(200, b"", {"ETag": '"1"'})

    def do_POST(self):
        body = self.body()
        if self.path.startswith(RUNTIME):
            self.answer(202, b'{"status":"OK"}', {"Content-Type": "application/json"})
            return
        # SQS: whatever was to be sent was sent.
        sent = [{"Id": each["Id"], "MessageId": each["Id"], "MD5OfMessageBody": ""} for each in entries(body)]
        answer = json.dumps({"Successful": sent, "Failed": []}).encode()
        self.answer(200, answer, {"Content-Type": "application/x-amz-json-1.0"})

    def body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def entries(body):
    try:
        return json.loads(body).get("Entries", [])
    except ValueError:
        return []


def object_created(bucket, key, size):
    """The event by which S3 tells a function of an object, as in events/."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": {"key": re.sub(" ", "+", key), "size": size, "sequencer": "01"}},
    }
    return {"Records": [record]}
