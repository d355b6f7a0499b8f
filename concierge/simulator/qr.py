"""A picture that looks like a QR code and says nothing: there is no phone to scan it with."""

import hashlib
import struct
import zlib

TEXT = "2@c2ltdWxhdG9y,bm90aGluZyB0byBzY2Fu,d2FoYSBzaW11bGF0b3I="
MODULES, PIXELS, MARGIN = 29, 6, 2


def picture() -> bytes:
    """A PNG in black and white."""
    side = MODULES + 2 * MARGIN
    rows = [b"".join(_shade(x - MARGIN, y - MARGIN) * PIXELS for x in range(side)) for y in range(side)]
    pixels = b"".join((b"\x00" + row) * PIXELS for row in rows)
    header = struct.pack(">IIBBBBB", side * PIXELS, side * PIXELS, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(pixels)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _shade(x: int, y: int) -> bytes:
    if not (0 <= x < MODULES and 0 <= y < MODULES):
        return b"\xff"
    corner = _in_corner(x, y)
    is_dark = corner if corner is not None else hashlib.sha256(f"{x},{y}".encode()).digest()[0] % 2 == 0
    return b"\x00" if is_dark else b"\xff"


def _in_corner(x: int, y: int) -> bool | None:
    """The three squares by which a camera finds a code."""
    for left, top in ((0, 0), (MODULES - 7, 0), (0, MODULES - 7)):
        across, down = x - left, y - top
        if -1 <= across <= 7 and -1 <= down <= 7:
            ring = max(abs(across - 3), abs(down - 3))
            return ring in (0, 1, 3)
    return None


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
