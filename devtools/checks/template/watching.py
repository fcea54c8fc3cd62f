"""Alarms, the dashboard, and references that lead nowhere."""

import json
import re
import unittest

from devtools.checkout import ROOT
from devtools.checks.template.document import DAY, FUNCTIONS, OPERATIONS, RESOURCES, TEMPLATE, of_type, properties

ALARMS = of_type("AWS::CloudWatch::Alarm")
# Metrics of AWS/States: "Monitoring Step Functions metrics using Amazon CloudWatch" in its developer guide. Whoever
# stops a job has a reason.
MAP_FAILURES = {"ExecutionsFailed", "ExecutionsTimedOut"}
# What the functions say that their metrics are.
SOURCE = (ROOT / "functions" / "worker" / "src" / "metrics.rs").read_text()
(FAULTS,) = re.findall(r'const FAULTS: &str = "(\w+)"', SOURCE)
METRICS = {FAULTS if name == "FAULTS" else name.strip('"') for name in re.findall(r'\badd\(("\w+"|FAULTS),', SOURCE)}
(NAMESPACE,) = re.findall(r'const NAMESPACE: &str = "(\w+)"', SOURCE)


class Watching(unittest.TestCase):
    def test_every_function_is_watched_for_what_goes_wrong_with_it(self):
        for function, (name, requests, dead_letters, *_) in FUNCTIONS.items():
            seconds = {"Ref": properties(function)["Timeout"]["Ref"]}
            for metric, watched, threshold in (
                ("ApproximateNumberOfMessagesVisible", dead_letters, 0),
                ("ApproximateAgeOfOldestMessage", dead_letters, 7 * DAY),
                ("ApproximateAgeOfOldestMessage", requests, 300),
                ("Errors", function, 0),
                ("Throttles", function, 0),
                ("Duration", function, {"Fn::FindInMap": ["Timeouts", seconds, "NearMs"]}),
            ):
                of_queue = {"Name": "QueueName", "Value": {"Fn::GetAtt": [watched, "QueueName"]}}
                of_function = {"Name": "FunctionName", "Value": {"Ref": watched}}
                dimensions = [of_function if watched == function else of_queue]
                found = [
                    each for each in ALARMS.values() if (each["MetricName"], each["Dimensions"]) == (metric, dimensions)
                ]
                self.assertEqual([each["Threshold"] for each in found], [threshold], f"{name}: {metric} of {watched}")
        self.assertEqual(len(ALARMS), 7 * len(OPERATIONS) + len(MAP_FAILURES))

    def test_map_jobs_are_watched_for_failures_and_shown_whatever_becomes_of_them(self):
        dimensions = [{"Name": "StateMachineArn", "Value": {"Ref": "MapStateMachine"}}]
        found = [each for each in ALARMS.values() if each["Dimensions"] == dimensions]
        self.assertEqual({each["MetricName"] for each in found}, MAP_FAILURES)
        for each in found:
            self.assertEqual((each["Namespace"], each["Statistic"]), ("AWS/States", "Sum"))
            self.assertEqual((each["Threshold"], each["ComparisonOperator"]), (0, "GreaterThanThreshold"))
        board = json.loads(properties("Dashboard")["DashboardBody"]["Fn::Sub"])
        lines = [line for each in board["widgets"] for line in each["properties"]["metrics"] if line[0] == "AWS/States"]
        self.assertTrue(all(line[2:-1] == ["StateMachineArn", "${MapStateMachine}"] for line in lines))
        others = {"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsAborted"}
        self.assertEqual({line[1] for line in lines}, MAP_FAILURES | others)

    def test_every_operation_is_watched_for_failures_that_are_no_input_s_fault(self):
        for name in OPERATIONS:
            dimensions = [{"Name": "stack", "Value": {"Ref": "AWS::StackName"}}, {"Name": "operation", "Value": name}]
            (found,) = [each for each in ALARMS.values() if each["Dimensions"] == dimensions]
            self.assertEqual((found["Namespace"], found["MetricName"], found["Statistic"]), (NAMESPACE, FAULTS, "Sum"))
            # One is enough: nothing that a sender does leads to one.
            self.assertEqual((found["Threshold"], found["ComparisonOperator"]), (0, "GreaterThanThreshold"))

    def test_the_functions_give_the_metrics_that_are_looked_at(self):
        told = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["ERRAND_MONITORING"]
        self.assertEqual(told, {"Ref": "Monitoring"})
        config = (ROOT / "functions" / "worker" / "src" / "config.rs").read_text()
        for word in TEMPLATE["Parameters"]["Monitoring"]["AllowedValues"]:
            self.assertIn(f'Some("{word}")', config)

    def test_an_alarm_tells_when_it_is_over_too_and_can_be_left_out(self):
        told = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
        for name, alarm in ALARMS.items():
            self.assertEqual((alarm["AlarmActions"], alarm["OKActions"]), (told, told), name)
            self.assertEqual(alarm["TreatMissingData"], "notBreaching", name)
            wanted = "HasErrorAlarms" if name.endswith("ErrorsAlarm") else "HasAlarms"
            self.assertEqual(RESOURCES[name]["Condition"], wanted)
        self.assertEqual(len({json.dumps(each["AlarmName"]) for each in ALARMS.values()}), len(ALARMS))

    def test_an_old_dead_letter_is_told_of_before_it_is_removed(self):
        # Its alarm counts from when it became a dead letter, SQS from when its request was sent.
        for _, requests, dead_letters, *_ in FUNCTIONS.values():
            kept = properties(dead_letters)["MessageRetentionPeriod"] - properties(requests)["MessageRetentionPeriod"]
            self.assertGreaterEqual(kept - 7 * DAY, 2 * DAY)

    def test_the_saved_query_looks_for_a_job_in_every_log(self):
        query = properties("JobQuery")
        self.assertEqual(query["LogGroupNames"], [{"Ref": logs} for *_, logs in FUNCTIONS.values()])
        self.assertIn("filter job_id =", query["QueryString"])
        for name in ("outcome", "code", "way", "request_id", "trace_id", "QueueMilliseconds", "WorkMilliseconds"):
            self.assertIn(name, query["QueryString"])
        named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", query["QueryString"]))
        self.assertLessEqual(named, METRICS)
        self.assertEqual(RESOURCES["JobQuery"]["Condition"], "HasDashboard")
        self.assertEqual(RESOURCES["Dashboard"]["Condition"], "HasDashboard")

    def test_tracing_is_off_unless_asked_for_and_has_the_right_that_it_needs(self):
        self.assertEqual(TEMPLATE["Globals"]["Function"]["Tracing"], {"Ref": "Tracing"})
        self.assertEqual(TEMPLATE["Parameters"]["Tracing"]["Default"], "PassThrough")
        chosen = [
            each["Fn::If"][0] for each in properties("WorkerPolicy")["PolicyDocument"]["Statement"] if "Fn::If" in each
        ]
        self.assertIn("Traced", chosen)

    def test_the_dashboard_shows_all_that_the_functions_measure_of_every_operation(self):
        board = json.loads(properties("Dashboard")["DashboardBody"]["Fn::Sub"])
        shown = [line for each in board["widgets"] for line in each["properties"]["metrics"] if line[0] == NAMESPACE]
        for name in OPERATIONS:
            of_operation = ["stack", "${AWS::StackName}", "operation", name]
            whole = {line[1] for line in shown if line[2:-1] == of_operation}
            by_outcome = {line[7] for line in shown if line[2:6] == of_operation and line[6:7] == ["outcome"]}
            # Failed jobs are there by their outcome. Only some operations make files.
            self.assertLessEqual(METRICS - {"Jobs", "Failed", "BytesOut"}, whole, name)
            self.assertLessEqual(whole, METRICS)
            self.assertEqual(by_outcome, {"succeeded", "failed", "dead_lettered"})
        self.assertIn("BytesOut", {line[1] for line in shown})
        places = [(each["x"], each["y"]) for each in board["widgets"]]
        self.assertEqual(len(set(places)), len(places))

    def test_every_reference_leads_somewhere(self):
        # The local cloud deploys dangling ones.
        known = set(RESOURCES) | set(TEMPLATE["Parameters"])
        for name in references(TEMPLATE):
            self.assertTrue(name.startswith("AWS::") or name in known, name)

    def test_every_condition_is_used_and_every_parameter_too(self):
        said = json.dumps({name: part for name, part in TEMPLATE.items() if name != "Parameters"})
        for name in TEMPLATE["Parameters"]:
            # Inside of a longer text it is "${Name}".
            self.assertTrue(json.dumps({"Ref": name}) in said or f"${{{name}}}" in said, name)
        for name in TEMPLATE["Conditions"]:
            self.assertTrue(f'"Fn::If": ["{name}"' in said or f'"Condition": "{name}"' in said, name)


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
