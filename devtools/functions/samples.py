"""The sample events of events/, the objects they speak of, and what should become of them."""

import json
import struct
import urllib.parse
import zlib

from devtools.checkout import ROOT
from devtools.stack import input_bucket

EVENTS = ROOT / "events"

# Event file -> the operation it is for, and how many outcomes it leads to.
SAMPLES = {
    "stats-requests": ("stats", 2),
    "stats-integers": ("stats", 1),
    "stats-object-created-sqs": ("stats", 1),
    "stats-object-created-sns-sqs": ("stats", 1),
    "stats-object-created-eventbridge-sqs": ("stats", 1),
    "stats-object-created": ("stats", 1),
    "stats-object-created-eventbridge": ("stats", 1),
    "grayscale-requests": ("grayscale", 2),
    "grayscale-object-created-sqs": ("grayscale", 1),
    "grayscale-object-created-eventbridge-sns-sqs": ("grayscale", 1),
    "grayscale-object-created": ("grayscale", 1),
    "s3-test": ("stats", 0),
}


def event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def put_inputs(s3):
    """Uploads every object that the events speak of; gives their keys."""
    keys = sorted({key for name in SAMPLES for key in keys_in(event(name))})
    for key in keys:
        s3.put_object(Bucket=input_bucket(), Key=key, Body=b"3 1 2\n10,20\n" if key.endswith(".txt") else picture())
    return keys


def keys_in(value):
    """The keys of objects anywhere in an event, read from messages inside of it as well."""
    if isinstance(value, list):
        for each in value:
            yield from keys_in(each)
    elif isinstance(value, str):
        if value.startswith("{"):
            yield from keys_in(json.loads(value))
    elif isinstance(value, dict):
        if isinstance(value.get("object"), dict) and "key" in value["object"]:
            key = value["object"]["key"]
            # S3 form-encodes keys in its events; requests and EventBridge name them as they are.
            yield urllib.parse.unquote_plus(key) if "s3SchemaVersion" in value else key
        else:
            for each in value.values():
                yield from keys_in(each)


def picture():
    """A PNG of three pixels: red, green, blue."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 3, 1, 8, 2, 0, 0, 0)  # 3x1, 8 bits, RGB
    row = b"\0" + bytes([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
