"""Lists of features around centroids: indexes of kind 2 (section 22, rules V042 and V043)."""
from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Dict, Iterator, List, Set, Tuple

from .indexes import LISTS, NO_REGION, IndexBytes, Rotation
from .manifest import Index
from .rowgroup import RowGroup
from .schema import REGIONS, VECTOR
from .source import Damage, ExtentBytes

if TYPE_CHECKING:
    from .container import Container

HEAD_WORDS, HEAD_FLOATS = 16, 80
LISTS_MAX, DIM_MAX = 1 << 20, 65536
BLOCK, NO_ORDINAL = 64, (1 << 32) - 1
COSINE, IP = 0, 1
ROUNDING, SUMS = 1 / 65536, 1 / 1024
LONGEST, SHORTEST = 2.0 ** 56, 2.0 ** -40

# A live feature: its row group and the number of its entry there.
Feature = Tuple[RowGroup, int]


def check_lists(container: Container, index: Index) -> Iterator[Damage]:
    """What is wrong with lists whose header fits their field, or nothing for other kinds."""
    if index.kind != LISTS or index.data.is_none():
        return
    lists = Lists(IndexBytes(index, ExtentBytes(container.source, index.data)))
    lists.check_header(container.state.schema.layout(index.column))
    live = lists.live_features(container)
    lists.check_ordinals(live)
    yield from lists.check_centroids()
    yield from lists.check_features(live)


class Lists:
    """The sections of lists: lengths, words, starts and the table of recalls are checked."""

    def __init__(self, index: IndexBytes):
        self.index = index
        words = struct.unpack("<4s15I", index.section(0, 0, 4 * HEAD_WORDS))
        (magic, version, self.dim, self.lists, self.blocks, self.ordinals, self.entries,
         self.metric, low, high) = words[:10]
        if (magic, version) != (b"VLST", 1) or any(words[10:]):
            raise self.damage("the head of the lists")
        if (not 1 <= self.dim <= DIM_MAX or not 1 <= self.lists <= LISTS_MAX
                or self.entries > self.ordinals or self.metric > 2):
            raise self.damage("impossible numbers in the head")
        self.padded = -(-self.dim // 128) * 128
        self.sets = -(-self.padded // 24) * 4
        self.block_bytes = 192 * (self.sets // 4)
        centroid_blocks = -(-self.lists // BLOCK)
        for number, length in enumerate((
                4 * (HEAD_WORDS + HEAD_FLOATS), 4 * self.dim, self.lists * self.padded,
                8 * self.lists, self.block_bytes * centroid_blocks, 768 * centroid_blocks,
                4 * self.lists + 4, 4 * self.lists, 256 * self.blocks,
                self.block_bytes * self.blocks, 768 * self.blocks)):
            if self.length(number) != length:
                raise self.damage(f"{self.length(number)} bytes of section {number}")
        if self.length(11) % 16 or self.length(12) % 4:
            raise self.damage("row groups or features without a list are cut short")
        table = struct.unpack("<80f", index.section(0, 64, 320))
        if not all(value >= 0 for value in table):
            raise self.damage("the table of recalls")
        self.starts, self.counts = self.words(6, self.lists + 1), self.words(7, self.lists)
        for place, count in enumerate(self.counts):
            if self.starts[place + 1] - self.starts[place] != -(-count // BLOCK):
                raise self.damage(f"list {place} of {count} features")
        if (self.starts[0], self.starts[-1]) != (0, self.blocks) or (
                sum(self.counts) != self.entries):
            raise self.damage("the lists hold another number of features")
        self.seed = low | high << 32

    def damage(self, message: str) -> Damage:
        """A broken V043."""
        return self.index.damage("V043", message)

    def length(self, number: int) -> int:
        """The length of a section; of one that is not there 0."""
        sections = self.index.sections
        return sections[number][1] if number < len(sections) else 0

    def words(self, number: int, count: int, first: int = 0) -> Tuple[int, ...]:
        """Some values of a section of u32."""
        return struct.unpack(f"<{count}I", self.index.section(number, 4 * first, 4 * count))

    def check_header(self, layout: int) -> None:
        """The header says what the head says (V042)."""
        index = self.index
        found = (index.index.group, index.seed, index.dim, index.lists, index.metric, index.count)
        if found != (0, 0, self.dim, self.lists, self.metric + 1, self.ordinals):
            raise index.damage("V042", f"header and head disagree: {found}")
        if layout not in (REGIONS, VECTOR) or (index.region == NO_REGION) != (layout == VECTOR):
            raise index.damage("V042", "lists are of vectors, or of one region")

    def live_features(self, container: Container) -> Dict[int, Feature]:
        """The live features of the row groups, by their ordinals."""
        pairs = list(struct.iter_unpack("<QQ", self.index.section(11, 0, self.length(11))))
        if len({group for group, _ in pairs}) != len(pairs):
            raise self.damage("a row group is named twice")
        column = self.index.index.column
        parts = {part.group.id: part for part in container.state.columns.get(column, [])}
        first, firsts = 0, {}
        for group, count in pairs:
            if group in parts:
                rows = parts[group].open(container.source, container.state.schema)
                if len(self.series(rows)) != count:
                    raise self.damage(f"row group {group} has another number of features")
                firsts[group] = first
            first += count
        if first != self.ordinals:
            raise self.damage("the row groups have another number of features")
        positions: Dict[int, Set[int]] = {group: set() for group in firsts}
        for _, rows, position in container.state.live(column):
            if rows.group.id in positions:
                positions[rows.group.id].add(position)
        live: Dict[int, Feature] = {}
        for group, at in firsts.items():
            rows = parts[group].open(container.source, container.state.schema)
            for number, entry in enumerate(self.series(rows)):
                position = entry if rows.layout == VECTOR else rows.array(2, "I")[entry]
                if position in positions[group]:
                    live[at + number] = (rows, entry)
        return live

    def series(self, rows: RowGroup) -> range:
        """The entries of the series in a row group."""
        if self.index.region == NO_REGION:
            return range(rows.group.total)
        for region, count, first in rows.directory():
            if region == self.index.region:
                return range(first, first + count)
        return range(0)

    def places(self) -> Iterator[Tuple[int, int, int]]:
        """List, place among all blocks, and ordinal of each feature that is in a list."""
        for number, count in enumerate(self.counts):
            first = BLOCK * self.starts[number]
            end = BLOCK * self.starts[number + 1]
            ordinals = self.words(8, end - first, first)
            if any(ordinal != NO_ORDINAL for ordinal in ordinals[count:]):
                raise self.damage(f"list {number} goes on behind its end")
            for place, ordinal in enumerate(ordinals[:count]):
                yield number, first + place, ordinal

    def check_ordinals(self, live: Dict[int, Feature]) -> None:
        """Each feature in one place, and each live one in some."""
        unlisted = self.words(12, self.length(12) // 4)
        if list(unlisted) != sorted(unlisted):
            raise self.damage("features without a list are not in order")
        named = [ordinal for _, _, ordinal in self.places()] + list(unlisted)
        if len(set(named)) != len(named) or max(named, default=-1) >= self.ordinals:
            raise self.damage("a feature is named twice, or is none")
        if not set(live) <= set(named):
            raise self.damage("a live feature is nowhere")

    def centroid(self, number: int) -> List[float]:
        """A centroid, rotated about the centre."""
        scale = self.index.floats(3, number, 1)[0]
        data = self.index.section(2, number * self.padded, self.padded)
        return [scale * value for value in struct.unpack(f"<{self.padded}b", data)]

    def bits(self, section: int, place: int) -> List[bool]:
        """The bits of a feature or centroid, by its place among all blocks."""
        number, row = divmod(place, BLOCK)
        block = self.index.section(section, number * self.block_bytes, self.block_bytes)
        byte = 2 * (row % 32) + row // 32
        bits = []
        for element in range(self.padded):
            bit, number = divmod(element, self.sets)
            group, within = divmod(number, 4)
            plane, shift = (within, bit) if within < 3 else (bit // 2, 6 + bit % 2)
            bits.append(bool(block[192 * group + 64 * plane + byte] >> shift & 1))
        return bits

    def facts(self, section: int, place: int) -> Tuple[float, ...]:
        """The three facts of a feature or centroid."""
        number, row = divmod(place, BLOCK)
        return tuple(self.index.floats(section, 192 * number + 64 * fact + row, 1)[0]
                     for fact in range(3))

    def check_centroids(self) -> Iterator[Damage]:
        """Centroids are what their bits and facts say."""
        if not all(map(math.isfinite, self.index.floats(1, 0, self.dim))):
            raise self.damage("the centre is not finite")
        for number in range(self.lists):
            scale = self.index.floats(3, number, 1)[0]
            if not (math.isfinite(scale) and scale >= 0):
                raise self.damage(f"the scale of centroid {number}")
            centroid = self.centroid(number)
            square = sum(c * c for c in centroid)
            off = abs(self.index.floats(3, self.lists + number, 1)[0] - square)
            right = off <= SUMS * square + SHORTEST ** 2 or square > LONGEST ** 2
            bits, facts = self.bits(4, number), self.facts(5, number)
            if not right or not kept(centroid, [], math.sqrt(square), bits, facts, False):
                yield self.damage(f"centroid {number} is not what its facts say")
                return

    def check_features(self, live: Dict[int, Feature]) -> Iterator[Damage]:
        """Live features are what their bits and facts say."""
        centre = self.index.floats(1, 0, self.dim)
        rotation = Rotation(self.dim, self.seed)
        last, centroid = -1, []
        for number, place, ordinal in self.places():
            if ordinal not in live:
                continue
            if number != last:
                last, centroid = number, self.centroid(number)
            rows, entry = live[ordinal]
            facts = self.facts(10, place)
            feature = rows.decode(rows.feature(entry))
            own = length(feature)
            if self.metric == COSINE:
                if not SHORTEST <= own < LONGEST:
                    if facts[2] < 0:
                        yield self.damage(f"feature {ordinal} has a negative error")
                        return
                    continue
                feature, own = tuple(x / own for x in feature), 1.0
            turned = rotation.apply([x - c for x, c in zip(feature, centre)])
            differences = [y - c for y, c in zip(turned, centroid)]
            lengths = own + length(centre) + length(centroid)
            if not kept(differences, centroid, lengths, self.bits(9, place), facts,
                        self.metric == IP):
                yield self.damage(f"feature {ordinal} is not what its bits and facts say")
                return


def length(vector) -> float:
    """The length of a vector."""
    return math.sqrt(sum(x * x for x in vector))


def kept(o: List[float], c: List[float], lengths: float, bits: List[bool],
         facts: Tuple[float, ...], inner: bool) -> bool:
    """Whether bits and facts are those of ``o``, as far as f32 can tell."""
    add, scale, error = facts
    if error < 0:
        return False
    if not lengths < LONGEST:
        return True
    rounding = ROUNDING * lengths
    if any(abs(x) > rounding and bit != (x > 0) for x, bit in zip(o, bits)):
        return False
    signs = [1.0 if bit else -1.0 for bit in bits]
    square = sum(x * x for x in o)
    size, count = math.sqrt(square), len(o)
    along = sum(sign * x for sign, x in zip(signs, o))
    if size < max(64 * rounding, SHORTEST) or along <= 0:
        return True
    off = SUMS + 4 * rounding * (math.sqrt(count) / along + 1 / size)
    if off > 0.25:
        return True
    want, share = 2 * square / along, along * along / (square * count)
    together = sum(sign * x for sign, x in zip(signs, c))
    product = sum(x * y for x, y in zip(o, c))
    total = want * together + (-2 * product if inner else square)
    about = square + (2 * size + want * math.sqrt(count)) * length(c)
    missing = (error / (2 * size)) ** 2 * (count - 1) * share
    return (abs(scale - want) <= off * want and abs(add - total) <= off * about
            and abs(missing - (1 - share)) <= 4 * off)
