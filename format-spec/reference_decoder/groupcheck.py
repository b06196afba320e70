"""Full verification of a row group (section 19, rules V004, V015 to V026, V036 to V039)."""
from __future__ import annotations

import math
import struct
from array import array
from typing import Callable, Dict, Iterator

from .jsontext import is_json
from .rowgroup import TEXTS, RowGroup
from .schema import BOOL, F64, I64, KEYS, MASKS, METADATA, REGIONS, TEXT, TOKENS, VECTOR
from .segments import check_masks
from .source import Damage
from .tokens import check_tokens

MASK = (1 << 64) - 1


def key_hash(key: bytes) -> int:
    """FNV-1a of 64 bits, then the finalizer of MurmurHash3."""
    value = 0xCBF29CE484222325
    for byte in key:
        value = ((value ^ byte) * 0x00000100000001B3) & MASK
    value = ((value ^ (value >> 33)) * 0xFF51AFD7ED558CCD) & MASK
    value = ((value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53) & MASK
    return value ^ (value >> 33)


def check_rows(rows: RowGroup) -> Iterator[Damage]:
    """V017."""
    values = rows.rows()
    if values[0] != rows.group.first_row or values[-1] != rows.group.last_row:
        yield rows.damage("V017", "the first or last row is not that of the descriptor", 0)
    if isinstance(values, array):
        for before, after in zip(values, values[1:]):
            if before >= after:
                yield rows.damage("V017", f"row {after} follows row {before}", 0)
                return


def check_texts(rows: RowGroup) -> Iterator[Damage]:
    """Offsets and texts of V018, V021 and V022, and JSON."""
    place, texts, code, rule, _, _ = TEXTS[rows.layout]
    offsets, length = rows.array(place, code), rows.sections[texts][1]
    if max(offsets) > length:
        yield rows.damage(rule, "an offset is beyond its section", place)
        return
    if offsets[0] != 0 or offsets[-1] != length:
        yield rows.damage(rule, "the offsets do not span the texts", place)
    for index in range(len(offsets) - 1):
        text = rows.text(index)
        if rows.layout == METADATA and not is_json(text):
            yield rows.damage(rule, f"the metadata of position {index} is not JSON", texts)


def check_key_index(rows: RowGroup) -> Iterator[Damage]:
    """V019, and equal hashes by ascending position."""
    hashes, order = rows.array(4, "Q"), rows.array(5, "I")
    if max(order) >= rows.count:
        yield rows.damage("V019", "the order names a position that is not there", 5)
        return
    pairs = list(zip(hashes, order))
    if any(before >= after for before, after in zip(pairs, pairs[1:])):
        yield rows.damage("V019", "the hashes do not ascend", 4)
    if len(set(order)) != rows.count:
        yield rows.damage("V019", "the order is no permutation", 5)
    if any(value != key_hash(rows.text(at).encode("utf-8")) for value, at in pairs):
        yield rows.damage("V019", "a hash is wrong", 4)


def check_spaces(rows: RowGroup, spaces: int) -> Iterator[Damage]:
    """V028; ``spaces`` counts those of the state, space 0 included."""
    if rows.sections[1][1] and max(rows.array(1, "I")) >= spaces:
        yield rows.damage("V028", "a space that is not there", 1)


def check_keys(rows: RowGroup) -> Iterator[Damage]:
    """Layout Keys, but for the spaces."""
    yield from check_texts(rows)
    yield from check_key_index(rows)


def check_values(rows: RowGroup) -> Iterator[Damage]:
    """Layouts of attributes (V021)."""
    if rows.layout == TEXT:
        yield from check_texts(rows)
        if max(rows.array(1, "I")) >= rows.sections[2][1] // 4 - 1:
            yield rows.damage("V021", "a code is not in the dictionary", 1)
    elif rows.layout == BOOL and max(rows.section(1)) > 1:
        yield rows.damage("V021", "a boolean is neither 0 nor 1", 1)


def check_features(rows: RowGroup, count: int, section: int) -> Iterator[Damage]:
    """Finite features (V025) and zero padding (V004)."""
    for entry in range(count):
        row = rows.feature_row(entry)
        if any(row[rows.dim * rows.size :]):
            yield rows.damage("V004", f"padding of feature {entry}", section)
            return
        if not all(map(math.isfinite, rows.decode(rows.feature(entry)))):
            yield rows.damage("V025", f"feature {entry} is not finite", section)
            return


def check_vectors(rows: RowGroup) -> Iterator[Damage]:
    """Layout Vector."""
    return check_features(rows, rows.count, 1)


def check_directory(rows: RowGroup) -> Iterator[Damage]:
    """V023, and the order of the images of each region (V024)."""
    images, entries, previous = rows.array(2, "I"), 0, -1
    for region, count, first in rows.directory():
        if not previous < region < len(rows.field.regions):
            yield rows.damage("V023", f"region {region} follows region {previous}", 1)
        if first != entries:
            yield rows.damage("V023", f"region {region} starts at entry {first}", 1)
        part = images[entries : entries + count]
        if any(before >= after for before, after in zip(part, part[1:])):
            yield rows.damage("V024", f"the images of region {region} do not ascend", 2)
        entries, previous = entries + count, region
    if entries != rows.group.total:
        yield rows.damage("V023", f"the counts add up to {entries}", 1)
    if images and max(images) >= rows.count:
        yield rows.damage("V024", "an entry names an image that is not there", 2)


def check_row_directory(rows: RowGroup) -> Iterator[Damage]:
    """V024; the directory is right."""
    owner = array("H")
    for region, count, _ in rows.directory():
        owner.extend(array("H", [region]) * count)
    images, starts = rows.array(2, "I"), rows.array(3, "I")
    if starts[0] != 0 or starts[-1] != rows.group.total:
        yield rows.damage("V024", "the starts do not span the entries", 3)
        return
    for position in range(rows.count):
        previous = -1
        for region, entry in rows.entries(position):
            if region <= previous or owner[entry] != region or images[entry] != position:
                yield rows.damage("V024", f"region {region} of image {position}", 4)
                return
            previous = region


def check_boxes(rows: RowGroup) -> Iterator[Damage]:
    """Flags (V004), boxes and scores (V025)."""
    for entry in range(rows.group.total):
        if rows.flags(entry) & ~3:
            yield rows.damage("V004", f"unknown flags of entry {entry}", 6)
            return
        values = struct.unpack("<6f", rows.box(entry) or bytes(24))
        values += struct.unpack("<f", rows.score(entry) or bytes(4))
        if not all(map(math.isfinite, values)):
            yield rows.damage("V025", f"the box or score of entry {entry} is not finite", 7)
            return


def check_regions(rows: RowGroup) -> Iterator[Damage]:
    """Layout Regions."""
    damaged = False
    for damage in check_directory(rows):
        damaged = True
        yield damage
    if not damaged:
        yield from check_row_directory(rows)
    yield from check_boxes(rows)
    yield from check_features(rows, rows.group.total, 9)


CHECKS: Dict[int, Callable[[RowGroup], Iterator[Damage]]] = {
    KEYS: check_keys, I64: check_values, F64: check_values, BOOL: check_values,
    TEXT: check_values, METADATA: check_texts, VECTOR: check_vectors, REGIONS: check_regions,
    TOKENS: check_tokens, MASKS: check_masks}


def check_row_group(rows: RowGroup, spaces: int) -> Iterator[Damage]:
    """Everything that can be said of one row group by itself, in a state of so many spaces."""
    rows.data.verify()
    yield from check_rows(rows)
    if rows.layout == KEYS:
        yield from check_spaces(rows, spaces)
    yield from CHECKS[rows.layout](rows)
