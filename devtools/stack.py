"""What `template.yaml` says of the operations: their functions, memory, time-outs, environment, and the names of queues
and buckets. Everything here that has to know the operations asks this module.

The build asks it before anything is installed, so that it needs the standard library alone, which reads no YAML. What
little is read here, mappings in block style and their scalars, `devtools.checks.template` holds against what a real
reader finds.

    python3 -m devtools.stack       prints the names of the operations, one a line
"""

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from devtools.checkout import ROOT, Failure

TEMPLATE = ROOT / "template.yaml"
NAME = "errand"
# Of the local cloud; the sample events belong to them too.
ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True)
class Operation:
    """One operation, and the function that does it."""

    name: str
    """The word that requests use, as in `stats`."""
    function: str
    """The function's logical id, as in `StatsFunction`."""
    memory_mb: int
    timeout_secs: int
    environment: dict[str, str]
    """The function's variables, as the template words their values."""

    @property
    def package(self) -> str:
        """The crate of its function; the binary is called the same."""
        return f"errand-{self.name}-function"

    @property
    def function_name(self) -> str:
        return f"{NAME}-{self.name}"

    @property
    def binary(self) -> Path:
        """Where `make build` leaves the function's program for this machine."""
        return ROOT / "build" / "lambda" / self.name / "bootstrap"


@functools.cache
def operations() -> list[Operation]:
    """All operations, in the template's order."""
    template = read()
    shared = template["Globals"]["Function"]
    found = []
    for function, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        own = resource["Properties"]
        code = re.fullmatch(r"build/lambda/([a-z0-9-]+)/", own["CodeUri"])
        if not code:
            raise Failure(f"template.yaml: {function} has its code in {own['CodeUri']}, not in build/lambda/NAME/")
        variables = {**shared["Environment"]["Variables"], **own["Environment"]["Variables"]}
        memory, timeout = resolve(own["MemorySize"]), resolve(own["Timeout"])
        found.append(Operation(code[1], function, int(memory), int(timeout), variables))
    return found


def names() -> list[str]:
    return [each.name for each in operations()]


def operation(name: str) -> Operation:
    return next(each for each in operations() if each.name == name)


def input_bucket() -> str:
    return resolve("!Ref InputBucket")


def result_bucket() -> str:
    return resolve("!Ref ResultBucket")


def function_environment(of: Operation, endpoint: str) -> dict[str, str]:
    """The environment of a function that runs outside of the emulator, against it."""
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **{name: resolve(value, endpoint) for name, value in of.environment.items()},
    }
    for name in ("RUST_LOG", "SSL_CERT_FILE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment


def resolve(value: str, endpoint: str = "") -> str:
    """What a scalar of the template becomes when the stack is deployed with the defaults to the local cloud at
    `endpoint`: parameters, names of queues and buckets, and queues' URLs."""
    pseudo = {"AWS::StackName": NAME, "AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws"}
    function, _, argument = value.partition(" ")
    if function == "!Sub":
        return re.sub(r"\$\{([\w:]+)\}", lambda part: resolve(f"!Ref {part[1]}", endpoint), argument)
    if names := re.fullmatch(r'!Join \[",", !Ref (\w+)\]', value):  # a list of them, as the parameter is written
        return resolve(f"!Ref {names[1]}", endpoint)
    if function != "!Ref":
        return value
    if argument in pseudo:
        return pseudo[argument]
    template = read()
    if argument in template["Parameters"]:
        return template["Parameters"][argument]["Default"]
    resource = template["Resources"][argument]
    if resource["Type"] == "AWS::SQS::Queue":
        return f"{endpoint}/{ACCOUNT}/{resolve(resource['Properties']['QueueName'])}"
    if resource["Type"] == "AWS::S3::Bucket":
        return resolve(resource["Properties"]["BucketName"])
    raise Failure(f"template.yaml: devtools.stack does not know what {value} is ({resource['Type']})")


@functools.cache
def read() -> dict:
    return mappings(TEMPLATE.read_text())


def mappings(text: str) -> dict:
    """The mappings in block style of a YAML text, as dictionaries of dictionaries and texts. A scalar keeps its tag, as
    in `!Ref InputBucket`; collections in flow style stay texts; lists and texts of many lines are left out."""
    root: dict = {}
    # The mappings that are open, each with the column of the key (or the dash) that it belongs to.
    path = [(-1, root)]
    for line in text.splitlines():
        bare = re.sub(r"(^|\s)#.*", "", line).rstrip()
        column = len(bare) - len(bare.lstrip())
        if not bare:
            continue
        while path[-1][0] >= column:
            path.pop()
        entry = re.fullmatch(r"""("?)([\w.-]+)\1:(?: +(.*))?""", bare.strip())
        if not entry:
            # A list's item, or a line of a text: what is in it belongs to nobody.
            path.append((column, {}))
            continue
        key, value = entry[2], entry[3] or ""
        if not value or value.startswith("&"):
            inner: dict = {}
            path[-1][1][key] = inner
            path.append((column, inner))
        elif re.search(r"(^|\s)[|>]-?$", value):
            path.append((column, {}))
        else:
            path[-1][1][key] = value[1:-1] if value[0] == value[-1] == '"' else value
    return root


if __name__ == "__main__":
    print("\n".join(names()))
