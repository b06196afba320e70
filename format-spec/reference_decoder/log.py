"""Records of the log and their operations (sections 10 and 14)."""
from __future__ import annotations

import struct
import zlib
from typing import Callable, List, NamedTuple, Optional, Tuple

from .header import Superblock
from .source import PAGE_BYTES, Damage, Parser, Source, numbers, round_up

SECTOR_BYTES = 512
HEADER_BYTES = 64
OPS_MAX = 1 << 20
RECORD_BYTES_MAX = 1 << 30
COMMIT, NEXT = 1, 2
HEADER = struct.Struct("<4sIQQQIIQQ4sI")


class Record(NamedTuple):
    """A record; ``at`` is the place of its header in the file."""

    at: int
    kind: int
    seq: int
    synced_seq: int
    payload_len: int
    payload_crc: int
    chain: int
    epoch: int
    checksum: int

    def payload(self) -> int:
        """Place of the payload in the file."""
        return self.at + HEADER_BYTES

    def end(self) -> int:
        """Place behind the padding."""
        return round_up(self.payload() + self.payload_len, SECTOR_BYTES)


def read_header(source: Source, at: int) -> Optional[Record]:
    """A header with right magic, kind, reserved bytes and checksum."""
    data = source.read(at, HEADER_BYTES, "V029")
    magic, kind, seq, synced, length, crc, chain, epoch, _, rest, checksum = HEADER.unpack(data)
    if magic != b"VREC" or kind not in (COMMIT, NEXT) or any(rest):
        return None
    if zlib.crc32(data[:60]) != checksum:
        return None
    return Record(at, kind, seq, synced, length, crc, chain, epoch, checksum)


class Log:
    """Reads the chain of segments, as section 14 says ("Reading the log")."""

    def __init__(self, source: Source, superblock: Superblock,
                 claim: Callable[[int, int], None]):
        """``claim`` is told the pages of each segment, and raises V007 if they are taken."""
        self.source, self.superblock, self.claim = source, superblock, claim
        self.records: List[Record] = []
        self.reason = "V030"
        self.durable: float = superblock.log_first_seq - 1

    def read(self) -> None:
        """Notes all records that check out, up to the end of the log."""
        sb = self.superblock
        if sb.sealed and sb.log_end_seq < sb.log_first_seq:
            raise Damage("V030", "the log ends before it starts", 144)
        if sb.log_pages == 0:
            if sb.sealed and sb.log_end_seq != sb.log_first_seq:
                raise Damage("V030", "there is no log, but it has records", 144)
            return
        at, end = self._segment(sb.log_page, sb.log_pages)
        seq, chain = sb.log_first_seq, sb.log_chain
        while not (sb.sealed and seq == sb.log_end_seq):
            record, segment = self._check(at, end, seq, chain)
            if record is None and self._is_damage(at, end, seq):
                record, segment = self._check(at, end, seq, chain)
                if record is None or sb.sealed:
                    raise Damage(self.reason, f"record {seq} does not check out", at)
            if record is None:
                break
            self.records.append(record)
            self.durable = max(self.durable, record.synced_seq)
            at = record.end()
            if segment is not None:
                at, end = self._segment(*segment)
            seq, chain = seq + 1, record.checksum
        if sb.sealed:
            self.durable = float("inf")

    def _segment(self, page: int, pages: int) -> Tuple[int, int]:
        self.claim(page, pages)
        return PAGE_BYTES * page, PAGE_BYTES * (page + pages)

    def _check(self, at: int, end: int, seq: int, chain: int):
        """The record here if it checks out, and the segment that it names; else None."""
        nothing = (None, None)
        self.reason = "V030"
        if at + SECTOR_BYTES > end:
            return nothing
        record = read_header(self.source, at)
        if record is None or record.synced_seq >= seq:
            return nothing
        if (record.seq, record.chain, record.epoch) != (seq, chain, self.superblock.log_epoch):
            return nothing
        if record.payload_len > RECORD_BYTES_MAX or record.end() > end:
            return nothing
        if record.kind == NEXT and record.payload_len != 16:
            return nothing
        if self.source.checksum(record.payload(), record.payload_len) != record.payload_crc:
            return nothing
        if record.kind == COMMIT:
            return record, None
        page, pages = struct.unpack("<QQ", self.source.read(record.payload(), 16))
        if page < 3 or pages < 1 or PAGE_BYTES * (page + pages) > self.source.length():
            self.reason = "V029"
            return nothing
        return record, (page, pages)

    def _is_damage(self, at: int, end: int, seq: int) -> bool:
        """Whether the end of the log at ``at`` is damage, not a torn tail."""
        if self.superblock.sealed:
            return True
        for place in range(at, end, SECTOR_BYTES):
            record = read_header(self.source, place)
            if record and record.epoch == self.superblock.log_epoch and record.synced_seq >= seq:
                return True
        return False


class Operation(NamedTuple):
    """An operation of a commit and its body."""

    code: int
    body: Parser


def operations(source: Source, record: Record) -> List[Operation]:
    """The operations of a commit, well formed as a list (V031); the bodies are not read."""
    if record.payload_len < 16:
        raise Damage("V031", "a commit without operations", record.payload())
    count, length = struct.unpack("<QQ", source.read(record.payload(), 16))
    if count > OPS_MAX or length > record.payload_len - 16 or 16 * count > length:
        raise Damage("V031", f"{count} operations in {length} bytes", record.payload())
    base = record.payload() + 16
    take = Parser(source.read(base, length), base, "V031")
    result = []
    for _ in range(count):
        code = take.number("I")
        take.reserved(4)
        size, at = take.number("Q"), take.here()
        result.append(Operation(code, Parser(take.take(size), at, "V031")))
    take.end()
    return result


def parse_rows(take: Parser, limit: int) -> List[int]:
    """A list of rows, strictly ascending, each below ``limit``."""
    count = take.count(8, limit)
    rows = numbers(take.take(8 * count), "Q").tolist()
    if rows and rows[-1] >= limit or any(a >= b for a, b in zip(rows, rows[1:])):
        raise take.damage("rows of an operation")
    return rows
