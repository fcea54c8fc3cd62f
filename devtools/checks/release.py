"""Makes what a release has for this machine, unpacks it into an empty folder, and uses it from there as somebody
without a checkout would: the command, and the stack, which is deployed to a local cloud of its own.

    python3 -m devtools.checks.release

The programs are those of `make build`: the release profile, as in the workflow, but linked against this machine's C
library, and the functions without the workflow's `lambda` profile, for which all would be compiled once more.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools import stack
from devtools.checkout import ROOT, Failure, run_main, say, venv_tool
from devtools.local_cloud.cloud import host_architecture
from devtools.release import assets, sbom
from devtools.release.archives import pack, write_sums
from devtools.release.bundle import COMPLETIONS, client_entries, stack_entries

NUMBERS = ROOT / "examples" / "input.txt"
IMAGE = ROOT / "examples" / "image.jpg"


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        deploy_and_ask(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory(prefix="errand-release-") as folder:
        downloads, installed = Path(folder, "downloads"), Path(folder, "installed")
        downloads.mkdir()
        installed.mkdir()
        make(downloads)
        # Twice the same bytes: whoever builds from the same commit can compare.
        before = (downloads / assets.SUMS).read_text()
        make(downloads)
        expect("archives made twice", (downloads / assets.SUMS).read_text(), before)
        unpack(downloads, installed)
        use_client(installed)
        inside = [sys.executable, "-m", "devtools.checks.release", "--inside", str(installed)]
        run([sys.executable, "-m", "devtools.local_cloud", "run", "--bare", "--", *inside], ROOT)


def make(downloads: Path) -> None:
    target = assets.host_target()
    program = ROOT / "target" / "release" / assets.program(target)
    programs = ROOT / "build" / "lambda"
    for file in (program, *(each.binary for each in stack.operations())):
        if not file.exists():
            raise Failure(f"{file.relative_to(ROOT)} is not there: run `make build` first")
    architecture = host_architecture()
    pack(client_entries(target, program, program), downloads / assets.client_archive(target))
    pack(stack_entries(architecture, programs), downloads / assets.stack_archive(architecture))
    if sbom.is_possible():
        bill = downloads / f"{assets.client_folder(target)}.cdx.json"
        sbom.write(assets.CLIENT, target, bill)
        expect("the bill of materials is about", sbom.subject(bill), (assets.CLIENT, assets.version()))
        expect("the bill of materials names this machine's folders", str(ROOT) in bill.read_text(), False)
    else:
        say(f"SKIPPED the bill of materials: {sbom.TOOL} is not installed ({sbom.INSTALL})")
    write_sums(downloads)
    known = set(assets.everything())
    expect("files that no release has", sorted({file.name for file in downloads.iterdir()} - known), [])


def unpack(downloads: Path, installed: Path) -> None:
    """With the programs that users have."""
    checker = ["sha256sum"] if shutil.which("sha256sum") else ["shasum", "--algorithm", "256"]
    run([*checker, "--check", assets.SUMS], downloads)
    run(["tar", "-xzf", downloads / assets.client_archive(assets.host_target())], installed)
    run([sys.executable, "-m", "zipfile", "-e", downloads / assets.stack_archive(host_architecture()), "."], installed)


def use_client(installed: Path) -> None:
    client = installed / assets.client_folder(assets.host_target())
    for name in ("README.md", "LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-LICENSES.txt"):
        if not (client / name).stat().st_size:
            raise Failure(f"{name} is empty in the client's archive")
    errand = client / assets.CLIENT
    told = run([errand, "--version"], installed)
    origin = rf"errand {re.escape(assets.version())} \(([0-9a-f]{{7,}}, )?{re.escape(assets.host_target())}\)\n"
    expect("errand --version tells commit and target", bool(re.fullmatch(origin, told)), True)
    for page in ("errand", "errand-stats", "errand-dead-letters-redrive"):
        expect(f"the manual page {page}", b".SH EXAMPLES" in (client / "man" / "man1" / f"{page}.1").read_bytes(), True)
    for script in COMPLETIONS.values():
        expect(f"completions/{script}", b"ERRAND_COMPLETE" in (client / "completions" / script).read_bytes(), True)
    counted = run([errand, "--offline", "stats", NUMBERS, "--json"], installed)
    expect("numbers counted", json.loads(counted)["count"], len(NUMBERS.read_text().split()))
    run([errand, "--offline", "grayscale", IMAGE, "-o", "gray.jpg"], installed)
    expect("first bytes of the gray image", (installed / "gray.jpg").read_bytes()[:3], b"\xff\xd8\xff")


def deploy_and_ask(installed: Path) -> None:
    """In an empty cloud's environment: what the README tells people without a checkout to do."""
    bundle = installed / assets.stack_folder(host_architecture())
    sam = venv_tool("sam", "sam")
    run([sam, "validate", "--lint"], bundle)
    # The answers that a person would give, and what MiniStack 1.5.33 cannot do (as in devtools.local_cloud.cloud).
    usual = ["--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", "Monitoring=alarms"]
    run([sam, "deploy", *usual], bundle)
    errand = installed / assets.client_folder(assets.host_target()) / assets.CLIENT
    asked = json.loads(run([errand, "stats", NUMBERS, "--json"], installed))
    offline = json.loads(run([errand, "--offline", "stats", NUMBERS, "--json"], installed))
    expect("the sum from the deployed stack", asked["sum"], offline["sum"])
    run([errand, "grayscale", IMAGE, "-o", "cloud.jpg"], installed)
    expect("the deployed stack's gray image", *((installed / f"{name}.jpg").read_bytes() for name in ("cloud", "gray")))
    say("the unpacked release works: the command, and the stack deployed from its folder")


def run(command: list[str | Path], folder: Path) -> str:
    """What a command prints, which has to succeed."""
    words = [str(word) for word in command]
    say(f"$ {' '.join(words)}")
    # What SAM CLI keeps between runs, and whom it tells of them, is not for this.
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure(f"exit code {done.returncode} of {' '.join(words)}:\n{done.stdout[-4000:]}")
    return done.stdout


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Failure(f"{what}: {str(found)[:200]}, and not {str(wanted)[:200]}")
    say(f"  ok {what}")


if __name__ == "__main__":
    run_main(main)
