"""Asserts on template.yaml what the local cloud accepts and ignores, or does not enforce, so that no other
test would notice when it went missing: lifecycles, encryption, policies, and how time-outs and retention fit together.

Runs in the virtual environment of SAM CLI, for its YAML reader:

    .venv/sam/bin/python -m devtools.checks.template
"""

import json
import logging
import re
import unittest
from unittest import mock

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from devtools import stack
from devtools.checkout import ROOT

PARTS = ("Requests", "DeadLetters", "Role", "Logs")
DAY = 24 * 60 * 60
# Sources: "Lambda quotas" in the AWS Lambda developer guide, which says that new accounts have reduced quotas, and what
# users of such accounts report.
NEW_ACCOUNT_CONCURRENCY = 10
NEW_ACCOUNT_MEMORY_MB = 3008
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
                # Left out are texts of many lines, and keys with a colon in them.
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
            timeout = properties(each.function)["Timeout"]["Ref"]
            self.assertEqual(each.timeout_secs, TEMPLATE["Parameters"][timeout]["Default"])
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

    def test_inputs_outlive_a_dead_letter_and_the_request_that_its_redrive_makes(self):
        parameter = TEMPLATE["Parameters"]["InputRetentionDays"]
        for _, requests, dead_letters, *_ in FUNCTIONS.values():
            needed = [properties(queue)["MessageRetentionPeriod"] for queue in (requests, dead_letters)]
            self.assertGreater(parameter["MinValue"] * DAY, sum(needed))
        self.assertGreaterEqual(parameter["Default"], parameter["MinValue"])

    def test_every_prefix_of_inputs_has_one_rule_and_a_version_lives_as_long_as_a_request_may_name_it(self):
        days = {"Ref": "InputRetentionDays"}
        rules = [rule for rule in lifecycle("InputBucket").values() if "ExpirationInDays" in rule]
        self.assertEqual({rule["Prefix"] for rule in rules}, {f"{prefix}/" for prefix in ("uploads", *OPERATIONS)})
        self.assertEqual(len(rules), 1 + len(OPERATIONS))
        for rule in rules:
            self.assertEqual(rule["ExpirationInDays"], days)
            # Expiring hides an object; NoncurrentDays later its bytes go. Only uploads are never overwritten.
            later = 1 if rule["Prefix"] == "uploads/" else days
            self.assertEqual(rule["NoncurrentVersionExpiration"], {"NoncurrentDays": later})

    def test_delete_markers_go_once_nothing_is_behind_them(self):
        (rule,) = [rule for rule in lifecycle("InputBucket").values() if "ExpiredObjectDeleteMarker" in rule]
        self.assertTrue(rule["ExpiredObjectDeleteMarker"])
        # S3 refuses the two in one rule.
        self.assertNotIn("ExpirationInDays", rule)
        self.assertNotIn("Prefix", rule)

    def test_results_expire(self):
        self.assertEqual(lifecycle("ResultBucket")["results-expire"]["ExpirationInDays"], {"Ref": "RetentionDays"})

    def test_unfinished_uploads_do_not_linger(self):
        for name in of_type("AWS::S3::Bucket"):
            (rule,) = [rule for rule in lifecycle(name).values() if "AbortIncompleteMultipartUpload" in rule]
            self.assertEqual(rule["AbortIncompleteMultipartUpload"], {"DaysAfterInitiation": 1})
            self.assertNotIn("Prefix", rule)

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

    def test_the_input_bucket_waits_for_the_policy_of_every_queue_that_it_sends_to(self):
        configurations = properties("InputBucket")["NotificationConfiguration"]["QueueConfigurations"]
        policies = [policy_of(each["Queue"]["Fn::GetAtt"][0])[0] for each in configurations]
        self.assertEqual(sorted(RESOURCES["InputBucket"]["DependsOn"]), sorted(policies))

    def test_nothing_is_triggered_by_results(self):
        self.assertNotIn("NotificationConfiguration", properties("ResultBucket"))


class Queues(unittest.TestCase):
    def test_every_queue_is_encrypted_and_refuses_plain_http(self):
        for name, queue in of_type("AWS::SQS::Queue").items():
            self.assertEqual(covered_by_tls_rule(policy_of(name)[1]), {name})
            self.assertIs(queue["SqsManagedSseEnabled"], True, name)

    def test_each_has_a_policy_of_its_own_that_names_it_alone(self):
        # SQS refuses a statement about several queues, or about another one than that which it is set on.
        for policy in of_type("AWS::SQS::QueuePolicy").values():
            (queue,) = policy["Queues"]
            for statement in policy["PolicyDocument"]["Statement"]:
                self.assertEqual(statement["Resource"], {"Fn::GetAtt": [queue["Ref"], "Arn"]})
        self.assertEqual(len(of_type("AWS::SQS::QueuePolicy")), len(of_type("AWS::SQS::Queue")))

    def test_every_queue_takes_the_longest_message_that_the_client_sends(self):
        limits = (ROOT / "protocol" / "src" / "limits.rs").read_text()
        longest = re.search(r"MESSAGE_BYTES: usize = ([0-9_]+);", limits)
        for name, queue in of_type("AWS::SQS::Queue").items():
            self.assertEqual(queue["MaximumMessageSize"], int(longest[1].replace("_", "")), name)

    def test_a_request_that_waited_to_the_last_is_a_dead_letter_for_days(self):
        # SQS counts both from when the request was sent.
        for _, requests, dead_letters, *_ in FUNCTIONS.values():
            left = properties(dead_letters)["MessageRetentionPeriod"] - properties(requests)["MessageRetentionPeriod"]
            self.assertGreaterEqual(left, 10 * DAY)

    def test_visibility_is_six_times_the_time_out(self):
        for function, (_, requests, *_) in FUNCTIONS.items():
            timeout = properties(function)["Timeout"]["Ref"]
            parameter = TEMPLATE["Parameters"][timeout]
            self.assertEqual([str(each) for each in parameter["AllowedValues"]], list(TEMPLATE["Mappings"]["Timeouts"]))
            self.assertIn(parameter["Default"], parameter["AllowedValues"])
            looked_up = {"Fn::FindInMap": ["Timeouts", {"Ref": timeout}, "VisibilitySeconds"]}
            self.assertEqual(properties(requests)["VisibilityTimeout"], looked_up)
        for seconds, row in TEMPLATE["Mappings"]["Timeouts"].items():
            self.assertEqual(row, {"VisibilitySeconds": 6 * int(seconds), "NearMs": 800 * int(seconds)})
            self.assertLessEqual(int(seconds), 900)  # Lambda's longest

    def test_five_deliveries_fit_into_the_life_of_a_request(self):
        for _, requests, *_ in FUNCTIONS.values():
            slowest = max(row["VisibilitySeconds"] for row in TEMPLATE["Mappings"]["Timeouts"].values())
            # Each waits for the visibility time-out at most, or for the longest backoff: 15 minutes.
            self.assertGreater(properties(requests)["MessageRetentionPeriod"], 5 * max(slowest, 15 * 60))

    def test_five_receives_then_the_dead_letters_for_fourteen_days(self):
        told = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["ERRAND_MAX_RECEIVE_COUNT"]
        for name, requests, dead_letters, *_ in FUNCTIONS.values():
            redrive = properties(requests)["RedrivePolicy"]
            self.assertEqual(redrive["maxReceiveCount"], 5)
            self.assertEqual(str(redrive["maxReceiveCount"]), told)
            self.assertEqual(redrive["deadLetterTargetArn"]["Fn::GetAtt"][0], dead_letters)
            self.assertEqual(properties(requests)["MessageRetentionPeriod"], 4 * DAY)
            self.assertEqual(properties(dead_letters)["MessageRetentionPeriod"], 14 * DAY)
            sources = properties(dead_letters)["RedriveAllowPolicy"]["sourceQueueArns"]
            self.assertTrue(sources[0]["Fn::Sub"].endswith(f"-{name}-requests"))

    def test_only_the_input_bucket_may_send_events(self):
        bucket = properties("InputBucket")["BucketName"]["Fn::Sub"]
        for name in of_type("AWS::SQS::Queue"):
            statements = policy_of(name)[1]["PolicyDocument"]["Statement"]
            allowed = [each for each in statements if each["Effect"] == "Allow"]
            self.assertEqual(len(allowed), 1 if name.endswith("Requests") else 0, name)
            for each in allowed:
                self.assertEqual(each["Principal"], {"Service": "s3.amazonaws.com"})
                self.assertEqual(each["Action"], "sqs:SendMessage")
                self.assertEqual(each["Condition"]["StringEquals"], {"aws:SourceAccount": {"Ref": "AWS::AccountId"}})
                source = each["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
                self.assertEqual(source, f"arn:${{AWS::Partition}}:s3:::{bucket}")


class Functions(unittest.TestCase):
    def test_each_reads_its_queue_with_partial_failures_and_bounded_concurrency(self):
        for function, (_, requests, *_) in FUNCTIONS.items():
            (mapping,) = properties(function)["Events"].values()
            self.assertEqual(mapping["Type"], "SQS")
            source = mapping["Properties"]
            self.assertEqual(source["Queue"]["Fn::GetAtt"], [requests, "Arn"])
            self.assertEqual(source["FunctionResponseTypes"], ["ReportBatchItemFailures"])
            self.assertEqual(source["BatchSize"], 10)
            chosen = {"Fn::FindInMap": ["Concurrency", {"Ref": "MaximumConcurrency"}, "Number"]}
            self.assertEqual(source["ScalingConfig"]["MaximumConcurrency"], chosen)

    def test_every_allowed_concurrency_is_in_the_mapping_as_it_is(self):
        parameter = TEMPLATE["Parameters"]["MaximumConcurrency"]
        mapped = {int(key): value["Number"] for key, value in TEMPLATE["Mappings"]["Concurrency"].items()}
        self.assertEqual(mapped, {each: each for each in parameter["AllowedValues"]})
        self.assertIn(parameter["Default"], parameter["AllowedValues"])
        # SQS takes 2 to 1000.
        self.assertEqual((min(mapped), max(mapped)), (2, 1000))

    def test_the_defaults_fit_a_new_account(self):
        # The quotas that a new account may begin with: 10 executions at once, and 3008 MB for a function.
        defaults = {name: each.get("Default") for name, each in TEMPLATE["Parameters"].items()}
        self.assertLessEqual(defaults["MaximumConcurrency"] * len(FUNCTIONS), NEW_ACCOUNT_CONCURRENCY)
        for function in FUNCTIONS:
            self.assertLessEqual(defaults[properties(function)["MemorySize"]["Ref"]], NEW_ACCOUNT_MEMORY_MB)

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


class Versions(unittest.TestCase):
    """What SAM makes of the template, by its own translator."""

    def test_without_being_asked_for_nothing_of_codedeploy_s_is_made(self):
        kinds = {each["Type"] for each in translated().values()}
        self.assertIn("AWS::Lambda::Alias", kinds)
        self.assertFalse([kind for kind in kinds if kind.startswith("AWS::CodeDeploy")])

    def test_a_gradual_deployment_is_rolled_back_by_the_alarm_on_errors(self):
        parameter = TEMPLATE["Parameters"]["Deployment"]
        self.assertEqual(set(TEMPLATE["Mappings"]["Gradual"]), set(parameter["AllowedValues"]))
        for kind in parameter["AllowedValues"]:
            made = translated(Deployment=kind)
            groups = {name: each for name, each in made.items() if each["Type"] == "AWS::CodeDeploy::DeploymentGroup"}
            self.assertEqual(len(groups), 0 if kind == "AllAtOnce" else len(OPERATIONS), kind)
            for name, group in groups.items():
                operation = name.removesuffix("FunctionDeploymentGroup")
                alarms = group["Properties"]["AlarmConfiguration"]
                self.assertEqual(alarms["Alarms"], [{"Name": {"Ref": f"{operation}ErrorsAlarm"}}])
                self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["Properties"]["AutoRollbackConfiguration"]["Events"])
                alias = made[f"{operation}FunctionAliaslive"]
                self.assertEqual(alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"], {"Ref": name})

    def test_queues_feed_the_alias(self):
        made = translated()
        for function in FUNCTIONS:
            self.assertEqual(made[f"{function}Requests"]["Properties"]["FunctionName"], {"Ref": f"{function}Aliaslive"})

    def test_new_code_or_a_new_revision_is_a_new_version(self):
        # A parameter's new value alone is none: SAM does not see it. That is what Revision is for.
        usual = versions()
        self.assertEqual(len(usual), len(OPERATIONS))
        self.assertEqual(versions(StatsMemoryMb="2048"), usual)
        self.assertFalse(versions(code="s3://bucket/another") & usual)
        self.assertFalse(versions(Revision="0123abcd") & usual)
        self.assertFalse(versions(Revision="0123abcd") & versions(Revision="0123abce"))


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


def translated(code="s3://bucket/key", **parameters):
    """The resources that SAM makes of the template when it is deployed with these parameters."""
    template = yaml_parse(stack.TEMPLATE.read_text())
    for function in FUNCTIONS:
        template["Resources"][function]["Properties"]["CodeUri"] = code
    # It asks nobody: the policies that AWS manages, which it could be given, are not used here.
    no_policies = mock.Mock(load=dict)
    with mock.patch.dict("os.environ", AWS_DEFAULT_REGION="us-east-1"):
        return transform(template, parameters, no_policies)["Resources"]


def versions(**given):
    return {name for name, each in translated(**given).items() if each["Type"] == "AWS::Lambda::Version"}


def lifecycle(bucket):
    rules = properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    return {rule["Id"]: rule for rule in rules}


def policy_of(queue):
    """The one policy of a queue: its logical id and its properties."""
    (found,) = [each for each in of_type("AWS::SQS::QueuePolicy").items() if each[1]["Queues"] == [{"Ref": queue}]]
    return found


def covered_by_tls_rule(policy):
    """The resources of a policy's statement that denies everything to everybody over plain http."""
    for statement in policy["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Deny":
            assert statement["Principal"] == "*"
            assert statement["Action"] in ("s3:*", "sqs:*")
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            return {text(each) for each in listed(statement["Resource"])}
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
    logging.disable()  # the translator's remarks about itself
    unittest.main()
