"""The local cloud of this checkout: AWS emulated by MiniStack on 127.0.0.1, with this project's stack deployed to it.

    python3 -m devtools.local_cloud up            start it, or bring the one that runs up to date
                                   status        is it there, and where
                                   env           what a shell needs: eval "$(make -s local-env)"
                                   logs          what the functions have logged
                                   down          stop it; nothing is kept
                                   run -- CMD    start one of its own on a free port, run CMD against it, stop it

No AWS account is needed and none is touched: the emulator and the deployment run with an environment made from
nothing, made-up credentials and no AWS configuration.
"""

import os
import shutil
import signal
import subprocess
import sys

from devtools import processes, settings, stack
from devtools.checkout import LOCAL, ROOT, Failure, lock, run_main, say, venv_tool
from devtools.local_cloud import ports
from devtools.local_cloud.cloud import Cloud, shell_lines
from devtools.local_cloud.command_line import modes_of, parse_arguments

# The name of the local cloud among the targets of the checkout's settings.
TARGET = "local"


def main():
    arguments = parse_arguments(__doc__)
    if arguments.verb == "run":
        return run(arguments)
    cloud = Cloud(LOCAL / "cloud")
    with lock(LOCAL / "cloud.lock", "another local-cloud command of this checkout"):
        if arguments.verb == "up":
            return up(cloud, arguments)
        if arguments.verb == "down":
            return down(cloud)
    if arguments.verb == "status":
        return status(cloud)
    if not cloud.is_alive():
        raise Failure("the local cloud is not running: start it with `make local-up`")
    if arguments.verb == "env":
        print(shell_lines(cloud))
    if arguments.verb == "logs":
        return logs(cloud, arguments)
    return 0


def up(cloud, arguments):
    sweep()
    if cloud.is_alive():
        if arguments.port not in ("auto", "free", str(cloud.port)) and arguments.port != str(ports.DEFAULT_PORT):
            raise Failure(f"the local cloud of this checkout runs on port {cloud.port}: `make local-down` first")
        if cloud.modes != modes_of(arguments):
            raise Failure("the local cloud runs with other options: `make local-down` first")
    if cloud.is_alive() and cloud.state["deployed"]:
        cloud.deploy()
    else:
        # Not there, or an interrupted run left it half made: begin anew.
        cloud.stop()
        try:
            cloud.start(arguments.port, modes_of(arguments))
            cloud.deploy()
        except KeyboardInterrupt:
            cloud.stop()
            raise
    say(f"local cloud: {cloud.endpoint}, stack {stack.NAME}")
    register(cloud)
    return 0


def register(cloud):
    """Makes it the target of this checkout, so that the command finds it without a word."""
    if cloud.modes["tls"]:
        # Whom to trust is said in the environment alone.
        settings.take(TARGET)
        say('it has a certificate of its own: eval "$(make -s local-env)" tells a shell of it')
        return
    values = {"endpoint-url": cloud.endpoint, "region": stack.REGION, "stack": stack.NAME, "emulator": "true"}
    if settings.put(TARGET, values):
        say(f"it is target `{TARGET}` in {settings.FILE.name}: in this checkout, errand goes there")


def down(cloud):
    if cloud.is_alive():
        say(f"stopping the local cloud on {cloud.endpoint}")
    cloud.stop()
    sweep()
    try:
        if settings.take(TARGET):
            say(f"target `{TARGET}` is taken out of {settings.FILE.name}")
    except Failure as failure:
        # Whatever somebody wrote into it, the cloud is down, and `make clean` goes on.
        say(str(failure))
    return 0


def status(cloud):
    if not cloud.is_alive():
        print("not running")
        return 3
    print(f"running on {cloud.endpoint}, process {cloud.state['emulator']['pid']}, log {cloud.log}")
    print(f"stack {stack.NAME} {'deployed' if cloud.state['deployed'] else 'NOT deployed'}")
    return 0


def logs(cloud, arguments):
    if arguments.emulator:
        sys.stdout.write(cloud.log.read_text(errors="replace"))
        return 0
    command = [venv_tool("sam", "sam"), "logs", "--stack-name", stack.NAME, "--region", stack.REGION]
    command += ["--config-file", ROOT / "samconfig.toml", "--config-env", "local"]
    command += ["--start-time", "1 day ago"]
    command += ["--tail"] if arguments.follow else []
    return subprocess.run([str(part) for part in command], env=cloud.sam_environment()).returncode


def run(arguments):
    """A cloud for one command alone. Whatever ends it, the cloud goes too; if not even that is possible (a power cut,
    kill -9), the next `run`, `up` or `down` sweeps it away."""
    sweep()
    cloud = Cloud(LOCAL / f"run-{os.getpid()}")
    command = None

    def pass_on(number, _frame):
        # The terminal sends Ctrl-C to the command as well; other signals have to be handed on.
        if command and number != signal.SIGINT:
            command.send_signal(number)
        elif not command:
            raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        signal.signal(number, pass_on)
    code = 1
    try:
        cloud.start("free", modes_of(arguments))
        if not arguments.bare:
            cloud.deploy()
        environment = cloud.command_environment()
        if arguments.as_client:
            environment.update(cloud.client_credentials())
        try:
            command = subprocess.Popen(arguments.command, env=environment)
        except OSError as error:
            raise Failure(f"cannot run {arguments.command[0]}: {error.strerror}") from None
        code = command.wait()
        code = 128 - code if code < 0 else code
        return code
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        if code != 0 and cloud.log.exists():
            kept = LOCAL / "last-failed-run.log"
            shutil.copyfile(cloud.log, kept)
            say(f"the emulator's log of this run: {kept.relative_to(ROOT)}")
        cloud.stop()


def sweep():
    """Stops and removes what `run`s left behind that could not do it themselves."""
    for directory in LOCAL.glob("run-*"):
        cloud = Cloud(directory)
        owner = cloud.state.get("owner")
        pid = int(directory.name.removeprefix("run-"))
        if not (processes.is_alive(owner) if owner else processes.started_at(pid)):
            say(f"removing what an interrupted run left: {directory.relative_to(ROOT)}")
            cloud.stop()


if __name__ == "__main__":
    run_main(main)
