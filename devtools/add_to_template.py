"""Adds a new operation to `template.yaml`: everything that is there for `stats`, once more under the new name.

    python3 -m devtools.add_to_template linecount

That is each parameter, resource and output called Stats..., and each item of a list, or line of the dashboard, that
names one of them: the rights, the notifications, the figures. What only the new operation can know is left to be edited
by hand: its description, its memory, its time-out. See docs/add-an-operation.md.
"""

import argparse
import re

from devtools import stack
from devtools.checkout import Failure, run_main, say, write_whole

PATTERN = "stats"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="the new operation's name: lower-case letters and digits")
    name = parser.parse_args().name
    if not re.fullmatch("[a-z][a-z0-9]*", name):
        raise Failure(f"{name!r} is no operation's name: lower-case letters and digits")
    if name in stack.names():
        raise Failure(f"template.yaml has {name} already")
    write_whole(stack.TEMPLATE, added(stack.TEMPLATE.read_text(), name))
    say(f"template.yaml: {name} is there, as a copy of {PATTERN}: now edit its description, memory and time-out")


def added(template: str, name: str) -> str:
    """The template with another operation, made like `stats`."""
    lines = template.splitlines()
    written = []
    place = 0
    while place < len(lines):
        end = unit(lines, place)
        written += lines[place:end]
        if end > place + 1 or is_item(lines[place]):
            copied = lines[place:end]
            if any(speaks_of_pattern(line) for line in copied):
                written += [renamed(line, name) for line in copied]
        elif speaks_of_pattern(lines[place]):
            raise Failure(f"template.yaml, line {place + 1}: {PATTERN} stands outside of a list or block of its own")
        place = end
    return "\n".join(written) + "\n"


def unit(lines: list[str], place: int) -> int:
    """The end of what is copied as a whole from this line on: a block called Stats..., or a list's innermost item. Any
    other line stands for itself."""
    line = lines[place]
    is_block = re.match(f"  {PATTERN.capitalize()}[A-Z]", line)
    if not is_block and not is_item(line):
        return place + 1
    column = len(line) - len(line.lstrip())
    end = place + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > column):
        end += 1
    if not is_block:
        while not lines[end - 1].strip():
            end -= 1
        if any(is_item(each) for each in lines[place + 1 : end]):
            return place + 1
    return end


def is_item(line: str) -> bool:
    """Whether a line begins an item of a list, or is an item of the dashboard's."""
    return line.lstrip().startswith(("- ", '["'))


def speaks_of_pattern(line: str) -> bool:
    return not line.lstrip().startswith("#") and renamed(line, "x") != line


def renamed(line: str, name: str) -> str:
    """The line with the new operation in the place of stats, in names as in words. What the pattern's line gives a name
    to, the copy refers to."""
    line = re.sub(r": &([\w-]+) .*", r": *\1", line)
    line = re.sub(rf"\b{PATTERN.capitalize()}(?=[A-Z])", name.capitalize(), line)
    return re.sub(rf"\b{PATTERN}\b", name, line)


if __name__ == "__main__":
    run_main(main)
