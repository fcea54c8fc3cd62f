"""What the target of a deployed stack says. The rest of devtools.account is tried on the local cloud:
devtools.checks.undeploy."""

import subprocess
import unittest

from devtools import checkout
from devtools.checkout import ROOT

ASK = """
import json
from devtools.account import architecture, target_of, target_values
there = {"Parameters": [{"ParameterKey": "Architecture", "ParameterValue": "x86_64"},
                        {"ParameterKey": "KmsKeyArn", "ParameterValue": "arn:aws:kms:eu-west-1:1:key/x"}]}
class Account:
    def __init__(self, there): self.there = there
    def stack(self, name): return self.there
print(json.dumps([
    target_of("errand"), target_of("errand-two"),
    target_values("errand", "eu-west-1", {}, {"AWS_PROFILE": "work"}),
    target_values("errand", "eu-west-1", there, {"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "AKID"}),
    architecture(Account(there), "errand"), architecture(Account({}), "errand"), architecture(Account(None), "errand"),
]))
"""


class Target(unittest.TestCase):
    def test_it_names_what_the_stack_was_deployed_with_and_no_secret(self):
        python = checkout.VENVS / "sam" / "bin" / "python"
        if not python.exists():
            self.skipTest("the SAM command line is not installed (make setup)")
        done = subprocess.run([python, "-c", ASK], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        place = '{"stack": "errand", "region": "eu-west-1"'
        self.assertEqual(
            done.stdout.strip(),
            f'["aws", "errand-two", {place}, "profile": "work"}}, '
            f'{place}, "kms-key-arn": "arn:aws:kms:eu-west-1:1:key/x"}}, "x86_64", "arm64", "arm64"]',
        )


class Check(unittest.TestCase):
    def test_what_is_missing_is_told_before_anything_is_built(self):
        python = checkout.VENVS / "sam" / "bin" / "python"
        if not python.exists():
            self.skipTest("the SAM command line is not installed (make setup)")
        nothing = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true"}
        for environment, words in (
            ({}, "no AWS region is set: give one as REGION=eu-west-1"),
            ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "no AWS credentials found"),
            ({"AWS_PROFILE": "elsewhere"}, "set AWS_PROFILE to one that"),
        ):
            command = [str(python), "-m", "devtools.account", "check"]
            done = subprocess.run(command, cwd=ROOT, env={**nothing, **environment}, capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
