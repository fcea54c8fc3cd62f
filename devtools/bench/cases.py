"""What is measured: photographs from Debian's wallpaper packages, and lists from a seeded generator."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devtools.bench import lists
from devtools.bench.absence import Absent
from devtools.bench.debian import on_path
from devtools.checkout import ROOT

PEERS = ROOT / "bench" / "peers"


@dataclass(frozen=True)
class Case:
    """One piece of work for all tools. `kind` is an image format or "list"; `make` gives the input, or says why not."""

    name: str
    title: str
    kind: str
    make: Callable[[], Path]
    recipe: lists.Recipe | None = None


class Workshop:
    """Makes the inputs, under `directory`. What is there already is used again."""

    def __init__(self, directory, packages, python, say):
        self.directory = directory
        self.packages = packages
        self.python = python
        self.say = say
        directory.mkdir(parents=True, exist_ok=True)

    def cases(self):
        return [
            Case("jpeg-a", "photograph A: 5640x3172, baseline 4:2:0", "jpeg", self.baseline),
            Case("jpeg-b", "photograph B: 5640x3172, progressive 4:2:2", "jpeg", self.elephants),
            Case("jpeg-c", "photograph C: 4096x4096, progressive 4:4:4", "jpeg", self.infinite_sea),
            Case("png", "PNG: 5120x2880, 8-bit RGB", "png", self.patak),
            Case("webp", "WebP: 4096x4096, lossy", "webp", self.pixels),
            Case("gif", "GIF: 12 frames of 2048x1536, a palette each", "gif", self.animation),
            self.list_case("list-lines", "10,000,000 of 32 bits, one a line", lists.Recipe(10_000_000, "i", "\n", 1)),
            self.list_case(
                "list-one-line", "1,000,000 below 1,000, one line", lists.Recipe(1_000_000, "I", " ", 2, 1000)
            ),
            self.list_case("list-64-bit", "5,000,000 of 64 bits, one a line", lists.Recipe(5_000_000, "q", "\n", 3)),
            self.list_case(
                "list-decimals", "10,000,000 with two decimal places", lists.Recipe(10_000_000, "i", "\n", 4, places=2)
            ),
            self.list_case(
                "list-large",
                "100,000,000 of 32 bits, 1.1 GB, errand with --memory 64",
                lists.Recipe(100_000_000, "i", "\n", 5, memory=64),
            ),
        ]

    def list_case(self, name, title, recipe):
        return Case(name, title, "list", lambda: self.list(name, recipe), recipe)

    def list(self, name, recipe):
        path = self.directory / f"{name}.txt"
        if not lists.answer_path(path).exists():
            self.say(f"writing {name}: {recipe.count:,} numbers")
            lists.write(recipe, path)
        return path

    def elephants(self):
        return self.packages.file("mate-backgrounds", "/usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg")

    def infinite_sea(self):
        return self.packages.file("lomiri-wallpapers-20.04", "/usr/share/backgrounds/Infinite-Sea_by_Aury88.jpg")

    def patak(self):
        path = "/usr/share/wallpapers/Patak/contents/images/5120x2880.png"
        return self.packages.file("plasma-workspace-wallpapers", path)

    def pixels(self):
        return self.packages.file("gnome-backgrounds", "/usr/share/backgrounds/gnome/pixels-l.webp")

    def baseline(self):
        """Photograph B as a camera would have written it: djpeg B | cjpeg -quality 92 -sample 2x2."""
        source = self.elephants()
        return self.made("a.jpg", lambda path: self.recompress(source, path))

    def recompress(self, source, path):
        def program(name):
            return on_path(name) or self.packages.program("libjpeg-turbo-progs", [name])

        environment = self.packages.libraries()
        cjpeg, djpeg = program("cjpeg"), program("djpeg")
        decode = subprocess.Popen([djpeg, source], stdout=subprocess.PIPE, env=environment)
        encode = [cjpeg, "-quality", "92", "-sample", "2x2", "-outfile", path]
        encoded = subprocess.run(encode, stdin=decode.stdout, env=environment)
        assert decode.stdout is not None  # it is a pipe
        decode.stdout.close()
        if decode.wait() != 0 or encoded.returncode != 0:
            raise Absent("djpeg | cjpeg failed, see above")

    def animation(self):
        source = self.elephants()
        if not self.python:
            raise Absent("it is made with Pillow, which is not here")
        command = [self.python, PEERS / "make_gif.py", source]
        return self.made("animation.gif", lambda path: subprocess.run([*command, path], check=True))

    def made(self, name, make):
        """A file that is made whole or not at all."""
        path = self.directory / name
        if not path.exists():
            self.say(f"making {name}")
            unfinished = path.with_name(f"unfinished-{name}")
            try:
                make(unfinished)
            except (OSError, subprocess.CalledProcessError) as error:
                raise Absent(f"making {name} failed: {error}") from error
            shutil.move(unfinished, path)
        return path
