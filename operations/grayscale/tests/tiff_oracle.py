"""Asks libtiff about TIFFs, for tests/it/tiff_oracle.rs. Samples are raw files: interleaved, 8 bits, or 16 with the
lowest byte first.

check: reads lines "tiff<TAB>samples" and compares what libtiff decodes with the samples; a warning of libtiff is a
failure.
make FOLDER: has libtiff write TIFFs, decodes them with it, and leaves name.tif and name.gray beside each other: the
gray by BT.601 as Pillow rounds it, or gray and alpha.
"""

import io
import itertools
import os
import struct
import sys
import tempfile
from pathlib import Path

import imagecodecs
import numpy
from PIL import Image


def samples_of(decoded):
    """Interleaved samples, booleans as 0 and 1."""
    return numpy.ascontiguousarray(decoded.astype("u1") if decoded.dtype == bool else decoded)


def decode(data):
    """What libtiff decodes, and what it complains about: it writes that past Python."""
    with tempfile.TemporaryFile() as complaints:
        kept = os.dup(2)
        os.dup2(complaints.fileno(), 2)
        try:
            decoded = samples_of(imagecodecs.tiff_decode(data, verbose=True))
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        complaints.seek(0)
        return decoded, complaints.read().decode(errors="replace").strip()


def check():
    failed = count = 0
    for line in sys.stdin:
        tiff, samples = line.rstrip("\n").split("\t")
        count += 1
        try:
            decoded, problem = decode(Path(tiff).read_bytes())
            # Separate planes come one after another.
            if decoded.ndim == 3 and "planar" in tiff:
                decoded = numpy.moveaxis(decoded, 0, -1)
            if decoded.astype(decoded.dtype.newbyteorder("<")).tobytes() != Path(samples).read_bytes():
                problem = f"other samples ({decoded.shape}, {decoded.dtype})"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if problem:
            failed += 1
            if failed < 20:
                print(f"{tiff}: {problem}")
    print(f"{count} files, {failed} failed")
    return failed == 0 and count > 0


def gray(color):
    """The gray of red, green and blue on the last axis."""
    red, green, blue = (color[..., channel].astype("u8") for channel in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(color.dtype)


def drawing(width, height, channels, dtype):
    """Ramps, edges and noise."""
    noise = numpy.random.default_rng(3).integers(0, 24, (height, width, channels))
    x, y = numpy.meshgrid(numpy.arange(width), numpy.arange(height))
    planes = [(x * 5 + y * channel * 3 + (x * y // 64 % 2) * 60) % 232 for channel in range(channels)]
    narrow = numpy.stack(planes, -1) + noise
    return (narrow * 257 - noise).clip(0, 65535).astype("u2") if dtype == "u2" else narrow.astype("u1")


def lossless(save):
    """Colors and gray in every compression, strips and tiles, planes, and both byte orders: libtiff writes in the other
    one by turning what it is given."""
    compressions = [("none", None), ("lzw", None), ("lzw", 2), ("deflate", None), ("deflate", 2), ("packbits", None)]
    layouts = [{"tile": (16, 32)}, {"rowsperstrip": 7}, {}]
    combinations = itertools.product(compressions, layouts, ("u1", "u2"), ("contig", "separate"), "<>")
    for (compression, predictor), layout, dtype, plan, order in combinations:
        options = {"compression": compression, "byteorder": order, **layout}
        if predictor:
            options["predictor"] = predictor
        byte_order = {"<": "le", ">": "be"}[order]
        words = f"{compression}-{predictor}-{'-'.join(layout)}-{dtype}-{plan}-{byte_order}"
        color = drawing(70, 45, 3, dtype)
        data = numpy.moveaxis(color, -1, 0) if plan == "separate" else color
        tiff = imagecodecs.tiff_encode(data.copy(), photometric="rgb", planarconfig=plan, **options)
        save(f"rgb-{words}", tiff, gray(color))
        if plan == "contig":
            one = drawing(70, 45, 1, dtype)[..., 0]
            tiff = imagecodecs.tiff_encode(one.copy(), photometric="minisblack", **options)
            save(f"gray-{words}", tiff, one)


def fax(save):
    """Two levels, by codes of faxes; Pillow alone lets Group 3 have options."""
    noise = numpy.random.default_rng(5).random((61, 203))
    x, y = numpy.meshgrid(numpy.arange(203), numpy.arange(61))
    pictures = {
        "noise": noise < 0.3,
        "shapes": ((x - 90) ** 2 / 9 + (y - 30) ** 2 < 500) ^ (x % 64 < 9),
        "white": noise < 0,
        "black": noise < 2,
        "wide": numpy.arange(9000 * 3).reshape(3, 9000) // 2700 % 2 == 1,
    }
    for name, black in pictures.items():
        for compression in ("ccittrle", "ccittfax3", "ccittfax4"):
            for rows in (8, None):
                options = {"rowsperstrip": rows} if rows else {}
                for photometric in ("miniswhite", "minisblack"):
                    bits = black if photometric == "miniswhite" else ~black
                    tiff = imagecodecs.tiff_encode(bits, photometric=photometric, compression=compression, **options)
                    decoded = samples_of(imagecodecs.tiff_decode(tiff))
                    if photometric == "miniswhite":
                        decoded = 1 - decoded
                    save(f"{name}-{compression}-{rows}-{photometric}", tiff, decoded * 255)
        for options in (1, 4, 5):
            out = io.BytesIO()
            Image.fromarray(~black).save(out, "TIFF", compression="group3", tiffinfo={292: options})
            out.seek(0)
            decoded = numpy.asarray(Image.open(out).convert("L"))
            save(f"{name}-group3-{options}", out.getvalue(), decoded)


def jpeg(save):
    """JPEG in TIFF: gray, RGB as it is stored, and YCbCr, whose gray is its Y."""
    color = drawing(75, 50, 3, "u1")
    for layout in ({"tile": (32, 16)}, {"rowsperstrip": 16}, {}):
        words = "-".join(layout)
        one = imagecodecs.tiff_encode(color[..., 0].copy(), 90, photometric="minisblack", compression="jpeg", **layout)
        save(f"jpeg-gray-{words}", one, imagecodecs.tiff_decode(one))
        rgb = imagecodecs.tiff_encode(color, 90, photometric="rgb", compression="jpeg", **layout)
        save(f"jpeg-rgb-{words}", rgb, gray(imagecodecs.tiff_decode(rgb)))
        # libtiff gives RGB of these; the gray of that is Y, as far as the color exists.
        soft = (color // 4 + 96).astype("u1")
        soft[..., 1:] = soft[..., 1:] // 2 + soft[..., :1] // 2
        ycbcr = imagecodecs.tiff_encode(soft, 90, photometric="ycbcr", compression="jpeg", **layout)
        save(f"jpeg-ycbcr-{words}", ycbcr, gray(imagecodecs.tiff_decode(ycbcr, asrgb=True)[..., :3]))


def assembled(width, height, photometric, compression, subsampling, data):
    """A TIFF of one strip of three samples of 8 bits."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, photometric), (273, 4, 8)]
    tags += [(277, 3, 3), (278, 4, height), (279, 4, len(data)), (530, 3, subsampling[0] | subsampling[1] << 16)]
    data += b"\0" * (len(data) % 2)
    entries = [struct.pack("<HHII", tag, kind, 2 if tag == 530 else 1, value) for tag, kind, value in tags]
    header = struct.pack("<2sHI", b"II", 42, 8 + len(data))
    return header + data + struct.pack("<H", len(tags)) + b"".join(entries) + b"\0\0\0\0"


def ycbcr(save):
    """Luma and subsampled colors, as JPEG and not compressed. The gray is that of libtiff's RGB."""
    # No unit is whole at the right. With a width of 75, a row of 4 x 4 units has 85.5 bytes for each row of pixels, and
    # libtiff reads 85 of them: it leaves out the last pixels.
    width, height = 77, 50
    color = (drawing(width, height, 3, "u1") // 4 + 96).astype("u1")
    color[..., 1:] = color[..., 1:] // 2 + color[..., :1] // 2
    for across, down, name in ((1, 1, "4:4:4"), (2, 1, "4:2:2"), (2, 2, "4:2:0")):
        out = io.BytesIO()
        Image.fromarray(color).save(out, "JPEG", quality=90, subsampling=name)
        tiff = assembled(width, height, 6, 7, (across, down), out.getvalue())
        save(f"jpeg-ycbcr-{across}x{down}", tiff, gray(imagecodecs.tiff_decode(tiff, asrgb=True)[..., :3]))
    luma, blue, red = Image.fromarray(color).convert("YCbCr").split()
    for across, down in ((1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 2), (4, 4)):
        wide, high = -(-width // across), -(-height // down)
        ys = numpy.pad(numpy.asarray(luma), ((0, high * down - height), (0, wide * across - width)), "edge")
        ys = ys.reshape(high, down, wide, across).swapaxes(1, 2).reshape(high, wide, across * down)
        # Chroma of one level, which does not show how it is upsampled.
        colors = [numpy.full((high, wide, 1), numpy.asarray(plane).mean().round(), "u1") for plane in (blue, red)]
        units = numpy.concatenate([ys, *colors], -1).astype("u1").tobytes()
        tiff = assembled(width, height, 6, 1, (across, down), units)
        save(f"plain-ycbcr-{across}x{down}", tiff, gray(imagecodecs.tiff_decode(tiff, asrgb=True)[..., :3]))


def make(folder):
    count = 0

    def save(name, tiff, expected):
        nonlocal count
        count += 1
        (folder / f"{name}.tif").write_bytes(tiff)
        wide = expected.astype(">u2") if expected.dtype == numpy.uint16 else expected
        (folder / f"{name}.gray").write_bytes(numpy.ascontiguousarray(wide).tobytes())

    lossless(save)
    fax(save)
    jpeg(save)
    ycbcr(save)
    print(count)
    return True


if __name__ == "__main__":
    good = check() if sys.argv[1] == "check" else make(Path(sys.argv[2]))
    sys.exit(0 if good else 1)
