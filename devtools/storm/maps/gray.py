"""Images to send, and whether others are their gray, both by Pillow: it shares no code with errand. Run by the Python
of .venv/oracles, which has Pillow and no boto3.

    gray.py make FOLDER COUNT BROKEN
    gray.py check FOLDER RESULTS
"""

import io
import json
import random
import sys
from pathlib import Path

from PIL import Image

from devtools.storm.maps import tree


def make(folder, count, how_many_broken):
    """Writes an image to FOLDER/NUMBER for each, no two alike, and some that are none."""
    broken = tree.broken(count, how_many_broken)
    for number in range(count):
        whole = image(number)
        content = no_image(number, whole) if number in broken else whole
        (folder / str(number)).write_bytes(content)


def image(number):
    generator = random.Random(number)
    size = generator.randint(16, 64), generator.randint(16, 64)
    picture = Image.frombytes("RGB", size, generator.randbytes(3 * size[0] * size[1]))
    written = io.BytesIO()
    if tree.is_jpeg(number):
        picture.save(written, "JPEG", quality=85, subsampling=number % 3)
    else:
        picture.save(written, "PNG", compress_level=1)
    return written.getvalue()


def no_image(number, whole):
    kinds = [b"", b"no image at all\n", b"<html>404</html>", whole[: len(whole) // 2], b"PK\x03\x04" + whole]
    return random.Random(number).choice(kinds)


def check(folder, results):
    """What is wrong with the results, by number; nothing about those that are right."""
    wrong = {}
    for result in results.iterdir():
        try:
            reason = compare((folder / result.name).read_bytes(), result.read_bytes())
        except (OSError, ValueError, SyntaxError) as error:
            reason = f"{type(error).__name__}: {error}"
        if reason:
            wrong[result.name] = reason
    return wrong


def compare(original, result):
    wanted, found = Image.open(io.BytesIO(original)), Image.open(io.BytesIO(result))
    if (found.format, found.mode, found.size) != (wanted.format, "L", wanted.size):
        return f"{found.format} {found.mode} {found.size} of {wanted.format} {wanted.size}"
    # A JPEG's gray is its luma as it is; anything else's by the formula of Pillow's mode L.
    if wanted.format == "JPEG":
        wanted.draft("L", wanted.size)
    same = found.tobytes() == wanted.convert("L").tobytes()
    return None if same else "other pixels"


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    if what == "make":
        make(Path(arguments[0]), int(arguments[1]), int(arguments[2]))
    else:
        print(json.dumps(check(Path(arguments[0]), Path(arguments[1]))))
