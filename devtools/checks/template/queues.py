"""Queues: policies, sizes, and how their times fit together."""

import re
import unittest

from devtools.checkout import ROOT
from devtools.checks.template.document import (
    DAY,
    FUNCTIONS,
    TEMPLATE,
    covered_by_tls_rule,
    of_type,
    policy_of,
    properties,
    statements,
)


class Queues(unittest.TestCase):
    def test_every_queue_is_encrypted_and_refuses_plain_http(self):
        for name, queue in of_type("AWS::SQS::Queue").items():
            self.assertEqual(covered_by_tls_rule(policy_of(name)[1]), {name})
            # One or the other, never both.
            self.assertEqual(queue["SqsManagedSseEnabled"], {"Fn::If": ["HasKey", False, True]}, name)
            key = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
            self.assertEqual(queue["KmsMasterKeyId"], key, name)

    def test_each_has_a_policy_of_its_own_that_names_it_alone(self):
        # SQS refuses a statement about several queues, or about another one than that which it is set on.
        for policy in of_type("AWS::SQS::QueuePolicy").values():
            (queue,) = policy["Queues"]
            for statement in statements(policy):
                self.assertEqual(statement["Resource"], {"Fn::GetAtt": [queue["Ref"], "Arn"]})
        self.assertEqual(len(of_type("AWS::SQS::QueuePolicy")), len(of_type("AWS::SQS::Queue")))

    def test_every_queue_takes_the_longest_message_that_the_client_sends(self):
        limits = (ROOT / "protocol" / "src" / "limits.rs").read_text()
        (longest,) = re.findall(r"MESSAGE_BYTES: usize = ([0-9_]+);", limits)
        for name, queue in of_type("AWS::SQS::Queue").items():
            self.assertEqual(queue["MaximumMessageSize"], int(longest.replace("_", "")), name)

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

    def test_five_attempts_fit_into_the_life_of_a_request(self):
        for _, requests, *_ in FUNCTIONS.values():
            slowest = max(row["VisibilitySeconds"] for row in TEMPLATE["Mappings"]["Timeouts"].values())
            # Each waits for the visibility time-out at most, or for the longest backoff: 15 minutes.
            self.assertGreater(properties(requests)["MessageRetentionPeriod"], 5 * max(slowest, 15 * 60))

    def test_enough_receives_for_a_backlog_then_the_dead_letters_for_fourteen_days(self):
        told = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["ERRAND_MAX_RECEIVE_COUNT"]
        for name, requests, dead_letters, *_ in FUNCTIONS.values():
            redrive = properties(requests)["RedrivePolicy"]
            # Five attempts, and as many deferrals as a batch of ten of the slowest jobs may need (decision 51).
            self.assertEqual(redrive["maxReceiveCount"], 100)
            self.assertEqual(str(redrive["maxReceiveCount"]), told)
            self.assertEqual(redrive["deadLetterTargetArn"]["Fn::GetAtt"][0], dead_letters)
            self.assertEqual(properties(requests)["MessageRetentionPeriod"], 4 * DAY)
            self.assertEqual(properties(dead_letters)["MessageRetentionPeriod"], 14 * DAY)
            sources = properties(dead_letters)["RedriveAllowPolicy"]["sourceQueueArns"]
            self.assertTrue(sources[0]["Fn::Sub"].endswith(f"-{name}-requests"))

    def test_only_the_input_bucket_may_send_events_unless_others_are_named(self):
        bucket = properties("InputBucket")["BucketName"]["Fn::Sub"]
        for name in of_type("AWS::SQS::Queue"):
            given = policy_of(name)[1]["PolicyDocument"]["Statement"]
            allowed = [each for each in given if each.get("Effect") == "Allow"]
            self.assertEqual(len(allowed), 1 if name.endswith("Requests") else 0, name)
            on_condition = [each["Fn::If"] for each in given if "Fn::If" in each]
            self.assertEqual(len(on_condition), len(allowed), name)
            for condition, named, otherwise in on_condition:
                self.assertEqual((condition, otherwise), ("HasEventSources", {"Ref": "AWS::NoValue"}))
                self.assertEqual((named["Effect"], named["Action"]), ("Allow", "sqs:SendMessage"))
                self.assertEqual(named["Principal"], {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]})
                self.assertEqual(named["Condition"], {"ArnLike": {"aws:SourceArn": {"Ref": "EventSourceArns"}}})
            for each in allowed:
                self.assertEqual(each["Principal"], {"Service": "s3.amazonaws.com"})
                self.assertEqual(each["Action"], "sqs:SendMessage")
                self.assertEqual(each["Condition"]["StringEquals"], {"aws:SourceAccount": {"Ref": "AWS::AccountId"}})
                source = each["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
                self.assertEqual(source, f"arn:${{AWS::Partition}}:s3:::{bucket}")

    def test_the_sources_of_events_are_topics_and_rules_of_an_account(self):
        parameter = TEMPLATE["Parameters"]["EventSourceArns"]
        self.assertEqual((parameter["Type"], parameter["Default"]), ("CommaDelimitedList", ""))
        for arn, is_right in (
            ("", True),
            ("arn:aws:sns:us-east-1:123456789012:uploads", True),
            ("arn:aws:events:us-east-1:123456789012:rule/uploads-*", True),
            ("arn:aws:sns:us-east-1:*:uploads", False),
            ("arn:aws:s3:::bucket", False),
            ("*", False),
        ):
            self.assertEqual(bool(re.fullmatch(parameter["AllowedPattern"], arn)), is_right, arn)
        named = {"Fn::Join": ["", {"Ref": "EventSourceArns"}]}
        self.assertEqual(TEMPLATE["Conditions"]["HasEventSources"], {"Fn::Not": [{"Fn::Equals": [named, ""]}]})
