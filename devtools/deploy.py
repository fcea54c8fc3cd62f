"""What `make deploy` needs to know before it hands over to `sam deploy`.

python3 -m devtools.deploy check STACK              refuses a name that could not be deployed, or should not be
python3 -m devtools.deploy revision [NAME=VALUE...] prints the template's parameter `Revision`
"""

import argparse
import hashlib
import re
from pathlib import Path

from devtools.checkout import ROOT, Failure, run_main

# As in protocol/src/stack.rs, which says why, and has the rule about -reply too.
MAX_LEN = 27
STAGED = ROOT / "build" / "aws"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check").add_argument("stack")
    verbs.add_parser("revision").add_argument("parameters", nargs="*")
    arguments = parser.parse_args()
    if arguments.verb == "check":
        check(arguments.stack)
    else:
        print(revision(STAGED, arguments.parameters))


def check(stack: str) -> None:
    """Refuses a stack's name before anything is built. CloudFormation would take an `Errand`, and fail minutes later at
    the bucket, whose name has the stack's in it."""
    if not re.fullmatch("[a-z][a-z0-9-]*", stack) or len(stack) > MAX_LEN:
        raise Failure(
            f"STACK={stack} is not a stack name: take 1 to {MAX_LEN} lower-case letters, digits and hyphens, beginning "
            "with a letter"
        )
    nested = re.match("(.+?)-reply(-|$)", stack)
    if nested:
        raise Failure(
            f"STACK={stack} is not a stack name: the clients of a stack {nested[1]} may read and delete all queues "
            f"whose names begin with {nested[1]}-reply-, and these would be among them; take a name without -reply"
        )


def revision(staged: Path, parameters: list[str]) -> str:
    """Another text whenever what is deployed is another: the template, a function's program or a parameter. SAM looks
    at the first two by itself, and names versions after ten characters of this."""
    digest = hashlib.sha256()
    for file in (staged / "template.yaml", *sorted(staged.glob("build/lambda/*/bootstrap"))):
        if not file.exists():
            raise Failure(f"{file} is not there: run `make package` first")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update("\n".join(sorted(parameters)).encode())
    return digest.hexdigest()[:10]


if __name__ == "__main__":
    run_main(main)
