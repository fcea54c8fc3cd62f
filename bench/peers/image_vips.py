"""libvips' plain way, through pyvips, with rows streamed from reader to writer: image_vips.py IN OUT."""

import sys

import pyvips

source, target = sys.argv[1:]
frames = {"n": -1} if source.endswith(".gif") else {}
pyvips.Image.new_from_file(source, access="sequential", **frames).colourspace("b-w").write_to_file(target)
