"""Pictures to send, and what their gray has to be, in nothing but Python: the checker shares no code with errand."""

import random
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def make(seed, width, height):
    """A colorful PNG (RGB, 8 bits), different for every seed."""
    generator = random.Random(seed)
    pixels = generator.randbytes(3 * width * height)
    rows = b"".join(b"\0" + pixels[3 * width * y : 3 * width * (y + 1)] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def luma(png):
    """The gray that a picture of `make` has to become: width, height, and each pixel's BT.601 luma as Pillow's mode L
    computes it."""
    width, height, channels, pixels = decode(png)
    assert channels == 3
    red, green, blue = pixels[0::3], pixels[1::3], pixels[2::3]
    gray = bytes((19595 * r + 38470 * g + 7471 * b + 32768) >> 16 for r, g, b in zip(red, green, blue, strict=True))
    return width, height, gray


def decode(png):
    """A PNG of 8 bits a channel, not interlaced: width, height, channels, pixels (PNG specification, third edition)."""
    if png[:8] != SIGNATURE:
        raise ValueError("not a PNG")
    place, data = 8, b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
            if depth != 8 or interlace or color not in (0, 2):
                raise ValueError(f"depth {depth}, color type {color}, interlace {interlace}")
        if kind == b"IDAT":
            data += body
        place += 12 + length
    channels = {0: 1, 2: 3}[color]
    return width, height, channels, unfilter(zlib.decompress(data), width * channels, height, channels)


def unfilter(data, stride, height, step):
    above, out = bytearray(stride), bytearray()
    for y in range(height):
        start = y * (stride + 1)
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + stride])
        for x in range(stride) if kind else ():
            left = row[x - step] if x >= step else 0
            corner = above[x - step] if x >= step else 0
            up = above[x]
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            else:
                base = left + up - corner
                by_left, by_up, by_corner = abs(base - left), abs(base - up), abs(base - corner)
                guess = left if by_left <= by_up and by_left <= by_corner else up if by_up <= by_corner else corner
            row[x] = (row[x] + guess) & 255
        out += row
        above = row
    return bytes(out)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
