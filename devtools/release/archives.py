"""Archives that come out the same, byte by byte, whenever they are made of the same files: entries in order, no owners,
and one time for all, that of the commit."""

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from devtools.checkout import ROOT, Failure
from devtools.release.assets import SUMS


@dataclass(frozen=True)
class Entry:
    """A file in an archive."""

    name: str
    content: bytes
    is_program: bool = False

    @property
    def mode(self) -> int:
        return 0o755 if self.is_program else 0o644


def commit_time() -> int:
    """Seconds since 1970: SOURCE_DATE_EPOCH (reproducible-builds.org) where it is set, else the commit's time."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure("this is no git checkout, whose commit would date the archives: set SOURCE_DATE_EPOCH")
    return int(done.stdout)


def pack(entries: list[Entry], archive: Path) -> None:
    """Writes an archive of the kind that its name tells: `.zip` or `.tar.gz`."""
    entries = sorted(entries, key=lambda entry: entry.name)
    archive.write_bytes(zipped(entries) if archive.suffix == ".zip" else tarred(entries))


def tarred(entries: list[Entry]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            about = tarfile.TarInfo(entry.name)
            about.size, about.mode, about.mtime = len(entry.content), entry.mode, commit_time()
            archive.addfile(about, io.BytesIO(entry.content))
    return gzip.compress(packed.getvalue(), mtime=0)


def zipped(entries: list[Entry]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            about = zipfile.ZipInfo(entry.name, time.gmtime(commit_time())[:6])
            about.compress_type = zipfile.ZIP_DEFLATED
            # 3 is Unix, whose modes stand in the upper half: Lambda starts `bootstrap` only where it may be executed.
            about.create_system, about.external_attr = 3, (0o100000 | entry.mode) << 16
            archive.writestr(about, entry.content)
    return packed.getvalue()


def write_sums(folder: Path) -> None:
    """Writes SHA256SUMS, in the form that `sha256sum --check` and `shasum --check` read."""
    files = sorted(file for file in folder.iterdir() if file.name != SUMS)
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (folder / SUMS).write_text("".join(lines))
