import tempfile
import unittest
from pathlib import Path
from unittest import mock

from devtools.bench.absence import Absent
from devtools.bench.debian import Packages, last_line, on_path


class Debian(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.packages = Packages(self.directory, lambda line: None)

    def test_a_file_that_was_unpacked_is_found_again(self):
        file = self.packages.root / "usr/share/a.jpg"
        file.parent.mkdir(parents=True)
        file.touch()
        self.assertEqual(self.packages.file("pictures", "/usr/share/a.jpg"), file)

    def test_without_apt_the_reason_is_given(self):
        with mock.patch("shutil.which", return_value=None), self.assertRaisesRegex(Absent, "no apt-get"):
            self.packages.file("pictures", "/usr/share/no-such-file.jpg")

    def test_a_package_that_cannot_be_had_is_tried_once(self):
        unpack_one = mock.Mock(side_effect=Absent("no network"))
        with mock.patch.object(self.packages, "unpack_one", unpack_one):
            for _ in range(2):
                with self.assertRaisesRegex(Absent, "no network"):
                    self.packages.file("pictures", "/usr/share/no-such-file.jpg")
        unpack_one.assert_called_once()

    def test_a_program_of_that_name_must_be_the_one_that_is_meant(self):
        program = self.directory / "convert"
        program.touch(mode=0o755)
        with mock.patch.dict("os.environ", PATH=str(self.directory)):
            self.assertEqual(on_path("convert"), program)
            self.assertIsNone(on_path("convert", lambda path: False))

    def test_warnings_are_not_the_reason(self):
        self.assertEqual(last_line("E: Unable to locate package x\nW: unsandboxed\n"), "E: Unable to locate package x")
