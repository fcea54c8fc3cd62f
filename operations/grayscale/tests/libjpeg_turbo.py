"""Compares gray images with what libjpeg-turbo makes of JPEGs.

Reads lines of "jpeg<TAB>pnm<TAB>space<TAB>formula<TAB>tolerance", and says of each that differs by how much. `space` is
what libjpeg-turbo is asked for: gray, rgb or cmyk.
"""

import sys
from pathlib import Path

import imagecodecs
import numpy

WEIGHTS = {"bt601": (19_595, 38_470, 7_471), "bt709": (13_933, 46_871, 4_732)}


def expected(jpeg, space, formula):
    pixels = imagecodecs.jpeg8_decode(Path(jpeg).read_bytes(), outcolorspace=space)
    if space == "grayscale":
        return pixels.astype(int)
    pixels = pixels.astype(int)
    if space == "cmyk":
        # 255 is no ink, so that each sample is a share of light.
        pixels = (pixels[..., :3] * pixels[..., 3:] + 127) // 255
    return ((pixels * WEIGHTS[formula]).sum(axis=-1) + 0x8000) >> 16


def found(pnm):
    magic, size, highest, samples = Path(pnm).read_bytes().split(b"\n", 3)
    if (magic, highest) != (b"P5", b"255"):
        raise ValueError(f"{pnm} is no PGM of 8 bits")
    width, height = map(int, size.split())
    return numpy.frombuffer(samples, numpy.uint8).reshape(height, width).astype(int)


failed = 0
for line in sys.stdin:
    jpeg, pnm, space, formula, tolerance = line.rstrip("\n").split("\t")
    one, other = expected(jpeg, space, formula), found(pnm)
    if one.shape != other.shape:
        problem = f"{one.shape} became {other.shape}"
    elif abs(one - other).max() > int(tolerance):
        problem = f"differs by {abs(one - other).max()} levels, {abs(one - other).mean():.2f} in the mean"
    else:
        continue
    failed += 1
    print(f"{jpeg} ({space}, {formula}): {problem}")
sys.exit(1 if failed else 0)
