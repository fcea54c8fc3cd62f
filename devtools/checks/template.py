"""Asserts on template.yaml what the local cloud accepts and ignores, or does not enforce, so that no other
test would notice when it went missing: lifecycles, encryption, policies, and how time-outs and retention fit together.

Runs in the virtual environment of SAM CLI, for its YAML reader:

    .venv/sam/bin/python -m devtools.checks.template
"""

import json
import unittest

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


def statements(name):
    """All that a role or managed policy allows, as (action, resource text) pairs."""
    body = properties(name)
    documents = [body["PolicyDocument"]] if "PolicyDocument" in body else []
    documents += [each["PolicyDocument"] for each in body.get("Policies", [])]
    for reference in body.get("ManagedPolicyArns", []):
        yield from statements(reference["Ref"])
    for document in documents:
        for statement in document["Statement"]:
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, text(resource)


def listed(value):
    return value if isinstance(value, list) else [value]


def text(resource):
    """A resource as text: `StatsRequests` for its ARN, `InputBucket/uploads/*` for objects in it."""
    if isinstance(resource, str):
        return resource
    if "Fn::GetAtt" in resource:
        return resource["Fn::GetAtt"][0]
    return (
        resource["Fn::Sub"].replace("${InputBucket.Arn}", "InputBucket").replace("${ResultBucket.Arn}", "ResultBucket")
    )


REPLIES = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-reply-*"


class Reading(unittest.TestCase):
    """`devtools.stack` reads a few lines of the template without a YAML reader; here they are compared with one."""

    def test_what_is_read_without_a_yaml_reader_is_what_the_template_says(self):
        self.compare(stack.read(), TEMPLATE, "template")

    def compare(self, read, said, place):
        if isinstance(read, dict):
            if not isinstance(said, list):
                for key, value in read.items():
                    self.compare(value, said[key], f"{place}.{key}")
                # Left out are texts of many lines, and keys in quotes.
                for key in said.keys() - read.keys():
                    self.assertTrue(":" in key or len(str(said[key])) > 80, f"{place}.{key} is not read")
        elif read.startswith("!Ref "):
            self.assertEqual(said, {"Ref": read.removeprefix("!Ref ")}, place)
        elif read.startswith("!Sub ") and '"' not in read:
            self.assertEqual(said, {"Fn::Sub": read.removeprefix("!Sub ")}, place)
        elif read.startswith("!GetAtt "):
            self.assertEqual(said, {"Fn::GetAtt": read.removeprefix("!GetAtt ").split(".")}, place)
        elif read[:1] not in ("[", "{", "*", "!"):
            self.assertEqual(str(said), {"true": "True", "false": "False"}.get(read, read), place)

    def test_every_function_is_an_operation_s(self):
        self.assertEqual({each.function for each in stack.operations()}, set(of_type("AWS::Serverless::Function")))
        self.assertEqual(set(FUNCTIONS), set(of_type("AWS::Serverless::Function")))
        for each in stack.operations():
            memory = properties(each.function)["MemorySize"]["Ref"]
            self.assertEqual(each.memory_mb, TEMPLATE["Parameters"][memory]["Default"])
            self.assertEqual(each.timeout_secs, properties(each.function)["Timeout"])
            shared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
            own = properties(each.function)["Environment"]["Variables"]
            self.assertEqual(each.environment.keys(), shared.keys() | own.keys())


class Names(unittest.TestCase):
    """The client finds everything by name: protocol/ makes the same ones."""

    def test_queues_and_functions_are_named_after_the_stack(self):
        names = {each["QueueName"]["Fn::Sub"] for each in of_type("AWS::SQS::Queue").values()}
        wanted = [f"{name}-{part}" for name in OPERATIONS for part in ("requests", "dead-letters")]
        self.assertEqual(names, {f"${{AWS::StackName}}-{name}" for name in [*wanted, "responses"]})
        for function, (name, *_) in FUNCTIONS.items():
            self.assertEqual(properties(function)["FunctionName"]["Fn::Sub"], f"${{AWS::StackName}}-{name}")

    def test_buckets_are_named_after_stack_account_and_region(self):
        for bucket, part in (("InputBucket", "input"), ("ResultBucket", "results")):
            name = properties(bucket)["BucketName"]["Fn::Sub"]
            self.assertEqual(name, f"${{AWS::StackName}}-{part}-${{AWS::AccountId}}-${{AWS::Region}}")


class Buckets(unittest.TestCase):
    def test_every_bucket_is_private_and_encrypted(self):
        for name, bucket in of_type("AWS::S3::Bucket").items():
            with self.subTest(name):
                self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True})
                self.assertEqual(len(bucket["PublicAccessBlockConfiguration"]), 4)
                rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
                self.assertEqual(rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
                self.assertEqual(bucket["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}])

    def test_every_bucket_refuses_plain_http(self):
        policies = {each["Bucket"]["Ref"]: each for each in of_type("AWS::S3::BucketPolicy").values()}
        self.assertEqual(set(policies), set(of_type("AWS::S3::Bucket")))
        for name, policy in policies.items():
            with self.subTest(name):
                self.assertIn(name, covered_by_tls_rule(policy))
                self.assertIn(f"{name}/*", covered_by_tls_rule(policy))

    def test_inputs_outlive_the_dead_letters_that_need_them(self):
        kept = TEMPLATE["Parameters"]["InputRetentionDays"]["Default"] * DAY
        for _, _, dead_letters, _, _ in FUNCTIONS.values():
            self.assertGreater(kept, properties(dead_letters)["MessageRetentionPeriod"])
        rule = lifecycle("InputBucket")["inputs-expire"]
        self.assertEqual(rule["ExpirationInDays"], {"Ref": "InputRetentionDays"})
        self.assertEqual(rule["NoncurrentVersionExpiration"]["NoncurrentDays"], {"Ref": "InputRetentionDays"})
        self.assertNotIn("Prefix", rule)

    def test_results_expire(self):
        self.assertEqual(lifecycle("ResultBucket")["results-expire"]["ExpirationInDays"], {"Ref": "RetentionDays"})

    def test_unfinished_uploads_do_not_linger(self):
        for name in of_type("AWS::S3::Bucket"):
            days = [rule.get("AbortIncompleteMultipartUpload") for rule in lifecycle(name).values()]
            self.assertIn({"DaysAfterInitiation": 1}, days)

    def test_the_input_bucket_keeps_versions(self):
        self.assertEqual(properties("InputBucket")["VersioningConfiguration"], {"Status": "Enabled"})

    def test_dropped_files_reach_the_request_queues_and_uploads_do_not(self):
        configurations = properties("InputBucket")["NotificationConfiguration"]["QueueConfigurations"]
        watched = {
            each["Filter"]["S3Key"]["Rules"][0]["Value"]: (each["Event"], each["Queue"]["Fn::GetAtt"][0])
            for each in configurations
        }
        created = "s3:ObjectCreated:*"
        wanted = {f"{name}/": (created, requests) for name, requests, *_ in FUNCTIONS.values()}
        self.assertEqual(watched, wanted)
        self.assertEqual(RESOURCES["InputBucket"]["DependsOn"], "RequestQueuesPolicy")

    def test_nothing_is_triggered_by_results(self):
        self.assertNotIn("NotificationConfiguration", properties("ResultBucket"))


class Queues(unittest.TestCase):
    def test_every_queue_is_encrypted_and_refuses_plain_http(self):
        covered = set()
        for policy in of_type("AWS::SQS::QueuePolicy").values():
            self.assertEqual({each["Ref"] for each in policy["Queues"]}, covered_by_tls_rule(policy))
            covered |= covered_by_tls_rule(policy)
        self.assertEqual(covered, set(of_type("AWS::SQS::Queue")))
        for name, queue in of_type("AWS::SQS::Queue").items():
            self.assertIs(queue["SqsManagedSseEnabled"], True, name)

    def test_visibility_is_six_times_the_time_out(self):
        for function, (_, requests, *_) in FUNCTIONS.items():
            self.assertEqual(properties(requests)["VisibilityTimeout"], 6 * properties(function)["Timeout"])

    def test_enough_receives_for_a_backlog_then_the_dead_letters_for_fourteen_days(self):
        told = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["ERRAND_MAX_RECEIVE_COUNT"]
        for name, requests, dead_letters, *_ in FUNCTIONS.values():
            redrive = properties(requests)["RedrivePolicy"]
            # Five attempts, and as many deferrals as a batch of ten of the slowest jobs may need (decision 51).
            self.assertEqual(redrive["maxReceiveCount"], 100)
            self.assertEqual(str(redrive["maxReceiveCount"]), told)
            self.assertEqual(redrive["deadLetterTargetArn"]["Fn::GetAtt"][0], dead_letters)
            self.assertEqual(properties(dead_letters)["MessageRetentionPeriod"], 14 * DAY)
            sources = properties(dead_letters)["RedriveAllowPolicy"]["sourceQueueArns"]
            self.assertTrue(sources[0]["Fn::Sub"].endswith(f"-{name}-requests"))

    def test_only_the_input_bucket_may_send_events(self):
        allowed = [
            each
            for each in properties("RequestQueuesPolicy")["PolicyDocument"]["Statement"]
            if each["Effect"] == "Allow"
        ]
        self.assertEqual(len(allowed), 1)
        self.assertEqual(allowed[0]["Principal"], {"Service": "s3.amazonaws.com"})
        self.assertEqual(allowed[0]["Action"], "sqs:SendMessage")
        self.assertEqual(allowed[0]["Condition"]["StringEquals"], {"aws:SourceAccount": {"Ref": "AWS::AccountId"}})
        bucket = properties("InputBucket")["BucketName"]["Fn::Sub"]
        source = allowed[0]["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
        self.assertEqual(source, f"arn:${{AWS::Partition}}:s3:::{bucket}")


class Functions(unittest.TestCase):
    def test_each_reads_its_queue_with_partial_failures_and_bounded_concurrency(self):
        for function, (_, requests, *_) in FUNCTIONS.items():
            (mapping,) = properties(function)["Events"].values()
            self.assertEqual(mapping["Type"], "SQS")
            source = mapping["Properties"]
            self.assertEqual(source["Queue"]["Fn::GetAtt"], [requests, "Arn"])
            self.assertEqual(source["FunctionResponseTypes"], ["ReportBatchItemFailures"])
            # A list takes milliseconds, an image may take all of the time-out: its function is given no second one.
            self.assertEqual(source["BatchSize"], 1 if function == "GrayscaleFunction" else 10)
            usual = TEMPLATE["Parameters"]["MaximumConcurrency"]["Default"]
            self.assertEqual(TEMPLATE["Conditions"]["UsualConcurrency"]["Fn::Equals"][1], usual)
            chosen = {"Fn::If": ["UsualConcurrency", usual, {"Ref": "MaximumConcurrency"}]}
            self.assertEqual(source["ScalingConfig"]["MaximumConcurrency"], chosen)

    def test_each_is_a_rust_binary_where_make_build_puts_it(self):
        shared = TEMPLATE["Globals"]["Function"]
        self.assertEqual((shared["Runtime"], shared["Handler"]), ("provided.al2023", "bootstrap"))
        self.assertEqual(TEMPLATE["Parameters"]["Architecture"]["Default"], "arm64")
        for function, (name, *_) in FUNCTIONS.items():
            self.assertEqual(properties(function)["CodeUri"], f"build/lambda/{name}/")

    def test_each_is_told_what_the_worker_reads(self):
        for function, (_, requests, *_) in FUNCTIONS.items():
            told = {
                **TEMPLATE["Globals"]["Function"]["Environment"]["Variables"],
                **properties(function)["Environment"]["Variables"],
            }
            self.assertEqual(told["ERRAND_INPUT_BUCKET"], {"Ref": "InputBucket"})
            self.assertEqual(told["ERRAND_RESULT_BUCKET"], {"Ref": "ResultBucket"})
            self.assertEqual(told["ERRAND_REQUEST_QUEUE_URL"], {"Ref": requests})
            self.assertEqual(told["ERRAND_RESPONSE_QUEUE_URL"], {"Ref": "Responses"})
            self.assertEqual(told["ERRAND_REPLY_PREFIX"], {"Fn::Sub": "${AWS::StackName}-reply-"})

    def test_logs_do_not_stay_for_ever(self):
        for function, (*_, logs) in FUNCTIONS.items():
            self.assertEqual(properties(logs)["RetentionInDays"], {"Ref": "LogRetentionDays"})
            self.assertEqual(properties(function)["LoggingConfig"]["LogGroup"], {"Ref": logs})


class Permissions(unittest.TestCase):
    def test_a_function_has_these_rights_and_no_others(self):
        for function, (name, requests, _, role, logs) in FUNCTIONS.items():
            mirrored = {
                ("s3:GetObject", "ResultBucket/grayscale/*"),
                ("s3:PutObject", "ResultBucket/grayscale/*"),
            }
            wanted = {
                ("s3:GetObject", "InputBucket/uploads/*"),
                ("s3:GetObjectVersion", "InputBucket/uploads/*"),
                ("s3:GetObject", f"InputBucket/{name}/*"),
                ("s3:GetObjectVersion", f"InputBucket/{name}/*"),
                ("s3:ListBucket", "InputBucket"),
                ("s3:ListBucket", "ResultBucket"),
                ("s3:GetObject", "ResultBucket/outcomes/*"),
                ("s3:PutObject", "ResultBucket/outcomes/*"),
                ("s3:GetObject", "ResultBucket/results/*"),
                ("s3:PutObject", "ResultBucket/results/*"),
                ("sqs:SendMessage*", "Responses"),
                ("sqs:GetQueueUrl", "Responses"),
                ("sqs:SendMessage*", REPLIES),
                ("sqs:GetQueueUrl", REPLIES),
                ("sqs:ReceiveMessage", requests),
                ("sqs:DeleteMessage*", requests),
                ("sqs:GetQueueAttributes", requests),
                ("sqs:ChangeMessageVisibility*", requests),
                ("logs:CreateLogStream", logs),
                ("logs:PutLogEvents", logs),
            } | (mirrored if name == "grayscale" else set())
            self.assertEqual(set(statements(role)), wanted, function)
            self.assertEqual(properties(function)["Role"]["Fn::GetAtt"], [role, "Arn"])

    def test_a_client_touches_no_request_but_its_own(self):
        allowed = set(statements("ClientPolicy"))
        for _, queue, *_ in FUNCTIONS.values():
            actions = {action for action, resource in allowed if resource == queue}
            self.assertEqual(actions, {"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage*"})
        for _, _, queue, *_ in FUNCTIONS.values():
            actions = {action for action, resource in allowed if resource == queue}
            self.assertEqual(actions, {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"})
        self.assertEqual([action for action, resource in allowed if resource == "*"], ["sqs:ListQueues"])
        read = {resource for action, resource in allowed if action in ("s3:GetObject", "s3:GetObjectVersion")}
        self.assertNotIn("InputBucket/uploads/*", read)
        written = {resource for action, resource in allowed if action == "s3:PutObject"}
        self.assertEqual(written, {f"InputBucket/{prefix}/*" for prefix in ("uploads", *OPERATIONS)})
        self.assertFalse([action for action, _ in allowed if action.startswith(("lambda:", "iam:"))])
        self.assertFalse([action for action, _ in allowed if action in ("sqs:*", "s3:*", "*", "sqs:PurgeQueue")])

    def test_nobody_is_allowed_everything(self):
        for name in [*of_type("AWS::IAM::Role"), *of_type("AWS::IAM::ManagedPolicy")]:
            for action, resource in statements(name):
                self.assertNotIn(action, ("*", "s3:*", "sqs:*"), name)
                self.assertTrue(resource != "*" or action == "sqs:ListQueues", f"{name}: {action} on {resource}")


class Watching(unittest.TestCase):
    def test_alarms_look_at_dead_letters_backlog_and_errors_of_every_function(self):
        watched = {
            (each["MetricName"], json.dumps(each["Dimensions"][0]["Value"]))
            for each in of_type("AWS::CloudWatch::Alarm").values()
        }
        self.assertEqual(len(watched), 3 * len(OPERATIONS))
        for function, (_, requests, dead_letters, *_) in FUNCTIONS.items():
            dead = json.dumps({"Fn::GetAtt": [dead_letters, "QueueName"]})
            waiting = json.dumps({"Fn::GetAtt": [requests, "QueueName"]})
            self.assertIn(("ApproximateNumberOfMessagesVisible", dead), watched)
            self.assertIn(("ApproximateAgeOfOldestMessage", waiting), watched)
            self.assertIn(("Errors", json.dumps({"Ref": function})), watched)

    def test_the_dashboard_is_json(self):
        json.loads(properties("Dashboard")["DashboardBody"]["Fn::Sub"])

    def test_every_reference_leads_somewhere(self):
        # The local cloud deploys dangling ones.
        known = set(RESOURCES) | set(TEMPLATE["Parameters"])
        for name in references(TEMPLATE):
            self.assertTrue(name.startswith("AWS::") or name in known, name)


def lifecycle(bucket):
    rules = properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    return {rule["Id"]: rule for rule in rules}


def covered_by_tls_rule(policy):
    """The resources of a policy's statement that denies everything to everybody over plain http."""
    for statement in policy["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Deny":
            assert statement["Principal"] == "*"
            assert statement["Action"] in ("s3:*", "sqs:*")
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            return {text(each) for each in statement["Resource"]}
    return set()


def references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


if __name__ == "__main__":
    unittest.main()
