"""Pictures: a poster of one colour per item, and the one JPEG that webhooks carry."""

from __future__ import annotations

import base64
import struct
import zlib

POSTER_SIZE = (60, 90)

THUMB_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////"
    "////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
"""A picture of one pixel."""


def poster(name: str) -> bytes:
    """A PNG whose colour follows from the name, lighter at the top."""
    width, height = POSTER_SIZE
    seed = zlib.crc32(name.encode())
    colour = [40 + (seed >> shift) % 160 for shift in (0, 8, 16)]
    rows = b"".join(
        b"\0" + bytes(min(255, part + 40 * (height - row) // height) for part in colour) * width
        for row in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
