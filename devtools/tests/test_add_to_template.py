import unittest

from devtools import stack
from devtools.add_to_template import added
from devtools.checkout import Failure

TEMPLATE = """\
# stats and others
Resources:
  StatsRequests:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-stats-requests

  Policy:
    Statement:
      - Sid: Send
        Resource:
          - !GetAtt StatsRequests.Arn
          - !GetAtt GrayscaleRequests.Arn
      - Event: created
        Queue: !GetAtt StatsRequests.Arn
"""


class AddToTemplate(unittest.TestCase):
    def test_what_stats_has_the_new_operation_has_right_after_it(self):
        self.assertEqual(
            added(TEMPLATE, "linecount"),
            """\
# stats and others
Resources:
  StatsRequests:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-stats-requests

  LinecountRequests:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-linecount-requests

  Policy:
    Statement:
      - Sid: Send
        Resource:
          - !GetAtt StatsRequests.Arn
          - !GetAtt LinecountRequests.Arn
          - !GetAtt GrayscaleRequests.Arn
      - Event: created
        Queue: !GetAtt StatsRequests.Arn
      - Event: created
        Queue: !GetAtt LinecountRequests.Arn
""",
        )

    def test_what_the_pattern_gives_a_name_to_the_copy_refers_to(self):
        given = "Resources:\n  StatsQueue:\n    Tags: &tags [{ Key: a }] # why\n    More: *tags\n"
        copy = "  LinecountQueue:\n    Tags: *tags\n    More: *tags\n"
        self.assertEqual(added(given, "linecount"), given + copy)

    def test_a_place_that_cannot_be_copied_is_named_instead_of_forgotten(self):
        with self.assertRaisesRegex(Failure, "line 3: stats stands outside"):
            added("Policy:\n  Statement:\n    Resource: [!Ref StatsRequests, !Ref GrayscaleRequests]\n", "linecount")

    def test_the_project_s_template_gets_a_third_operation(self):
        resources = stack.mappings(added(stack.TEMPLATE.read_text(), "linecount"))["Resources"]
        before = stack.read()["Resources"]
        of_stats = [name for name in before if name.startswith("Stats")]
        wanted = [name.replace("Stats", "Linecount") for name in of_stats]
        self.assertEqual(set(resources), {*before, *wanted})
        self.assertEqual(resources["LinecountFunction"]["Properties"]["CodeUri"], "build/lambda/linecount/")
