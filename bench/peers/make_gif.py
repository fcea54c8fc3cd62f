"""Makes an animated GIF of a photograph, every frame with a palette of its own: make_gif.py PHOTOGRAPH OUT.

The frames are windows that move over the photograph: much data to copy, many color tables to rewrite."""

import sys

from PIL import Image

FRAMES, SIZE = 12, (2048, 1536)

source, target = sys.argv[1:]
with Image.open(source) as image:
    photograph = image.convert("RGB")
frames = []
for index in range(FRAMES):
    left = (photograph.width - SIZE[0]) * index // (FRAMES - 1)
    top = (photograph.height - SIZE[1]) * index // (FRAMES - 1)
    window = photograph.crop((left, top, left + SIZE[0], top + SIZE[1]))
    frames.append(window.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.FLOYDSTEINBERG))
frames[0].save(target, save_all=True, append_images=frames[1:], duration=80, loop=0, optimize=False)
