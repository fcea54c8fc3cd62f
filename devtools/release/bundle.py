"""The folders that the archives of a release hold: the client's, and the stack's, from where `sam deploy` works without
a checkout."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from devtools import stack
from devtools.checkout import ROOT, Failure
from devtools.release import assets, licenses
from devtools.release.archives import Entry, zipped

LICENSES = ("LICENSE-APACHE", "LICENSE-MIT")
THIRD_PARTIES = "THIRD-PARTY-LICENSES.txt"
# SAM names a version after ten characters of `Revision`: seven for what is deployed, three for who deploys it again.
# The first is a letter, and no digit of a number: `012345`, or `12345e6`, is one for some readers of YAML.
REVISION_LEN = 6


# As `errand completions` names the shells, and where these look for a script by its name.
COMPLETIONS = {"bash": "errand.bash", "zsh": "_errand", "fish": "errand.fish", "powershell": "_errand.ps1"}


def client_entries(target: str, program: Path, runnable: Path) -> list[Entry]:
    """`runnable` is the command for this machine: what it says of itself goes into the archives of all."""
    folder = assets.client_folder(target)
    entries = [Entry(f"{folder}/{assets.program(target)}", program.read_bytes(), is_program=True)]
    entries += [Entry(f"{folder}/{name}", (ROOT / name).read_bytes()) for name in ("README.md", "CHANGELOG.md")]
    entries += page_entries(folder, runnable)
    return entries + license_entries(folder, [assets.CLIENT], target)


def page_entries(folder: str, runnable: Path) -> list[Entry]:
    """Manual pages and completions, by the command itself."""
    with tempfile.TemporaryDirectory() as directory:
        # What was downloaded as an artifact may not be executed.
        command = Path(directory, runnable.name)
        shutil.copyfile(runnable, command)
        command.chmod(0o755)
        pages = Path(directory, "man")
        said([command, "man", pages])
        entries = [Entry(f"{folder}/man/man1/{page.name}", page.read_bytes()) for page in sorted(pages.iterdir())]
        entries += [
            Entry(f"{folder}/completions/{name}", said([command, "completions", shell]))
            for shell, name in COMPLETIONS.items()
        ]
    return entries


def said(command: list[Path | str]) -> bytes:
    """What a command prints, without anything of this machine's environment."""
    done = subprocess.run([str(word) for word in command], env={}, capture_output=True)
    if done.returncode != 0:
        raise Failure(f"{command[0]} {command[1]} failed:\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def stack_entries(architecture: str, programs: Path) -> list[Entry]:
    """`programs` holds NAME/bootstrap for each operation."""
    folder = assets.stack_folder(architecture)
    zips = {
        operation.name: zipped([Entry("bootstrap", (programs / operation.name / "bootstrap").read_bytes(), True)])
        for operation in stack.operations()
    }
    digest = hashlib.sha256(b"".join(hashlib.sha256(zips[name]).digest() for name in sorted(zips)))
    digest.update(stack.TEMPLATE.read_bytes())
    revision = f"r{digest.hexdigest()[:REVISION_LEN]}"
    template = adapt_template(stack.TEMPLATE.read_text(), architecture, revision)
    config = adapt_config((ROOT / "samconfig.toml").read_text(), architecture, revision)
    entries = [Entry(f"{folder}/{name}.zip", content) for name, content in zips.items()]
    entries += [
        Entry(f"{folder}/template.yaml", template.encode()),
        Entry(f"{folder}/samconfig.toml", config.encode()),
        # Its first page, and that of the Serverless Application Repository.
        Entry(f"{folder}/README.md", (ROOT / "docs" / "deploy-a-release.md").read_bytes()),
    ]
    packages = [operation.package for operation in stack.operations()]
    return entries + license_entries(folder, packages, assets.ARCHITECTURES[architecture])


def license_entries(folder: str, packages: list[str], target: str) -> list[Entry]:
    own = [Entry(f"{folder}/{name}", (ROOT / name).read_bytes()) for name in LICENSES]
    return [*own, Entry(f"{folder}/{THIRD_PARTIES}", licenses.third_parties(packages, target).encode())]


def adapt_template(text: str, architecture: str, revision: str) -> str:
    """The template with the functions' zips beside it, for the one architecture that they are for.

    `make deploy` passes a `Revision` of what it deploys. Here the template holds it, and takes no other one: a stack
    remembers its parameters, and SAM would publish no version of new code under the old `Revision`.
    """
    for name in stack.names():
        text = put(text, f"CodeUri: build/lambda/{name}/\n", f"CodeUri: {name}.zip\n")
    text = put(
        text,
        "    Default: arm64\n    AllowedValues: [arm64, x86_64]\n    Description: Processor of the functions; "
        "the local cloud passes the host's\n",
        f"    Default: {architecture}\n    AllowedValues: [{architecture}]\n    Description: "
        "Processor of the functions; there is an archive for each\n",
    )
    return put(
        text,
        '    Default: ""\n    AllowedPattern: "[0-9a-zA-Z]*"\n',
        f'    Default: "{revision}"\n    AllowedPattern: "{revision}[0-9a-zA-Z]*"\n'
        f"    ConstraintDescription: >-\n      of this release begins with {revision}; pass Revision={revision}, with "
        "any letters and digits behind it to\n      publish a version for new parameters alone\n",
    )


def adapt_config(text: str, architecture: str, revision: str) -> str:
    """The settings of the SAM command line, without those for a checkout alone."""
    text = "# Settings of the SAM command line.\n" + text[text.index("version = ") : text.index("# The emulator of")]
    text = put(text, '"build/aws/template.yaml"', '"template.yaml"')
    return put(text, '"Architecture=arm64"', f'"Architecture={architecture} Revision={revision}"').rstrip() + "\n"


def put(text: str, old: str, new: str, times: int = 1) -> str:
    found = text.count(old)
    if found != times:
        raise Failure(
            f"devtools.release.bundle looks for {times} x {old.strip()!r} and finds {found}: change it there too"
        )
    return text.replace(old, new)
