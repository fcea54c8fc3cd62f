"""How far gray images are from the gray of their source, as JSON: compare_images.py SOURCE IMAGE...

The gray of a JPEG is its luma, decoded as it stands; that of anything else is Pillow's `L` (BT.601) of its pixels.
Each image gets its largest and its mean difference in levels of 255 over all frames, or what is wrong with it."""

import json
import sys

import numpy
from PIL import Image, ImageSequence

Image.MAX_IMAGE_PIXELS = None


def gray(path):
    image = Image.open(path)
    if image.format == "JPEG":
        # libjpeg then decodes luma alone, with no color conversion in between.
        image.draft("L", image.size)
    return [numpy.asarray(frame.convert("L"), dtype=numpy.int16) for frame in ImageSequence.Iterator(image)]


def compare(reference, path):
    try:
        frames = gray(path)
    except Exception as error:  # whatever a decoder says of a broken file
        return {"wrong": f"it cannot be read: {error}"}
    if len(frames) < len(reference):
        return {"wrong": f"{len(frames)} of {len(reference)} frames"}
    if any(ours.shape != theirs.shape for ours, theirs in zip(frames, reference, strict=False)):
        return {"wrong": f"size {frames[0].shape[::-1]} instead of {reference[0].shape[::-1]}"}
    differences = [numpy.abs(ours - theirs) for ours, theirs in zip(frames, reference, strict=False)]
    return {
        "largest": int(max(difference.max() for difference in differences)),
        "mean": float(numpy.mean([difference.mean() for difference in differences])),
    }


source, *images = sys.argv[1:]
reference = gray(source)
print(json.dumps([compare(reference, path) for path in images]))
