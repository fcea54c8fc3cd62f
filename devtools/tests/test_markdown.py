import unittest

from devtools.checkout import Failure
from devtools.markdown import Block, blocks, edited

PAGE = """\
Words.

```toml file=a/Cargo.toml
[package]
```

```sh
ls
```
"""


class Markdown(unittest.TestCase):
    def test_blocks_are_found_with_their_marks_and_places(self):
        one, two = blocks(PAGE)
        self.assertEqual((one.language, one.file, one.text, one.line), ("toml", "a/Cargo.toml", "[package]\n", 3))
        self.assertEqual((two.language, two.file, two.text), ("sh", None, "ls\n"))

    def test_a_block_without_an_end_is_no_block(self):
        with self.assertRaisesRegex(Failure, "line 1 has no end"):
            blocks("```sh\nls\n")

    def test_hunks_replace_the_lines_that_they_show(self):
        diff = Block("diff", "file=x", "@@ first\n a\n-b\n+B\n@@ second\n c\n+d\n", 1)
        self.assertEqual(edited("a\nb\nc\n", diff), "a\nB\nc\nd\n")

    def test_a_hunk_that_fits_nowhere_or_twice_is_refused(self):
        for text in ("x\n", "a\nb\na\nb\n"):
            with self.assertRaisesRegex(Failure, "found [02] times"):
                edited(text, Block("diff", "file=x", " a\n-b\n", 1))
