"""Makes the files of a release, and says whether there may be one: docs/releasing.md.

python3 -m devtools.release check-tag TAG REPOSITORY     may TAG be released from here, to that GitHub repository's URL
                            notes                        what CHANGELOG.md says of this version
                            assemble PROGRAMS FOLDER     all files of a release, from client-TARGET/errand[.exe] and
                                                         stack-ARCHITECTURE/NAME/bootstrap in PROGRAMS
"""

import argparse
from pathlib import Path

from devtools.checkout import Failure, run_main, say
from devtools.release import assets, sbom
from devtools.release.archives import pack, write_sums
from devtools.release.bundle import client_entries, stack_entries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    tag = verbs.add_parser("check-tag")
    tag.add_argument("tag")
    tag.add_argument("repository")
    verbs.add_parser("notes")
    everything = verbs.add_parser("assemble")
    everything.add_argument("programs", type=Path)
    everything.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    if arguments.verb == "check-tag":
        assets.check_tag(arguments.tag, arguments.repository, assets.read_changelog())
    elif arguments.verb == "notes":
        print(assets.notes(assets.read_changelog()))
    else:
        assemble(arguments.programs, arguments.folder)


def assemble(programs: Path, folder: Path) -> None:
    """Makes every file of a release, and nothing less."""
    folder.mkdir(parents=True)
    clients = {target: programs / f"client-{target}" / assets.program(target) for target in assets.CLIENT_TARGETS}
    for target, program in clients.items():
        pack(client_entries(target, program, clients[assets.host_target()]), folder / assets.client_archive(target))
    for architecture in assets.ARCHITECTURES:
        pack(
            stack_entries(architecture, programs / f"stack-{architecture}"), folder / assets.stack_archive(architecture)
        )
    for name, (package, target) in assets.bills().items():
        sbom.write(package, target, folder / name)
    write_sums(folder)
    wrong = assets.missing(folder)
    if wrong:
        raise Failure("; ".join(wrong))
    for file in sorted(folder.iterdir()):
        say(f"{file.stat().st_size:>12,} bytes  {file.name}")


if __name__ == "__main__":
    run_main(main)
