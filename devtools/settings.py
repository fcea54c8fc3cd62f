"""The checkout's settings file, `.errand.toml`: the targets that `make local-up` and `make deploy` leave there, so that
a plain `errand stats` in the checkout goes where was last deployed to. The command itself writes it: it knows what may
stand there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from devtools.checkout import ROOT, Failure, say

FILE = ROOT / ".errand.toml"
CLIENT = ROOT / "target" / "release" / "errand"


def put(target: str, values: dict[str, str], file: Path = FILE) -> bool:
    """Registers a target, in place of what was there under its name, and chooses it; gives whether there is a client to
    do it."""
    if not change(["unset", f"targets.{target}"], file):
        return False
    settings = [f"targets.{target}.{key}={text}" for key, text in values.items()]
    return change(["set", f"target={target}", *settings], file)


def take(target: str, file: Path = FILE) -> bool:
    """Takes a target away; gives whether it was there."""
    if not file.exists():
        return False
    before = file.read_text()
    change(["unset", f"targets.{target}"], file)
    if not file.read_text().strip():
        file.unlink()
    return not file.exists() or file.read_text() != before


def change(words: list[str], file: Path) -> bool:
    if not CLIENT.exists():
        say(f"no settings were written: {CLIENT.relative_to(ROOT)} is not there (`make build`)")
        return False
    # Neither the user's own settings nor their AWS configuration are asked.
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
    command = [str(CLIENT), "--config-file", str(file), "config", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"the settings in {file} could not be changed:\n{done.stderr.strip()}")
    return True
