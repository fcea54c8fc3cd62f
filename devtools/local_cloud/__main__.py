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

import argparse
import hashlib
import json
import os
import platform
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

from devtools import processes
from devtools.checkout import LOCAL, ROOT, Failure, lock, run_main, say, venv_tool, write_whole

DEFAULT_PORT = 4566
REGION = "us-east-1"
STACK = "errand"
FUNCTIONS = ["stats", "grayscale"]
HOST = "127.0.0.1"


# ---------------------------------------------------------------- verbs


def main():
    arguments = parse_arguments()
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
        if arguments.port not in ("auto", "free", str(cloud.port)) and arguments.port != str(DEFAULT_PORT):
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
    say(f"local cloud: {cloud.endpoint}, stack {STACK}")
    return 0


def down(cloud):
    if cloud.is_alive():
        say(f"stopping the local cloud on {cloud.endpoint}")
    cloud.stop()
    sweep()
    return 0


def status(cloud):
    if not cloud.is_alive():
        print("not running")
        return 3
    print(f"running on {cloud.endpoint}, process {cloud.state['emulator']['pid']}, log {cloud.log}")
    print(f"stack {STACK} {'deployed' if cloud.state['deployed'] else 'NOT deployed'}")
    return 0


def logs(cloud, arguments):
    if arguments.emulator:
        sys.stdout.write(cloud.log.read_text(errors="replace"))
        return 0
    command = [venv_tool("sam", "sam"), "logs", "--stack-name", STACK, "--region", REGION]
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


# ---------------------------------------------------------------- one emulator and its directory


class Cloud:
    """An emulator, its state directory, and the stack deployed to it.

    `state.json` says what runs. It is written before there is anything to know and after each step, so that whatever
    moment a run is interrupted at, the next one can tell what to stop and how far it came.
    """

    def __init__(self, directory):
        self.directory = directory
        self.log = directory / "emulator.log"
        self.state_file = directory / "state.json"
        try:
            self.state = json.loads(self.state_file.read_text())
        except (OSError, ValueError):
            self.state = {}

    @property
    def port(self):
        return self.state["port"]

    @property
    def modes(self):
        return self.state["modes"]

    @property
    def direct_endpoint(self):
        """The emulator itself."""
        return f"{'https' if self.modes['tls'] else 'http'}://{HOST}:{self.port}"

    @property
    def endpoint(self):
        """Where clients and functions go: the emulator, or what makes faults in front of it."""
        faults = self.modes["faults"]
        return f"http://{HOST}:{faults}" if faults else self.direct_endpoint

    @property
    def certificate(self):
        """The emulator's own certificate, which it makes at its first start with TLS."""
        return self.directory / "tmp" / "ministack-tls" / "server.crt"

    def is_alive(self):
        return processes.is_alive(self.state.get("emulator"))

    def save(self, **changes):
        self.state.update(changes)
        write_whole(self.state_file, json.dumps(self.state, indent=2) + "\n")

    def start(self, port, modes):
        shutil.rmtree(self.directory, ignore_errors=True)
        for part in ("tmp", "home", "sam"):
            (self.directory / part).mkdir(parents=True)
        # What SAM, boto3 and the SDKs are told to read in place of the user's ~/.aws.
        (self.directory / "no-aws-config").touch()
        me = {"pid": os.getpid(), "started": processes.started_at(os.getpid())}
        nothing_yet = {"emulator": None, "faults": None, "deploying": None, "deployed": None}
        self.save(**nothing_yet, owner=me, modes=modes, port=choose_port(port))
        if self.modes["faults"] == "free":
            self.save(modes={**modes, "faults": free_port()})
        if self.modes["faults"] and not is_free(self.modes["faults"]):
            raise Failure(f"port {self.modes['faults']} for the faults is taken: name another")

        emulator = processes.start([str(venv_tool("cloud", "ministack"))], self.emulator_environment(), self.log)
        self.save(emulator=emulator)
        self.wait_until_ready()
        if self.modes["faults"]:
            self.start_faults()

    def emulator_environment(self):
        """All that the emulator sees. The functions inherit it, so nothing of the user's may be in it."""
        environment = {
            **self.clean_environment(),
            # The emulator puts scratch files and its functions' code there, and functions have it as /tmp.
            "TMPDIR": str(self.directory / "tmp"),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.endpoint,  # where its functions call back to
            "MINISTACK_REGION": REGION,
            "S3_DATA_DIR": str(self.directory / "tmp" / "s3"),
            "STATE_DIR": str(self.directory / "tmp" / "state"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # It tidies up containers when it finds an engine. There are none of ours, so let it find no engine.
            "DOCKER_HOST": f"unix://{self.directory}/no-docker",
            "LOG_LEVEL": "INFO",
        }
        if self.modes["auth"]:
            environment["AUTH"] = "true"
        if self.modes["tls"]:
            environment["USE_SSL"] = "1"
            environment["SSL_CERT_FILE"] = str(self.certificate)  # for the functions
        return environment

    def clean_environment(self):
        return {
            "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
            "HOME": str(self.directory / "home"),
            "LANG": "C.UTF-8",
            **self.no_aws_configuration(),
        }

    def no_aws_configuration(self):
        nothing = str(self.directory / "no-aws-config")
        return {"AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing, "AWS_EC2_METADATA_DISABLED": "true"}

    def credentials(self):
        # The emulator's root user, whose requests it always allows.
        return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

    def client_credentials(self):
        """A key of a user who has the stack's client policy and nothing else."""
        made = subprocess.run(
            [venv_tool("cloud", "python"), "-m", "devtools.local_cloud.client_user", STACK],
            cwd=ROOT,
            env=self.sam_environment(),
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise Failure(f"the client's user could not be made:\n{made.stderr}")
        return json.loads(made.stdout)

    def trust(self):
        if not self.modes["tls"]:
            return {}
        certificate = str(self.certificate)
        return {"AWS_CA_BUNDLE": certificate, "SSL_CERT_FILE": certificate, "REQUESTS_CA_BUNDLE": certificate}

    def sam_environment(self):
        return {
            **self.clean_environment(),
            **self.credentials(),
            **self.trust(),
            "AWS_ENDPOINT_URL": self.direct_endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(self.directory / "sam"),
        }

    def client_environment(self):
        """What a client needs to reach this cloud, and a test to look behind it."""
        environment = {
            **self.credentials(),
            **self.trust(),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "ERRAND_STACK": STACK,
        }
        if self.modes["faults"]:
            environment["ERRAND_LOCAL_FAULTS"] = self.endpoint
        return environment

    def command_environment(self):
        """The environment of `run`'s command: the user's, without what would lead elsewhere."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ERRAND_"))}
        return {
            **kept,
            **self.no_aws_configuration(),
            **self.client_environment(),
            "ERRAND_LOCAL_DIRECT": self.direct_endpoint,
            "ERRAND_LOCAL_PID": str(self.state["emulator"]["pid"]),
            "ERRAND_LOCAL_DIR": str(self.directory),
        }

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not self.is_alive():
                processes.reap(self.state["emulator"]["pid"])
                raise Failure(f"the emulator did not start; it says:\n{self.log_tail()}")
            if answers(f"{self.direct_endpoint}/_ministack/health", self.modes["tls"]):
                return
            time.sleep(0.05)
        raise Failure(f"the emulator does not answer on {self.direct_endpoint}; it says:\n{self.log_tail()}")

    def start_faults(self):
        command = [str(venv_tool("cloud", "microburst")), "--upstream", self.direct_endpoint]
        command += ["--port", str(self.modes["faults"])]
        faults = processes.start(command, self.clean_environment(), self.directory / "faults.log")
        self.save(faults=faults)
        deadline = time.monotonic() + 30
        while is_free(self.modes["faults"]):
            if not processes.is_alive(faults) or time.monotonic() > deadline:
                said = (self.directory / "faults.log").read_text(errors="replace")
                raise Failure(f"microburst did not start; it says:\n{said}")
            time.sleep(0.05)

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def deploy(self):
        """Deploys the template with the functions as `make build` left them, unless that was done already."""
        wanted = fingerprint()
        if self.state["deployed"] == wanted:
            return
        say(f"deploying stack {STACK} to {self.direct_endpoint}")
        self.save(deployed=None)
        command = [venv_tool("sam", "sam"), "deploy", "--region", REGION, "--no-progressbar"]
        command += ["--config-file", ROOT / "samconfig.toml", "--config-env", "local"]
        command += ["--template-file", ROOT / "template.yaml"]
        command += ["--parameter-overrides", f"Architecture={host_architecture()}", *self.modes["parameters"]]
        log = self.directory / "deploy.log"
        log.unlink(missing_ok=True)
        deploying = processes.start([str(part) for part in command], self.sam_environment(), log)
        self.save(deploying=deploying)
        code = processes.wait(deploying)
        self.save(deploying=None)
        if code != 0:
            said = log.read_text(errors="replace").strip().splitlines()[-40:]
            raise Failure("sam deploy failed; it says:\n" + "\n".join(said))
        self.save(deployed=wanted)

    def stop(self):
        for name in ("deploying", "faults", "emulator"):
            if self.state.get(name):
                processes.stop(self.state[name])
        shutil.rmtree(self.directory, ignore_errors=True)
        self.state = {}


def fingerprint():
    """Changes when what would be deployed does."""
    digest = hashlib.sha256()
    files = [ROOT / "template.yaml", ROOT / "samconfig.toml"]
    files += [ROOT / "build" / "lambda" / function / "bootstrap" for function in FUNCTIONS]
    for file in files:
        if not file.exists():
            raise Failure(f"{file.relative_to(ROOT)} is not there: run `make build` first")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def host_architecture():
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def shell_lines(cloud):
    # A profile or a session of the user's would be mixed into the made-up credentials.
    lines = ["unset AWS_PROFILE AWS_SESSION_TOKEN AWS_SECURITY_TOKEN"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in cloud.client_environment().items()]
    programs = str(ROOT / "target" / "release")
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        lines.append(f'export PATH={shlex.quote(programs)}:"$PATH"')
    return "\n".join(lines)


# ---------------------------------------------------------------- ports


def choose_port(wanted):
    if wanted in ("free", "0"):
        return free_port()
    if wanted == "auto":
        return DEFAULT_PORT if is_free(DEFAULT_PORT) else free_port()
    if not wanted.isdigit() or not 1 <= int(wanted) <= 65535:
        raise Failure(f"{wanted!r} is no port: give a number, `free` or `auto`")
    if not is_free(int(wanted)):
        raise Failure(
            f"port {wanted} of {HOST} is taken by a program that is not this checkout's local cloud: "
            "stop it, or take another port with `make local-up PORT=free`"
        )
    return int(wanted)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def answers(url, tls):
    context = ssl._create_unverified_context() if tls else None  # only to see that it is up
    try:
        # No proxy of the user's stands between us and 127.0.0.1.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if tls else [])
        )
        return opener.open(url, timeout=2).status == 200
    except (OSError, urllib.error.URLError):
        return False


# ---------------------------------------------------------------- the command line


def modes_of(arguments):
    if arguments.auth and arguments.faults:
        raise Failure("--auth and --faults do not go together: microburst breaks the signatures")
    # With permissions enforced, the TLS-only policies are too: over plain http nothing would be allowed.
    bare = getattr(arguments, "bare", False)
    tls = arguments.tls or (arguments.auth and not bare)
    return {"auth": arguments.auth, "tls": tls, "faults": arguments.faults, "parameters": arguments.parameter}


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="python3 -m devtools.local_cloud",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="up|down|status|env|logs|run")

    modes = argparse.ArgumentParser(add_help=False)
    modes.add_argument("--auth", action="store_true", help="enforce IAM permissions; implies --tls")
    modes.add_argument("--tls", action="store_true", help="serve https, with a certificate of its own")
    modes.add_argument(
        "--faults",
        type=lambda text: text if text == "free" else int(text),
        metavar="PORT",
        help="put microburst in front, on this port or on a `free` one",
    )
    modes.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="deploy with this parameter of the template, as in RetryBaseSeconds=0; may be repeated",
    )

    start = verbs.add_parser("up", parents=[modes], help="start it, or bring the one that runs up to date")
    start.add_argument(
        "--port",
        default=str(DEFAULT_PORT),
        help=f"a number, `free`, or `auto`: {DEFAULT_PORT} when it is free (default: {DEFAULT_PORT})",
    )
    verbs.add_parser("down", help="stop it; nothing is kept")
    verbs.add_parser("status", help="is it there, and where; exit code 3 when it is not")
    verbs.add_parser("env", help="print what a shell needs to reach it")
    show = verbs.add_parser("logs", help="print what the functions have logged")
    show.add_argument("--follow", action="store_true", help="and go on as they log more")
    show.add_argument("--emulator", action="store_true", help="the emulator's own log instead")
    once = verbs.add_parser("run", parents=[modes], help="run a command against a cloud of its own")
    once.add_argument(
        "--bare", action="store_true", help="deploy nothing, and serve plain http even with --auth: for test-plain-http"
    )
    once.add_argument(
        "--as-client", action="store_true", help="run it as a user who has only the client policy; implies --auth"
    )
    once.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")

    arguments = parser.parse_args()
    if arguments.verb == "run":
        arguments.auth = arguments.auth or arguments.as_client
        if arguments.command[:1] == ["--"]:
            arguments.command = arguments.command[1:]
        if not arguments.command:
            parser.error("run needs a command, as in: run -- cargo test")
    return arguments


if __name__ == "__main__":
    run_main(main)
