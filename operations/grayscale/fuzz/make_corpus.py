"""Makes the seeds in corpus/ with Pillow 11 or later: `python3 make_corpus.py`.

More seeds for JPEG are in jpeg-luma/fuzz.

Each is a drawing of 19 x 13 pixels, so that libFuzzer gets through thousands a second, and holds something that the
others do not.
"""

import io
import struct
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
    save(color, "tiff/jpeg.tif", compression="jpeg")
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
