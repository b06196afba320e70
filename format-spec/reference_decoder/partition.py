"""Blocks of several segments (section 21): the parts, slab by slab."""
from __future__ import annotations

import itertools
from typing import Iterator, List, Tuple

from .lz4block import decompress
from .maskblock import SLAB, Box, Place
from .partitionwalk import walk
from .source import Damage, Parser
from .symbols import Refused

SLICE_VOXELS_MAX = 1 << 24
PARTS_MAX = 65535
ANY = (1 << 64) - 1
WALK, DENSE = 0, 1


def part_box(take: Parser, shape: Box) -> Box:
    """The box around all parts."""
    sides = []
    for axis in shape:
        start, length = take.varint(ANY), take.varint(ANY)
        if not length or start + length > axis.stop:
            raise Refused("the box of a block is not in the array")
        sides.append(range(start, start + length))
    return sides[0], sides[1], sides[2]


def part_runs(data: bytes, shape: Box) -> Iterator[Tuple[int, Place]]:
    """Ordinal and place of each run of all parts. ``shape`` is the whole array."""
    take = Parser(data, 0, "V041")
    try:
        box = part_box(take, shape)
        if len(box[1]) * len(box[2]) > SLICE_VOXELS_MAX:
            raise Refused("a slice has too many voxels")
        parts = take.varint(PARTS_MAX)
        first, last = box[0].start // SLAB, (box[0].stop - 1) // SLAB
        if last - first + 1 > len(data) - take.at:
            raise Refused("more slabs than bytes")
        lengths = [take.varint((1 << 32) - 1) for _ in range(first, last + 1)]
        if sum(lengths) != len(data) - take.at:
            raise Refused("the slabs do not fill the block")
        slabs = [take.take(length) for length in lengths]
    except Damage as damage:
        raise Refused(damage.message) from None
    for slab, content in enumerate(slabs, first):
        slices = range(max(box[0].start, SLAB * slab), min(box[0].stop, SLAB * slab + SLAB))
        for index, labels in zip(slices, slab_labels(content, len(slices), box, parts)):
            for y, row in zip(box[1], labels):
                yield from row_runs(row, index, y, box[2].start)


def row_runs(row: List[int], index: int, y: int, x: int) -> Iterator[Tuple[int, Place]]:
    """The runs of the labels of a row."""
    for label, equal in itertools.groupby(row):
        end = x + sum(1 for _ in equal)
        if label:
            yield label - 1, (index, y, x, end)
        x = end


def slab_labels(data: bytes, count: int, box: Box, parts: int) -> Iterator[List[List[int]]]:
    """The labels of each of ``count`` slices, by row."""
    if not data:
        return
    if data[0] == WALK:
        yield from walk(data[1:], count, len(box[1]), len(box[2]), parts)
    elif data[0] == DENSE:
        width, size = len(box[2]), 1 if parts <= 255 else 2
        found = decompress(data[1:], size * count * len(box[1]) * width)
        labels = list(found) if size == 1 else [
            low + 256 * high for low, high in zip(found[::2], found[1::2])]
        if max(labels) > parts:
            raise Refused("a label over the number of parts")
        for place in range(0, len(labels), len(box[1]) * width):
            yield [labels[at : at + width]
                   for at in range(place, place + len(box[1]) * width, width)]
    else:
        raise Refused(f"a slab of mode {data[0]}")
