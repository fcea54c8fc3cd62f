"""One emulator, its state directory, and the stack that is deployed to it."""

import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from devtools import processes, stack
from devtools.checkout import ROOT, Failure, say, venv_tool, write_whole
from devtools.local_cloud import ports


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
        return f"{'https' if self.modes['tls'] else 'http'}://{ports.HOST}:{self.port}"

    @property
    def endpoint(self):
        """Where clients and functions go: the emulator, or what makes faults in front of it."""
        faults = self.modes["faults"]
        return f"http://{ports.HOST}:{faults}" if faults else self.direct_endpoint

    @property
    def functions_endpoint(self):
        """Where functions go: as clients do, or to what the command that runs has put between."""
        between = self.modes["functions_port"]
        return f"http://{ports.HOST}:{between}" if between else self.endpoint

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
        self.save(**nothing_yet, owner=me, modes=modes, port=ports.choose(port))
        if self.modes["faults"] == "free":
            self.save(modes={**self.modes, "faults": ports.free()})
        if self.modes["functions_port"] == "free":
            self.save(modes={**self.modes, "functions_port": ports.free()})
        if self.modes["faults"] and not ports.is_free(self.modes["faults"]):
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
            "BIND_HOST": ports.HOST,
            "GATEWAY_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.functions_endpoint,  # where its functions call back to
            "MINISTACK_REGION": stack.REGION,
            "S3_DATA_DIR": str(self.directory / "tmp" / "s3"),
            "STATE_DIR": str(self.directory / "tmp" / "state"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Step Functions waits before it tries again, for minutes in all, until others are done: here nobody is.
            "SFN_WAIT_SCALE": "0.1",
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
            [venv_tool("cloud", "python"), "-m", "devtools.local_cloud.client_user", stack.NAME],
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
            "AWS_DEFAULT_REGION": stack.REGION,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(self.directory / "sam"),
        }

    def client_environment(self):
        """What a client needs to reach this cloud, and a test to look behind it."""
        environment = {
            **self.credentials(),
            **self.trust(),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": stack.REGION,
            "AWS_DEFAULT_REGION": stack.REGION,
            "ERRAND_STACK": stack.NAME,
        }
        if self.modes["faults"]:
            environment["ERRAND_LOCAL_FAULTS"] = self.endpoint
        return environment

    def command_environment(self):
        """The environment of `run`'s command: the user's, without what would lead elsewhere."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ERRAND_"))}
        between = self.modes["functions_port"]
        return {
            **kept,
            **self.no_aws_configuration(),
            **self.client_environment(),
            **({"ERRAND_LOCAL_FUNCTIONS_PORT": str(between)} if between else {}),
            "ERRAND_LOCAL_DIRECT": self.direct_endpoint,
            "ERRAND_LOCAL_PID": str(self.state["emulator"]["pid"]),
            "ERRAND_LOCAL_DIR": str(self.directory),
            # A developer's settings, and those that `make local-up` left in this checkout, change no test.
            "ERRAND_NO_CONFIG": "1",
            # What tests send is not noted among what the user sent.
            "XDG_STATE_HOME": str(self.directory / "state"),
        }

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not self.is_alive():
                processes.reap(self.state["emulator"]["pid"])
                raise Failure(f"the emulator did not start; it says:\n{self.log_tail()}")
            if ports.answers(f"{self.direct_endpoint}/_ministack/health", self.modes["tls"]):
                return
            time.sleep(0.05)
        raise Failure(f"the emulator does not answer on {self.direct_endpoint}; it says:\n{self.log_tail()}")

    def start_faults(self):
        program = Path(__file__).with_name("faulty.py")
        command = [str(venv_tool("cloud", "python")), str(program), "--upstream", self.direct_endpoint]
        command += ["--port", str(self.modes["faults"])]
        faults = processes.start(command, self.clean_environment(), self.directory / "faults.log")
        self.save(faults=faults)
        deadline = time.monotonic() + 30
        while ports.is_free(self.modes["faults"]):
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
        say(f"deploying stack {stack.NAME} to {self.direct_endpoint}")
        self.save(deployed=None)
        command = [venv_tool("sam", "sam"), "deploy", "--region", stack.REGION, "--no-progressbar"]
        command += ["--config-file", ROOT / "samconfig.toml", "--config-env", "local"]
        command += ["--template-file", ROOT / "template.yaml"]
        # MiniStack 1.5.33 refuses a template with a saved query in it (AWS::Logs::QueryDefinition).
        usual = [f"Architecture={host_architecture()}", "Monitoring=alarms"]
        command += ["--parameter-overrides", *usual, *self.modes["parameters"]]
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
    files += [operation.binary for operation in stack.operations()]
    for file in files:
        if not file.exists():
            raise Failure(f"{file.relative_to(ROOT)} is not there: run `make build` first")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def host_architecture():
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def shell_lines(cloud):
    # A profile or a session of the user's would be mixed into the made-up credentials.
    lines = ["unset AWS_PROFILE AWS_SESSION_TOKEN AWS_SECURITY_TOKEN ERRAND_TARGET"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in cloud.client_environment().items()]
    programs = str(ROOT / "target" / "release")
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        lines.append(f'export PATH={shlex.quote(programs)}:"$PATH"')
    return "\n".join(lines)
