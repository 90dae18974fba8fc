"""Small PNG files: 256 colours, which is all that a page of text and plots needs."""

from __future__ import annotations

import struct
import zlib

import numpy as np


def indexed_png(rgba: bytes, width: int, height: int) -> bytes:
    """A PNG of at most 256 colours: the commonest ones; a pixel of another gets the nearest of them.

    Args:
        rgba: four bytes a pixel, row by row; how opaque it is, is left out.

    Raises:
        ValueError: the bytes are not of this size.
    """
    pixels = np.frombuffer(rgba, dtype=np.uint8).reshape(height * width, 4)[:, :3].astype(np.int32)
    keys = pixels @ np.array([65_536, 256, 1])
    colours, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
    palette = rgb[np.argsort(counts, kind="stable")[::-1][:256]]
    nearest = np.array([np.argmin(((palette - one) ** 2).sum(axis=1)) for one in rgb], dtype=np.uint8)
    rows = nearest[place].reshape(height, width)
    # Each row begins with the number of its filter: 0, none, is best for palettes.
    lines = np.hstack([np.zeros((height, 1), dtype=np.uint8), rows]).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
