"""Row groups of masks: names and records of segments (section 12, rules V038 and V039)."""
from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Tuple

from .header import AXIS_MAX, Space
from .jsontext import is_json
from .maskblock import Box, volume
from .rowgroup import RowGroup
from .schema import JSON_BYTES_MAX, TEXT_BYTES_MAX
from .source import NAME_BYTES_MAX, Damage, Parser
from .symbols import unzigzag

NAMES, LABELS, NAME_OFFSETS, NAME_BYTES, RECORD_OFFSETS, RECORDS, BLOCKS = range(1, 8)
HAS_VOXELS, HAS_PRIORITY, HAS_COLOUR, HAS_TERMS, HAS_JSON, HAS_PART, HAS_DEPTH = (
    1 << bit for bit in range(7))
MASK_VOXELS_MAX = 1 << 48
SEGMENT_CODES_MAX = 65536
SEGMENT_PARTS_MAX = 65535
ANY = (1 << 64) - 1
SUM_MAX = (1 << 128) - 1  # of up to 2^48 numbers below 2^48


class Facts(NamedTuple):
    """What a record says of its voxels; ``sums`` of slice, row, column, and z with ``depth``."""

    block: Tuple[int, int]
    part: Optional[int]
    voxels: int
    runs: int
    box: Box
    depth: Optional[range]
    sums: Tuple[int, ...]


class Segment(NamedTuple):
    """A record. ``codes``: scheme, value, meaning."""

    facts: Optional[Facts]
    priority: int
    colour: Optional[Tuple[int, ...]]
    codes: List[Tuple[str, str, str]]
    json: Optional[str]


def piece(rows: RowGroup, index: int, offsets: int, texts: int, rule: str) -> Parser:
    """The bytes between two offsets."""
    start, end = rows.array(offsets, "I")[index : index + 2]
    place, length = rows.sections[texts]
    if not start <= end <= length:
        raise rows.damage(rule, f"offsets {start}, {end} in {length} bytes", offsets)
    data = rows.data.read(place + start, end - start)
    return Parser(data, rows.data.base + place + start, rule)


def utf8(take: Parser, count: int) -> str:
    """A text of so many bytes."""
    try:
        return take.take(count).decode("utf-8")
    except UnicodeDecodeError:
        raise take.damage("a text is not UTF-8") from None


def name(rows: RowGroup, index: int) -> Tuple[str, str]:
    """Group and name by their index in the list (V038)."""
    if index >= rows.sections[NAME_OFFSETS][1] // 4 - 1:
        raise rows.damage("V038", f"name {index} is not in the list", NAMES)
    take = piece(rows, index, NAME_OFFSETS, NAME_BYTES, "V038")
    group = utf8(take, take.number("B"))
    left = len(take.data) - take.at
    if not 1 <= left <= NAME_BYTES_MAX:
        raise take.damage(f"a name of {left} bytes")
    return group, utf8(take, left)


def segment_name(rows: RowGroup, position: int) -> Tuple[str, str]:
    """Group and name of a segment."""
    return name(rows, rows.array(NAMES, "I")[position])


def record(rows: RowGroup, position: int) -> Segment:
    """The record of a segment (V039)."""
    take = piece(rows, position, RECORD_OFFSETS, RECORDS, "V039")
    flags = take.number("B")
    if flags & 128:
        raise take.damage("an unknown flag of a record", "V004")
    if flags & (HAS_PART | HAS_DEPTH) and not flags & HAS_VOXELS:
        raise take.damage("a part or depth without voxels")
    found = facts(rows, take, flags) if flags & HAS_VOXELS else None
    priority = unzigzag(take.varint((1 << 32) - 1)) if flags & HAS_PRIORITY else 0
    if flags & HAS_PRIORITY and not priority:
        raise take.damage("a priority of 0")
    colour = take.unpack("4B") if flags & HAS_COLOUR else None
    codes = terms(take) if flags & HAS_TERMS else []
    json = None
    if flags & HAS_JSON:
        length = take.varint(JSON_BYTES_MAX)
        json = utf8(take, length)
        if not json:
            raise take.damage("JSON of 0 bytes")
    take.end()
    return Segment(found, priority, colour, codes, json)


def terms(take: Parser) -> List[Tuple[str, str, str]]:
    """The terms of a record."""
    count = take.varint(SEGMENT_CODES_MAX)
    if not count:
        raise take.damage("no terms")

    def text() -> str:
        return utf8(take, take.varint(TEXT_BYTES_MAX))

    return [(text(), text(), text()) for _ in range(count)]


def facts(rows: RowGroup, take: Parser, flags: int) -> Facts:
    """What a record says of the voxels, as far as it is possible by itself."""
    block = (take.varint(ANY), take.varint(ANY))
    if sum(block) > rows.sections[BLOCKS][1]:
        raise take.damage(f"a block ends at {sum(block)}")
    part = take.varint(SEGMENT_PARTS_MAX) if flags & HAS_PART else None
    voxels, runs = take.varint(MASK_VOXELS_MAX), take.varint(MASK_VOXELS_MAX)

    def side(limit: int) -> range:
        start, length = take.varint(ANY), take.varint(ANY)
        if not length or start + length > limit:
            raise take.damage("a side of a box")
        return range(start, start + length)

    box = (side(MASK_VOXELS_MAX), side(AXIS_MAX), side(AXIS_MAX))
    depth = side(AXIS_MAX) if flags & HAS_DEPTH else None
    axes = [*box, depth] if depth else box
    sums = tuple(take.varint(SUM_MAX) for _ in box)
    sums += (take.varint(SUM_MAX),) if depth else ()
    if not (1 <= runs <= voxels <= volume(box)) or not block[1]:
        raise take.damage(f"{voxels} voxels in {runs} runs in {block[1]} bytes")
    for axis, total in zip(axes, sums):
        if total > voxels * (len(axis) - 1):
            raise take.damage(f"a sum of {total}")
    return Facts(block, part, voxels, runs, box, depth, sums)


def array_of(space: Space) -> Box:
    """Slices, rows and columns of the array of a space."""
    depth, height, width = space.shape
    return range(space.frames * depth), range(height), range(width)


def check_array(rows: RowGroup, space: Space) -> None:
    """V039: the space of an image with a live segment is an array of voxels."""
    if not 1 <= volume(array_of(space)) <= MASK_VOXELS_MAX:
        raise rows.damage("V039", "segments in a space without voxels, or with too many", RECORDS)


def check_place(rows: RowGroup, found: Facts, space: Space) -> None:
    """V039 as far as the box depends on the space of the image."""
    array = array_of(space)
    if any(side.stop > axis.stop for side, axis in zip(found.box, array)):
        raise rows.damage("V039", f"box {found.box} is not in the array", RECORDS)
    if (found.depth is not None) != (space.frames > 1):
        raise rows.damage("V039", f"depth in a space of {space.frames} frames", RECORDS)
    if found.depth and found.depth.stop > space.shape[0]:
        raise rows.damage("V039", f"depth {found.depth}", RECORDS)


def check_masks(rows: RowGroup) -> Iterator[Damage]:
    """A row group by itself; the blocks of live segments belong to the state."""
    for offsets, texts, rule in ((NAME_OFFSETS, NAME_BYTES, "V038"),
                                 (RECORD_OFFSETS, RECORDS, "V039")):
        values = rows.array(offsets, "I")
        if values[0] != 0 or values[-1] != rows.sections[texts][1]:
            yield rows.damage(rule, "the offsets do not span their section", offsets)
    count, before = rows.sections[NAME_OFFSETS][1] // 4 - 1, b""
    for index in range(count):
        name(rows, index)
        data = piece(rows, index, NAME_OFFSETS, NAME_BYTES, "V038").data
        if data <= before:
            yield rows.damage("V038", f"name {index} does not follow the one before", NAME_BYTES)
        before = data
    if max(rows.array(NAMES, "I")) >= count:
        yield rows.damage("V038", "a name is not in the list", NAMES)
    for position in range(rows.count):
        found = record(rows, position)
        if found.json and not is_json(found.json):
            yield rows.damage("V039", f"the JSON of position {position}", RECORDS)
