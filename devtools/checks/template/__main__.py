import logging
import sys
import unittest

PARTS = (
    "reading",
    "buckets",
    "queues",
    "functions",
    "state_machine",
    "versions",
    "permissions",
    "watching",
    "publishing",
)

if __name__ == "__main__":
    logging.disable()  # SAM's translator has remarks about itself
    unittest.main(module=None, argv=[*sys.argv, *(f"devtools.checks.template.{part}" for part in PARTS)])
