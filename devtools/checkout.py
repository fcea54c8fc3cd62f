"""Where things are in this checkout, and how scripts keep out of each other's way."""

# `setup` comes this far with a Python that is too old, and has to be able to say so.
from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"
# Where it really is: a copy of the checkout may borrow it.
VENVS = (ROOT / ".venv").resolve()


class Failure(Exception):
    """Something the user can read and act upon: a message, no traceback."""


def run_main(main: Callable[[], int | None]) -> None:
    """Runs a script's `main`, turning a `Failure` or Ctrl-C into a message and an exit code."""
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone, as in `make local-logs | head`. Python would complain once more on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def say(message: str) -> None:
    """Progress goes to stderr: stdout is for data."""
    print(message, file=sys.stderr, flush=True)


def venv_tool(venv: str, tool: str) -> Path:
    """The path of a program that `make setup` installed."""
    path = VENVS / venv / "bin" / tool
    if not path.exists():
        raise Failure(f".venv/{venv}/bin/{tool} is not there: run `make setup` first")
    return path


@contextlib.contextmanager
def lock(path: Path, waiting_for: str) -> Iterator[None]:
    """Holds a lock file while the block runs. The system lets go of it when the process dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"waiting for {waiting_for} ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that a reader, or a run after an interruption, finds all of it or none."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)
