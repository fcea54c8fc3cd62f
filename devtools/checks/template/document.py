"""The template as a YAML reader finds it, and ways to look into it."""

import re

from samcli.yamlhelper import yaml_parse

from devtools import stack

PARTS = ("Requests", "DeadLetters", "Role", "Logs")
DAY = 24 * 60 * 60
TEMPLATE = yaml_parse(stack.TEMPLATE.read_text())
RESOURCES = TEMPLATE["Resources"]
OPERATIONS = stack.names()
# Function -> its operation, request queue, dead letters, role, log group. An operation has one of each, named alike.
FUNCTIONS = {
    f"{name.capitalize()}Function": (name, *(f"{name.capitalize()}{part}" for part in PARTS)) for name in OPERATIONS
}


def of_type(kind):
    return {name: each.get("Properties", {}) for name, each in RESOURCES.items() if each["Type"] == kind}


def properties(name):
    return RESOURCES[name]["Properties"]


def listed(value):
    return value if isinstance(value, list) else [value]


def text(resource):
    """A resource as text: `StatsRequests` for its ARN, `InputBucket/uploads/*` for objects in it, `ReadableBuckets/*`
    for those in the buckets that a parameter names."""
    if isinstance(resource, str):
        return resource
    if "Ref" in resource:
        return resource["Ref"]
    if "Fn::GetAtt" in resource:
        return resource["Fn::GetAtt"][0]
    if "Fn::Split" in resource:
        (joined,) = re.findall(r"'Fn::Join': \[.*?, {'Ref': '(\w+)'}\]", str(resource))
        (bucket,) = arns(resource, ["bucket"])
        return bucket.replace("arn:*:s3:::bucket", joined)
    return (
        resource["Fn::Sub"].replace("${InputBucket.Arn}", "InputBucket").replace("${ResultBucket.Arn}", "ResultBucket")
    )


def arns(resource, names):
    """What CloudFormation makes of a list of ARNs that is made of a parameter's list of names."""
    separator, substituted = resource["Fn::Split"]
    pattern, values = substituted["Fn::Sub"]
    ((variable, joined),) = values.items()
    delimiter, _ = joined["Fn::Join"]
    return pattern.replace(f"${{{variable}}}", delimiter.join(names)).split(separator)


def lifecycle(bucket):
    rules = properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    return {rule["Id"]: rule for rule in rules}


def policy_of(queue):
    """The one policy of a queue: its logical id and its properties."""
    (found,) = [each for each in of_type("AWS::SQS::QueuePolicy").items() if each[1]["Queues"] == [{"Ref": queue}]]
    return found


def statements(policy):
    """A policy's statements, those with a condition included."""
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in policy["PolicyDocument"]["Statement"]]


def covered_by_tls_rule(policy):
    """The resources of a policy's statement that denies everything to everybody over plain http."""
    for statement in statements(policy):
        if statement["Effect"] == "Deny":
            assert statement["Principal"] == "*"
            assert statement["Action"] in ("s3:*", "sqs:*")
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            return {text(each) for each in listed(statement["Resource"])}
    return set()
