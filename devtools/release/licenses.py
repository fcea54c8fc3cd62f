"""The licenses of all that is linked into a program, which most of them ask to be handed on with it.

They are read from the crates' sources, where Cargo keeps them: the text that came with each, and those of what it
bundles (libwebp's in its crate).
"""

import functools
import json
import subprocess
from pathlib import Path
from typing import Any

from devtools.checkout import ROOT, Failure

# Either spelling.
NAMES = ("LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE", "PATENTS")
SOURCE_CODE = (".rs", ".c", ".h", ".py")


def third_parties(packages: list[str], target: str) -> str:
    """One text: each license once, under the crates that it is of."""
    texts: dict[str, list[str]] = {}
    without = []
    for crate in linked(packages, target):
        name = f"{crate['name']} {crate['version']} ({crate['license'] or 'see its license file'})"
        found = license_files(Path(crate["manifest_path"]).parent)
        if not found:
            without.append(name)
        for file in found:
            texts.setdefault(normal(file.read_text(errors="replace")), []).append(name)
    parts = ["Licenses of what is linked in, beside errand's own: names of crates, then the text of their license.\n"]
    if without:
        parts.append(
            "\n".join(["These come without a text of their license; it is known by its SPDX name:", "", *without, ""])
        )
    for text, crates in texts.items():
        parts.append("\n".join([*dict.fromkeys(crates), "", text, ""]))
    return f"{'=' * 80}\n".join(parts)


def normal(text: str) -> str:
    """Told apart by their words alone."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def license_files(crate: Path) -> list[Path]:
    return sorted(
        file
        for file in crate.rglob("*")
        if file.name.upper().startswith(NAMES) and file.suffix not in SOURCE_CODE and file.is_file()
    )


def linked(packages: list[str], target: str) -> list[dict[str, Any]]:
    """The crates of others that are linked into programs: no build scripts' and no tests'."""
    metadata = resolved(target)
    by_id = {each["id"]: each for each in metadata["packages"]}
    edges = {each["id"]: each["deps"] for each in metadata["resolve"]["nodes"]}
    waiting = [each["id"] for each in metadata["packages"] if each["name"] in packages and not each["source"]]
    seen = set(waiting)
    while waiting:
        for dependency in edges[waiting.pop()]:
            is_normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_normal and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    crates = (by_id[each] for each in seen)
    return sorted((each for each in crates if each["source"]), key=lambda each: (each["name"], each["version"]))


@functools.cache
def resolved(target: str) -> dict[str, Any]:
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"cargo metadata failed for {target}; it says:\n{done.stderr}")
    return json.loads(done.stdout)
