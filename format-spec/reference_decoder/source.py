"""Bytes of the file: limits, damage, reads, checked extents, a bounded parser."""
from __future__ import annotations

import os
import struct
import sys
import zlib
from array import array
from typing import Dict, NamedTuple, Optional

PAGE_BYTES = 4096
BLOCK_BYTES = 65536
EXTENT_BYTES_MAX = 1 << 40
NAME_BYTES_MAX = 255
CACHED_BLOCKS = 256  # regions are read by image: one block for each of that many regions


class Damage(Exception):
    """The file breaks a rule of section 19; ``offset`` is a place in the file, if one is known."""

    def __init__(self, rule: str, message: str, offset: Optional[int] = None):
        super().__init__(f"{rule} at {offset}: {message}")
        self.rule, self.message, self.offset = rule, message, offset


class Newer(Exception):
    """The file needs a newer reader (section 7). It is not damaged."""


def round_up(value: int, multiple: int) -> int:
    """The next multiple at or above a value."""
    return -(-value // multiple) * multiple


def numbers(data: bytes, code: str) -> array:
    """Little-endian integers: ``code`` is H, I, q or Q, of 2, 4, 8 and 8 bytes."""
    values = array(code, data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


class Source:
    """A file that is read by offset. Its length is asked anew each time, as a writer may append."""

    def __init__(self, path: str):
        self.file = open(path, "rb", buffering=0)
        self.fd = self.file.fileno()

    def length(self) -> int:
        """Present length in bytes."""
        return os.fstat(self.fd).st_size

    def read(self, offset: int, count: int, rule: str = "V005") -> bytes:
        """Exactly ``count`` bytes. The end is compared with the file before memory is taken."""
        if offset + count > self.length():
            raise Damage(rule, f"{count} bytes end behind the file", offset)
        parts = []
        while count > 0:
            part = os.pread(self.fd, min(count, 1 << 24), offset)
            if not part:
                raise Damage(rule, "the file became shorter", offset)
            parts.append(part)
            offset, count = offset + len(part), count - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def checksum(self, offset: int, count: int) -> int:
        """CRC-32 of bytes of the file, a mebibyte at a time."""
        value = 0
        for start in range(offset, offset + count, 1 << 20):
            value = zlib.crc32(self.read(start, min(1 << 20, offset + count - start)), value)
        return value


class Extent(NamedTuple):
    """A pointer to an extent."""

    page: int
    len: int
    crc: int

    def is_none(self) -> bool:
        """Whether it is the pointer that means "no extent"."""
        return self == (0, 0, 0)

    def blocks(self) -> int:
        """Blocks that have a checksum each."""
        return -(-self.len // BLOCK_BYTES)

    def data_pages(self) -> int:
        """Pages of the data."""
        return -(-self.len // PAGE_BYTES)

    def table(self) -> int:
        """Bytes of the checksum table."""
        return 4 * self.blocks() if self.blocks() > 1 else 0

    def pages(self) -> int:
        """Pages of the data and of the checksum table."""
        return self.data_pages() + -(-self.table() // PAGE_BYTES)

    def end(self) -> int:
        """Place behind the last byte that must be there: of the table, or of the data."""
        if self.table():
            return PAGE_BYTES * (self.page + self.data_pages()) + self.table()
        return PAGE_BYTES * self.page + self.len

    def check(self, end: int, at: int) -> None:
        """V006 for an extent that must be there; ``at`` is the place of the pointer.

        ``end`` is the end of the file. Only the last page may reach beyond it, with bytes behind
        the data or the table.
        """
        if self.page < 3 or not 1 <= self.len <= EXTENT_BYTES_MAX:
            raise Damage("V006", f"no proper extent: page {self.page}, len {self.len}", at)
        if PAGE_BYTES * (self.page + self.pages()) > round_up(end, PAGE_BYTES) or self.end() > end:
            raise Damage("V006", f"extent at page {self.page} ends behind byte {end}", at)


class ExtentBytes:
    """The data of an extent whose pointer was checked (V006); each block is verified when read."""

    def __init__(self, source: Source, extent: Extent):
        self.source, self.extent = source, extent
        self.base, self.len = PAGE_BYTES * extent.page, extent.len
        self.sums: Optional[array] = None
        self.cache: Dict[int, bytes] = {}

    def _sums(self) -> array:
        """Checksums of the blocks: those of the table, or the one in the pointer."""
        if self.sums is None:
            if self.extent.blocks() == 1:
                self.sums = array("I", [self.extent.crc])
            else:
                at = self.base + PAGE_BYTES * self.extent.data_pages()
                table = self.source.read(at, 4 * self.extent.blocks(), "V006")
                if zlib.crc32(table) != self.extent.crc:
                    raise Damage("V009", "checksum of a checksum table", at)
                self.sums = numbers(table, "I")
        return self.sums

    def block(self, index: int) -> bytes:
        """One block, verified; the last ones read are remembered."""
        if index not in self.cache:
            start = index * BLOCK_BYTES
            sums = self._sums()
            data = self.source.read(self.base + start, min(BLOCK_BYTES, self.len - start), "V006")
            if zlib.crc32(data) != sums[index]:
                raise Damage("V008", "checksum of a block", self.base + start)
            if len(self.cache) >= CACHED_BLOCKS:
                del self.cache[next(iter(self.cache))]
            self.cache[index] = data
        return self.cache[index]

    def read(self, at: int, count: int) -> bytes:
        """Bytes of the data; the caller has checked that they lie inside."""
        if count == 0:
            return b""
        parts = []
        for index in range(at // BLOCK_BYTES, (at + count - 1) // BLOCK_BYTES + 1):
            start = index * BLOCK_BYTES
            parts.append(self.block(index)[max(at - start, 0) : at + count - start])
        return b"".join(parts)

    def verify(self) -> None:
        """Reads every block (V008, V009)."""
        for index in range(self.extent.blocks()):
            self.block(index)


class InlineBytes:
    """Bytes in a log record; the checksum of the record covered them."""

    def __init__(self, source: Source, base: int, count: int):
        self.source, self.base, self.len = source, base, count

    def read(self, at: int, count: int) -> bytes:
        """Bytes of the data; the caller has checked that they lie inside."""
        return self.source.read(self.base + at, count)

    def verify(self) -> None:
        """Nothing is left to do."""


class Parser:
    """Takes structures from bytes, one after another; running out of bytes breaks ``rule``."""

    def __init__(self, data: bytes, base: int, rule: str):
        self.data, self.base, self.rule, self.at = data, base, rule, 0

    def here(self) -> int:
        """Place in the file of the next byte."""
        return self.base + self.at

    def damage(self, message: str, rule: Optional[str] = None) -> Damage:
        """Damage at the present place."""
        return Damage(rule or self.rule, message, self.here())

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > len(self.data) - self.at:
            raise self.damage("a structure ends behind its bytes")
        self.at += count
        return self.data[self.at - count : self.at]

    def unpack(self, form: str) -> tuple:
        """Values by a format of the module ``struct``, little endian."""
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def number(self, form: str) -> int:
        """One value."""
        return self.unpack(form)[0]

    def varint(self, limit: int) -> int:
        """A number of seven bits a byte, lowest first, as short as possible, up to ``limit``."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if value > limit or (byte == 0 and shift):
                raise self.damage("a number is too large or too long")
            if byte < 128:
                return value
            shift += 7

    def reserved(self, count: int) -> None:
        """Bytes that must be zero."""
        if any(self.take(count)):
            raise self.damage("reserved bytes are not zero", "V004")

    def extent(self) -> Extent:
        """A pointer to an extent; its place is not checked."""
        extent = Extent(*self.unpack("QQI"))
        self.reserved(4)
        if extent.len == 0 and not extent.is_none():
            raise self.damage("an extent without bytes has a page or checksum", "V006")
        return extent

    def count(self, least: int, limit: int, rule: Optional[str] = None) -> int:
        """The count of a list whose values take at least ``least`` bytes each."""
        count = self.number("Q")
        if count > limit:
            raise self.damage(f"a list has {count} values, more than {limit}", rule)
        if count * least > len(self.data) - self.at:
            raise self.damage("a list ends behind its bytes")
        return count

    def text(self, limit: int, rule: str, least: int = 0) -> str:
        """A text whose length is from ``least`` to ``limit`` bytes, or ``rule`` is broken."""
        length = self.number("I")
        if not least <= length <= limit:
            raise self.damage(f"a text of {length} bytes", rule)
        data = self.take(length)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise self.damage("a text is not UTF-8", "V033") from None

    def name(self, rule: str) -> str:
        """A name."""
        return self.text(NAME_BYTES_MAX, rule, 1)

    def end(self) -> None:
        """All bytes must be taken."""
        if self.at != len(self.data):
            raise self.damage("bytes are left over")
