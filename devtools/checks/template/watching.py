"""Alarms, the dashboard, and references that lead nowhere."""

import json
import unittest

from devtools.checks.template.document import FUNCTIONS, OPERATIONS, RESOURCES, TEMPLATE, of_type, properties


class Watching(unittest.TestCase):
    def test_alarms_look_at_dead_letters_backlog_and_errors_of_every_function(self):
        watched = {
            (each["MetricName"], json.dumps(each["Dimensions"][0]["Value"]))
            for each in of_type("AWS::CloudWatch::Alarm").values()
        }
        self.assertEqual(len(watched), 3 * len(OPERATIONS))
        for function, (_, requests, dead_letters, *_) in FUNCTIONS.items():
            dead = json.dumps({"Fn::GetAtt": [dead_letters, "QueueName"]})
            waiting = json.dumps({"Fn::GetAtt": [requests, "QueueName"]})
            self.assertIn(("ApproximateNumberOfMessagesVisible", dead), watched)
            self.assertIn(("ApproximateAgeOfOldestMessage", waiting), watched)
            self.assertIn(("Errors", json.dumps({"Ref": function})), watched)

    def test_the_dashboard_is_json(self):
        json.loads(properties("Dashboard")["DashboardBody"]["Fn::Sub"])

    def test_every_reference_leads_somewhere(self):
        # The local cloud deploys dangling ones.
        known = set(RESOURCES) | set(TEMPLATE["Parameters"])
        for name in references(TEMPLATE):
            self.assertTrue(name.startswith("AWS::") or name in known, name)


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
