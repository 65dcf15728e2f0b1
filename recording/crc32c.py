"""CRC32C (Castagnoli, RFC 3720 §B.4) of bytes: by google-crc32c where it is installed, else in Python, with equal results.

Pure. The second one is for the verifier that anybody runs without installing anything.
"""

from __future__ import annotations

import struct
from array import array
from functools import cache

_POLYNOMIAL = 0x82F63B78  # 0x1EDC6F41, bits reversed
_ONES = 0xFFFFFFFF
_WIDE = 1 << 16


@cache
def _narrow() -> list[int]:
    """Effect of one byte of input."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


@cache
def _wide() -> tuple[array[int], array[int]]:
    """Effect of the last and of the first 16 bits of a 32-bit word. Arrays: a list of as many objects leaves the cache."""
    narrow = _narrow()

    def two_more(crc: int) -> int:
        crc = narrow[crc & 255] ^ crc >> 8
        return narrow[crc & 255] ^ crc >> 8

    last = array("I", (two_more(value) for value in range(_WIDE)))
    return last, array("I", map(two_more, last))


def in_python(data: bytes) -> int:
    """CRC32C of data, four bytes a step."""
    last, first = _wide()
    crc = _ONES
    whole = len(data) & ~3
    for word in struct.unpack(f"<{whole >> 2}I", data[:whole]):
        crc ^= word
        crc = first[crc & 0xFFFF] ^ last[crc >> 16]
    narrow = _narrow()
    for byte in data[whole:]:
        crc = narrow[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ _ONES


try:
    import google_crc32c as _native
except ImportError:
    value = in_python
else:

    def value(data: bytes) -> int:
        """CRC32C of data."""
        return int(_native.value(data))
