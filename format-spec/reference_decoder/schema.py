"""The schema: attributes and fields (section 11, rule V013)."""
from __future__ import annotations

import math
from typing import List, NamedTuple, Optional, Tuple

from .source import Parser

JSON_BYTES_MAX = 1 << 24
TEXT_BYTES_MAX = 1 << 20
FIELDS_MAX = ATTRIBUTES_MAX = 4096
REGIONS_MAX = 65535
DIM_MAX = 65536
TENSOR_BYTES_MAX = 1 << 36

COLUMN_KEYS, COLUMN_METADATA, COLUMN_FIRST = 0, 1, 16
TYPES = {1: "i64", 2: "f64", 3: "bool", 4: "string"}
KINDS = {1: "vector", 2: "regions", 3: "tokens", 4: "masks"}
DTYPES = {1: "f16", 2: "f32"}
METRICS = {1: "cosine", 2: "ip", 3: "l2"}
KEYS, I64, F64, BOOL, TEXT, METADATA, VECTOR, REGIONS = 1, 2, 3, 4, 5, 6, 16, 17
TOKENS, MASKS, PROMPTS = 18, 19, 32
SIZES = {1: 2, 2: 4}  # bytes of a value of each dtype


class Attribute(NamedTuple):
    """An attribute of the schema."""

    column: int
    type: int
    name: str


class Field(NamedTuple):
    """A field of the schema; ``provenance`` has model, version, checkpoint, preprocessing, JSON."""

    column: int
    kind: int
    dtype: int
    metric: int
    normalized: int
    dim: int
    grid: Tuple[int, ...]
    name: str
    regions: Tuple[str, ...]
    provenance: Tuple[str, ...]

    def token_bytes(self) -> int:
        """Bytes of a feature without padding, as tokens have it."""
        return self.dim * SIZES[self.dtype]

    def tokens(self) -> int:
        """Kind tokens: tokens of an image, 0 if that is free."""
        return math.prod(axis for axis in self.grid if axis) if any(self.grid) else 0


class Schema:
    """All attributes and fields."""

    def __init__(self, attributes: List[Attribute], fields: List[Field]):
        self.attributes, self.fields = attributes, fields
        self.layouts = {COLUMN_KEYS: KEYS, COLUMN_METADATA: METADATA}
        for attribute in attributes:
            self.layouts[attribute.column] = {1: I64, 2: F64, 3: BOOL, 4: TEXT}[attribute.type]
        for field in fields:
            self.layouts[field.column] = {1: VECTOR, 2: REGIONS, 3: TOKENS, 4: MASKS}[field.kind]
        self.columns = {item.column: item for item in [*attributes, *fields]}

    def layout(self, column: int) -> Optional[int]:
        """The layout that a column demands; None if no row group of it may exist."""
        return self.layouts.get(column)

    def field(self, column: int) -> Optional[Field]:
        """The field of a column, None if it is the column of something else."""
        item = self.columns.get(column)
        return item if isinstance(item, Field) else None


def parse_attribute(take: Parser) -> Attribute:
    """One attribute."""
    column, kind = take.unpack("IB")
    if kind not in TYPES:
        raise take.damage(f"attribute type {kind}", "V013")
    return Attribute(column, kind, take.name("V013"))


def parse_field(take: Parser) -> Field:
    """One field."""
    column, kind, dtype, metric, normalized, dim = take.unpack("IBBBBI")
    grid = take.unpack("3I")
    if kind not in KINDS or dtype not in DTYPES or metric not in METRICS or normalized > 1:
        raise take.damage("an unknown code of a field", "V013")
    if not (dim == 0 and dtype == 1 if KINDS[kind] == "masks" else 1 <= dim <= DIM_MAX):
        raise take.damage(f"dim {dim} or dtype {dtype}", "V013")
    proper = grid[2] > 0 and (grid[0] == 0 or grid[1] > 0) and KINDS[kind] == "tokens"
    tensor = dim * SIZES[dtype] * math.prod(axis for axis in grid if axis)
    if grid != (0, 0, 0) and not (proper and tensor <= TENSOR_BYTES_MAX):
        raise take.damage(f"grid {grid}", "V013")
    name = take.name("V013")
    regions = tuple(take.name("V013") for _ in range(take.count(5, REGIONS_MAX, "V013")))
    if (KINDS[kind] == "regions") != bool(regions) or len(set(regions)) != len(regions):
        raise take.damage("the regions of a field", "V013")
    provenance = [take.text(TEXT_BYTES_MAX, "V013") for _ in range(4)]
    provenance.append(take.text(JSON_BYTES_MAX, "V013"))
    return Field(column, kind, dtype, metric, normalized, dim, grid, name, regions,
                 tuple(provenance))


def parse_schema(take: Parser) -> Schema:
    """The schema (V013)."""
    attributes = [parse_attribute(take) for _ in range(take.count(10, ATTRIBUTES_MAX, "V013"))]
    fields = [parse_field(take) for _ in range(take.count(57, FIELDS_MAX, "V013"))]
    columns = [item.column for item in attributes + fields]
    for values in ([item.name for item in attributes], [item.name for item in fields], columns):
        if len(set(values)) != len(values):
            raise take.damage("a name or column of the schema is there twice", "V013")
    if columns and min(columns) < COLUMN_FIRST:
        raise take.damage(f"column {min(columns)} in the schema", "V013")
    return Schema(attributes, fields)
