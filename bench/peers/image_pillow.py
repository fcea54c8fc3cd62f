"""Pillow's plain way, every frame of it: image_pillow.py IN OUT."""

import sys

from PIL import Image, ImageSequence

source, target = sys.argv[1:]
with Image.open(source) as image:
    if getattr(image, "n_frames", 1) == 1:
        image.convert("L").save(target)
    else:
        first, *others = [frame.convert("L") for frame in ImageSequence.Iterator(image)]
        first.save(target, save_all=True, append_images=others, duration=image.info["duration"], loop=0)
