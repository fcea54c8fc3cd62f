"""The block for the Serverless Application Repository, and the template as a release has it."""

import re
import unittest

from samcli.yamlhelper import yaml_parse

from devtools import stack
from devtools.checkout import ROOT
from devtools.checks.template.document import TEMPLATE, properties
from devtools.checks.template.versions import versions
from devtools.release import assets
from devtools.release.bundle import adapt_template

ABOUT = TEMPLATE["Metadata"]["AWS::ServerlessRepo::Application"]
# "AWS SAM template Metadata section properties" in the AWS SAM developer guide: pattern and longest length.
RULES = {
    "Name": (r"[a-zA-Z0-9-]+", 140),
    "Description": (r".+", 256),
    "Author": (r"[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?", 127),
    # A single identifier of spdx.org/licenses: no expression, as Cargo has it.
    "SpdxLicenseId": (r"[A-Za-z0-9.-]+", 127),
    "SemanticVersion": (r"\d+\.\d+\.\d+", 127),
}
MOST_LABELS = 10


class Repository(unittest.TestCase):
    def test_its_values_are_as_the_repository_takes_them(self):
        for name, (pattern, longest) in RULES.items():
            self.assertRegex(ABOUT[name], rf"\A(?:{pattern})\Z", name)
            self.assertLessEqual(len(ABOUT[name]), longest, name)
        self.assertLessEqual(len(ABOUT["Labels"]), MOST_LABELS)
        for label in ABOUT["Labels"]:
            self.assertRegex(label, r"\A[a-zA-Z0-9+_:/@-]{1,127}\Z")

    def test_version_license_and_home_page_are_cargo_s(self):
        package = assets.packages()[assets.CLIENT]
        self.assertEqual(ABOUT["SemanticVersion"], package["version"])
        # What `errand doctor` compares itself with.
        tags = {tag["Key"]: tag["Value"] for tag in properties("Responses")["Tags"]}
        self.assertEqual(tags["errand:version"], package["version"])
        self.assertIn(ABOUT["SpdxLicenseId"], package["license"].split(" OR "))
        # Neither is known before the project has a home; both are from then on.
        self.assertEqual(ABOUT.get("HomePageUrl"), package["repository"])

    def test_the_files_it_names_lie_beside_the_template_wherever_it_is_deployed_from(self):
        packaging = (ROOT / "scripts" / "package").read_text()
        for name in (ABOUT["LicenseUrl"], ABOUT["ReadmeUrl"]):
            self.assertTrue((ROOT / name).is_file(), name)
            self.assertRegex(packaging, rf"(?m)^cp template\.yaml .*\b{re.escape(name)}\b.* build/aws/$")


class Released(unittest.TestCase):
    """The template in a release's archive."""

    def test_it_takes_the_zips_beside_it_and_their_architecture_alone(self):
        for architecture in assets.ARCHITECTURES:
            template = yaml_parse(adapt_template(stack.TEMPLATE.read_text(), architecture, "r12345e"))
            parameter = template["Parameters"]["Architecture"]
            self.assertEqual((parameter["Default"], parameter["AllowedValues"]), (architecture, [architecture]))
            functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
            self.assertEqual(
                [each["Properties"]["CodeUri"] for each in functions], [f"{name}.zip" for name in stack.names()]
            )

    def test_architectures_are_those_of_the_template(self):
        self.assertEqual(sorted(assets.ARCHITECTURES), sorted(TEMPLATE["Parameters"]["Architecture"]["AllowedValues"]))

    def test_another_release_is_a_new_version_and_takes_no_revision_of_an_older_one(self):
        def released(revision, **parameters):
            text = adapt_template(stack.TEMPLATE.read_text(), "arm64", revision)
            return versions(text, **{"Revision": yaml_parse(text)["Parameters"]["Revision"]["Default"], **parameters})

        first = released("r12345e")
        self.assertEqual(len(first), len(stack.names()))
        self.assertFalse(first & released("r12345f"))
        # And the same release once more, with another parameter, where the characters behind it say so.
        self.assertFalse(first & released("r12345e", Revision="r12345ea"))
        # The Revision that the stack remembers would give new code no version: CloudFormation refuses it.
        self.assertFalse(versions(code="s3://bucket/new", Revision="0" * 10) - versions(Revision="0" * 10))
        pattern = yaml_parse(adapt_template(stack.TEMPLATE.read_text(), "arm64", "r12345e"))["Parameters"]["Revision"]
        self.assertRegex("r12345e", rf"\A{pattern['AllowedPattern']}\Z")
        self.assertRegex("r12345eb2", rf"\A{pattern['AllowedPattern']}\Z")
        self.assertNotRegex("r12345f", rf"\A{pattern['AllowedPattern']}\Z")
        self.assertNotRegex("", rf"\A{pattern['AllowedPattern']}\Z")
