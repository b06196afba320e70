"""Superblocks, the spatial header and the lock of an epoch (sections 6 to 8 and 16)."""
from __future__ import annotations

import math
import struct
import sys
import zlib
from typing import List, NamedTuple, Tuple, Union

from .source import PAGE_BYTES, Damage, Extent, Newer, Parser, Source

MAGIC = b"\x89VSL\r\n\x1a\n"
FILE_BYTES_MAX = 1 << 48
AXIS_MAX = 1 << 31
SPACE_BYTES = 256
FLAG_SEALED = 1
INCOMPAT_TOKENS, INCOMPAT_MASKS, INCOMPAT_PROMPT_SETS = 1, 2, 4
INCOMPAT_KNOWN = INCOMPAT_TOKENS | INCOMPAT_MASKS | INCOMPAT_PROMPT_SETS
EPOCH_BASE = (1 << 62) + 16
EPOCH_LIMIT = 1 << 61


class Superblock(NamedTuple):
    """A valid superblock."""

    minor: int
    uuid: bytes
    compat: int
    ro_compat: int
    incompat: int
    sealed: bool
    generation: int
    epoch: int
    file_len: int
    space_crc: int
    manifest: Extent
    log_page: int
    log_pages: int
    log_first_seq: int
    log_epoch: int
    log_chain: int
    log_end_seq: int


def parse_superblock(page: bytes, base: int) -> Superblock:
    """Judges one page by "a superblock is valid" of section 6."""
    if page[:8] != MAGIC:
        raise Damage("V002", "no superblock: wrong magic", base)
    if struct.unpack_from("<I", page, PAGE_BYTES - 4)[0] != zlib.crc32(page[:-4]):
        raise Damage("V002", "no superblock: wrong checksum", base)
    take = Parser(page[:-4], base, "V002")
    take.take(8)
    major, minor, page_bytes = take.unpack("HHI")
    incompat = struct.unpack_from("<I", page, 40)[0]
    if major > 1 or incompat & ~INCOMPAT_KNOWN:
        raise Newer(f"major version {major}, incompat bits {incompat:#x}")
    if major < 1:
        raise Damage("V002", f"major version {major}", base + 8)
    if page_bytes != PAGE_BYTES:
        raise Damage("V003", f"page size {page_bytes}", base + 12)
    uuid, compat, ro_compat, incompat, flags = take.unpack("16sIIII")
    if flags & ~FLAG_SEALED:
        raise Damage("V004", "unknown flags of a superblock", base + 44)
    generation, epoch, file_len, space_crc = take.unpack("QQQI")
    take.reserved(4)
    if file_len % PAGE_BYTES or file_len > FILE_BYTES_MAX:
        raise Damage("V005", f"file_len {file_len}", base + 64)
    manifest = take.extent()
    manifest.check(file_len, base + 80)
    log_page, log_pages, first_seq, log_epoch, chain = take.unpack("QQQQI")
    take.reserved(4)
    end_seq = take.number("Q")
    take.reserved(len(take.data) - take.at)
    outside = log_page < 3 or log_pages < 1 or PAGE_BYTES * (log_page + log_pages) > file_len
    if (log_page, log_pages) != (0, 0) and outside:
        raise Damage("V029", "the first log segment is outside of the file", base + 104)
    if epoch >= EPOCH_LIMIT or generation == (1 << 64) - 1:
        raise Damage("V002", f"epoch {epoch}, generation {generation}", base + 48)
    return Superblock(minor, uuid, compat, ro_compat, incompat, bool(flags & FLAG_SEALED),
                      generation, epoch, file_len, space_crc, manifest, log_page, log_pages,
                      first_seq, log_epoch, chain, end_seq)


def choose_superblock(source: Source) -> Tuple[Superblock, List[Damage]]:
    """Steps 1 to 4 of section 14: the superblock, and what is wrong with the other page."""
    if source.length() < 3 * PAGE_BYTES:
        raise Damage("V001", f"the file has {source.length()} bytes", 0)
    judged: List[Union[Superblock, Damage]] = []
    for base in (0, PAGE_BYTES):
        try:
            judged.append(parse_superblock(source.read(base, PAGE_BYTES, "V001"), base))
        except Damage as damage:
            judged.append(damage)
    valid = [found for found in judged if isinstance(found, Superblock)]
    if not valid:
        raise judged[0]
    chosen = max(valid, key=lambda found: found.generation)
    if source.length() < chosen.file_len:
        raise Damage("V005", f"the file is shorter than {chosen.file_len} bytes", source.length())
    return chosen, [found for found in judged if isinstance(found, Damage)]


class Space(NamedTuple):
    """A spatial header (section 8)."""

    shape: Tuple[int, ...]
    frames: int
    spacing: Tuple[float, ...]
    frame_spacing: float
    origin: Tuple[float, ...]
    direction: Tuple[float, ...]


def parse_space(data: bytes, base: int) -> Space:
    """Reads 256 bytes and checks V011."""
    take = Parser(data, base, "V011")
    shape, frames = take.unpack("3Q"), take.number("Q")
    spacing, frame_spacing = take.unpack("3d"), take.number("d")
    origin, direction = take.unpack("3d"), take.unpack("9d")
    take.reserved(96)
    if shape != (0, 0, 0) and not all(1 <= axis <= AXIS_MAX for axis in shape):
        raise Damage("V011", f"shape {shape}", base)
    if not 1 <= frames <= AXIS_MAX:
        raise Damage("V011", f"{frames} frames", base + 24)
    if not all(math.isfinite(step) and step > 0 for step in spacing):
        raise Damage("V011", f"spacing {spacing}", base + 32)
    if not (math.isfinite(frame_spacing) and frame_spacing >= 0):
        raise Damage("V011", f"frame_spacing {frame_spacing}", base + 56)
    if not all(map(math.isfinite, origin)):
        raise Damage("V011", f"origin {origin}", base + 64)
    if not all(math.isfinite(part) and abs(part) <= 1000 for part in direction):
        raise Damage("V011", "an element of the direction", base + 88)
    a, b, c, d, e, f, g, h, i = direction
    if not abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) > 1e-6:
        raise Damage("V011", "the direction has no inverse", base + 88)
    return Space(shape, frames, spacing, frame_spacing, origin, direction)


def lock_epoch(source: Source, epoch: int, hold: bool) -> None:
    """Takes or gives back the shared lock of an epoch, where the system has such locks."""
    if not sys.platform.startswith("linux"):
        return
    import fcntl

    kind = fcntl.F_RDLCK if hold else fcntl.F_UNLCK
    request = struct.pack("hhqqi4x", kind, 0, EPOCH_BASE + epoch, 1, 0)
    try:
        fcntl.fcntl(source.fd, fcntl.F_OFD_SETLK, request)
    except OSError:
        pass  # a file system without locks: the file can be read while nobody writes it


def open_superblock(source: Source) -> Tuple[Superblock, List[Damage]]:
    """Steps 1 to 5 of section 14: lock, then read again."""
    for _ in range(1000):
        first, _ = choose_superblock(source)
        lock_epoch(source, first.epoch, True)
        chosen, lost = choose_superblock(source)
        if chosen.epoch == first.epoch:
            return chosen, lost
        lock_epoch(source, first.epoch, False)
    raise OSError("the epoch changed 1000 times between two reads")
