"""Blocks of one segment (section 21): dense codings, slabs."""
from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple

from .lz4block import decompress
from .plainrows import PlainReader
from .slices import Slice, SliceReader
from .source import Damage, Parser
from .symbols import Refused, Small

SLAB = 16
TRANSPOSED_MAX = 65536
BITS = [bytes(value >> bit & 1 for bit in range(8)) for value in range(256)]
ONES = re.compile(b"\x01+")

Box = Tuple[range, range, range]  # slices, rows, columns
Place = Tuple[int, int, int, int]  # slice, row, start, end: a run


def block_runs(data: bytes, shape: Box, box: Box) -> Iterator[Place]:
    """The runs of a block, in order. ``shape`` is the whole array."""
    if not data:
        raise Refused("a block without bytes")
    coding, transposed = data[0] & 7, bool(data[0] & 8)
    if coding > 4 or data[0] >> 4 or (transposed and coding > 0):
        raise Refused(f"first byte {data[0]}")
    if coding == 2:
        return dense_runs(bits(data[1:], volume(box)), box)
    if coding == 3:
        return dense_runs(decompress(data[1:], volume(box)), box)
    if coding == 4:
        return inside(dense_runs(decompress(data[1:], volume(shape)), shape), box)
    return slab_runs(data[1:], coding, transposed, box)


def volume(box: Box) -> int:
    """Voxels of a box."""
    return len(box[0]) * len(box[1]) * len(box[2])


def bits(data: bytes, count: int) -> bytes:
    """A byte for each bit."""
    if len(data) != -(-count // 8):
        raise Refused(f"{len(data)} bytes for {count} voxels")
    voxels = b"".join(BITS[value] for value in data)
    if any(voxels[count:]):
        raise Refused("unused bits are not zero")
    return voxels[:count]


def dense_runs(voxels: bytes, box: Box) -> Iterator[Place]:
    """The runs of a byte a voxel, C order."""
    if voxels.strip(b"\0\1"):
        raise Refused("a voxel is neither 0 nor 1")
    width, at = len(box[2]), 0
    for index in box[0]:
        for y in box[1]:
            for run in ONES.finditer(voxels[at : at + width]):
                yield index, y, box[2].start + run.start(), box[2].start + run.end()
            at += width


def inside(runs: Iterator[Place], box: Box) -> Iterator[Place]:
    """The runs, none of which may leave the box."""
    for run in runs:
        index, y, start, end = run
        if index not in box[0] or y not in box[1] or start < box[2].start or end > box[2].stop:
            raise Refused("a voxel is outside of the box")
        yield run


def slab_table(take: Parser, slabs: int) -> Iterator[Tuple[int, int]]:
    """Index and length of each slab that is not empty, but the last."""
    index = 0
    while index < slabs - 1:
        length = take.varint((1 << 63) - 1)
        if length:
            yield index, length
            index += 1
        else:
            index += 1 + take.varint((1 << 63) - 1)
    if index > slabs - 1:
        raise Refused("the last slab is empty")


def slab_runs(data: bytes, coding: int, transposed: bool, box: Box) -> Iterator[Place]:
    """The runs of codings 0 and 1."""
    if transposed and max(len(box[1]), len(box[2])) > TRANSPOSED_MAX:
        raise Refused("the axes of so long a box are exchanged")
    first = box[0].start // SLAB
    slabs = (box[0].stop - 1) // SLAB - first + 1
    take = Parser(data, 0, "V041")
    try:
        lengths = list(slab_table(take, slabs))
    except Damage as damage:
        raise Refused(damage.message) from None
    at = take.at
    left = len(data) - at - sum(length for _, length in lengths)
    if left < 1:
        raise Refused("the last slab has no bytes")
    for index, length in [*lengths, (slabs - 1, left)]:
        start = (first + index) * SLAB
        slices = range(max(start, box[0].start), min(start + SLAB, box[0].stop))
        part = data[at : at + length]
        if coding:
            yield from plain_slab(part, slices, box)
        else:
            yield from one_slab(Small(part), transposed, slices, box)
        at += length


def plain_slab(data: bytes, slices: range, box: Box) -> Iterator[Place]:
    """The runs of a slab of coding 1."""
    reader = PlainReader(data, len(box[1]), len(box[2]))
    for index in slices:
        for y, row in reader.slice():
            for start, end in row:
                yield index, box[1].start + y, box[2].start + start, box[2].start + end
    reader.finish()


def one_slab(coding: Small, transposed: bool, slices: range, box: Box) -> Iterator[Place]:
    """The runs of a slab of coding 0 that is not empty."""
    rows, columns = (box[2], box[1]) if transposed else (box[1], box[2])
    reader = SliceReader(coding, len(rows), len(columns))
    along_y = along_x = 0
    for index in slices:
        found = reader.slice()
        if found is None:
            continue
        plain = {y: [run[:2] for run in row] for y, row in found.rows.items()}
        if transposed:
            along_y += sum(map(len, plain.values()))
            limit = 32 * along_y + 65536 - along_x
            plain = transpose(found, limit)
            along_x += sum(map(len, plain.values()))
        for y in sorted(plain):
            for start, end in plain[y]:
                yield index, box[1].start + y, box[2].start + start, box[2].start + end
    coding.finish()


def transpose(found: Slice, limit: int) -> Dict[int, List[Tuple[int, int]]]:
    """The runs along the other axis, at most ``limit``."""
    rows: Dict[int, List[Tuple[int, int]]] = {}
    count = 0
    for x in sorted(found.rows):
        for run in found.rows[x]:
            for y in range(run[0], run[1]):
                row = rows.setdefault(y, [])
                if row and row[-1][1] == x:
                    row[-1] = (row[-1][0], x + 1)
                    continue
                row.append((x, x + 1))
                count += 1
                if count > limit:
                    raise Refused("exchanged axes make too many runs")
    return rows
