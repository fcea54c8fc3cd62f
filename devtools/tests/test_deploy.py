"""The command line that `make deploy` puts together, what it refuses, and when it publishes a new version."""

import os
import re
import shlex
import subprocess
import tempfile
import unittest
from pathlib import Path

from devtools.checkout import ROOT, Failure
from devtools.deploy import MAX_LEN, check, revision


def clean_environment():
    """Another make's flags are not for this one, and none of its variables may come from outside."""
    ours = ("MAKE", "MFLAGS", "STACK", "REGION", "PARAMETERS", "TAGS", "DEPLOY", "ARCHITECTURE", "UNDEPLOY")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)}


def deploy(*arguments):
    """The words of `sam deploy`, as make would run it; make's complaint where it would not."""
    lines = dry_run("deploy", *arguments)
    if isinstance(lines, str):
        return lines
    words = shlex.split(next(line for line in lines if "sam deploy" in line))
    # The architecture comes before, as a variable of the shell.
    named = words[0].removeprefix("architecture=").removesuffix(";")
    return [word.replace("$architecture", named) for word in words[1:]]


def dry_run(*arguments):
    """The lines that make would run; its complaint where it would not."""
    command = ["make", "--dry-run", "--silent", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True)
    return done.stderr if done.returncode != 0 else done.stdout.replace("\\\n", " ").splitlines()


class StackName(unittest.TestCase):
    def test_names_that_the_client_takes_are_deployed(self):
        for name in ("errand", "errand-2", "replying", "reply-errand", "my-reply2", "a" * MAX_LEN):
            check(name)
        source = (ROOT / "protocol" / "src" / "stack.rs").read_text()
        self.assertIn(f"const MAX_LEN: usize = {MAX_LEN};", source)

    def test_a_name_that_no_bucket_could_carry_is_refused_with_what_to_take(self):
        for name in ("Errand", "errand_two", "2nd", "", "a" * (MAX_LEN + 1), "errand\n"):
            with self.assertRaisesRegex(Failure, "take 1 to 27 lower-case letters", msg=name):
                check(name)

    def test_a_name_whose_queues_would_be_another_stack_s_reply_queues_is_refused(self):
        source = (ROOT / "protocol" / "src" / "stack.rs").read_text()
        for name in ("errand-reply-two", "errand-reply", "a-reply-b-reply-c"):
            with self.assertRaisesRegex(Failure, "the clients of a stack (errand|a) may read"):
                check(name)
            # The client refuses the same, by a rule of its own.
            self.assertIn(f'("{name}", ', source)

    def test_make_deploy_looks_at_the_name_before_it_builds(self):
        command = ["make", "--no-print-directory", "deploy", "STACK=Errand"]
        done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("error: STACK=Errand is not a stack name", done.stderr)
        self.assertEqual(done.stdout, "")


class Revision(unittest.TestCase):
    def test_it_is_another_one_when_a_program_the_template_or_a_parameter_is_and_only_then(self):
        with tempfile.TemporaryDirectory() as directory:
            staged = Path(directory)
            program = staged / "build" / "lambda" / "stats" / "bootstrap"
            program.parent.mkdir(parents=True)
            program.write_text("program")
            (staged / "template.yaml").write_text("template")
            found = [revision(staged, ["A=1", "B=2"]), revision(staged, ["A=1", "B=3"])]
            self.assertEqual(revision(staged, ["B=2", "A=1"]), found[0])
            program.write_text("another")
            found.append(revision(staged, ["A=1", "B=2"]))
            (staged / "template.yaml").write_text("another")
            found.append(revision(staged, ["A=1", "B=2"]))
            self.assertEqual(len(set(found)), 4)

    def test_make_deploy_hands_it_to_the_template(self):
        at = [word for word in deploy("PARAMETERS=A=b") if word.startswith("Revision=")]
        self.assertEqual(len(at), 1)
        self.assertTrue("-m devtools.deploy revision Architecture=" in at[0] and at[0].endswith(" A=b)"), at)


class Deploy(unittest.TestCase):
    def value(self, words, option):
        self.assertEqual(words.count(option), 1, f"{option} in {words}")
        return words[words.index(option) + 1]

    def test_without_arguments_it_is_the_stack_errand_with_the_architecture_that_it_has(self):
        words = deploy()
        self.assertEqual(self.value(words, "--stack-name"), "errand")
        asked = "$(.venv/sam/bin/python -m devtools.account architecture errand )"
        self.assertEqual(self.value(words, "--parameter-overrides"), f"Architecture={asked}")
        self.assertNotIn("--region", words)
        # The functions are built for the same.
        packaged = next(line for line in dry_run("deploy") if "scripts/package" in line)
        self.assertEqual(packaged, f'architecture="{asked}"; scripts/package "$architecture"')

    def test_account_and_region_are_looked_at_before_anything_is_built_and_the_client_is_built_before_it_ends(self):
        lines = dry_run("deploy", "REGION=eu-west-1")
        at = [
            next(index for index, line in enumerate(lines) if words in line)
            for words in (
                "devtools.deploy check 'errand'",
                "devtools.account check eu-west-1",
                "cargo build --release --locked --workspace",
                "scripts/package",
                "sam deploy",
                "devtools.account deployed errand eu-west-1",
            )
        ]
        self.assertEqual(at, sorted(at))

    def test_undeploy_names_stack_and_region_and_asks_unless_it_is_told_not_to(self):
        last = dry_run("undeploy", "STACK=errand-two", "REGION=eu-west-1")[-1]
        self.assertEqual(last.split()[1:], ["-m", "devtools.account", "undeploy", "errand-two", "eu-west-1"])
        last = dry_run("undeploy", "UNDEPLOY=--yes")[-1]
        self.assertEqual(last.split()[1:], ["-m", "devtools.account", "undeploy", "--yes", "errand"])

    def test_stack_region_architecture_and_parameters_arrive_together(self):
        words = deploy("STACK=errand-two", "REGION=eu-west-1", "ARCHITECTURE=x86_64", "PARAMETERS=RetentionDays=7 A=b")
        self.assertEqual(self.value(words, "--stack-name"), "errand-two")
        self.assertEqual(self.value(words, "--region"), "eu-west-1")
        at = words.index("--parameter-overrides")
        self.assertEqual(words[at + 1 : at + 4], ["Architecture=x86_64", "RetentionDays=7", "A=b"])

    def test_lists_arrive_with_their_commas_and_stars_and_an_empty_one_with_its_quotes(self):
        # SAM refuses `NAME=`.
        words = deploy(r"PARAMETERS=ReadableBuckets=one,two-* WritableBuckets=\"\"")
        at = words.index("ReadableBuckets=one,two-*")
        self.assertEqual(words[at + 1], 'WritableBuckets=""')

    def test_tags_are_passed_on_and_left_out_where_there_are_none(self):
        words = deploy("TAGS=team=imaging cost-center=7")
        at = words.index("--tags")
        self.assertEqual(words[at + 1 : at + 3], ["team=imaging", "cost-center=7"])
        self.assertNotIn("--tags", deploy())

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
