"""Pictures: a landscape per item for a poster, and the one JPEG that webhooks carry."""

from __future__ import annotations

import base64
import colorsys
import math
import random
import struct
import zlib

POSTER_SIZE = (120, 180)
SUN = 0.13
"""Its radius, as a share of the width."""

THUMB_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////"
    "////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
"""A picture of one pixel."""


def poster(name: str) -> bytes:
    """A PNG of two ridges below a sky with a sun, all of which follow from the name."""
    width, height = POSTER_SIZE
    draw = random.Random(zlib.crc32(name.encode()))  # noqa: S311 -- chance for pictures, not for secrets
    hue, sun_x, sun_y = draw.random(), draw.uniform(0.2, 0.8), draw.uniform(0.18, 0.4)
    ridges = [
        [base + swing * math.sin(turn + stretch * x / width) for x in range(width)]
        for base, swing, turn, stretch in (
            (0.55, draw.uniform(0.04, 0.1), draw.uniform(0, 6), draw.uniform(3, 6)),
            (0.75, draw.uniform(0.04, 0.1), draw.uniform(0, 6), draw.uniform(3, 6)),
        )
    ]
    far, near = _colour(hue, 0.5, 0.34), _colour(hue, 0.55, 0.2)
    sun = _colour(hue + 0.08, 0.35, 0.97)
    rows = bytearray()
    for row in range(height):
        y = row / height
        sky = _colour(hue + 0.12 * y, 0.5 - 0.25 * y, 0.55 + 0.4 * y)
        rows += b"\0"
        for x in range(width):
            is_sun = math.hypot(x / width - sun_x, (y - sun_y) * height / width) < SUN
            rows += near if y > ridges[1][x] else far if y > ridges[0][x] else sun if is_sun else sky
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _colour(hue: float, saturation: float, value: float) -> bytes:
    return bytes(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
