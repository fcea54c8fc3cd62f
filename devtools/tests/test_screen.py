"""What a person sees on a terminal while many files are done: on pseudo-terminals of several widths."""

import fcntl
import os
import pty
import random
import re
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
from base64 import b64decode
from pathlib import Path

from devtools.checkout import ROOT

ERRAND = ROOT / "target" / "release" / "errand"
IMAGES, WIDTH, HEIGHT = 20, 500, 400
# What moves the cursor, or clears a line.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


BUILT = unittest.skipUnless(ERRAND.exists(), "target/release/errand is not built: `make build`")


@BUILT
class Screen(unittest.TestCase):
    folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        images = Path(cls.folder.name) / "in"
        images.mkdir()
        noise = random.Random(1).randbytes(3 * WIDTH * HEIGHT)
        for number in range(IMAGES):
            (images / f"{number}.ppm").write_bytes(b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + noise)
        (images / "bad.ppm").write_bytes(b"P6 none")
        # It comes when the others are done, however fast the machine is: see `give_the_last`.
        os.mkfifo(images / "last.ppm")
        lists = Path(cls.folder.name) / "lists"
        lists.mkdir()
        for name, text in (("a.txt", "1 2 3"), ("b" * 100 + ".txt", "7" * 60 + " 1"), ("c.txt", "-5")):
            (lists / name).write_text(text)

    def give_the_last(self):
        with open(Path(self.folder.name) / "in" / "last.ppm", "wb") as last:
            time.sleep(1)
            last.write(b"P6 1 1 255\n123")

    def run_on(self, columns, *words):
        """The lines that a terminal of so many columns was sent, and how the command ended."""
        sent, code = self.send_to(columns, words, {"TERM": "xterm"})
        text = CONTROL.sub("\n", sent.decode())
        return [line for line in re.split(r"[\r\n]+", text) if line.strip()], code

    def send_to(self, columns, words, terminal, typed=b""):
        """What a terminal of so many columns, with these variables, was sent, and how the command ended."""
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        environment = {"PATH": os.environ["PATH"], **terminal}
        command = [ERRAND, "--offline", *words]
        child = subprocess.Popen(command, cwd=self.folder.name, env=environment, stdin=side, stdout=side, stderr=side)
        os.close(side)
        sent = b""
        if "--quiet" in words:
            os.write(main, typed)
            typed = b""
        try:
            while chunk := os.read(main, 65536):
                sent += chunk
                # Whoever is told that the command reads, types.
                if typed and b"reading from the terminal" in sent:
                    os.write(main, typed)
                    typed = b""
        except OSError:
            pass  # the other side is closed: Linux says so
        os.close(main)
        return sent, child.wait()

    def test_the_bar_keeps_to_the_terminal_and_says_how_far_it_is(self):
        for columns in (60, 80, 120):
            with self.subTest(columns=columns):
                words = ("grayscale", "in", "-o", f"out{columns}", "--format", "png", "--optimize", "-j", "1")
                threading.Thread(target=self.give_the_last, daemon=True).start()
                lines, code = self.run_on(columns, *words)
                self.assertEqual(code, 1)
                bars = [line for line in lines if line.startswith("[")]
                self.assertTrue(bars, lines)
                for bar in bars:
                    self.assertLessEqual(len(bar), columns, bar)
                self.assertTrue(any(re.search(rf"\] \d+ of {IMAGES + 2}, 1 failed, .*B/s", bar) for bar in bars), bars)
                self.assertTrue(any(" left" in bar for bar in bars), bars[-1])
                self.assertRegex(lines[-1], rf"^errand: {IMAGES + 1} done, 1 failed; .* in [0-9.]+ s ")

    def test_a_table_keeps_to_the_terminal(self):
        for columns in (60, 80, 120):
            lines, code = self.run_on(columns, "stats", "lists", "--quiet")
            self.assertEqual((code, len(lines)), (0, 4), lines)
            for line in lines:
                self.assertLessEqual(len(line), columns, line)
            self.assertTrue(lines[0].rstrip().endswith("list"), lines)
            self.assertIn("…", lines[2])

    def preview(self, columns, terminal, how="--preview"):
        """What a terminal is sent beside the usual answer."""
        words = ("grayscale", "small.ppm", "-o", "small.pgm", "--force", how)
        sent, code = self.send_to(columns, words, terminal)
        self.assertEqual(code, 0, sent)
        _, _, picture = sent.partition(b" bytes\r\n")
        return picture

    def test_a_preview_is_drawn_as_the_terminal_can(self):
        # Rows of black, red, green and white, four pixels wide: their luma is 0, 76, 150 and 255.
        rows = b"".join(color * 4 for color in (b"\0\0\0", b"\xff\0\0", b"\0\xff\0", b"\xff\xff\xff"))
        (Path(self.folder.name) / "small.ppm").write_bytes(b"P6 4 4 255\n" + rows)
        blocks = self.preview(80, {"TERM": "xterm", "COLORTERM": "truecolor"}).decode()
        line = "\x1b[38;2;{0};{0};{0};48;2;{1};{1};{1}m▀▀▀▀\x1b[0m\r\n"
        self.assertEqual(blocks, line.format(0, 76) + line.format(150, 255))
        self.assertIn(b"\x1b[38;5;16;48;5;", self.preview(80, {"TERM": "xterm-256color"}))

        kitty = self.preview(80, {"TERM": "xterm-kitty"})
        match = self.matched(rb"\x1b_Ga=T,f=100,q=2,c=1,r=1,m=0;([A-Za-z0-9+/=]+)\x1b\\\r\n", kitty)
        self.assert_png(match[1], 4, 4)
        iterm = self.preview(80, {"TERM": "xterm", "TERM_PROGRAM": "iTerm.app"})
        match = self.matched(rb"\x1b\]1337;File=inline=1;size=(\d+);width=1;height=1;[^:]*:([^\x07]+)\x07\r\n", iterm)
        self.assertEqual(self.assert_png(match[2], 4, 4), int(match[1]))
        self.assertTrue(self.preview(80, {"TERM": "foot"}).startswith(b'\x1bPq"1;1;4;4#0;2;0;0;0'))
        self.assertTrue(self.preview(80, {"TERM": "xterm"}, "--preview=sixel").startswith(b"\x1bPq"))
        self.assertNotIn(b"\x1b", self.preview(80, {"TERM": "dumb"}))

    def matched(self, pattern, sent):
        match = re.fullmatch(pattern, sent)
        assert match, sent
        return match

    def assert_png(self, base64, width, height):
        png = b64decode(base64, validate=True)
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", png[16:24]), (width, height))
        self.assertTrue(png.endswith(b"IEND\xaeB`\x82"))
        return len(png)

    def test_a_large_preview_keeps_to_the_terminal_and_goes_in_pieces(self):
        folder = Path(self.folder.name)
        (folder / "large.ppm").write_bytes((folder / "in" / "0.ppm").read_bytes())
        for columns in (60, 80, 120):
            with self.subTest(columns=columns):
                words = ("grayscale", "large.ppm", "-o", "large.pgm", "--force", "--preview")
                sent, code = self.send_to(columns, words, {"TERM": "xterm"})
                self.assertEqual(code, 0)
                lines = [line for line in sent.decode().split("\r\n") if "▀" in line]
                # 500x400 in 27 lines of two pixels.
                self.assertLessEqual(len(lines), 27)
                widths = {line.count("▀") for line in lines}
                self.assertEqual(len(widths), 1)
                self.assertIn(columns if columns < 68 else 68, [width + gap for width in widths for gap in (0, 1)])
                sent, _ = self.send_to(columns, words, {"TERM": "xterm-kitty"})
                chunks = re.findall(rb"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent)
                self.assertGreater(len(chunks), 2)
                self.assertTrue(all(len(chunk) <= 4096 for _, chunk in chunks))
                self.assertEqual([control[-3:] for control, _ in chunks], [b"m=1"] * (len(chunks) - 1) + [b"m=0"])
                b64decode(b"".join(chunk for _, chunk in chunks), validate=True)

    def test_a_command_that_reads_from_the_terminal_says_so(self):
        for words in (("stats", "-"), ("stats", "-", "--json")):
            sent, code = self.send_to(80, words, {"TERM": "xterm"}, typed=b"5 6\n\x04")
            self.assertEqual(code, 0, sent)
            told = b"errand: reading from the terminal; Ctrl-D at the beginning of a line ends the input\r\n"
            self.assertIn(told, sent)
            self.assertIn(b"11", sent)
        sent, _ = self.send_to(80, ("stats", "-", "--quiet"), {"TERM": "xterm"}, typed=b"5 6\n\x04")
        self.assertNotIn(b"errand:", sent)

    def test_an_image_is_not_written_to_a_terminal(self):
        lines, code = self.run_on(80, "grayscale", "in/1.ppm", "-o", "-")
        self.assertEqual(code, 2)
        self.assertIn("an image is not for a terminal", " ".join(lines))


@BUILT
class NoTerminal(unittest.TestCase):
    def test_nothing_is_shown_where_nobody_looks(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.ppm").write_bytes(b"P6 1 1 255\n123")
            command = [str(ERRAND), "--offline", "grayscale", "a.ppm", "--preview"]
            environment = {"TERM": "xterm-kitty", "PATH": os.environ["PATH"]}
            ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
            self.assertEqual((ended.returncode, ended.stderr), (0, b""))
            self.assertNotIn(b"\x1b", ended.stdout)

    def test_there_is_a_line_now_and_then_and_none_with_quiet(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(Path(folder) / "list")
            (Path(folder) / "done").write_text("1")
            for words, told in (((), "errand: 1 of 2 done\n"), (("--quiet",), "")):
                command = [ERRAND, "--offline", "stats", "done", "list", *words]
                nowhere, pipe = subprocess.DEVNULL, subprocess.PIPE
                child = subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=pipe, text=True)
                # A list that comes in the course of three seconds.
                with open(Path(folder) / "list", "w") as list_:
                    with self.assertRaises(subprocess.TimeoutExpired):
                        child.wait(3)
                    list_.write("2\n")
                _, stderr = child.communicate()
                self.assertEqual(child.returncode, 0)
                self.assertTrue(stderr.startswith(told), stderr)
                self.assertEqual(stderr.count("\n"), 2 if told else 0, stderr)


if __name__ == "__main__":
    unittest.main()
