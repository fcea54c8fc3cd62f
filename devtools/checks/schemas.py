"""Holds what is said in JSON against docs/schemas/: the messages that fix the protocol (protocol/tests/golden), the
sample events' requests, the examples of docs/protocol.md, and, with --answers, what the end-to-end tests got from the
real functions and the real command.

    python3 -m devtools.checks.schemas [--answers FILE]

FILE has one object a line, as e2e/src/record.rs writes them: the name of the schema and the text that was met. A schema
lets fields pass that it does not describe, as readers must; here each such field is a failure, and so is, with
--answers, a schema of which no answer was met.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from devtools import markdown
from devtools.checkout import ROOT, Failure, run_main

SCHEMAS = ROOT / "docs" / "schemas"
# What other schemas are put together from: nothing is said in one of these alone.
PARTS = {"common", "error", "stats-parameters", "stats-result", "grayscale-parameters", "grayscale-result"}
# What nobody but a client sends, so that the tests do not get it.
SENT = {"request"}
WHOLE = ("items", "additionalProperties")
# What says which fields an object has. A schema without any of them, such as {"type": "object"}, narrows another one.
DESCRIBING = {"$ref", "properties", "allOf", "anyOf", "oneOf"}


class Schemas:
    """All schemas, made strict: with every object, nothing passes that is not described."""

    def __init__(self):
        self.names = [file.relative_to(SCHEMAS).with_suffix("").as_posix() for file in sorted(SCHEMAS.rglob("*.json"))]
        self.registry = Registry()
        for name in self.names:
            contents = json.loads((SCHEMAS / f"{name}.json").read_text())
            Draft202012Validator.check_schema(contents)
            resource = Resource.from_contents(strict(contents), default_specification=DRAFT202012)
            self.registry = self.registry.with_resource(uri(name), resource)

    def wrong(self, name, value):
        """What is wrong with a value; nothing where all is well."""
        schema = {"$ref": uri(name), "unevaluatedProperties": False}
        errors = Draft202012Validator(schema, registry=self.registry).iter_errors(value)
        return [f"{error.json_path}: {error.message[:300]}" for error in errors]


def uri(name):
    return (SCHEMAS / f"{name}.json").as_uri()


def strict(schema):
    """The schema with each part that describes a whole object closed. Those in `allOf` and the like describe a share of
    one that others describe too, so that only what is in them is closed."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: closed(inner) for name, inner in value.items()}
        elif key in WHOLE:
            made[key] = closed(value)
        elif key in ("allOf", "anyOf", "oneOf", "then", "else"):
            made[key] = strict(value)
        elif key == "$defs":
            made[key] = {name: strict(inner) for name, inner in value.items()}
        else:
            made[key] = value
    return made


def closed(schema):
    if isinstance(schema, dict) and schema.keys() & DESCRIBING:
        return {**strict(schema), "unevaluatedProperties": False}
    return strict(schema)


def fixed_messages():
    """The messages in files and pages: which schema, where, and the value."""
    for file in sorted((ROOT / "protocol" / "tests" / "golden").glob("*.json")):
        yield file.stem.split("_")[0], file.relative_to(ROOT), json.loads(file.read_text())
    for file in sorted((ROOT / "events").glob("*-requests.json")):
        for record in json.loads(file.read_text())["Records"]:
            yield "request", file.relative_to(ROOT), json.loads(record["body"])
    page = Path("docs/protocol.md")
    for block in markdown.blocks((ROOT / page).read_text()):
        if block.language == "json":
            name = block.mark.removeprefix("schema=")
            yield name, f"{page}, line {block.line}", json.loads(block.text)


def answers(file):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        met = json.loads(line)
        try:
            yield met["schema"], f"{file.name}, line {number}: {met['of']}", json.loads(met["text"])
        except json.JSONDecodeError as error:
            raise Failure(f"{file}, line {number}: no JSON ({error}): {met['text'][:300]}") from None


def prove(schemas):
    """The check is itself checked: a message with a field more, one less, or one of another type is found wrong."""
    for name, place, value in fixed_messages():
        for changed in tampered(value):
            if name in schemas.names and not schemas.wrong(name, changed):
                raise Failure(f"{place}: a tampered {name} was not noticed: {json.dumps(changed)}")


def tampered(value):
    yield {**value, "undescribed": 1}
    for key in ("job_id", "key", "done", "is_planned"):
        if key in value:
            yield {name: inner for name, inner in value.items() if name != key}
    yield {**value, "version": "1"}
    for key in ("input", "object", "location", "result", "error", "outcome"):
        if isinstance(value.get(key), dict):
            yield {**value, key: {**value[key], "undescribed": 1}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    schemas = Schemas()
    prove(schemas)
    messages = list(fixed_messages())
    if arguments.answers:
        messages += answers(arguments.answers)
    failures = 0
    met: Counter[str] = Counter()
    for name, place, value in messages:
        if name not in schemas.names:
            raise Failure(f"{place}: there is no schema {name}")
        met[name] += 1
        wrong = schemas.wrong(name, value)
        if wrong:
            failures += 1
            print(f"FAIL {place} is not as docs/schemas/{name}.json says:")
            print("".join(f"       {line}\n" for line in wrong), end="")
    missing = set(schemas.names) - met.keys() - PARTS - SENT
    if arguments.answers and missing:
        raise Failure(f"no answer was met of {', '.join(sorted(missing))}")
    print(
        f"{'FAIL' if failures else 'ok  '} schemas: "
        + ", ".join(f"{count} {name}" for name, count in sorted(met.items()))
    )
    return 1 if failures else 0


if __name__ == "__main__":
    run_main(main)
