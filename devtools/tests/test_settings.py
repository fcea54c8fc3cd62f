"""The targets that `make local-up` and `make deploy` leave in the checkout's settings."""

import tempfile
import unittest
from pathlib import Path

from devtools import settings


class Settings(unittest.TestCase):
    def setUp(self):
        if not settings.CLIENT.exists():
            self.skipTest("the command is not built (make build)")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / ".errand.toml"

    def test_the_last_target_is_chosen_and_the_others_stay(self):
        settings.put("aws", {"stack": "errand", "region": "eu-west-1"}, self.file)
        settings.put("local", {"endpoint-url": "http://127.0.0.1:4566", "emulator": "true"}, self.file)
        self.assertEqual(
            self.file.read_text(),
            'target = "local"\n\n[targets.aws]\nstack = "errand"\nregion = "eu-west-1"\n\n'
            '[targets.local]\nendpoint-url = "http://127.0.0.1:4566"\nemulator = true\n',
        )
        self.assertTrue(settings.take("local", self.file))
        self.assertEqual(self.file.read_text(), '\n[targets.aws]\nstack = "errand"\nregion = "eu-west-1"\n')
        self.assertFalse(settings.take("local", self.file))

    def test_what_a_target_said_before_is_gone(self):
        settings.put("aws", {"region": "eu-west-1", "profile": "work"}, self.file)
        settings.put("aws", {"region": "eu-west-2"}, self.file)
        self.assertNotIn("profile", self.file.read_text())

    def test_a_file_that_holds_nothing_any_more_is_removed(self):
        settings.put("local", {"endpoint-url": "http://127.0.0.1:4566"}, self.file)
        self.assertTrue(settings.take("local", self.file))
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main()
