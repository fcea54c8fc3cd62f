"""The command line that `make deploy` puts together, and the command that the client tells people to type."""

import os
import re
import shlex
import subprocess
import unittest

from devtools.checkout import ROOT


def deploy(*arguments):
    """The words of `sam deploy`, as make would run it; make's complaint where it would not."""
    # Another make's flags are not for this one, and none of its variables may come from outside.
    ours = ("MAKE", "MFLAGS", "STACK", "REGION", "PARAMETERS", "DEPLOY", "ARCHITECTURE")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    command = ["make", "--dry-run", "--silent", "deploy", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return shlex.split(next(line for line in lines if "sam deploy" in line))


class Deploy(unittest.TestCase):
    def value(self, words, option):
        self.assertEqual(words.count(option), 1, f"{option} in {words}")
        return words[words.index(option) + 1]

    def test_without_arguments_it_is_the_stack_errand_for_arm64(self):
        words = deploy()
        self.assertEqual(self.value(words, "--stack-name"), "errand")
        self.assertEqual(self.value(words, "--parameter-overrides"), "Architecture=arm64")
        self.assertNotIn("--region", words)

    def test_stack_region_architecture_and_parameters_arrive_together(self):
        words = deploy("STACK=errand-two", "REGION=eu-west-1", "ARCHITECTURE=x86_64", "PARAMETERS=RetentionDays=7 A=b")
        self.assertEqual(self.value(words, "--stack-name"), "errand-two")
        self.assertEqual(self.value(words, "--region"), "eu-west-1")
        at = words.index("--parameter-overrides")
        self.assertEqual(words[at + 1 : at + 4], ["Architecture=x86_64", "RetentionDays=7", "A=b"])

    def test_parameters_that_would_replace_the_architecture_are_refused_with_the_cure(self):
        said = deploy("DEPLOY=--parameter-overrides RetentionDays=7")
        self.assertIn('give parameters as PARAMETERS="NAME=VALUE ..."', said)

    def test_the_cure_that_the_client_prints_deploys_the_stack_that_it_names(self):
        source = (ROOT / "client" / "src" / "cloud.rs").read_text()
        cures = set(re.findall(r'"(make deploy [^"]*)"', source))
        self.assertTrue(cures)
        for cure in cures:
            program, target, *arguments = cure.replace("{}", "errand-two").split()
            self.assertEqual((program, target), ("make", "deploy"))
            self.assertEqual(self.value(deploy(*arguments), "--stack-name"), "errand-two", cure)
