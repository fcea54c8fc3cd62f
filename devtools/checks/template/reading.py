"""What `devtools.stack` reads of the template, and names."""

import unittest

from devtools import stack
from devtools.checks.template.document import FUNCTIONS, OPERATIONS, TEMPLATE, of_type, properties


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


class Tags(unittest.TestCase):
    def test_everything_that_costs_says_whose_it_is(self):
        stack_name = {"Ref": "AWS::StackName"}
        for kind in ("AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::IAM::Role"):
            for name, each in of_type(kind).items():
                self.assertEqual(each["Tags"][0], {"Key": "errand:stack", "Value": stack_name}, name)
                self.assertEqual(len(each["Tags"]), 2 if name == "Responses" else 1, name)
        self.assertEqual(TEMPLATE["Globals"]["Function"]["Tags"], {"errand:stack": stack_name})


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
