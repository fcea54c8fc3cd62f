"""Who is measured: errand, its peers, and what a mere copy costs. Each tool does each case in a fresh process."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devtools.bench.absence import Absent
from devtools.bench.debian import on_path
from devtools.bench.measure import Command
from devtools.checkout import ROOT, VENVS

WORK = ROOT / "target" / "bench"
PEERS = ROOT / "bench" / "peers"
ERRAND = "errand"
# errand again, on one core and without the median: reading the text, and little besides.
PARSING = "errand, parsing on one core"


@dataclass(frozen=True)
class Tool:
    """`commands` holds, by kind of case, a function from (case, input, directory for the output) to a `Command`."""

    name: str
    version: str
    commands: dict[str, Callable] = field(repr=False)

    def command(self, case, source, directory):
        make = self.commands.get(case.kind)
        return make(case, source, directory) if make else None


def find_all(places):
    """The tools that are here, and the reason for each that is not, by name."""
    finders = {
        ERRAND: errand,
        PARSING: parsing,
        "jpegtran": jpegtran,
        "Pillow": lambda places: python_image(places, "Pillow", "PIL", "image_pillow.py", IMAGE_KINDS),
        "libvips": lambda places: python_image(places, "libvips", "pyvips", "image_vips.py", IMAGE_KINDS),
        # OpenCV reads one frame of an animation.
        "OpenCV": lambda places: python_image(places, "OpenCV", "cv2", "image_opencv.py", ["jpeg", "png", "webp"]),
        "ImageMagick": imagemagick,
        "image crate": image_crate,
        "polars": lambda places: python_list(places, "polars", "polars", "list_polars.py"),
        "numpy": lambda places: python_list(places, "numpy", "numpy", "list_numpy.py"),
        "pandas": lambda places: python_list(places, "pandas", "pandas", "list_pandas.py"),
        "statistics": standard_library,
        "datamash": datamash,
        "cp": copy,
        "wc -l": count_lines,
    }
    tools, absent = [], {}
    for name, find in finders.items():
        try:
            tools.append(find(places))
        except Absent as reason:
            absent[name] = str(reason)
    return tools, absent


IMAGE_KINDS = ["jpeg", "png", "webp", "gif"]
SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "gif": ".gif"}


@dataclass
class Places:
    """Where tools may be: the errand and image-crate programs, the peers' Python (or why there is none), packages."""

    errand: Path
    image_crate: Path
    python: Path | None
    no_python: str
    packages: object
    versions: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.python:
            listed = subprocess.run([self.python, PEERS / "versions.py"], capture_output=True, text=True)
            self.versions = json.loads(listed.stdout) if listed.returncode == 0 else {}

    def library(self, name):
        """The version of a Python library; Python's own as "python"."""
        if not self.python:
            raise Absent(self.no_python)
        if name not in self.versions:
            raise Absent("it cannot be imported in the peers' virtual environment")
        return self.versions[name]


def peers_python():
    """The Python of the peers' virtual environment, or None and the reason."""
    made = subprocess.run(
        [sys.executable, "-m", "devtools.install", "bench"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    if made.returncode == 0:
        return VENVS / "bench" / "bin" / "python", ""
    lines = [line for line in made.stderr.strip().splitlines() if "ERROR" in line or "error" in line]
    return None, f"`python3 -m devtools.install bench` failed: {lines[0] if lines else made.stderr.strip()}"


# ---- errand, as a user runs it


def errand(places):
    program = places.errand

    def image(case, source, directory):
        output = output_for(ERRAND, case, directory)
        return Command([program, "--offline", "grayscale", source, "-o", output, "--force"], output)

    def numbers(case, source, directory):
        memory = ["--memory", str(case.recipe.memory)] if case.recipe.memory else []
        return Command([program, "--offline", "stats", source, "--json", *memory])

    return Tool(ERRAND, errand_version(program), {**dict.fromkeys(IMAGE_KINDS, image), "list": numbers})


def parsing(places):
    program = places.errand
    wanted = ["--statistics", "count,sum,minimum,maximum,mean"]

    def numbers(case, source, directory):
        return Command([program, "--offline", "stats", source, *wanted, "--json"], core=some_core())

    return Tool(PARSING, errand_version(program), {"list": numbers})


def errand_version(program):
    if not program.exists():
        raise Absent(f"{program} is not there: run `make build`")
    return first_line([program, "--version"]).removeprefix("errand ")


def some_core():
    """The last core we may use: the first tends to serve the system."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


# ---- peers for images


def jpegtran(places):
    program, environment = on_path("jpegtran"), {}
    if not program:
        program = places.packages.program("libjpeg-turbo-progs", ["jpegtran"])
        environment = places.packages.libraries()

    def image(case, source, directory):
        output = output_for("jpegtran", case, directory)
        return Command([program, "-grayscale", "-outfile", output, source], output, environment)

    # "libjpeg-turbo version 2.1.5 (build 20230203)", on stderr.
    version = first_line([program, "-version"], environment).replace("libjpeg-turbo version ", "").split(" ")[0]
    return Tool("jpegtran", version, {"jpeg": image})


def python_image(places, name, library, script, kinds):
    version = places.library(library)

    def image(case, source, directory):
        output = output_for(name, case, directory)
        return Command([places.python, PEERS / script, source, output], output)

    return Tool(name, version, dict.fromkeys(kinds, image))


def imagemagick(places):
    def is_imagemagick(path):
        return first_line([path, "-version"]).startswith("Version: ImageMagick")

    program, environment = on_path("magick", is_imagemagick) or on_path("convert", is_imagemagick), {}
    if not program:
        program = places.packages.program("imagemagick-6.q16", ["convert-im6.q16"])
        root = places.packages.root
        modules = next(root.glob("usr/lib/*/ImageMagick-*/modules-*"), root)
        environment = {
            **places.packages.libraries(),
            "MAGICK_CONFIGURE_PATH": f"{root}/etc/ImageMagick-6",
            "MAGICK_CODER_MODULE_PATH": f"{modules}/coders",
            "MAGICK_CODER_FILTER_PATH": f"{modules}/filters",
        }

    def image(case, source, directory):
        output = output_for("ImageMagick", case, directory)
        return Command([program, source, "-colorspace", "Gray", output], output, environment)

    # "Version: ImageMagick 6.9.11-60 Q16 x86_64 ..."
    version = first_line([program, "-version"], environment).split(" ")[2]
    return Tool("ImageMagick", version, dict.fromkeys(IMAGE_KINDS, image))


def image_crate(places):
    program = places.image_crate
    if not program.exists():
        raise Absent(f"{program} is not there: `make bench` builds it")

    def image(case, source, directory):
        # It writes no lossy WebP: a JPEG then.
        suffix = ".jpg" if case.kind == "webp" else SUFFIXES[case.kind]
        output = directory / f"{case.name}-image-crate{suffix}"
        return Command([program, source, output], output)

    return Tool("image crate", locked_version("image"), dict.fromkeys(IMAGE_KINDS, image))


def locked_version(crate):
    """The version of a crate in Cargo.lock."""
    lock = (ROOT / "Cargo.lock").read_text()
    _, _, rest = lock.partition(f'name = "{crate}"\nversion = "')
    return rest.partition('"')[0]


# ---- peers for lists


def python_list(places, name, library, script):
    version = places.library(library)

    def numbers(case, source, directory):
        separator = [case.recipe.separator] if case.recipe.one_line else []
        decimals = ["--decimals"] if case.recipe.places else []
        return Command([places.python, PEERS / script, source, *separator, *decimals])

    return Tool(name, version, {"list": numbers})


def standard_library(places):
    """Python's own `statistics`: any Python has it, but the one that the other peers run on is to be preferred."""
    if places.python:
        return python_list(places, "statistics", "python", "list_statistics.py")
    command = [sys.executable, PEERS / "list_statistics.py"]
    numbers = {"list": lambda case, source, directory: Command([*command, source])}
    return Tool("statistics", platform.python_version(), numbers)


def datamash(places):
    program, environment = on_path("datamash"), {}
    if not program:
        program = places.packages.program("datamash", ["datamash"])
        environment = places.packages.libraries()
    # Its own default shows 14 digits.
    wanted = ["--format", "%.20g"]
    for statistic in ("count", "sum", "min", "max", "mean", "median"):
        wanted += [statistic, "1"]

    def numbers(case, source, directory):
        if case.recipe.one_line:
            # It reads columns: one value a line.
            script = 'tr "$1" "\\n" <"$2" | (shift 2; "$@")'
            argv = ["sh", "-c", script, "sh", case.recipe.separator, source, program, *wanted]
            return Command(argv, environment=environment)
        return Command([program, *wanted], environment=environment, stdin=source)

    version = first_line([program, "--version"], environment).split(" ")[-1]
    return Tool("datamash", version, {"list": numbers})


# ---- floors: what must be paid whatever is computed


def copy(places):
    def image(case, source, directory):
        output = output_for("cp", case, directory)
        return Command(["cp", source, output], output)

    return Tool("cp", "", dict.fromkeys(IMAGE_KINDS, image))


def count_lines(places):
    return Tool("wc -l", "", {"list": lambda case, source, directory: Command(["wc", "-l", source])})


def output_for(tool, case, directory):
    return directory / f"{case.name}-{tool.lower()}{SUFFIXES[case.kind]}"


def first_line(argv, environment=None):
    """What a program says first when asked for its version."""
    try:
        said = subprocess.run(
            argv,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except OSError as error:
        raise Absent(f"{argv[0]} does not run: {error}") from error
    lines = (said.stdout or said.stderr).strip().splitlines()
    if not lines:
        raise Absent(f"{argv[0]} does not say its version (exit code {said.returncode})")
    return lines[0]
