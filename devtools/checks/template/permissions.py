"""What roles and policies allow."""

import unittest

from devtools.checks.template.document import FUNCTIONS, OPERATIONS, listed, of_type, properties, text

REPLIES = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-reply-*"


class Permissions(unittest.TestCase):
    def test_a_function_has_these_rights_and_no_others(self):
        for function, (name, requests, _, role, logs) in FUNCTIONS.items():
            mirrored = {
                ("s3:GetObject", "ResultBucket/grayscale/*"),
                ("s3:PutObject", "ResultBucket/grayscale/*"),
            }
            wanted = {
                ("s3:GetObject", "InputBucket/uploads/*"),
                ("s3:GetObjectVersion", "InputBucket/uploads/*"),
                ("s3:GetObject", f"InputBucket/{name}/*"),
                ("s3:GetObjectVersion", f"InputBucket/{name}/*"),
                ("s3:ListBucket", "InputBucket"),
                ("s3:ListBucket", "ResultBucket"),
                ("s3:GetObject", "ResultBucket/outcomes/*"),
                ("s3:PutObject", "ResultBucket/outcomes/*"),
                ("s3:GetObject", "ResultBucket/results/*"),
                ("s3:PutObject", "ResultBucket/results/*"),
                ("sqs:SendMessage*", "Responses"),
                ("sqs:GetQueueUrl", "Responses"),
                ("sqs:SendMessage*", REPLIES),
                ("sqs:GetQueueUrl", REPLIES),
                ("sqs:ReceiveMessage", requests),
                ("sqs:DeleteMessage*", requests),
                ("sqs:GetQueueAttributes", requests),
                ("sqs:ChangeMessageVisibility*", requests),
                ("logs:CreateLogStream", logs),
                ("logs:PutLogEvents", logs),
            } | (mirrored if name == "grayscale" else set())
            self.assertEqual(set(statements(role)), wanted, function)
            self.assertEqual(properties(function)["Role"]["Fn::GetAtt"], [role, "Arn"])

    def test_a_client_touches_no_request_but_its_own(self):
        allowed = set(statements("ClientPolicy"))
        for _, queue, *_ in FUNCTIONS.values():
            actions = {action for action, resource in allowed if resource == queue}
            self.assertEqual(actions, {"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage*"})
        for _, _, queue, *_ in FUNCTIONS.values():
            actions = {action for action, resource in allowed if resource == queue}
            self.assertEqual(actions, {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"})
        self.assertEqual([action for action, resource in allowed if resource == "*"], ["sqs:ListQueues"])
        read = {resource for action, resource in allowed if action in ("s3:GetObject", "s3:GetObjectVersion")}
        self.assertNotIn("InputBucket/uploads/*", read)
        written = {resource for action, resource in allowed if action == "s3:PutObject"}
        self.assertEqual(written, {f"InputBucket/{prefix}/*" for prefix in ("uploads", *OPERATIONS)})
        self.assertFalse([action for action, _ in allowed if action.startswith(("lambda:", "iam:"))])
        self.assertFalse([action for action, _ in allowed if action in ("sqs:*", "s3:*", "*", "sqs:PurgeQueue")])

    def test_nobody_is_allowed_everything(self):
        for name in [*of_type("AWS::IAM::Role"), *of_type("AWS::IAM::ManagedPolicy")]:
            for action, resource in statements(name):
                self.assertNotIn(action, ("*", "s3:*", "sqs:*"), name)
                self.assertTrue(resource != "*" or action == "sqs:ListQueues", f"{name}: {action} on {resource}")


def statements(name):
    """All that a role or managed policy allows, as (action, resource text) pairs."""
    body = properties(name)
    documents = [body["PolicyDocument"]] if "PolicyDocument" in body else []
    documents += [each["PolicyDocument"] for each in body.get("Policies", [])]
    for reference in body.get("ManagedPolicyArns", []):
        yield from statements(reference["Ref"])
    for document in documents:
        for statement in document["Statement"]:
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, text(resource)
