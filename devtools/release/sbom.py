"""Bills of materials in CycloneDX's JSON, by cargo-cyclonedx: every crate in a program, with its version,
its license and where it is from."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from devtools.checkout import ROOT, Failure
from devtools.release import assets
from devtools.release.archives import commit_time

TOOL = "cargo-cyclonedx"
INSTALL = "cargo install --locked --version 0.5.9 cargo-cyclonedx"


def is_possible() -> bool:
    return shutil.which(TOOL) is not None


def write(package: str, target: str, to: Path) -> None:
    """Writes the bill of a package's program for one target."""
    if not is_possible():
        raise Failure(f"{TOOL} is not installed: {INSTALL}")
    # It writes beside the Cargo.toml of every package of the workspace, and nowhere else.
    name = f".sbom-{os.getpid()}"
    folders = {each: Path(about["manifest_path"]).parent for each, about in assets.packages().items()}
    command = [TOOL, "cyclonedx", "--manifest-path", str(folders[package] / "Cargo.toml"), "--format", "json"]
    command += ["--spec-version", "1.5", "--target", target, "--override-filename", name, "--quiet"]
    # The time in it is that of the commit, so that the same commit gives the same bill.
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(commit_time())}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        made = folders[package] / f"{name}.json"
        if done.returncode != 0 or not made.exists():
            raise Failure(f"{TOOL} made no bill of {package} for {target}; it says:\n{done.stderr}")
        # It names our own crates after where they lie on this machine, which is nobody's business.
        to.write_text(made.read_text().replace(str(ROOT), f"/{assets.CLIENT}"))
    finally:
        for folder in folders.values():
            (folder / f"{name}.json").unlink(missing_ok=True)


def subject(bill: Path) -> tuple[str, str]:
    """The name and the version of what a bill is about."""
    about = json.loads(bill.read_text())["metadata"]["component"]
    return about["name"], about["version"]
