"""A release's files: their names, what is in them, and what may be released."""

import io
import os
import re
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from devtools import stack
from devtools.checkout import ROOT, Failure
from devtools.release import assets, bundle, licenses
from devtools.release.archives import Entry, pack, write_sums

HOME = "https://github.com/somebody/errand"
CHANGELOG = """# Changelog

## [Unreleased]

### Added

## [{version}] - 2026-12-01

### Added

- Something new.

## [0.0.1] - 2026-01-01

- Something old.
"""
WORKFLOW = (ROOT / ".github" / "workflows" / "release.yml").read_text()


def changelog():
    return CHANGELOG.format(version=assets.version())


def homed():
    """Cargo's word on the client's package, with the repository that it has from its first release on."""
    return mock.patch.dict(assets.packages()[assets.CLIENT], {"repository": HOME})


class Names(unittest.TestCase):
    def test_cargo_binstall_asks_for_the_archives_that_there_are(self):
        package = assets.packages()[assets.CLIENT]
        for target in assets.CLIENT_TARGETS:
            # Placeholders and suffixes as in cargo-binstall's SUPPORT.md.
            about = {**package["metadata"]["binstall"]}
            about.update(about.get("overrides", {}).get(target, {}))
            values = {
                "repo": HOME,
                "name": package["name"],
                "version": package["version"],
                "target": target,
                "archive-suffix": {"tgz": ".tar.gz", "zip": ".zip"}[about["pkg-fmt"]],
                "bin": package["name"],
                "binary-ext": ".exe" if "windows" in target else "",
            }

            def fill(template, values=values):
                return re.sub(r"\{ ?([a-z-]+) ?\}", lambda found: values[found[1]], template)

            url = f"{HOME}/releases/download/v{assets.version()}/{assets.client_archive(target)}"
            # Binstall takes `.tgz` for tgz first, and `.tar.gz` next.
            self.assertEqual(fill(about["pkg-url"]), url)
            self.assertEqual(fill(about["bin-dir"]), f"{assets.client_folder(target)}/{assets.program(target)}")

    def test_the_workflow_builds_each_target_and_each_architecture_once(self):
        targets = re.findall(r"^ +- target: (\S+)$", WORKFLOW, re.MULTILINE)
        self.assertEqual(sorted(targets), sorted(assets.CLIENT_TARGETS))
        (architectures,) = re.findall(r"^ +architecture: \[(.+)\]$", WORKFLOW, re.MULTILINE)
        self.assertEqual(sorted(architectures.split(", ")), sorted(assets.ARCHITECTURES))

    def test_a_folder_that_lacks_a_file_or_has_another_is_no_release(self):
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            for name in assets.everything():
                (folder / name).touch()
            self.assertEqual(assets.missing(folder), [])
            (folder / assets.SUMS).rename(folder / "other")
            self.assertEqual(assets.missing(folder), ["SHA256SUMS is missing", "other is not part of a release"])


class Tags(unittest.TestCase):
    def test_the_version_s_tag_is_released_where_cargo_says(self):
        with homed():
            assets.check_tag(f"v{assets.version()}", HOME, changelog())
        self.assertEqual(assets.notes(changelog()), "### Added\n\n- Something new.")

    def test_another_tag_is_refused(self):
        for tag in (assets.version(), f"v{assets.version()}-rc.1", "v9.9.9"):
            with homed(), self.assertRaisesRegex(Failure, "or change the version", msg=tag):
                assets.check_tag(tag, HOME, changelog())

    def test_a_version_of_which_the_changelog_says_nothing_is_refused(self):
        unknown = changelog().replace(assets.version(), "9.9.9")
        empty = changelog().replace("### Added\n\n- Something new.\n", "")
        for text in (unknown, empty):
            with homed(), self.assertRaisesRegex(Failure, "CHANGELOG.md has no section"):
                assets.check_tag(f"v{assets.version()}", HOME, text)

    def test_what_is_left_under_unreleased_is_refused(self):
        text = changelog().replace("## [Unreleased]\n", "## [Unreleased]\n\n- Forgotten.\n")
        with homed(), self.assertRaisesRegex(Failure, "move what is under"):
            assets.check_tag(f"v{assets.version()}", HOME, text)

    def test_a_repository_that_cargo_binstall_would_not_ask_is_refused(self):
        with homed(), self.assertRaisesRegex(Failure, "repository = "):
            assets.check_tag(f"v{assets.version()}", "https://github.com/fork/errand", changelog())


class Archives(unittest.TestCase):
    ENTRIES = (Entry("folder/z.txt", b"last"), Entry("folder/a", b"program", is_program=True))

    def packed(self, name, entries=ENTRIES, epoch="1700000000"):
        with tempfile.TemporaryDirectory() as directory, mock.patch.dict(os.environ, SOURCE_DATE_EPOCH=epoch):
            pack(list(entries), Path(directory, name))
            return Path(directory, name).read_bytes()

    def test_the_same_files_give_the_same_bytes_in_whatever_order(self):
        for name in ("x.zip", "x.tar.gz"):
            self.assertEqual(self.packed(name), self.packed(name, reversed(self.ENTRIES)))
            self.assertNotEqual(self.packed(name), self.packed(name, epoch="1700000002"))

    def test_programs_can_be_executed_and_nothing_else(self):
        with zipfile.ZipFile(io.BytesIO(self.packed("x.zip"))) as archive:
            modes = {each.filename: each.external_attr >> 16 for each in archive.infolist()}
            self.assertTrue(all(each.create_system == 3 for each in archive.infolist()))
        self.assertEqual(modes, {"folder/a": 0o100755, "folder/z.txt": 0o100644})
        with tarfile.open(fileobj=io.BytesIO(self.packed("x.tar.gz"))) as archive:
            about = {each.name: (each.mode, each.uid, each.mtime) for each in archive}
        self.assertEqual(about, {"folder/a": (0o755, 0, 1700000000), "folder/z.txt": (0o644, 0, 1700000000)})

    def test_sums_are_of_all_files_but_themselves(self):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "b").write_bytes(b"abc")
            Path(directory, "a").write_bytes(b"")
            write_sums(Path(directory))
            write_sums(Path(directory))
            # FIPS 180-4's example for `abc`, and the digest of nothing.
            self.assertEqual(
                Path(directory, assets.SUMS).read_text(),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n"
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n",
            )


class Bundle(unittest.TestCase):
    def test_a_change_that_it_would_miss_is_noticed(self):
        for text, call in (
            ((ROOT / "template.yaml").read_text().replace("lambda/stats/", "lambda/other/"), bundle.adapt_template),
            ((ROOT / "samconfig.toml").read_text().replace("Architecture=arm64", "A=b"), bundle.adapt_config),
        ):
            with self.assertRaisesRegex(Failure, "change it there too"):
                call(text, "arm64", "r12345e")

    def test_its_settings_deploy_what_lies_beside_them(self):
        text = bundle.adapt_config((ROOT / "samconfig.toml").read_text(), "x86_64", "r12345e")
        self.assertIn('template_file = "template.yaml"\n', text)
        self.assertIn('parameter_overrides = "Architecture=x86_64 Revision=r12345e"\n', text)
        self.assertIn('capabilities = "CAPABILITY_NAMED_IAM"\n', text)
        self.assertNotIn("local", text)
        self.assertNotIn("make ", text)

    def test_each_stack_has_its_zips_and_each_archive_one_folder(self):
        with tempfile.TemporaryDirectory() as directory:
            programs = Path(directory)
            for name in stack.names():
                (programs / name).mkdir()
                (programs / name / "bootstrap").write_bytes(name.encode())
            with mock.patch.object(licenses, "third_parties", return_value="text"):
                entries = {each.name: each for each in bundle.stack_entries("arm64", programs)}
        folder = assets.stack_folder("arm64")
        self.assertEqual({name.split("/")[0] for name in entries}, {folder})
        with zipfile.ZipFile(io.BytesIO(entries[f"{folder}/stats.zip"].content)) as archive:
            self.assertEqual(archive.read("bootstrap"), b"stats")
            self.assertEqual(archive.getinfo("bootstrap").external_attr >> 16, 0o100755)
        # A text for every reader of YAML, whatever its digits: no 12345e6.
        self.assertRegex(entries[f"{folder}/template.yaml"].content, rb'(?m)^    Default: "r[0-9a-f]{6}"$')
        for name in ("template.yaml", "samconfig.toml", "README.md", "LICENSE-MIT", "THIRD-PARTY-LICENSES.txt"):
            self.assertTrue(entries[f"{folder}/{name}"].content, name)


class Licenses(unittest.TestCase):
    def test_those_of_what_is_linked_are_handed_on_and_no_test_s(self):
        target = assets.host_target()
        crates = {each["name"] for each in licenses.linked([assets.CLIENT], target)}
        self.assertLessEqual({"clap", "rustls", "libwebp-sys"}, crates)
        self.assertFalse({"errand-stats", "proptest"} & crates)
        text = licenses.third_parties([assets.CLIENT], target)
        # libwebp's, which its crate bundles: the BSD license asks for it by name.
        self.assertIn("Copyright (c) 2010, Google Inc. All rights reserved.", text)


if __name__ == "__main__":
    unittest.main()
