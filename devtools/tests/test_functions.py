import io
import tempfile
import unittest
import urllib.request
import zipfile
from pathlib import Path

from devtools.bench.functions import zip_size
from devtools.bench.memory import Job, Need, computed_seconds, table
from devtools.bench.standin import StandIn, object_created


class Size(unittest.TestCase):
    def test_a_zip_s_size_is_that_of_a_zip_that_deflates(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "program")
            path.write_bytes(bytes(1_000_000))
            written = io.BytesIO()
            with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                archive.write(path, "bootstrap")
            self.assertEqual(zip_size([("bootstrap", path)]), len(written.getvalue()))
            self.assertLess(zip_size([("bootstrap", path)]), 2_000)


class Memory(unittest.TestCase):
    def test_half_a_processor_takes_twice_as_long_and_two_are_no_quicker_than_one(self):
        self.assertAlmostEqual(computed_seconds(0.3, 1769 / 2), 0.6)
        self.assertEqual(computed_seconds(0.3, 1769), 0.3)
        self.assertEqual(computed_seconds(0.3, 3538), 0.3)

    def test_a_setting_that_a_job_does_not_fit_has_no_duration(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(2_000_000))
            file.flush()
            text = table([(Job("PNG", "grayscale", Path(file.name)), Need(700_000_000, 1.769, 1024))])
        self.assertEqual(
            text.splitlines()[2],
            "| PNG | 2.0 MB | 700 MB | 1.77 s | 1024 MB | refused | 3.06 s | 1.77 s | 1.77 s |",
        )


class TheStandIn(unittest.TestCase):
    def test_it_hands_out_an_event_keeps_the_outcome_and_serves_an_object(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"1 2 3")
            file.flush()
            with StandIn({"input/stats/a": Path(file.name)}) as stand_in:
                self.assertEqual(opener.open(f"{stand_in.endpoint}/input/stats/a?x-id=GetObject").read(), b"1 2 3")
                stand_in.give(object_created("input", "stats/a", 5))
                event = opener.open(f"{stand_in.endpoint}/2018-06-01/runtime/invocation/next").read()
                self.assertIn(b'"key": "stats/a"', event)
                self.assertTrue(stand_in.wait_until_asked(5))
                outcome = urllib.request.Request(
                    f"{stand_in.endpoint}/results/outcomes/1.json", data=b'{"status": "succeeded"}', method="PUT"
                )
                opener.open(outcome).close()
                self.assertEqual(stand_in.outcome, {"status": "succeeded"})
