"""What a run leaves behind for the checker: what was asked, and what the clients were shown. One JSON object a line, so
that a run which is cut short leaves a record that can be read."""

import json
import threading
from pathlib import Path

# Files of a record's folder.
ASKED = "asked.jsonl"  # {job_id, client, kind: list|image, input or file}
RECEIVED = "received.jsonl"  # {job_id, client, kept}: a reply on a client's queue; was the outcome there by then?
SHOWN = "shown.jsonl"  # {job_id, client, answer}: what a person would have seen


class Record:
    """Writes a record; many threads may do so at once."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        for name in (ASKED, RECEIVED, SHOWN):
            (self.folder / name).touch()

    def write(self, name, **fields):
        with self.lock, open(self.folder / name, "a") as file:
            file.write(json.dumps(fields) + "\n")


def read(folder, name):
    return [json.loads(line) for line in (Path(folder) / name).read_text().splitlines()]


def write_all(folder, name, lines):
    (Path(folder) / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
