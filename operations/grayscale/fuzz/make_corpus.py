"""Makes the seeds in corpus/ with Pillow 11 or later: `python3 make_corpus.py`.

More seeds for JPEG are in jpeg-luma/fuzz.

Each is a drawing of 19 x 13 pixels, so that libFuzzer gets through thousands a second, and holds something that the
others do not.
"""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, PngImagePlugin, TiffImagePlugin

HERE = Path(__file__).parent / "corpus"
W, H = 19, 13


def drawing(shift=0):
    image = Image.new("RGB", (W, H))
    image.putdata([((x + shift) * 13 % 256, y * 19, (x * y + shift) % 7 * 36) for y in range(H) for x in range(W)])
    return image


def exif(thumbnail):
    """An orientation, and a thumbnail behind it."""
    jpeg = io.BytesIO()
    thumbnail.save(jpeg, "JPEG")
    second = 8 + 2 + 12 + 4
    data = second + 2 + 24 + 4
    return (
        struct.pack("<2sHI", b"II", 42, 8)
        + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, second)
        + struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, data, 0x0202, 4, 1, len(jpeg.getvalue()), 0)
        + jpeg.getvalue()
    )


def tiff(tags, chunks):
    """A TIFF of 19 x 13 pixels with these tags, of SHORTs, and strips, or tiles if a tag gives their width."""
    tags = {256: [W], 257: [H], **tags}
    starts, data = [], b""
    for chunk in chunks:
        starts.append(8 + len(data))
        data += chunk
    tags |= {324 if 322 in tags else 273: starts, 325 if 322 in tags else 279: [len(chunk) for chunk in chunks]}
    entries = b""
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}H", *values)
        if len(packed) > 4:
            data += b"\0" * (len(data) % 2)
            packed, data = struct.pack("<I", 8 + len(data)), data + packed
        entries += struct.pack("<HHI", tag, 3, len(values)) + packed.ljust(4, b"\0")
    data += b"\0" * (len(data) % 2)
    return struct.pack("<2sHI", b"II", 42, 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def layouts():
    """TIFFs that Pillow does not write, of noise: it is what a decoder makes of it that counts."""
    noise = bytes(at * at * 7 % 251 for at in range(8192))
    deflated = [zlib.compress(noise[part : part + 16 * 16 * 5]) for part in range(4)]
    return {
        "planes-in-tiles": tiff(
            {258: [16] * 3, 259: [1], 262: [2], 266: [2], 277: [3], 284: [2], 322: [16], 323: [16]},
            [noise[:512]] * 6,
        ),
        "spot-color": tiff(
            {258: [8] * 5, 259: [8], 262: [5], 277: [5], 278: [4], 317: [2], 338: [0]},
            [deflated[part] for part in range(4)],
        ),
        "associated": tiff({258: [8] * 4, 262: [2], 277: [4], 338: [1]}, [noise[: W * H * 4]]),
        "ycbcr": tiff({258: [8] * 3, 259: [1], 262: [6], 277: [3], 530: [2, 2]}, [noise[: 10 * 7 * 6]]),
        "packed-colors": tiff({258: [4] * 3, 259: [32773], 262: [2], 277: [3]}, [b"\x81\x5a" * 4]),
    }


def main():
    color = drawing()
    frames = [drawing(shift) for shift in (5, 10)]
    alpha = Image.linear_gradient("L").resize((W, H))
    rgba = color.copy()
    rgba.putalpha(alpha)
    rgba_frames = [frame.copy() for frame in frames]
    for frame in rgba_frames:
        frame.putalpha(alpha)
    block = exif(color.resize((8, 8)))

    def save(image, name, **options):
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, **options)

    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "a seed")
    save(color, "png/rgb.png", pnginfo=text, dpi=(300, 300), exif=block)
    save(rgba, "png/rgba.png")
    save(color.quantize(8), "png/palette.png", bits=4, transparency=bytes([0, 128]))
    save(rgba.convert("LA"), "png/gray-alpha.png")
    save(color.convert("1"), "png/gray1.png")
    save(color.convert("I;16"), "png/gray16.png")
    save(color, "png/animated.png", save_all=True, append_images=frames, duration=[40, 80, 120], loop=3)

    save(color.quantize(16), "gif/still.gif", transparency=3)
    save(
        color.quantize(8),
        "gif/animated.gif",
        save_all=True,
        append_images=[frame.quantize(8) for frame in frames],
        duration=40,
        loop=2,
        comment=b"a seed",
    )

    save(color, "webp/lossy.webp", quality=60, exif=block)
    save(rgba, "webp/lossy-alpha.webp", quality=60)
    save(color, "webp/lossless.webp", lossless=True)
    save(rgba, "webp/lossless-alpha.webp", lossless=True)
    save(rgba, "webp/animated.webp", save_all=True, append_images=rgba_frames, duration=40, quality=60)
    save(color, "webp/mixed.webp", save_all=True, append_images=frames, allow_mixed=True, duration=40)

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x0112] = 6
    save(color, "tiff/lzw.tif", compression="tiff_lzw", dpi=(150, 150), description="a seed", tiffinfo=tags)
    save(rgba, "tiff/alpha.tif")
    save(color.convert("CMYK"), "tiff/cmyk.tif", compression="tiff_adobe_deflate")
    save(color.quantize(16), "tiff/palette.tif", compression="packbits")
    save(color.convert("I;16"), "tiff/gray16.tif")
    save(color.convert("1"), "tiff/fax.tif", compression="group4")
    save(color.convert("1"), "tiff/fax-huffman.tif", compression="tiff_ccitt")
    save(color.convert("1"), "tiff/fax-mixed.tif", compression="group3", tiffinfo={292: 5})
    save(color, "tiff/jpeg.tif", compression="jpeg")
    for name, content in layouts().items():
        (HERE / f"tiff/{name}.tif").write_bytes(content)
    save(color.convert("L"), "tiff/pages.tif", save_all=True, append_images=frames, compression="packbits")

    save(color, "other/rgb.bmp")
    save(rgba, "other/rgba.bmp")
    save(color.quantize(16), "other/palette.bmp")
    save(color.convert("1"), "other/one-bit.bmp")
    save(color, "other/rgb.ppm")
    save(color.convert("L"), "other/gray.pgm")
    save(color.convert("1"), "other/one-bit.pbm")
    save(rgba, "other/rgba.qoi")
    (HERE / "other/plain.ppm").write_text("P3\n# a seed\n2 1\n255\n255 0 9  0 255 7\n")
    (HERE / "other/alpha.pam").write_bytes(
        b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + bytes(range(8))
    )

    save(color, "jpeg/exif.jpg", quality=60, exif=b"Exif\0\0" + block)
    save(color.convert("CMYK"), "jpeg/cmyk.jpg", quality=60)


main()
