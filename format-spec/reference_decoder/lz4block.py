"""The LZ4 block format, without a frame (section 21)."""
from __future__ import annotations

from typing import Tuple

from .symbols import Refused

LONGEST = 255  # no byte of a block gives more


def _length(data: bytes, at: int, value: int) -> Tuple[int, int]:
    """A length that goes on in further bytes when its half of the token is 15, and what follows."""
    if value < 15:
        return value, at
    while True:
        if at >= len(data):
            raise Refused("LZ4: a length is cut")
        value, at = value + data[at], at + 1
        if data[at - 1] != 255:
            return value, at


def decompress(data: bytes, size: int) -> bytes:
    """Exactly ``size`` bytes."""
    if size > LONGEST * len(data):
        raise Refused(f"LZ4: {size} bytes of {len(data)}")
    out, at = bytearray(), 0
    while True:
        if at >= len(data):
            raise Refused("LZ4: a token is missing")
        token = data[at]
        count, at = _length(data, at + 1, token >> 4)
        if count > len(data) - at or len(out) + count > size:
            raise Refused("LZ4: literals")
        out += data[at : at + count]
        at += count
        if at == len(data):
            break
        offset = int.from_bytes(data[at : at + 2], "little")
        if at + 2 > len(data) or not 1 <= offset <= len(out):
            raise Refused("LZ4: an offset")
        count, at = _length(data, at + 2, token & 15)
        count += 4
        if len(out) + count > size:
            raise Refused("LZ4: a match is too long")
        piece = bytes(out[-offset:])
        out += (piece * (count // offset + 1))[:count]
    if len(out) != size:
        raise Refused(f"LZ4: {len(out)} bytes, not {size}")
    return bytes(out)
