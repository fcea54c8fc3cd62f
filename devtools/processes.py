"""Background processes that are stopped by their own id, and never taken for another that got the same id later."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TypedDict


class Started(TypedDict):
    """A process that was started, as it is kept in a file for those who have to stop it."""

    pid: int
    started: str | None
    """When, as the system words it: an id alone may be another process's by now."""


def start(command: list[str], environment: dict[str, str], log: Path) -> Started:
    """Starts a process in a session of its own (Ctrl-C in the terminal does not reach it), writing to `log`."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    # Popen would complain that nobody waited. Others may have to stop it: all they need is in what we return.
    process.returncode = 0
    return {"pid": process.pid, "started": started_at(process.pid)}


def started_at(pid: int) -> str | None:
    """When a process began, as the system words it; None when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        if stat.exists():
            # Fields after the parenthesized name: the first is the state, the 20th the start time (proc(5)).
            fields = stat.read_text().rpartition(")")[2].split()
            return None if fields[0] == "Z" else fields[19]
        if Path("/proc/self/stat").exists():
            return None
        listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
        return listed.stdout.strip() or None
    except OSError:
        return None


def is_alive(process: Started | None) -> bool:
    """Whether the process that `start` described still runs. An id alone would not tell: ids are used again."""
    return process is not None and started_at(process["pid"]) == process["started"] is not None


def wait(process: Started) -> int:
    """The exit code of a process that `start` began in this very program."""
    return os.waitstatus_to_exitcode(os.waitpid(process["pid"], 0)[1])


def stop(process: Started, patience_secs: float = 10) -> None:
    """Ends a process that `start` began, and what it started, politely first."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if not is_alive(process):
            return
        try:
            os.killpg(process["pid"], sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience_secs
        while is_alive(process) and time.monotonic() < deadline:
            reap(process["pid"])
            time.sleep(0.02)


def reap(pid: int) -> None:
    """Takes note of the end of a child of ours, so that it does not stay behind as a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
