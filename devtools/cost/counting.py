"""A proxy that counts what is asked of SQS, S3 and Step Functions.

It stands between those who ask and the local cloud, with a port for each of them, by which they are told apart. Every
byte is passed on as it came, in both directions and while it comes: signatures stay valid, and nothing is kept in
memory. Of what goes to the cloud it reads as much as it takes to tell one request from the next (RFC 9112, section 6);
of what comes back, nothing.
"""

import asyncio
import threading
from collections import Counter
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
LONGEST_HEAD_BYTES = 1 << 20
# Services whose requests say in a header what they are, by their names there and in policies.
NAMED = {"AmazonSQS": "sqs", "AWSStepFunctions": "states"}
# SQS counts each 64 KB that a request carries as one (its pricing page).
SQS_REQUEST_BYTES = 64 << 10


class Proxy:
    """Counts from when it is entered until it is left."""

    def __init__(self, upstream: str, ports: dict[str, int]):
        """`ports` names who comes by which port; 0 takes one that is free."""
        place = urlsplit(upstream)
        if place.scheme != "http" or place.hostname is None or place.port is None:
            raise ValueError(f"cannot count in front of {upstream}: expected http://HOST:PORT")
        self.upstream = (place.hostname, place.port)
        self.ports = dict(ports)
        self.largest_sqs_bytes = 0
        self._counts: dict[str, Counter[str]] = {caller: Counter() for caller in ports}
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[asyncio.Task | None] = set()
        self._servers: list[asyncio.Server] = []

    def endpoint(self, caller: str) -> str:
        return f"http://{HOST}:{self.ports[caller]}"

    def take(self) -> dict[str, dict[str, int]]:
        """What was asked since the last time, by who asked."""
        with self._lock:
            taken = {caller: dict(sorted(counts.items())) for caller, counts in self._counts.items()}
            self._counts = {caller: Counter() for caller in self.ports}
        return taken

    def __enter__(self) -> "Proxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        for caller, port in self.ports.items():
            server = await asyncio.start_server(self._answerer(caller), HOST, port, limit=LONGEST_HEAD_BYTES)
            self.ports[caller] = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        tasks = [task for task in self._connections if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _answerer(self, caller):
        async def answer(reader, writer):
            task = asyncio.current_task()
            self._connections.add(task)
            try:
                await self._pass_on(caller, reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # either side has gone, which the other learns below
            finally:
                self._connections.discard(task)
                writer.close()

        return answer

    async def _pass_on(self, caller, reader, writer):
        from_cloud, to_cloud = await asyncio.open_connection(*self.upstream)
        back = asyncio.ensure_future(copy_all(from_cloud, writer))
        forth = asyncio.ensure_future(self._forward(caller, reader, to_cloud))
        try:
            await asyncio.wait([back, forth], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (back, forth):
                each.cancel()
            await asyncio.gather(back, forth, return_exceptions=True)
            to_cloud.close()

    async def _forward(self, caller, reader, to_cloud):
        """Passes on one request after the other, until there are no more."""
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, headers = parse_head(head)
            self._count(caller, action(method, target, headers), headers)
            to_cloud.write(head)
            # One that waits for `100 Continue` has to be heard before it sends its body.
            await to_cloud.drain()
            if headers.get("transfer-encoding", "").lower() == "chunked":
                await copy_chunks(reader, to_cloud)
            else:
                await copy_exactly(reader, to_cloud, int(headers.get("content-length", "0")))

    def _count(self, caller, what, headers):
        with self._lock:
            self._counts[caller][what] += 1
            if what.startswith("sqs:"):
                self.largest_sqs_bytes = max(self.largest_sqs_bytes, int(headers.get("content-length", "0")))


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, target and headers of a request."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    return method, target, {name.strip().lower(): value.strip() for name, _, value in pairs}


def action(method: str, target: str, headers: dict[str, str]) -> str:
    """What a request asks for, as AWS names it: `sqs:SendMessage`, `s3:PutObject`. SQS and Step Functions say it
    in a header (their JSON protocol), S3 by method, path and query."""
    if "x-amz-target" in headers:
        service, _, name = headers["x-amz-target"].partition(".")
        return f"{NAMED.get(service, f'unknown:{service}')}:{name}"
    place = urlsplit(target)
    query = parse_qs(place.query, keep_blank_values=True)
    has_key = "/" in place.path.strip("/")
    if has_key and "partNumber" in query and method == "PUT":
        return "s3:UploadPart"
    if has_key and "uploads" in query and method == "POST":
        return "s3:CreateMultipartUpload"
    if has_key and "uploadId" in query and method in ("POST", "DELETE"):
        return {"POST": "s3:CompleteMultipartUpload", "DELETE": "s3:AbortMultipartUpload"}[method]
    if has_key and not query.keys() - {"x-id", "versionId"} and method in ("GET", "HEAD", "PUT", "DELETE"):
        if method == "PUT" and "x-amz-copy-source" in headers:
            return "s3:CopyObject"
        return f"s3:{method.capitalize()}Object"
    if not has_key and "list-type" in query and method == "GET":
        return "s3:ListObjectsV2"
    # Nothing that errand asks for: it is to be seen, not left out.
    return f"unknown:{method} {place.path}?{place.query}"


async def copy_all(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def copy_exactly(reader, writer, length):
    while length:
        data = await reader.read(min(length, 1 << 16))
        if not data:
            raise asyncio.IncompleteReadError(b"", length)
        writer.write(data)
        await writer.drain()
        length -= len(data)


async def copy_chunks(reader, writer):
    """A body in chunks, with its trailer (RFC 9112, section 7.1)."""
    while True:
        size = await reader.readuntil(b"\r\n")
        writer.write(size)
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        await copy_exactly(reader, writer, length + 2)
    while True:
        line = await reader.readuntil(b"\r\n")
        writer.write(line)
        if line == b"\r\n":
            break
    await writer.drain()
