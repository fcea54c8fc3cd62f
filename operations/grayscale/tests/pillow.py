"""Compares gray images with what Pillow makes of the originals. Reads lines of "original<TAB>gray<TAB>tolerance"."""

import sys

from PIL import Image, ImageChops, ImageStat

Image.MAX_IMAGE_PIXELS = None


def frames(image):
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        yield image.copy()


def check(original, gray, tolerance):
    before, after = Image.open(original), Image.open(gray)
    if before.size != after.size or before.format not in (after.format, "JPEG"):
        return f"{before.format} {before.size} became {after.format} {after.size}"
    for key in ("duration", "loop", "dpi"):
        # A TIFF that says nothing has this density, and Pillow shows it or not.
        if before.info.get(key) != after.info.get(key) and before.info.get(key) != (1, 1):
            return f"{key} {before.info.get(key)} became {after.info.get(key)}"
    if before.getexif().get(0x0112) != after.getexif().get(0x0112):
        return "the orientation changed"
    if getattr(before, "n_frames", 1) != getattr(after, "n_frames", 1):
        return f"{before.n_frames} frames became {after.n_frames}"
    for index, (one, other) in enumerate(zip(frames(before), frames(after), strict=False)):
        if one.info.get("duration") != other.info.get("duration"):
            return f"frame {index}'s duration changed"
        if one.has_transparency_data or other.has_transparency_data:
            alphas = [image.convert("RGBA").getchannel("A") for image in (one, other)]
            if ImageChops.difference(*alphas).getbbox():
                return f"frame {index}'s alpha changed"
        is_deep = other.mode.startswith("I;16")
        found = other.point(lambda value: value / 257).convert("L") if is_deep else other
        expected = one.convert("RGBA").convert("RGB").convert("L") if one.mode != "CMYK" else one.convert("L")
        for channel in found.convert("RGBA").split()[:3]:
            difference = ImageChops.difference(expected, channel)
            worst, mean = difference.getextrema()[1], ImageStat.Stat(difference).mean[0]
            if worst > tolerance or mean > 0.75:
                return f"frame {index} differs by {worst} levels, {mean:.2f} in the mean"
    return None


failed = 0
for line in sys.stdin:
    original, gray, tolerance = line.rstrip("\n").split("\t")
    problem = check(original, gray, int(tolerance))
    if problem:
        failed += 1
        print(f"{original}: {problem}")
sys.exit(1 if failed else 0)
