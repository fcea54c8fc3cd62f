"""What the client knows of the stack without asking it."""

import re
import unittest

from devtools import stack
from devtools.checkout import ROOT


class Timeouts(unittest.TestCase):
    def test_the_client_knows_the_functions_time_outs(self):
        """It waits for seven of them: six until the message of a killed function comes again (the checks of the
        template hold the visibility time-out to that), and one for the second attempt."""
        source = (ROOT / "client/src/operations.rs").read_text()
        known = re.findall(r"name: errand_(\w+)::NAME,\s+function_timeout_secs: (\d+)", source)
        self.assertEqual(
            {name: int(secs) for name, secs in known}, {e.name: e.timeout_secs for e in stack.operations()}
        )
        self.assertIn("const VISIBILITY_TIMEOUTS: u64 = 6;", source)


if __name__ == "__main__":
    unittest.main()
