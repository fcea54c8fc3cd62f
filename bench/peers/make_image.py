"""Makes an image of so many megapixels: make_image.py PHOTOGRAPH MEGAPIXELS OUT.

A smaller one is the photograph scaled down, a larger one the photograph repeated: what a photograph costs, at any
size. The name says the format."""

import math
import sys

from PIL import Image

source, megapixels, target = sys.argv[1], float(sys.argv[2]), sys.argv[3]
with Image.open(source) as image:
    photograph = image.convert("RGB")
width = round(math.sqrt(megapixels * 1e6 * photograph.width / photograph.height))
height = round(megapixels * 1e6 / width)
if width <= photograph.width:
    made = photograph.resize((width, height), Image.Resampling.LANCZOS)
else:
    made = Image.new("RGB", (width, height))
    for left in range(0, width, photograph.width):
        for top in range(0, height, photograph.height):
            made.paste(photograph, (left, top))
# Quality and sampling are those of the case `jpeg-a`; PNG has neither.
made.save(target, quality=92, subsampling="4:2:0")
