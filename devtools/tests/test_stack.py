import unittest
from unittest import mock

from devtools import stack

TEMPLATE = """
# A comment: with a colon.
Parameters:
  "Memory":
    Type: Number
    Default: 512 # MB
    Description: >-
      Words: and more words
Globals:
  Function:
    Environment:
      Variables: { }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub ${AWS::StackName}-input-${AWS::AccountId}
      Encryption: &encrypted
        Rules:
          - Id: first
            Status: Enabled
        After: "5"
      Body: !Sub |
        key: value
  Queue:
    Type: AWS::SQS::Queue
    Properties: { QueueName: x }
"""


class Reader(unittest.TestCase):
    def setUp(self):
        self.read = stack.mappings(TEMPLATE)

    def test_scalars_keep_their_tags_and_lose_comments_and_quotes(self):
        self.assertEqual(self.read["Parameters"]["Memory"], {"Type": "Number", "Default": "512"})
        name = self.read["Resources"]["Bucket"]["Properties"]["BucketName"]
        self.assertEqual(name, "!Sub ${AWS::StackName}-input-${AWS::AccountId}")

    def test_what_is_in_a_list_or_a_text_belongs_to_no_mapping(self):
        properties = self.read["Resources"]["Bucket"]["Properties"]
        self.assertEqual(properties.keys(), {"BucketName", "Encryption"})
        self.assertEqual(properties["Encryption"], {"Rules": {}, "After": "5"})

    def test_names_parameters_and_queues_are_resolved(self):
        with mock.patch.object(stack, "read", lambda: self.read):
            self.assertEqual(stack.resolve("!Ref Bucket"), "errand-input-000000000000")
            self.assertEqual(stack.resolve("!Ref Memory"), "512")
            self.assertEqual(stack.resolve('!Join [",", !Ref Memory]'), "512")
            self.assertEqual(stack.resolve("info"), "info")


class Operations(unittest.TestCase):
    def test_the_template_s_operations_are_found_with_memory_time_and_environment(self):
        self.assertLessEqual({"stats", "grayscale"}, set(stack.names()))
        grayscale = stack.operation("grayscale")
        self.assertEqual(grayscale.function, "GrayscaleFunction")
        self.assertEqual((grayscale.memory_mb, grayscale.timeout_secs), (1769, 120))
        environment = stack.function_environment(grayscale, "http://127.0.0.1:4566")
        self.assertEqual(
            environment["ERRAND_REQUEST_QUEUE_URL"], "http://127.0.0.1:4566/000000000000/errand-grayscale-requests"
        )
        self.assertEqual(environment["ERRAND_INPUT_BUCKET"], "errand-input-000000000000-us-east-1")
        self.assertEqual(environment["ERRAND_MAX_RECEIVE_COUNT"], "100")
