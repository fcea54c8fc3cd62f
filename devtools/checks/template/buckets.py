"""Buckets: privacy, encryption, lifecycles, events."""

import unittest

from devtools.checks.template.document import (
    DAY,
    FUNCTIONS,
    OPERATIONS,
    RESOURCES,
    TEMPLATE,
    covered_by_tls_rule,
    lifecycle,
    of_type,
    policy_of,
    properties,
)


class Buckets(unittest.TestCase):
    def test_every_bucket_is_private_and_encrypted(self):
        for name, bucket in of_type("AWS::S3::Bucket").items():
            with self.subTest(name):
                self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True})
                self.assertEqual(len(bucket["PublicAccessBlockConfiguration"]), 4)
                (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
                condition, own, usual = rule["Fn::If"]
                self.assertEqual(condition, "HasKey")
                key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}}
                self.assertEqual(own, {"ServerSideEncryptionByDefault": key, "BucketKeyEnabled": True})
                self.assertEqual(usual, {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}})
                self.assertEqual(bucket["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}])

    def test_every_bucket_refuses_plain_http(self):
        policies = {each["Bucket"]["Ref"]: each for each in of_type("AWS::S3::BucketPolicy").values()}
        self.assertEqual(set(policies), set(of_type("AWS::S3::Bucket")))
        for name, policy in policies.items():
            with self.subTest(name):
                self.assertIn(name, covered_by_tls_rule(policy))
                self.assertIn(f"{name}/*", covered_by_tls_rule(policy))

    def test_inputs_outlive_a_dead_letter_and_the_request_that_its_redrive_makes(self):
        parameter = TEMPLATE["Parameters"]["InputRetentionDays"]
        for _, requests, dead_letters, *_ in FUNCTIONS.values():
            needed = [properties(queue)["MessageRetentionPeriod"] for queue in (requests, dead_letters)]
            self.assertGreater(parameter["MinValue"] * DAY, sum(needed))
        self.assertGreaterEqual(parameter["Default"], parameter["MinValue"])

    def test_every_prefix_of_inputs_has_one_rule_and_a_version_lives_as_long_as_a_request_may_name_it(self):
        days = {"Ref": "InputRetentionDays"}
        rules = [rule for rule in lifecycle("InputBucket").values() if "ExpirationInDays" in rule]
        self.assertEqual({rule["Prefix"] for rule in rules}, {f"{prefix}/" for prefix in ("uploads", *OPERATIONS)})
        self.assertEqual(len(rules), 1 + len(OPERATIONS))
        for rule in rules:
            self.assertEqual(rule["ExpirationInDays"], days)
            # Expiring hides an object; NoncurrentDays later its bytes go. Only uploads are never overwritten.
            later = 1 if rule["Prefix"] == "uploads/" else days
            self.assertEqual(rule["NoncurrentVersionExpiration"], {"NoncurrentDays": later})

    def test_delete_markers_go_once_nothing_is_behind_them(self):
        (rule,) = [rule for rule in lifecycle("InputBucket").values() if "ExpiredObjectDeleteMarker" in rule]
        self.assertTrue(rule["ExpiredObjectDeleteMarker"])
        # S3 refuses the two in one rule.
        self.assertNotIn("ExpirationInDays", rule)
        self.assertNotIn("Prefix", rule)

    def test_results_expire(self):
        self.assertEqual(lifecycle("ResultBucket")["results-expire"]["ExpirationInDays"], {"Ref": "RetentionDays"})

    def test_unfinished_uploads_do_not_linger(self):
        for name in of_type("AWS::S3::Bucket"):
            (rule,) = [rule for rule in lifecycle(name).values() if "AbortIncompleteMultipartUpload" in rule]
            self.assertEqual(rule["AbortIncompleteMultipartUpload"], {"DaysAfterInitiation": 1})
            self.assertNotIn("Prefix", rule)

    def test_the_input_bucket_keeps_versions(self):
        self.assertEqual(properties("InputBucket")["VersioningConfiguration"], {"Status": "Enabled"})

    def test_dropped_files_reach_the_request_queues_and_uploads_do_not(self):
        configurations = properties("InputBucket")["NotificationConfiguration"]["QueueConfigurations"]
        watched = {
            each["Filter"]["S3Key"]["Rules"][0]["Value"]: (each["Event"], each["Queue"]["Fn::GetAtt"][0])
            for each in configurations
        }
        created = "s3:ObjectCreated:*"
        wanted = {f"{name}/": (created, requests) for name, requests, *_ in FUNCTIONS.values()}
        self.assertEqual(watched, wanted)

    def test_eventbridge_is_told_only_where_something_listens_there(self):
        told = properties("InputBucket")["NotificationConfiguration"]["EventBridgeConfiguration"]
        self.assertEqual(told, {"Fn::If": ["HasEventSources", {"EventBridgeEnabled": True}, {"Ref": "AWS::NoValue"}]})

    def test_the_input_bucket_waits_for_the_policy_of_every_queue_that_it_sends_to(self):
        configurations = properties("InputBucket")["NotificationConfiguration"]["QueueConfigurations"]
        policies = [policy_of(each["Queue"]["Fn::GetAtt"][0])[0] for each in configurations]
        self.assertEqual(sorted(RESOURCES["InputBucket"]["DependsOn"]), sorted(policies))

    def test_nothing_is_triggered_by_results(self):
        self.assertNotIn("NotificationConfiguration", properties("ResultBucket"))
