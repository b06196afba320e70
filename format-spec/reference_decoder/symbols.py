"""Symbols, bits and numbers of blocks of one segment (section 21, "Symbols")."""
from __future__ import annotations

import functools
import json
import os
from typing import List, Tuple

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mask-tables.json")
WORD = 1 << 32


class Refused(Exception):
    """A block breaks section 21 (V041)."""


def unzigzag(value: int) -> int:
    """0, 1, 2, 3 ... to 0, -1, 1, -2 ..."""
    return -(value + 1 >> 1) if value & 1 else value >> 1


@functools.lru_cache(maxsize=None)
def tables() -> dict:
    """The frequencies of all tables, and the class of each circumstance."""
    with open(TABLES, encoding="ascii") as file:
        return json.load(file)


@functools.lru_cache(maxsize=None)
def slots(table: int) -> Tuple[bytes, List[int], List[int]]:
    """For each slot its symbol (that of slot 0 does not matter), frequencies, first slots."""
    frequencies = tables()["frequencies"][table]
    starts = [1 + sum(frequencies[:symbol]) for symbol in range(16)]
    symbols = b"".join(bytes([symbol]) * count for symbol, count in enumerate(frequencies))
    return b"\0" + symbols, frequencies, starts


class Small:
    """Coding 0: range asymmetric numeral systems, and the numbers made of its symbols and bits."""

    def __init__(self, data: bytes):
        count = len(data) if len(data) <= 4 else 3 if len(data) % 2 else 4
        if not data or data[count - 1] == 0:
            raise Refused("the state of a slab")
        self.data, self.at = data, count
        self.state = int.from_bytes(data[:count], "little")

    def _refill(self) -> None:
        if self.state < 65536 and self.at < len(self.data):
            self.state = self.state << 16 | self.data[self.at] | self.data[self.at + 1] << 8
            self.at += 2

    def symbol(self, table: int) -> int:
        """A symbol, 0 to 15."""
        slot = self.state & 4095
        if slot == 0:
            raise Refused("slot 0")
        symbols, frequencies, starts = slots(table)
        symbol = symbols[slot]
        self.state = frequencies[symbol] * (self.state >> 12) + slot - starts[symbol]
        self._refill()
        return symbol

    def bits(self, count: int) -> int:
        """Plain bits."""
        if count > 16:
            low = self.bits(16)
            return low | self.bits(count - 16) << 16
        value = self.state & (1 << count) - 1
        self.state >>= count
        self._refill()
        return value

    def number(self, table: int) -> int:
        """``number(T)``."""
        length = self.symbol(table)
        if length == 15:
            length += self.bits(5)
        if length > 32:
            raise Refused(f"a number of {length} bits")
        return length if length < 2 else (1 << length - 1) + self.bits(length - 1)

    def small(self, table: int, more: int) -> int:
        """``small(T, M)``."""
        value = self.symbol(table)
        value += self.number(more) if value == 15 else 0
        if value >= WORD:
            raise Refused(f"number {value}")
        return value

    def finish(self) -> None:
        """Behind the last symbol of a slab."""
        if self.state != 1 or self.at != len(self.data):
            raise Refused("a slab does not end where its bytes do")
