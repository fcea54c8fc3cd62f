"""A cloud that answers at once, on 127.0.0.1: as much of SQS as a client needs for one list.

Its function knows the answer before it is asked.
"""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCOUNT = "000000000000"
RESULT = {
    "count": 100,
    "sum": "14950",
    "minimum": "100",
    "maximum": "199",
    "mean": {"decimal": "149.5", "numerator": "299", "denominator": "2"},
    "median": "149.5",
}


class Answering:
    """Serves clients while the `with` block runs."""

    def __init__(self):
        self.replies: list[str] = []
        self.came = threading.Condition()
        of = self

        class Handler(_Handler):
            cloud = of

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, action, asked):
        """What SQS answers to an action."""
        if action in ("GetQueueUrl", "CreateQueue"):
            return {"QueueUrl": f"{self.endpoint}/{ACCOUNT}/{asked['QueueName']}"}
        if action == "SendMessage":
            with self.came:
                self.replies.append(reply_to(json.loads(asked["MessageBody"])))
                self.came.notify_all()
            return {"MessageId": "1", "MD5OfMessageBody": md5(asked["MessageBody"])}
        if action == "ReceiveMessage":
            with self.came:
                self.came.wait_for(lambda: self.replies, asked.get("WaitTimeSeconds", 0))
                replies, self.replies = self.replies, []
            return {
                "Messages": [
                    {"MessageId": "1", "ReceiptHandle": "1", "Body": body, "MD5OfBody": md5(body)} for body in replies
                ]
            }
        return {}


def reply_to(request):
    job_id, now = request["job_id"], int(time.time() * 1000)
    outcome = {
        "version": 1,
        "job_id": job_id,
        "operation": request["operation"],
        "status": "succeeded",
        "result": RESULT,
        "attempt": 1,
        "duration_ms": 0,
        "finished_at_unix_ms": now,
    }
    location = {"bucket": f"errand-results-{ACCOUNT}-us-east-1", "key": f"outcomes/{job_id}.json"}
    return json.dumps({"version": 1, "job_id": job_id, "location": location, "outcome": outcome})


def md5(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet an answer: otherwise the second waits for the first to be acknowledged.
    wbufsize = -1
    cloud: Answering

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        body = json.dumps(self.cloud.answer(action, asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
