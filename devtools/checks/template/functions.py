"""Functions: what feeds them, what they are told, and whether a new account can run them."""

import unittest

from devtools.checks.template.document import FUNCTIONS, TEMPLATE, properties
from devtools.checks.template.state_machine import ARN

# Sources: "Lambda quotas" in the AWS Lambda developer guide, which says that new accounts have reduced quotas, and what
# users of such accounts report.
NEW_ACCOUNT_CONCURRENCY = 10
NEW_ACCOUNT_MEMORY_MB = 3008


class Functions(unittest.TestCase):
    def test_each_reads_its_queue_with_partial_failures_and_bounded_concurrency(self):
        for function, (_, requests, *_) in FUNCTIONS.items():
            mapping = properties(function)["Events"]["Requests"]
            self.assertEqual(mapping["Type"], "SQS")
            source = mapping["Properties"]
            self.assertEqual(source["Queue"]["Fn::GetAtt"], [requests, "Arn"])
            self.assertEqual(source["FunctionResponseTypes"], ["ReportBatchItemFailures"])
            # A list takes milliseconds, an image may take all of the time-out: its function is given no second one.
            self.assertEqual(source["BatchSize"], 1 if function == "GrayscaleFunction" else 10)
            chosen = {"Fn::FindInMap": ["Concurrency", {"Ref": "MaximumConcurrency"}, "Number"]}
            condition, bounded, free = source["ScalingConfig"]["Fn::If"]
            self.assertEqual((condition, bounded), ("HasMaximumConcurrency", {"MaximumConcurrency": chosen}))
            self.assertEqual(free, {"Ref": "AWS::NoValue"})

    def test_every_allowed_concurrency_is_in_the_mapping_as_it_is(self):
        parameter = TEMPLATE["Parameters"]["MaximumConcurrency"]
        mapped = {int(key): value["Number"] for key, value in TEMPLATE["Mappings"]["Concurrency"].items()}
        self.assertEqual(mapped, {each: each for each in parameter["AllowedValues"]})
        self.assertIn(parameter["Default"], parameter["AllowedValues"])
        # SQS takes 2 to 1000, and 0 stands for none.
        none = {"Fn::Equals": [{"Ref": "MaximumConcurrency"}, "0"]}
        self.assertEqual(TEMPLATE["Conditions"]["HasMaximumConcurrency"], {"Fn::Not": [none]})
        self.assertEqual((min(mapped.keys() - {0}), max(mapped)), (2, 1000))

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
            self.assertEqual(told["ERRAND_STATE_MACHINE_ARN"], {"Fn::Sub": ARN})
            for parameter in ("Readable", "Writable"):
                names = {"Fn::Join": [",", {"Ref": f"{parameter}Buckets"}]}
                self.assertEqual(told[f"ERRAND_{parameter.upper()}_BUCKETS"], names)

    def test_logs_do_not_stay_for_ever(self):
        for function, (*_, logs) in FUNCTIONS.items():
            self.assertEqual(properties(logs)["RetentionInDays"], {"Ref": "LogRetentionDays"})
            self.assertEqual(properties(function)["LoggingConfig"]["LogGroup"], {"Ref": logs})
