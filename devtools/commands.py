"""Which commands there are to type: the Makefile's targets and variables, and what `errand` takes, read from the
sources of its command line, so that nothing has to be built."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from devtools.checkout import ROOT

CLI = ROOT / "client" / "src" / "bin" / "errand"
# How many arguments a list takes at least.
MANY = 1000
# What starts another command, or ends this one.
END = ("|", "&&", "||", ";", "#", ">", "<")


@dataclass
class Command:
    """A command, or one of its subcommands."""

    options: dict[str, bool] = field(default_factory=dict)
    """Each option (`--timeout`, `-o`), and whether the next word is its value."""
    positional: int = 0
    commands: dict[str, "Command"] = field(default_factory=dict)


def errand() -> Command:
    """The command line of `errand`."""
    source = command_line()
    root = Command()
    take_fields(body(source, "struct Global"), root)
    for name, arguments in re.findall(r"^    (\w+)\((\w+)\),", body(source, "enum Command"), re.MULTILINE):
        command = root.commands[kebab(name)] = Command()
        fields = body(source, f"struct {arguments}")
        take_fields(fields, command)
        actions = re.search(r"#\[command\(subcommand\)\]\s*pub\(crate\) \w+: (\w+),", fields)
        if actions:
            for variant, inner in variants(body(source, f"enum {actions[1]}")):
                action = command.commands[kebab(variant)] = Command()
                take_fields(inner, action)
    return root


def command_line() -> str:
    """The sources of the command line, as one."""
    return "\n".join(file.read_text() for file in [CLI / "cli.rs", *sorted((CLI / "cli").glob("*.rs"))])


def body(source: str, item: str) -> str:
    """What stands between the braces of an item at the left margin."""
    return re.split(rf"^pub\(crate\) {item} \{{\n", source, flags=re.MULTILINE)[1].split("\n}\n")[0] + "\n"


def variants(text: str) -> list[tuple[str, str]]:
    """The variants of an enum, each with what is in its braces."""
    return re.findall(r"^    (\w+)(?:,| \{\n(.*?)^    \},)", text, re.MULTILINE | re.DOTALL)


def take_fields(text: str, command: Command) -> None:
    """Adds the options and positional arguments that a struct's fields declare."""
    for flattened in re.findall(r"#\[command\(flatten\)\]\s*pub\(crate\) \w+: (\w+),", text):
        take_fields(body(command_line(), f"struct {flattened}"), command)
    for attribute, name, kind in re.findall(
        r"#\[arg\((.*?)\)\]\s*(?:pub\(crate\) )?(\w+): ([^\n]+),\n", text, re.DOTALL
    ):
        plain = re.sub(r'"[^"]*"', "", attribute)
        if not re.search(r"\blong\b", plain):
            command.positional += MANY if kind.startswith("Vec<") else 1
            continue
        has_value = kind != "bool" and "require_equals" not in plain
        command.options[f"--{kebab(name)}"] = has_value
        if re.search(r"\bshort\b", plain):
            other = re.search(r"\bshort = '(.)'", plain)
            command.options[f"-{other[1] if other else name[0]}"] = has_value


def kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower().replace("_", "-")


def targets() -> set[str]:
    """What `make` makes."""
    return set(re.findall(r"^([a-z0-9-]+):(?!=)", makefile(), re.MULTILINE))


def variables() -> set[str]:
    """What may be given to `make` as NAME=VALUE."""
    return set(re.findall(r"^([A-Z_]+) \?=", makefile(), re.MULTILINE))


def makefile() -> str:
    return (ROOT / "Makefile").read_text()


def named(text: str) -> list[str]:
    """The commands that a text names: in back-ticks, in a line of an example, or as a text of their own."""
    # A string of Rust's may go on in the next line, and quotes in it are escaped; a dollar sign is one of make's.
    text = re.sub(r"\\\n\s*", "", text).replace('\\"', '"')
    begin = "(?:make|errand|aws) "
    found = re.findall(rf"`({begin}[^`]+)`", text)
    # Also behind a pipe, and after another one.
    found += re.findall(rf"(?:^ *(?:\$ )?|[|&] +)(?=({begin}[^\n]*))", without_prose(text), re.MULTILINE)
    # Not `"make dead letters visible again"`.
    found += re.findall(r'"(make [a-z0-9-]+(?: [A-Z_]+=[^"`]*)?)"', text)
    found += re.findall(r"\$\((make [^)]*)\)", text)
    return found


def without_prose(text: str) -> str:
    """The examples alone: a page's fenced blocks, and the indented lines of a help text."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    if fenced:
        return "\n".join(fenced)
    lines = (line for line in text.splitlines() if re.match("  (errand|make|aws|cat|seq) ", line))
    # The last line of a help text ends the string, and what it is given to.
    return "\n".join(re.sub(r'"(\)\])?;?$', "", line) for line in lines)


def words(command: str) -> list[str]:
    """A command's words, up to a comment or another command; what is put in later stands as `X`."""
    command = re.sub(r"\{[^}]*\}", "X", command)
    # In a help text, what a command does stands behind it; one is too long for the column.
    command = re.split(r"\s{2,}| the same operation", command.strip())[0]
    found = []
    for word in shlex.split(command, comments=True):
        if word.startswith(END):
            break
        found.append(word)
    return found


def sources() -> list[Path]:
    """The files whose commands people are told to type."""
    rust = [file for place in ("client/src", "aws/src", "functions") for file in (ROOT / place).rglob("*.rs")]
    # Decisions tell of their day; what to add an operation with is followed by `make test-add-an-operation`.
    pages = [page for page in (ROOT / "docs").glob("*.md") if page.name != "add-an-operation.md"]
    pages += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "bench/README.md")]
    pages += [ROOT / "events" / "README.md", ROOT / "template.yaml", ROOT / "Makefile", ROOT / "samconfig.toml"]
    return sorted([*rust, *pages])
