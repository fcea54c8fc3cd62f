"""Every image of a folder, by a pool of processes, one for each processor: many_pool.py pillow|vips IN OUT."""

import multiprocessing
import os
import sys


def by_pillow(paths):
    from PIL import Image

    source, target = paths
    with Image.open(source) as image:
        image.convert("L").save(target)


def by_vips(paths):
    import pyvips

    source, target = paths
    pyvips.Image.new_from_file(source, access="sequential").colourspace("b-w").write_to_file(target)


if __name__ == "__main__":
    tool, inputs, outputs = sys.argv[1:]
    # Each process has one image at a time in its hands: libvips' own threads would be too many.
    os.environ["VIPS_CONCURRENCY"] = "1"
    names = sorted(os.listdir(inputs))
    work = [(os.path.join(inputs, name), os.path.join(outputs, name)) for name in names]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for _ in pool.imap_unordered({"pillow": by_pillow, "vips": by_vips}[tool], work, chunksize=4):
            pass
