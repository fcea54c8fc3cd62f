"""What roles and policies allow."""

import re
import unittest

from botocore import xform_name
from botocore.session import Session

from devtools.checkout import ROOT
from devtools.checks.template.document import FUNCTIONS, OPERATIONS, TEMPLATE, arns, listed, of_type, properties, text
from devtools.checks.template.state_machine import ARN, EXECUTIONS, MAP_RUNS

REPLIES = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-reply-*"
# Service -> the name of each of its calls, as the SDKs for Rust and Python spell it -> the call.
OPERATIONS_OF_AWS = {
    service: {xform_name(each): each for each in Session().get_service_model(service).operation_names}
    for service in ("s3", "sqs")
}
# Calls to services that have no SDK in Rust here are named in the sources as policies name them.
SIGNED_BY_HAND = re.compile(r'"((?:lambda|cloudwatch|states):[A-Z][A-Za-z]+)"')
# With a key of the account's own.
KEY = (("kms:Decrypt", "KmsKeyArn"), ("kms:GenerateDataKey", "KmsKeyArn"))
TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
# What reads and knows no narrower resource: the same reference, for AWS Lambda and Amazon CloudWatch.
UNBOUNDED = ("lambda:ListEventSourceMappings", "cloudwatch:GetMetricData")
# Of the state machine: "Using CloudWatch Logs to log execution history in Step Functions" in its developer guide, and
# there "Tracing Step Functions requests in AWS X-Ray".
DELIVERY = {
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
SAMPLING = {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
# What Lambda needs to feed a function from a queue: "Using Lambda with Amazon SQS" in its developer guide.
POLLER = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
}
# Calls whose action has another name: "Actions, resources, and condition keys for Amazon S3" in the service
# authorization reference.
ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:ListParts": "s3:ListMultipartUploadParts",
}


class Permissions(unittest.TestCase):
    def test_a_function_has_these_rights_and_no_others(self):
        for function, (name, requests, _, role, logs) in FUNCTIONS.items():
            mirrored = {("s3:PutObject", "ResultBucket/grayscale/*")}
            wanted = {
                ("s3:GetObject", "InputBucket/uploads/*"),
                ("s3:GetObjectVersion", "InputBucket/uploads/*"),
                ("s3:GetObject", f"InputBucket/{name}/*"),
                ("s3:GetObjectVersion", f"InputBucket/{name}/*"),
                ("s3:ListBucket", "InputBucket"),
                ("s3:ListBucket", "ResultBucket"),
                ("s3:GetObject", "ResultBucket/outcomes/*"),
                ("s3:PutObject", "ResultBucket/outcomes/*"),
                ("s3:PutObject", "ResultBucket/results/*"),
                ("s3:GetObject", "ResultBucket/maps/*"),
                ("s3:PutObject", "ResultBucket/maps/*"),
                ("states:StartExecution", ARN),
                # With buckets that jobs may read or write.
                ("s3:GetObject", "ReadableBuckets/*"),
                ("s3:GetObjectVersion", "ReadableBuckets/*"),
                ("s3:ListBucket", "ReadableBuckets"),
                ("s3:GetObject", "WritableBuckets/*"),
                ("s3:PutObject", "WritableBuckets/*"),
                ("s3:ListBucket", "WritableBuckets"),
                ("sqs:SendMessage*", "Responses"),
                ("sqs:SendMessage*", REPLIES),
                ("sqs:ReceiveMessage", requests),
                ("sqs:DeleteMessage*", requests),
                ("sqs:GetQueueAttributes", requests),
                ("sqs:ChangeMessageVisibility*", requests),
                ("logs:CreateLogStream", logs),
                ("logs:PutLogEvents", logs),
                # With Tracing=Active, and with a key.
                ("xray:PutTraceSegments", "*"),
                ("xray:PutTelemetryRecords", "*"),
                *KEY,
            } | (mirrored if name == "grayscale" else set())
            self.assertEqual(set(statements(role)), wanted, function)
            self.assertEqual(properties(function)["Role"]["Fn::GetAtt"], [role, "Arn"])

    def test_the_state_machine_has_these_rights_and_no_others(self):
        wanted = {
            *(("lambda:InvokeFunction", f"${{{function}.Arn}}:live") for function in FUNCTIONS),
            ("s3:GetObject", "ResultBucket/maps/*"),
            ("states:StartExecution", ARN),
            ("states:DescribeExecution", EXECUTIONS),
            ("states:StopExecution", EXECUTIONS),
            *((action, "*") for action in DELIVERY),
            # With Tracing=Active, and with a key: the list of work is encrypted.
            *((action, "*") for action in (*TRACING, *SAMPLING)),
            ("kms:Decrypt", "KmsKeyArn"),
        }
        self.assertEqual(set(statements("MapRole")), wanted)
        (trust,) = properties("MapRole")["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(trust["Principal"], {"Service": "states.amazonaws.com"})
        self.assertEqual(trust["Condition"], {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}})
        chosen = {
            statement[0]: statement[1]
            for policy in properties("MapRole")["Policies"]
            for each in policy["PolicyDocument"]["Statement"]
            if (statement := each.get("Fn::If"))
        }
        self.assertEqual({*chosen}, {"HasKey", "Traced"})
        through_s3 = {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}}
        self.assertEqual(chosen["HasKey"]["Condition"], {"StringEquals": through_s3})

    def test_buckets_that_jobs_may_read_or_write_are_named_one_by_one_and_only_where_there_are_any(self):
        found: dict[str, list[str]] = {}
        for each in properties("WorkerPolicy")["PolicyDocument"]["Statement"]:
            condition, statement, otherwise = each.get("Fn::If", (None, {}, None))
            if "Fn::Split" in statement.get("Resource", ""):
                self.assertEqual(otherwise, {"Ref": "AWS::NoValue"})
                found.setdefault(condition, []).extend(arns(statement["Resource"], ["one", "two-*"]))
        objects, buckets = ["arn:*:s3:::one/*", "arn:*:s3:::two-*/*"], ["arn:*:s3:::one", "arn:*:s3:::two-*"]
        self.assertEqual(found, dict.fromkeys(("HasReadableBuckets", "HasWritableBuckets"), objects + buckets))
        for name in ("ReadableBuckets", "WritableBuckets"):
            parameter = TEMPLATE["Parameters"][name]
            self.assertEqual((parameter["Type"], parameter["Default"]), ("CommaDelimitedList", ""))
            none = {"Fn::Equals": [{"Fn::Join": ["", {"Ref": name}]}, ""]}
            self.assertEqual(TEMPLATE["Conditions"][f"Has{name}"], {"Fn::Not": [none]})
            for given in ("", "a-bucket", "team-*", "*"):
                self.assertRegex(given, f"^{parameter['AllowedPattern']}$")
            for given in ("a/b", "A", "arn:aws:s3:::a"):
                self.assertNotRegex(given, f"^{parameter['AllowedPattern']}$")

    def test_a_client_looks_at_and_stops_map_jobs_and_starts_none(self):
        allowed = {each for each in statements("ClientPolicy") if each[0].startswith("states:")}
        wanted = {
            ("states:DescribeExecution", EXECUTIONS),
            ("states:ListMapRuns", EXECUTIONS),
            ("states:StopExecution", EXECUTIONS),
            ("states:DescribeMapRun", MAP_RUNS),
        }
        self.assertEqual(allowed, wanted)
        operators = {each for each in statements("OperatorPolicy") if each[0].startswith("states:")}
        self.assertEqual(operators, {("states:ListExecutions", "MapStateMachine")})

    def test_a_client_touches_no_request_but_its_own(self):
        allowed = set(statements("ClientPolicy"))
        for _, queue, *_ in FUNCTIONS.values():
            actions = {action for action, resource in allowed if resource == queue}
            self.assertEqual(actions, {"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage*"})
        for _, _, queue, *_ in FUNCTIONS.values():
            actions = {action for action, resource in allowed if resource == queue}
            self.assertEqual(actions, {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"})
        self.assertEqual({action for action, resource in allowed if resource == "*"}, {"sqs:ListQueues"})
        read = {resource for action, resource in allowed if action in ("s3:GetObject", "s3:GetObjectVersion")}
        self.assertNotIn("InputBucket/uploads/*", read)
        written = {resource for action, resource in allowed if action == "s3:PutObject"}
        inputs = {f"InputBucket/{prefix}/*" for prefix in ("uploads", *OPERATIONS)}
        self.assertEqual(written, inputs | {"ResultBucket/outcomes/*.json"})
        aborted = {resource for action, resource in allowed if action == "s3:AbortMultipartUpload"}
        self.assertEqual(aborted, inputs)
        self.assertFalse([action for action, _ in allowed if action.startswith(("lambda:", "iam:"))])
        self.assertFalse([action for action, _ in allowed if action in ("sqs:*", "s3:*", "*", "sqs:PurgeQueue")])

    def test_a_client_lists_inputs_that_were_put_there_for_all_and_none_of_the_uploads(self):
        given = properties("ClientPolicy")["PolicyDocument"]["Statement"]
        listing = [each for each in given if "s3:ListBucket" in listed(each.get("Action", []))]
        of_inputs = [each for each in listing if "InputBucket" in map(text, listed(each["Resource"]))]
        prefixes = [f"{name}/*" for name in OPERATIONS]
        self.assertEqual([each.get("Condition") for each in of_inputs], [{"StringLike": {"s3:prefix": prefixes}}])

    def test_a_client_writes_no_outcome_in_the_place_of_another(self):
        given = properties("ClientPolicy")["PolicyDocument"]["Statement"]
        [cancel] = [each for each in given if each.get("Sid") == "CancelJobs"]
        self.assertEqual(cancel["Condition"], {"Null": {"s3:if-none-match": "false"}})

    def test_nobody_is_allowed_everything(self):
        for name in [*of_type("AWS::IAM::Role"), *of_type("AWS::IAM::ManagedPolicy")]:
            for action, resource in statements(name):
                self.assertNotIn(action, ("*", "s3:*", "sqs:*"), name)
                known = resource != "*" or action in ("sqs:ListQueues", *UNBOUNDED, *TRACING, *DELIVERY, *SAMPLING)
                self.assertTrue(known, f"{name}: {action} on {resource}")

    def test_what_the_sources_ask_of_aws_is_granted_and_nothing_else(self):
        people, roles = ["ClientPolicy", "OperatorPolicy"], [role for _, _, _, role, _ in FUNCTIONS.values()]
        # Lambda takes requests and writes logs in the function's name; the right to list tells it "not there" from "not
        # allowed".
        by_others = POLLER | LOGS | {"s3:ListBucket"}
        for source, policies, others in (
            ("client/src", people, set()),
            ("functions/worker/src", roles, by_others),
        ):
            granted = {action.rstrip("*") for policy in policies for action, _ in statements(policy)}
            optional = {action for action, _ in KEY} | set(TRACING)
            self.assertEqual(granted - optional, asked(source) | others, policies)

    def test_a_key_is_used_by_way_of_queues_and_buckets_alone_and_granted_only_where_there_is_one(self):
        for policy in ("WorkerPolicy", "ClientPolicy", "OperatorPolicy"):
            (condition, statement, nothing) = next(
                each["Fn::If"]
                for each in properties(policy)["PolicyDocument"]["Statement"]
                if each.get("Fn::If", [""])[0] == "HasKey"
            )
            self.assertEqual((condition, nothing), ("HasKey", {"Ref": "AWS::NoValue"}))
            services = statement["Condition"]["StringEquals"]["kms:ViaService"]
            suffix = "${AWS::Region}.${AWS::URLSuffix}"
            self.assertEqual(services, [{"Fn::Sub": f"{service}.{suffix}"} for service in ("sqs", "s3")])

    def test_policies_for_people_have_fixed_names_on_request_that_no_other_stack_or_region_has(self):
        for policy, part in (("ClientPolicy", "client"), ("OperatorPolicy", "operator")):
            name = {"Fn::Sub": f"${{AWS::StackName}}-{part}-${{AWS::Region}}"}
            chosen = {"Fn::If": ["HasFixedNames", name, {"Ref": "AWS::NoValue"}]}
            self.assertEqual(properties(policy)["ManagedPolicyName"], chosen)
        self.assertEqual(TEMPLATE["Parameters"]["PolicyNames"]["Default"], "generated")
        for line in (ROOT / "samconfig.toml").read_text().splitlines():
            if line.startswith("capabilities"):
                self.assertIn('"CAPABILITY_NAMED_IAM"', line)


def statements(name):
    """All that a role or managed policy allows, as (action, resource text) pairs, with every option chosen."""
    body = properties(name)
    documents = [body["PolicyDocument"]] if "PolicyDocument" in body else []
    documents += [each["PolicyDocument"] for each in body.get("Policies", [])]
    for reference in body.get("ManagedPolicyArns", []):
        yield from statements(reference["Ref"])
    for document in documents:
        for given in document["Statement"]:
            statement = given["Fn::If"][1] if "Fn::If" in given else given
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, text(resource)


def asked(source):
    """The actions behind the SDK's calls in Rust files, such as `.get_queue_url()`; a batch's is the single call's.
    Tests ask in nobody's name."""
    found = set()
    for file in (ROOT / source).rglob("*.rs"):
        if {"tests", "tests.rs"} & {*file.parts}:
            continue
        code = file.read_text()
        found |= set(SIGNED_BY_HAND.findall(code))
        called = set(re.findall(r"\.([a-z0-9_]+)\(\)", code))
        for service, operations in OPERATIONS_OF_AWS.items():
            found |= {f"{service}:{operations[name].removesuffix('Batch')}" for name in called & operations.keys()}
        if "set_version_id(" in code:
            found.add("s3:GetObjectVersion")
    return {ACTIONS.get(action, action) for action in found}
