"""Every command that people are told to type is one that there is."""

import re
import unittest

from devtools import commands, stack
from devtools.checkout import ROOT

# What of the AWS CLI is named, with the options that it takes there: "AWS CLI Command Reference", version 2.
AWS: dict[tuple[str, ...], set[str]] = {
    ("--version",): {"--version"},
    ("configure",): {"--profile"},
    ("login",): {"--profile"},
    ("sso", "login"): {"--profile"},
    ("events", "put-rule"): {"--name", "--event-pattern"},
    ("events", "put-targets"): {"--rule", "--targets"},
    ("sns", "subscribe"): {"--topic-arn", "--protocol", "--notification-endpoint"},
    ("s3", "cp"): {"--metadata", "--recursive"},
    ("iam", "attach-user-policy"): {"--user-name", "--policy-arn"},
    ("iam", "attach-role-policy"): {"--role-name", "--policy-arn"},
    ("sqs", "send-message"): {"--queue-url", "--message-body"},
    ("sqs", "set-queue-attributes"): {"--queue-url", "--attributes"},
    ("cloudformation", "detect-stack-drift"): {"--stack-name"},
    ("stepfunctions", "list-executions"): {"--state-machine-arn", "--status-filter"},
    ("stepfunctions", "list-map-runs"): {"--execution-arn"},
    ("stepfunctions", "describe-map-run"): {"--map-run-arn"},
    ("stepfunctions", "stop-execution"): {"--execution-arn"},
    ("lambda", "get-account-settings"): set(),
    ("lambda", "list-event-source-mappings"): {"--function-name"},
    ("lambda", "update-event-source-mapping"): {"--uuid", "--enabled", "--no-enabled", "--function-response-types"},
    ("lambda", "delete-event-source-mapping"): {"--uuid"},
    ("service-quotas", "request-service-quota-increase"): {"--service-code", "--quota-code", "--desired-value"},
}


# What prints no answer, but a page or a script.
PLAIN = {"completions", "man"}


class Commands(unittest.TestCase):
    def test_those_that_are_named_in_sources_help_and_docs_exist(self):
        count = {"make": 0, "errand": 0, "aws": 0}
        for file in commands.sources():
            for command in commands.named(file.read_text()):
                with self.subTest(command, file=str(file.relative_to(ROOT))):
                    program, *words = commands.words(command)
                    getattr(self, f"look_at_{program}")(words)
                    count[program] += 1
        # So many there were when this was written: it has not become blind.
        for program, least in {"make": 50, "errand": 70, "aws": 7}.items():
            self.assertGreaterEqual(count[program], least, program)

    def look_at_make(self, words):
        for word in words:
            name, is_variable, value = word.partition("=")
            if is_variable:
                self.assertIn(name, commands.variables())
            elif not word.startswith("-"):
                self.assertIn(word, commands.targets())
            if name == "PARAMETERS":
                self.look_at_parameters(value)

    def look_at_parameters(self, text):
        for name, value in (each.split("=", 1) for each in text.split() if each != "..." and "NAME=" not in each):
            self.assertIn(name, stack.read()["Parameters"])
            allowed = stack.read()["Parameters"][name].get("AllowedValues")
            if isinstance(allowed, str) and value != "…":
                self.assertIn(value, re.findall(r"[\w.-]+", allowed))

    def look_at_errand(self, words):
        levels, positional = [commands.errand()], 0
        words = list(words)
        if words[:1] == ["help"]:
            words = words[1:]
        while words:
            word = words.pop(0)
            if word.startswith("-") and word != "-":
                name, given, _ = word.partition("=")
                known = {key: value for level in levels for key, value in level.options.items()}
                self.assertIn(name, known)
                if known[name] and not given and words:
                    words.pop(0)
            elif levels[-1].commands:
                # Whatever is not the name of one is no command.
                self.assertIn(word, levels[-1].commands)
                levels.append(levels[-1].commands[word])
            else:
                positional += 1
        self.assertLessEqual(positional, levels[-1].positional)

    def look_at_aws(self, words):
        known = [options for verbs, options in AWS.items() if tuple(words[: len(verbs)]) == verbs]
        self.assertEqual(len(known), 1, f"aws {' '.join(words)}")
        for word in words:
            if word.startswith("--"):
                self.assertIn(word, known[0])

    def test_what_every_command_prints_as_json_is_described(self):
        page = (ROOT / "docs" / "protocol.md").read_text()
        for name, command in commands.errand().commands.items():
            if name in PLAIN:
                continue
            for schema in [f"{name}-{action}" for action in command.commands] or [name]:
                file = f"schemas/command/{schema}.json"
                self.assertTrue((ROOT / "docs" / file).exists(), file)
                self.assertIn(f"]({file})", page)

    def test_the_outputs_and_parameters_that_are_named_are_the_template_s(self):
        template = stack.read()
        for file in commands.sources():
            text = file.read_text()
            for name in re.findall(r"\boutputs? `?([A-Z]\w+)", text):
                self.assertIn(name, template["Outputs"], file)
            for name in re.findall(r"\bparameters? `([A-Z]\w+)`", text):
                self.assertIn(name, template["Parameters"], file)


class Reading(unittest.TestCase):
    """The sources are read rightly: a command that is missed could not be held against anything."""

    def test_options_subcommands_and_positional_arguments_of_errand_are_found(self):
        root = commands.errand()
        self.assertLessEqual({"stats", "grayscale", "result", "listen", "dead-letters", "doctor"}, set(root.commands))
        self.assertEqual((root.options["--timeout"], root.options["--json"]), (True, False))
        stats = root.commands["stats"]
        self.assertEqual((stats.options["--histogram"], stats.options["--column"]), (False, True))
        self.assertGreater(stats.positional, 1)
        self.assertTrue(root.commands["grayscale"].options["-o"])
        letters = root.commands["dead-letters"]
        self.assertEqual(set(letters.commands), {"list", "show", "redrive"})
        self.assertEqual(letters.commands["redrive"].options, {"--all": False})
        self.assertEqual([letters.commands[name].positional for name in ("list", "show", "redrive")], [0, 1, 1])

    def test_targets_and_variables_of_make_are_found(self):
        self.assertLessEqual({"demo", "deploy", "test-arm64", "local-env"}, commands.targets())
        self.assertLessEqual({"STACK", "REGION", "PARAMETERS", "PORT"}, commands.variables())
        self.assertNotIn("CARGO", commands.variables())

    def test_commands_are_found_in_messages_help_texts_and_pages(self):
        rust = """
            /// Not `errand nothing`-like.
            #[error("run `aws configure`, or run eval \\"$(make -s local-env)\\" \\
                     and `errand doctor`")]
            cure = format!("make deploy STACK={}", stack);
            const HELP: &str = "\\
Examples:
  errand stats -                            reads
  seq 3 | errand stats a.txt --json && errand doctor --fix";
"""
        found = commands.named(rust)
        for command in ("aws configure", "make -s local-env", "errand doctor", "make deploy STACK={}"):
            self.assertIn(command, found)
        for words in (["stats", "a.txt", "--json"], ["doctor", "--fix"], ["stats", "-"]):
            self.assertIn(["errand", *words], [commands.words(each) for each in found])
        page = "Say `make test`.\n\n```sh\nmake demo    # shows it\nseq 3 | errand stats -\n```\nmake sure of it\n"
        wanted = [["make", "test"], ["make", "demo"], ["errand", "stats", "-"]]
        self.assertEqual([commands.words(each) for each in commands.named(page)], wanted)

    def test_a_command_that_is_not_there_is_noticed(self):
        looking = Commands()
        for command in (
            "make deploi",
            "make deploy STAK=errand",
            'make deploy PARAMETERS="StatTimeout=1"',
            'make deploy PARAMETERS="StatsTimeoutSeconds=61"',
            "errand statistics a.txt",
            "errand stats --nothing x",
            "errand dead-letters bury",
            "errand dead-letters show one two",
            "aws sqs purge",
        ):
            program, *words = commands.words(command)
            with self.assertRaises(AssertionError, msg=command):
                getattr(looking, f"look_at_{program}")(words)


if __name__ == "__main__":
    unittest.main()
