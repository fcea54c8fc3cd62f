"""Published versions and gradual deployments: what SAM's own translator makes of the template."""

import unittest
from unittest import mock

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from devtools import stack
from devtools.checks.template.document import FUNCTIONS, OPERATIONS, RESOURCES, TEMPLATE, of_type, properties


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
                condition, alarms, _ = group["Properties"]["AlarmConfiguration"]["Fn::If"]
                self.assertEqual(condition, "HasErrorAlarms")
                self.assertEqual(alarms["Alarms"], [{"Name": {"Ref": f"{operation}ErrorsAlarm"}}])
                self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["Properties"]["AutoRollbackConfiguration"]["Events"])
                alias = made[f"{operation}FunctionAliaslive"]
                self.assertEqual(
                    alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"], {"Ref": name}
                )

    def test_the_alarm_that_rolls_back_is_there_whenever_a_deployment_is_gradual(self):
        gradual = {"Fn::Not": [{"Fn::Equals": [{"Ref": "Deployment"}, "AllAtOnce"]}]}
        self.assertIn(gradual, TEMPLATE["Conditions"]["HasErrorAlarms"]["Fn::Or"])
        for name in of_type("AWS::CloudWatch::Alarm"):
            if name.endswith("ErrorsAlarm"):
                self.assertEqual(RESOURCES[name]["Condition"], "HasErrorAlarms")
                # It has to go off within the five minutes of the shortest canary.
                self.assertLessEqual(properties(name)["Period"] * properties(name)["EvaluationPeriods"], 120)

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
        for function in FUNCTIONS:
            self.assertIs(properties(function)["AutoPublishAliasAllProperties"], True)
        self.assertFalse(versions(Revision="0123abcd") & usual)
        self.assertFalse(versions(Revision="0123abcd") & versions(Revision="0123abce"))


def translated(text=None, code="s3://bucket/key", **parameters):
    """The resources that SAM makes of the template (or of another text) when it is deployed with these parameters."""
    template = yaml_parse(text or stack.TEMPLATE.read_text())
    for function in FUNCTIONS:
        template["Resources"][function]["Properties"]["CodeUri"] = code
    # It asks nobody: the policies that AWS manages, which it could be given, are not used here.
    no_policies = mock.Mock(load=dict)
    with mock.patch.dict("os.environ", AWS_DEFAULT_REGION="us-east-1"):
        return transform(template, parameters, no_policies)["Resources"]


def versions(text=None, **given):
    return {name for name, each in translated(text, **given).items() if each["Type"] == "AWS::Lambda::Version"}
