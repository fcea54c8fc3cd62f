"""A page whose blocks can be followed by a program: the files it tells to write, the edits and the commands."""

import re
from dataclasses import dataclass
from pathlib import Path

from devtools.checkout import Failure

# An opening fence with its language and what follows it, as in ```rust file=src/lib.rs
FENCE = re.compile(r"```(\w*) *(.*)")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    mark: str
    """What stands behind the language, as in `file=src/lib.rs`."""
    text: str
    line: int
    """Where it begins in the page, from 1."""

    @property
    def file(self) -> str | None:
        """The file that the block is, or edits."""
        return self.mark.removeprefix("file=") if self.mark.startswith("file=") else None


def blocks(page: str) -> list[Block]:
    found = []
    lines = iter(enumerate(page.splitlines(), 1))
    for number, line in lines:
        fence = FENCE.fullmatch(line)
        if fence:
            inner = []
            for _, each in lines:
                if each == "```":
                    break
                inner.append(each)
            else:
                raise Failure(f"the block in line {number} has no end")
            found.append(Block(fence[1], fence[2], "".join(f"{each}\n" for each in inner), number))
    return found


def write(block: Block, root: Path) -> None:
    """Makes or edits the file that a block names."""
    path = root / str(block.file)
    if block.language == "diff":
        path.write_text(edited(path.read_text(), block))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text)


def edited(text: str, block: Block) -> str:
    """The text with a diff's hunks applied. A line that begins with `@@` begins one, and says where it is to the reader
    alone: the lines that a hunk keeps or removes have to be found exactly once."""
    for hunk in re.split(r"^@@.*\n", block.text, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        if not lines:
            continue
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        found = list(re.finditer("^" + re.escape(before), text, re.MULTILINE))
        if len(found) != 1:
            raise Failure(f"the edit of {block.file} in line {block.line}: found {len(found)} times:\n{before}")
        text = text[: found[0].start()] + after + text[found[0].end() :]
    return text
