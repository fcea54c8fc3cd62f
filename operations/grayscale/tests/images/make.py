"""Makes the images in this folder out of the project's own sample picture, with Pillow 11 or later.

    python3 make.py ../../../../examples/balloons.png

They are small, cover what each format can hold, and serve the tests, the mutation test and the fuzz targets.
"""

import io
import random
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image, ImageSequence, PngImagePlugin

HERE = Path(__file__).parent
W, H = 61, 43  # odd, and no multiple of a block


def png(path, width, height, depth, color, rows, chunks=(), interlace=0, late=()):
    """Writes a PNG of rows of whole bytes; filter 0 throughout."""

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    raw = b"".join(b"\0" + row for row in rows)
    out = b"\x89PNG\r\n\x1a\n"
    out += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
    out += b"".join(chunk(*c) for c in chunks)
    out += chunk(b"IDAT", zlib.compress(raw, 9))
    out += b"".join(chunk(*c) for c in late)
    path.write_bytes(out + chunk(b"IEND", b""))


def main():
    picture = Image.open(sys.argv[1]).convert("RGB")
    color = picture.crop((60, 40, 60 + 6 * W, 40 + 6 * H)).resize((W, H), Image.LANCZOS)
    turned = [color.rotate(30 * i, resample=Image.BILINEAR) for i in range(3)]
    alpha = Image.linear_gradient("L").resize((W, H))
    rgba = color.copy()
    rgba.putalpha(alpha)
    turned_rgba = []
    for frame in turned:
        frame = frame.copy()
        frame.putalpha(alpha)
        turned_rgba.append(frame)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "errand"
    exif = exif.tobytes()

    # PNG
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "balloons")
    info.add_itxt("Comment", "montgolfières")
    color.save(HERE / "rgb.png", pnginfo=info, dpi=(300, 300), exif=exif)
    rgba.save(HERE / "rgba.png")
    color.quantize(16).save(HERE / "palette4.png", bits=4)
    color.quantize(200).save(HERE / "palette8.png", transparency=bytes([0, 128, 255]))
    color.convert("L").save(HERE / "gray8.png")
    color.convert("1").save(HERE / "gray1.png")
    rgba.convert("LA").save(HERE / "gray-alpha.png")
    turned[0].save(HERE / "animated.png", save_all=True, append_images=turned[1:], duration=[40, 80, 120], loop=3)
    rand = random.Random(1)
    pixel = color.load()

    def wide(x, y):
        return [v * 257 ^ rand.getrandbits(7) for v in pixel[x, y]]

    rows = [b"".join(struct.pack(">3H", *wide(x, y)) for x in range(W)) for y in range(H)]
    png(HERE / "rgb16.png", W, H, 16, 2, rows, [(b"gAMA", struct.pack(">I", 45455)), (b"sBIT", bytes([10, 12, 11]))])
    rows = [b"".join(struct.pack(">4H", *wide(x, y), alpha.getpixel((x, y)) * 257) for x in range(W)) for y in range(H)]
    png(HERE / "rgba16.png", W, H, 16, 6, rows, [(b"bKGD", struct.pack(">3H", 65535, 0, 256))])
    key = pixel[5, 5]
    rows = [bytes(v for x in range(W) for v in pixel[x, y]) for y in range(H)]
    png(HERE / "keyed.png", W, H, 8, 2, rows, [(b"tRNS", struct.pack(">3H", *key))])
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = [
        bytes(v for x in range(x0, W, dx) for v in pixel[x, y]) for x0, y0, dx, dy in passes for y in range(y0, H, dy)
    ]
    png(HERE / "interlaced.png", W, H, 8, 2, rows, interlace=1, late=[(b"tEXt", b"Late\0behind the image")])

    # GIF, BMP, TIFF, PNM
    palettes = [frame.quantize(64) for frame in turned]
    palettes[0].save(
        HERE / "animated.gif", save_all=True, append_images=palettes[1:], duration=[40, 80, 120], loop=2, comment=b"hi"
    )
    color.quantize(32).save(HERE / "still.gif", transparency=3)
    color.save(HERE / "rgb.bmp")
    color.quantize(256).save(HERE / "palette8.bmp")
    color.convert("1").save(HERE / "palette1.bmp")
    color.save(HERE / "rgb.tif", compression="tiff_lzw", dpi=(150, 150), description="balloons")
    rgba.save(HERE / "rgba.tif")
    color.convert("CMYK").save(HERE / "cmyk.tif", compression="tiff_adobe_deflate")
    color.quantize(256).save(HERE / "palette.tif", compression="packbits")
    turned[0].save(HERE / "pages.tif", save_all=True, append_images=turned[1:], compression="tiff_lzw")
    color.convert("L").save(HERE / "gray.tif")
    color.save(HERE / "rgb.ppm")
    color.convert("L").save(HERE / "gray.pgm")
    color.save(HERE / "rgb.qoi")

    # WebP
    color.save(HERE / "lossy.webp", quality=70, exif=exif)
    rgba.save(HERE / "lossy-alpha.webp", quality=50, alpha_quality=80)
    color.save(HERE / "lossless.webp", lossless=True)
    rgba.save(HERE / "lossless-alpha.webp", lossless=True, exact=True)
    turned_rgba[0].save(
        HERE / "animated.webp", save_all=True, append_images=turned_rgba[1:], duration=[40, 80, 120], loop=2, quality=60
    )
    big = picture.resize((200, 150))
    big.save(HERE / "segments.webp", quality=30, method=6)
    turned[0].save(
        HERE / "animated-mixed.webp", save_all=True, append_images=turned[1:], allow_mixed=True, quality=90, duration=50
    )

    # JPEG
    color.save(HERE / "rgb.jpg", quality=85, exif=exif)
    color.save(HERE / "progressive.jpg", quality=80, progressive=True, subsampling=0)
    inks = color.convert("CMYK")
    inks.save(HERE / "cmyk.jpg", quality=85)
    # Pillow writes no YCCK. It stores 255 less each ink behind an Adobe marker of transform 0: given channels that hold
    # the transformed inks, it stores those, and only the marker's last byte is still to be set to 2. What is transformed
    # to luma and two differences is 255 less the stored inks, that is, the inks themselves (libjpeg, jccolor.c).
    channels = Image.merge("RGB", inks.split()[:3]).convert("YCbCr").split()
    ycck = io.BytesIO()
    black = alpha.point(lambda v: v // 2)
    Image.merge("CMYK", [c.point(lambda v: 255 - v) for c in channels] + [black]).save(ycck, "JPEG", quality=90)
    adobe = ycck.getvalue().index(b"Adobe") + 11
    (HERE / "ycck.jpg").write_bytes(ycck.getvalue()[:adobe] + b"\2" + ycck.getvalue()[adobe + 1 :])


main()
