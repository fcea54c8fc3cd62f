"""Runs one command and prints what it cost, as JSON: `python -I -S launch.py JOB`.

A program of its own because Linux counts the memory of the process that starts a command into the command's peak
(the high-water mark survives `exec`). This one imports next to nothing and stays near 10 MB; the harness does not.

JOB is JSON: {"argv", "environment", "stdin", "stdout", "stderr", "core"}; the last is null or the one core to use.
"""

import json
import os
import sys
import time


def main():
    job = json.loads(sys.argv[1])
    if job["core"] is not None:
        os.sched_setaffinity(0, {job["core"]})
    overwrite = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, job["stdin"], os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, job["stdout"], overwrite, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, job["stderr"], overwrite, 0o644),
    ]
    begun = time.perf_counter_ns()
    child = os.posix_spawnp(job["argv"][0], job["argv"], job["environment"], file_actions=streams)
    _, status, usage = os.wait4(child, 0)
    nanoseconds = time.perf_counter_ns() - begun
    # Linux counts in KiB, macOS in bytes (getrusage(2)).
    unit = 1 if sys.platform == "darwin" else 1024
    cost = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "seconds": nanoseconds / 1e9,
        "user_seconds": usage.ru_utime,
        "system_seconds": usage.ru_stime,
        "peak_memory_bytes": usage.ru_maxrss * unit,
    }
    print(json.dumps(cost))


main()
