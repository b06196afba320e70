"""Row groups: the header, sections, values (section 12)."""
from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple, Union

from .groups import Group
from .schema import (BOOL, F64, I64, JSON_BYTES_MAX, KEYS, MASKS, METADATA, PROMPTS, REGIONS, SIZES,
                     TEXT, TEXT_BYTES_MAX, TOKENS, VECTOR, Field)
from .source import Damage, ExtentBytes, InlineBytes, numbers, round_up

if TYPE_CHECKING:
    from .prompts import PromptSet

ALIGN_BYTES = 64
BLOB_HEADER_BYTES = 64
ENTRY_HAS_BOX, ENTRY_HAS_SCORE = 1, 2
SECTIONS = {KEYS: 6, I64: 2, F64: 2, BOOL: 2, TEXT: 4, METADATA: 3, VECTOR: 2, REGIONS: 10,
            TOKENS: 4, MASKS: 8, PROMPTS: 5}
MATRICES = {VECTOR: 1, REGIONS: 9, PROMPTS: 3}  # section of the features
KEY_BYTES_MAX = 1024
POINTER_BYTES, MAPPING_BYTES = 24, 80

# Layout -> section of offsets, section of texts, type of an offset, rule, shortest, longest.
TEXTS = {KEYS: (2, 3, "I", "V018", 1, KEY_BYTES_MAX),
         TEXT: (2, 3, "I", "V021", 0, TEXT_BYTES_MAX),
         METADATA: (1, 2, "Q", "V022", 0, JSON_BYTES_MAX),
         PROMPTS: (1, 2, "I", "V034", 0, (1 << 32) - 1)}


class RowGroup:
    """An open row group: header (V015), section table and lengths (V016) are checked.

    ``field`` is that of the column, or a prompt set, whose data is laid out as a row group.
    """

    def __init__(self, group: Group, data: Union[ExtentBytes, InlineBytes],
                 field: Union[Field, PromptSet, None]):
        self.group, self.data, self.field = group, data, field
        self.layout, self.count = group.layout, group.count
        self.dtype = field.dtype if field and self.layout != MASKS else 0
        self.size = SIZES[self.dtype] if self.dtype else 0
        self.dim = field.dim if field else 0
        self.stride = round_up(self.dim * self.size, 1 if self.layout == TOKENS else ALIGN_BYTES)
        self.arrays: dict = {}
        self.parts: Optional[tuple] = None  # those of a block of masks that was decoded last
        table_end = BLOB_HEADER_BYTES + 16 * SECTIONS[self.layout]
        if data.len < table_end:
            raise self.damage("V016", "the row group is shorter than its section table")
        self._check_header(data.read(0, BLOB_HEADER_BYTES))
        self.sections = self._sections(data.read(BLOB_HEADER_BYTES, table_end - BLOB_HEADER_BYTES))
        self._check_lengths()

    def damage(self, rule: str, message: str, section: Optional[int] = None) -> Damage:
        """Damage at the start of the row group or of one of its sections."""
        at = self.data.base + (0 if section is None else self.sections[section][0])
        place = "" if section is None else f", section {section}"
        return Damage(rule, f"row group {self.group.id}{place}: {message}", at)

    def _check_header(self, header: bytes) -> None:
        (magic, layout, sections, count, first_row, dim, dtype, stride, rest, total,
         more) = struct.unpack("<4sHHQQIII4sQ16s", header)
        if any(rest) or any(more):
            raise self.damage("V004", "reserved bytes of the header")
        if self.layout not in (REGIONS, PROMPTS) and total != count:
            raise self.damage("V015", f"{total} entries for {count} images")
        found = (magic, layout, sections, count, first_row, total, dim, dtype, stride)
        wanted = (b"VGRP", self.layout, SECTIONS[self.layout], self.count, self.group.first_row,
                  self.group.total, self.dim, self.dtype, self.stride)
        if found != wanted:
            raise self.damage("V015", f"the header says {found}, not {wanted}")

    def _sections(self, table: bytes) -> List[Tuple[int, int]]:
        sections = list(struct.iter_unpack("<QQ", table))
        end = BLOB_HEADER_BYTES + len(table)
        for offset, length in sections:
            if offset % ALIGN_BYTES or offset < end:
                raise self.damage("V016", f"a section at offset {offset}")
            end = offset + length
        if end > self.data.len:
            raise self.damage("V016", "the sections end behind the row group")
        return sections

    def _check_lengths(self) -> None:
        """Lengths that follow from the counts; those of texts follow from their offsets."""
        count, total = self.count, self.group.total
        allowed = {0: (8 * count, 0)}
        if self.layout == KEYS:
            allowed.update({1: (4 * count, 0), 2: (4 * count + 4,), 4: (8 * count,),
                            5: (4 * count,)})
        elif self.layout in (I64, F64, BOOL, TEXT):
            allowed[1] = ({I64: 8, F64: 8, BOOL: 1, TEXT: 4}[self.layout] * count,)
        elif self.layout == METADATA:
            allowed[1] = (8 * count + 8,)
        elif self.layout == VECTOR:
            allowed[1] = (self.stride * count,)
        elif self.layout == TOKENS:
            allowed.update({1: (POINTER_BYTES * count,), 2: (4 * count, 0)})
        elif self.layout == MASKS:
            allowed.update({1: (4 * count,), 2: (4 * count,), 5: (4 * count + 4,)})
        elif self.layout == PROMPTS:
            allowed.update({0: (0,), 1: (4 * count + 4,), 3: (self.stride * count,),
                            4: (self.dim * self.size * total,)})
        else:
            allowed.update({2: (4 * total,), 3: (4 * count + 4,), 4: (2 * total,), 5: (4 * total,),
                            6: (total, 0), 7: (24 * total, 0), 8: (4 * total, 0),
                            9: (self.stride * total,)})
        for section, lengths in allowed.items():
            if self.sections[section][1] not in lengths:
                raise self.damage("V016", f"length {self.sections[section][1]}", section)
        if not self.sections[0][1] and self.group.last_row - self.group.first_row + 1 != count:
            raise self.damage("V016", "no rows although they are not consecutive", 0)
        if self.layout == TEXT and (self.sections[2][1] % 4 or self.sections[2][1] < 4):
            raise self.damage("V016", "length of the dictionary offsets", 2)
        if self.layout == MASKS and (self.sections[3][1] % 4 or self.sections[3][1] < 4):
            raise self.damage("V016", "length of the offsets of names", 3)
        if self.layout == TOKENS:
            if self.sections[3][1] % MAPPING_BYTES:
                raise self.damage("V016", "length of the grid mappings", 3)
            if not self.sections[2][1] and self.sections[3][1]:
                raise self.damage("V016", "grid mappings without codes", 2)
        if self.layout == REGIONS:
            if self.sections[1][1] % 16:
                raise self.damage("V016", "length of the region directory", 1)
            if not self.sections[6][1] and (self.sections[7][1] or self.sections[8][1]):
                raise self.damage("V016", "boxes or scores without flags", 6)

    def section(self, index: int) -> bytes:
        """All bytes of a section."""
        return self.data.read(*self.sections[index])

    def array(self, index: int, code: str) -> array:
        """A section of integers, kept once it was read."""
        if index not in self.arrays:
            self.arrays[index] = numbers(self.section(index), code)
        return self.arrays[index]

    def rows(self) -> Sequence[int]:
        """The row of each position."""
        if not self.sections[0][1]:
            return range(self.group.first_row, self.group.last_row + 1)
        return self.array(0, "Q")

    def text(self, index: int) -> str:
        """A key, a text of the dictionary or of a prompt set, or the metadata, by its index."""
        place, texts, code, rule, least, most = TEXTS[self.layout]
        start, end = self.array(place, code)[index : index + 2]
        offset, length = self.sections[texts]
        if max(start, end) > length:
            raise self.damage(rule, f"offsets {start}, {end} in {length} bytes", place)
        if not least <= end - start <= most:
            raise self.damage(rule, f"text {index} goes from {start} to {end}", place)
        try:
            return self.data.read(offset + start, end - start).decode("utf-8")
        except UnicodeDecodeError:
            raise self.damage(rule, f"text {index} is not UTF-8", texts) from None

    def space(self, position: int) -> int:
        """Keys: the space of an image."""
        return self.array(1, "I")[position] if self.sections[1][1] else 0

    def value(self, position: int) -> Union[int, bool, str, bytes]:
        """The value of an attribute; that of f64 as its eight bytes."""
        if self.layout == I64:
            return self.array(1, "q")[position]
        if self.layout == F64:
            return self.data.read(self.sections[1][0] + 8 * position, 8)
        if self.layout == BOOL:
            value = self.data.read(self.sections[1][0] + position, 1)[0]
            if value > 1:
                raise self.damage("V021", f"boolean {value}", 1)
            return bool(value)
        code = self.array(1, "I")[position]
        if code >= self.sections[2][1] // 4 - 1:
            raise self.damage("V021", f"code {code} is not in the dictionary", 1)
        return self.text(code)

    def feature(self, entry: int) -> bytes:
        """The bytes of a feature, without its padding."""
        return self.feature_row(entry)[: self.dim * self.size]

    def feature_row(self, entry: int) -> bytes:
        """The bytes of a feature with its padding."""
        offset = self.sections[MATRICES[self.layout]][0]
        return self.data.read(offset + self.stride * entry, self.stride)

    def decode(self, feature: bytes) -> Tuple[float, ...]:
        """The values of a feature: binary16 or binary32, little endian."""
        return struct.unpack(f"<{self.dim}{'e' if self.size == 2 else 'f'}", feature)

    def directory(self) -> List[Tuple[int, int, int]]:
        """Regions: region, count and first entry of each region that occurs."""
        return list(struct.iter_unpack("<IIQ", self.section(1)))

    def image_slots(self, position: int) -> range:
        """Regions: which values of IMAGE_REGIONS and IMAGE_ENTRIES belong to an image."""
        start, end = self.array(3, "I")[position : position + 2]
        if start > end or end > self.group.total:
            raise self.damage("V024", f"starts {start}, {end}", 3)
        return range(start, end)

    def entries(self, position: int) -> List[Tuple[int, int]]:
        """Regions: region and entry of each value of an image, regions ascending."""
        regions, entries = self.array(4, "H"), self.array(5, "I")
        slots = self.image_slots(position)
        if any(entries[slot] >= self.group.total for slot in slots):
            raise self.damage("V024", f"image {position} has an entry that is not there", 5)
        return [(regions[slot], entries[slot]) for slot in slots]

    def flags(self, entry: int) -> int:
        """Regions: the flags of an entry."""
        return self.data.read(self.sections[6][0] + entry, 1)[0] if self.sections[6][1] else 0

    def box(self, entry: int) -> Optional[bytes]:
        """Regions: the 24 bytes of a box."""
        if not self.flags(entry) & ENTRY_HAS_BOX:
            return None
        if not self.sections[7][1]:
            raise self.damage("V016", f"entry {entry} has a box, but there are none", 6)
        return self.data.read(self.sections[7][0] + 24 * entry, 24)

    def score(self, entry: int) -> Optional[bytes]:
        """Regions: the 4 bytes of a score."""
        if not self.flags(entry) & ENTRY_HAS_SCORE:
            return None
        if not self.sections[8][1]:
            raise self.damage("V016", f"entry {entry} has a score, but there are none", 6)
        return self.data.read(self.sections[8][0] + 4 * entry, 4)
