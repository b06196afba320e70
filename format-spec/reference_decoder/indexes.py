"""Indexes: their headers, and codes of row groups (section 22, rules V042 and V043)."""
from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Iterator, List, Optional, Tuple

from .manifest import Index
from .rowgroup import ALIGN_BYTES, RowGroup
from .source import Damage, ExtentBytes

if TYPE_CHECKING:
    from .container import Container
    from .schema import Field

CODES, LISTS = 1, 2
NO_REGION = (1 << 32) - 1
HEADER_BYTES, SECTIONS_MAX = 64, 16
ENTRIES_MAX, DIM_MAX = (1 << 32) - 2, 65536
CODE_SECTIONS = 10
SEED = 0x01766573616C6975
WORD = (1 << 64) - 1
ROUNDING = 1 / 65536  # what two ways of rounding may differ by, relative to a length


class IndexBytes:
    """The bytes of an index: header and section table are checked (V042)."""

    def __init__(self, index: Index, data: ExtentBytes):
        self.index, self.data = index, data
        head = data.read(0, min(HEADER_BYTES, data.len))
        if len(head) < HEADER_BYTES:
            raise self.damage("V042", "shorter than its header")
        (magic, kind, column, self.region, self.count, self.dim, self.padded, self.seed,
         self.metric, self.lists, number, rest) = struct.unpack("<4sIIIQIIQIII12s", head)
        if (magic, kind, column) != (b"VIDX", index.kind, index.column):
            raise self.damage("V042", f"{magic!r}, kind {kind}, column {column}")
        if any(rest):
            raise self.damage("V004", "reserved bytes of the header")
        if not 1 <= self.dim <= DIM_MAX or self.count > ENTRIES_MAX or number > SECTIONS_MAX:
            raise self.damage("V042", "dimension, entries or sections")
        if self.padded != -(-self.dim // 128) * 128:
            raise self.damage("V042", f"{self.padded} elements of a rotated feature")
        end = HEADER_BYTES + 16 * number
        if end > data.len:
            raise self.damage("V042", "shorter than its section table")
        self.sections: List[Tuple[int, int]] = []
        for offset, length in struct.iter_unpack("<QQ", data.read(HEADER_BYTES, 16 * number)):
            if offset % ALIGN_BYTES or offset < end or offset + length > data.len:
                raise self.damage("V042", f"a section at offset {offset}")
            self.sections.append((offset, length))
            end = offset + length

    def damage(self, rule: str, message: str) -> Damage:
        """Damage of this index."""
        return Damage(rule, f"an index of column {self.index.column}: {message}", self.data.base)

    def section(self, number: int, start: int, length: int) -> bytes:
        """Some bytes of a section (V043)."""
        offset, have = self.sections[number] if number < len(self.sections) else (0, 0)
        if start + length > have:
            raise self.damage("V043", f"section {number} is too short")
        return self.data.read(offset + start, length)

    def floats(self, number: int, start: int, count: int) -> Tuple[float, ...]:
        """Some numbers of a section of f32."""
        return struct.unpack(f"<{count}f", self.section(number, 4 * start, 4 * count))


def check_index(container: Container, index: Index) -> Iterator[Damage]:
    """What is wrong with an index of a known kind."""
    if index.kind not in (CODES, LISTS) or index.data.is_none():
        return
    found = IndexBytes(index, ExtentBytes(container.source, index.data))
    field = next((f for f in container.state.schema.fields if f.column == index.column), None)
    if field is None or field.dim != found.dim or not region_exists(found, field):
        raise found.damage("V042", "it is of another field")
    if index.kind == CODES:
        yield from check_codes(container, found)


def region_exists(index: IndexBytes, field: Field) -> bool:
    """Whether the region of an index is one of the field, or none."""
    return index.region == NO_REGION or index.region < len(field.regions)


def check_codes(container: Container, index: IndexBytes) -> Iterator[Damage]:
    """Codes bound what they leave out of the features of their row group."""
    rows = group_of(container, index)
    if rows is None:
        return
    if index.region != NO_REGION or index.count != rows.group.total or index.seed != SEED:
        raise index.damage("V042", "it is of other features")
    centre = index.floats(0, 0, index.dim)
    rotation = Rotation(index.dim, index.seed)
    sizes = (index.padded // 2, index.padded // 4, index.padded // 4)
    for number in range(index.count):
        planes = [index.section(plane, number * size, size) for plane, size in enumerate(sizes, 1)]
        facts = [index.floats(fact, number, 1)[0] for fact in range(4, CODE_SECTIONS)]
        feature = rows.decode(rows.feature(number))
        if not bounds(rotation, feature, centre, planes, facts):
            yield index.damage("V043", f"code {number} does not bound what it leaves out")
            return


def group_of(container: Container, index: IndexBytes) -> Optional[RowGroup]:
    """The row group that codes are of, if the state still has it."""
    parts = container.state.columns.get(index.index.column, [])
    for part in parts:
        if part.group.id == index.index.group:
            return part.open(container.source, container.state.schema)
    return None


def bounds(rotation: Rotation, feature: Tuple[float, ...], centre: Tuple[float, ...],
           planes: List[bytes], facts: List[float]) -> bool:
    """Whether the facts of a code hold for a feature."""
    step, *errors, norm, length2 = facts
    if all(math.isinf(error) for error in errors):
        return True
    moved = [x - c for x, c in zip(feature, centre)]
    length = math.sqrt(sum(x * x for x in moved))
    turned = rotation.apply(moved)
    left = [0.0, 0.0, 0.0]
    for place, value in enumerate(turned):
        byte = code(planes, place)
        for number, (high, middle) in enumerate(((byte, 127.5), (byte & ~3, 126), (byte & ~15, 120))):
            left[number] += (value - step * (high - middle)) ** 2
    slack = ROUNDING * length + 2.0 ** -1022
    true_norm = math.sqrt(sum(x * x for x in feature))
    return (abs(norm - true_norm) <= ROUNDING * true_norm + 2.0 ** -126
            and abs(length2 - length * length) <= ROUNDING * length * length + 2.0 ** -126
            and all(math.sqrt(rest) <= error + slack for rest, error in zip(left, errors)))


def code(planes: List[bytes], place: int) -> int:
    """The byte of an element, from the planes of its row."""
    stretch, within = divmod(place, 128)
    high, middle, low = planes
    four = high[64 * stretch + within % 64] >> within // 64 * 4 & 15
    two = [plane[32 * stretch + within % 32] >> within // 32 * 2 & 3 for plane in (middle, low)]
    return 16 * four + 4 * two[0] + two[1]


class Rotation:
    """The orthogonal map that a seed stands for."""

    def __init__(self, dim: int, seed: int):
        self.padded = -(-dim // 128) * 128
        words = splitmix(seed)
        self.rounds: List[Tuple[List[int], List[int]]] = []
        for _ in range(3 if self.padded <= 2048 else 4):
            signs: List[int] = []
            while len(signs) < self.padded:
                word = next(words)
                signs += [-1 if word >> bit & 1 else 1 for bit in range(64)]
            places = list(range(self.padded // 16))
            for last in range(len(places) - 1, 0, -1):
                other = next(words) % (last + 1)
                places[last], places[other] = places[other], places[last]
            self.rounds.append((signs, places))

    def apply(self, vector: List[float]) -> List[float]:
        """The turned vector, extended with zeros."""
        values = vector + [0.0] * (self.padded - len(vector))
        for number, (signs, places) in enumerate(self.rounds):
            values = [value * sign / math.sqrt(128) for value, sign in zip(values, signs)]
            for start in range(0, self.padded, 128):
                values[start:start + 128] = hadamard(values[start:start + 128])
            if number + 1 < len(self.rounds):
                moved = [0.0] * self.padded
                for group, place in enumerate(places):
                    moved[16 * place:16 * place + 16] = values[16 * group:16 * group + 16]
                values = moved
        return values


def hadamard(values: List[float]) -> List[float]:
    """The Walsh-Hadamard transform, not scaled."""
    width = 1
    while width < len(values):
        for start in range(0, len(values), 2 * width):
            for place in range(start, start + width):
                a, b = values[place], values[place + width]
                values[place], values[place + width] = a + b, a - b
        width *= 2
    return values


def splitmix(seed: int) -> Iterator[int]:
    """The words of splitmix64."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & WORD
        z = seed
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & WORD
        z = (z ^ z >> 27) * 0x94D049BB133111EB & WORD
        yield z ^ z >> 31
