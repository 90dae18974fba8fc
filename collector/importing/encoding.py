"""How the bytes of a text file spell letters: UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
import re

# In Windows-1252 these are no letters, or letters of few texts; a run of broken UTF-8 has them often.
_UNLIKELY = re.compile(rb"[\x81\x8d\x8f\x90\x9d\xfe\xff]")
_UTF8_LETTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")


def guess_encoding(start: bytes) -> str:
    """The codec for a file that begins with `start`: by its mark, its zero bytes, or by what is not UTF-8.

    A file with some letters that are UTF-8 is UTF-8, however broken others are: those spoil their own lines.
    """
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    sample = start[:1_000]
    for codec, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if len(zeros) > 1 and zeros.count(0) > 0.6 * len(zeros):
            return codec
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        if not _UTF8_LETTER.search(start) and not _UNLIKELY.search(start):
            return "cp1252"
    return "utf-8-sig"
