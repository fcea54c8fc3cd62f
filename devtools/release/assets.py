"""What a release is made of: the version, the targets, and the names of its files.

Cargo is asked rather than its files read: its standard library's TOML reader came with Python 3.11.
"""

import functools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from devtools import stack
from devtools.checkout import ROOT, Failure

CLIENT = "errand"
# Where the command runs. For each system by its target triple, as `rustc --print target-list` has it.
CLIENT_TARGETS = (
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)
# Where the functions run: the template's `Architecture`, and the target that cargo-lambda builds for it.
ARCHITECTURES = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}
SUMS = "SHA256SUMS"


@functools.cache
def packages() -> dict[str, dict[str, Any]]:
    """The workspace's packages by their names, as Cargo describes them."""
    command = ["cargo", "metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"cargo metadata failed; it says:\n{done.stderr}")
    return {each["name"]: each for each in json.loads(done.stdout)["packages"]}


def version() -> str:
    return packages()[CLIENT]["version"]


def is_windows(target: str) -> bool:
    return "-windows-" in target


def program(target: str) -> str:
    return f"{CLIENT}.exe" if is_windows(target) else CLIENT


def client_folder(target: str) -> str:
    """The one folder in the client's archive."""
    return f"{CLIENT}-{version()}-{target}"


def client_archive(target: str) -> str:
    return client_folder(target) + (".zip" if is_windows(target) else ".tar.gz")


def stack_folder(architecture: str) -> str:
    return f"{CLIENT}-{version()}-stack-{architecture}"


def stack_archive(architecture: str) -> str:
    return f"{stack_folder(architecture)}.zip"


def bills() -> dict[str, tuple[str, str]]:
    """The bills of materials: each one's name, with the package and the target that it is about."""
    found = {f"{client_folder(target)}.cdx.json": (CLIENT, target) for target in CLIENT_TARGETS}
    for architecture, target in ARCHITECTURES.items():
        for operation in stack.operations():
            name = f"{CLIENT}-{version()}-{operation.name}-function-{architecture}.cdx.json"
            found[name] = (operation.package, target)
    return found


def everything() -> list[str]:
    """All files of a release."""
    archives = [client_archive(target) for target in CLIENT_TARGETS]
    archives += [stack_archive(architecture) for architecture in ARCHITECTURES]
    return sorted([*archives, *bills(), SUMS])


def check_tag(tag: str, repository: str, changelog: str) -> None:
    """Refuses a tag that is not the version's, and a checkout that is not ready to be released from."""
    if tag != f"v{version()}":
        raise Failure(f"the tag is {tag} and Cargo.toml's version {version()}: tag v{version()}, or change the version")
    notes(changelog)
    if re.search(r"^- ", section(changelog, "Unreleased") or "", re.MULTILINE):
        raise Failure(f"CHANGELOG.md: move what is under [Unreleased] to [{version()}]")
    named = packages()[CLIENT]["repository"]
    if named != repository:
        raise Failure(
            f"client/Cargo.toml has the repository {named or '(none)'}, from where cargo binstall would download, and "
            f'the release is made in another: write repository = "{repository}" under [package]'
        )


def notes(changelog: str) -> str:
    """What CHANGELOG.md says of this version."""
    found = section(changelog, version())
    if not found:
        raise Failure(f"CHANGELOG.md has no section `## [{version()}] - YYYY-MM-DD`, or nothing in it: write it")
    return found


def section(changelog: str, name: str) -> str | None:
    heading = rf"^## \[{re.escape(name)}\](?: - \d{{4}}-\d\d-\d\d)?\n"
    found = re.search(rf"{heading}(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else None


def read_changelog() -> str:
    return (ROOT / "CHANGELOG.md").read_text()


def host_target() -> str:
    """This machine's target triple."""
    said = subprocess.run(["rustc", "-vV"], cwd=ROOT, capture_output=True, text=True).stdout
    return re.search(r"^host: (.+)$", said, re.MULTILINE)[1]  # type: ignore[index]


def missing(folder: Path) -> list[str]:
    """What a folder lacks of a release, and what it has besides."""
    there = {file.name for file in folder.iterdir()}
    wanted = set(everything())
    return [f"{name} is missing" for name in sorted(wanted - there)] + [
        f"{name} is not part of a release" for name in sorted(there - wanted)
    ]
