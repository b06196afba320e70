"""Row groups of tokens: pointers to tensors, grid mappings (section 12, rules V036 and V037)."""
from __future__ import annotations

import math
from array import array
from typing import Iterator, NamedTuple, Optional, Tuple

from .header import FILE_BYTES_MAX
from .rowgroup import MAPPING_BYTES, POINTER_BYTES, RowGroup
from .schema import TENSOR_BYTES_MAX
from .source import Damage, Extent, ExtentBytes, Parser, Source, numbers

EXPONENTS = {2: ("H", 0x7C00), 4: ("I", 0x7F800000)}  # all bits of an exponent: not finite


class GridMapping(NamedTuple):
    """Which part of the image each cell of a grid covers."""

    axes: Tuple[int, ...]
    offset: Tuple[float, ...]
    stride: Tuple[float, ...]
    extent: Tuple[float, ...]


def tensor(rows: RowGroup, position: int, end: Optional[int] = None) -> Extent:
    """The checked pointer to the tensor of an image: "no extent" if it has no token.

    ``end`` is the end of the file, its present length unless said otherwise.
    """
    offset = rows.sections[1][0] + POINTER_BYTES * position
    take = Parser(rows.data.read(offset, POINTER_BYTES), rows.data.base + offset, "V016")
    at, extent = take.here(), take.extent()
    tokens, size = rows.field.tokens(), rows.field.token_bytes()
    wanted = tokens * size if tokens else extent.len // size * size
    if extent.len != wanted or extent.len > TENSOR_BYTES_MAX:
        raise Damage("V036", f"a tensor of {extent.len} bytes, not {wanted}", at)
    if not extent.is_none():
        extent.check(rows.data.source.length() if end is None else end, at)
    return extent


def mapping_at(rows: RowGroup, index: int) -> GridMapping:
    """A grid mapping by its index."""
    offset = rows.sections[3][0] + MAPPING_BYTES * index
    take = Parser(rows.data.read(offset, MAPPING_BYTES), rows.data.base + offset, "V016")
    axes = take.unpack("3B")
    take.reserved(5)
    mapping = GridMapping(axes, take.unpack("3d"), take.unpack("3d"), take.unpack("3d"))
    if sorted(axes) != [0, 1, 2]:
        raise take.damage(f"axes {axes}", "V037")
    if not all(map(math.isfinite, mapping.offset + mapping.stride + mapping.extent)):
        raise take.damage("a number of a grid mapping is not finite", "V037")
    if not all(mapping.stride) or min(mapping.extent) <= 0:
        raise take.damage("a stride of 0, or an extent that is not above 0", "V037")
    return mapping


def mapping(rows: RowGroup, position: int) -> Optional[GridMapping]:
    """The grid mapping of an image, if it has one."""
    code = rows.array(2, "I")[position] if rows.sections[2][1] else 0
    if code > rows.sections[3][1] // MAPPING_BYTES:
        raise rows.damage("V037", f"code {code} of image {position}", 2)
    return mapping_at(rows, code - 1) if code else None


def check_tokens(rows: RowGroup) -> Iterator[Damage]:
    """A row group by itself; the tensors of live images belong to the state (``check_tensor``).

    Those of dead images may have been where the file was cut since.
    """
    for position in range(rows.count):
        tensor(rows, position, FILE_BYTES_MAX)
    for index in range(rows.sections[3][1] // MAPPING_BYTES):
        mapping_at(rows, index)
    if rows.sections[2][1] and max(rows.array(2, "I")) > rows.sections[3][1] // MAPPING_BYTES:
        yield rows.damage("V037", "a code is beyond the grid mappings", 2)


def check_tensor(source: Source, extent: Extent, size: int) -> None:
    """Checksums (V008, V009) and finite values (V025) of ``size`` bytes each."""
    code, exponent = EXPONENTS[size]
    data = ExtentBytes(source, extent)
    for index in range(extent.blocks()):
        values: array = numbers(data.block(index), code)
        if any(value & exponent == exponent for value in values):
            raise Damage("V025", "a value of a tensor is not finite", data.base)
