"""Photographs and programs from Debian packages, by name, unpacked under target/bench/: nothing is installed.

`apt-get download` and `dpkg -x` need no root. What the system has already is used as it is.
"""

import os
import shutil
import subprocess
from pathlib import Path

from devtools.bench.absence import Absent


class Packages:
    """Packages unpacked into one directory of our own."""

    def __init__(self, directory, say):
        self.downloads = directory / "packages"
        self.root = directory / "root"
        self.say = say
        self.failed = {}

    def file(self, package, path):
        """A file of a package: `path` is absolute, as the package installs it."""
        installed = Path(path)
        unpacked = self.root / path.lstrip("/")
        if installed.exists():
            return installed
        if not unpacked.exists():
            self.unpack([package])
        if not unpacked.exists():
            raise Absent(f"Debian's {package} has no {path} here (another release?)")
        return unpacked

    def program(self, package, names):
        """The path of the first of `names` that the package has, with the libraries it needs."""
        for name in names:
            if (self.root / "usr/bin" / name).exists():
                return self.root / "usr/bin" / name
        self.unpack(self.missing_for(package))
        for name in names:
            if (self.root / "usr/bin" / name).exists():
                return self.root / "usr/bin" / name
        raise Absent(f"Debian's {package} has none of {', '.join(names)} here (another release?)")

    def libraries(self):
        """The environment in which an unpacked program finds its libraries."""
        directories = [str(path) for path in sorted(self.root.glob("usr/lib/*-linux-gnu*"))]
        return {"LD_LIBRARY_PATH": ":".join(directories)}

    def missing_for(self, package):
        """The package and those of its dependencies that this system lacks."""
        apt_get = self.apt_get()
        listed = subprocess.run(
            [apt_get, "install", "--print-uris", "-qq", "--no-install-recommends", package],
            capture_output=True,
            text=True,
        )
        if listed.returncode != 0:
            raise Absent(f"apt-get does not know {package}: {last_line(listed.stderr)}")
        # Each line: 'URI' FILE SIZE HASH, the file as NAME_VERSION_ARCHITECTURE.deb.
        names = [line.split()[1].partition("_")[0] for line in listed.stdout.splitlines()]
        return names or [package]

    def unpack(self, packages):
        for package in packages:
            # One attempt a run: three photographs of one package need not wait three times for a network that is down.
            if package in self.failed:
                raise Absent(self.failed[package])
            try:
                self.unpack_one(package)
            except Absent as absent:
                self.failed[package] = str(absent)
                raise

    def unpack_one(self, package):
        apt_get = self.apt_get()
        self.say(f"fetching Debian's {package}")
        directory = self.downloads / package
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        fetched = subprocess.run([apt_get, "download", "-q", package], cwd=directory, capture_output=True, text=True)
        archives = list(directory.glob("*.deb"))
        if fetched.returncode != 0 or len(archives) != 1:
            raise Absent(f"`apt-get download {package}` failed ({last_line(fetched.stderr)}); try `apt-get update`")
        self.root.mkdir(parents=True, exist_ok=True)
        unpacked = subprocess.run(["dpkg", "-x", archives[0], self.root], capture_output=True, text=True)
        if unpacked.returncode != 0:
            raise Absent(f"`dpkg -x {archives[0].name}` failed: {last_line(unpacked.stderr)}")
        archives[0].unlink()

    @staticmethod
    def apt_get():
        apt_get = shutil.which("apt-get")
        if not apt_get or not shutil.which("dpkg"):
            raise Absent("it comes from a Debian package, and there is no apt-get and dpkg here")
        return apt_get


def on_path(name, accepts=lambda path: True):
    """A program of the system, if it is the one that is meant."""
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        path = Path(directory) / name
        if path.is_file() and os.access(path, os.X_OK) and accepts(path):
            return path
    return None


def last_line(text):
    """The last line that is not a warning."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("W:")]
    return lines[-1] if lines else "it said nothing"
