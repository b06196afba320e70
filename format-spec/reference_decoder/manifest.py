"""The manifest and what a log operation shares with it (section 11)."""
from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

from .header import SPACE_BYTES, Space, parse_space
from .source import NAME_BYTES_MAX, Damage, Extent, Parser

JSON_BYTES_MAX = 1 << 24
TEXT_BYTES_MAX = 1 << 20
FIELDS_MAX = ATTRIBUTES_MAX = 4096
REGIONS_MAX = 65535
SPACES_MAX = 1 << 20
CURSORS_MAX = 65536
GROUPS_MAX = 1 << 22
GROUP_ENTRIES_MAX = (1 << 32) - 2
ROWS_MAX = 1 << 32
DIM_MAX = 65536

COLUMN_KEYS, COLUMN_METADATA, COLUMN_FIRST = 0, 1, 16
GROUP_INLINE = 1
TYPES = {1: "i64", 2: "f64", 3: "bool", 4: "string"}
KINDS = {1: "vector", 2: "regions", 3: "tokens", 4: "masks"}
DTYPES = {1: "f16", 2: "f32"}
METRICS = {1: "cosine", 2: "ip", 3: "l2"}
KEYS, I64, F64, BOOL, TEXT, METADATA, VECTOR, REGIONS = 1, 2, 3, 4, 5, 6, 16, 17


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


class Schema:
    """All attributes and fields."""

    def __init__(self, attributes: List[Attribute], fields: List[Field]):
        self.attributes, self.fields = attributes, fields
        self.layouts = {COLUMN_KEYS: KEYS, COLUMN_METADATA: METADATA}
        for attribute in attributes:
            self.layouts[attribute.column] = {1: I64, 2: F64, 3: BOOL, 4: TEXT}[attribute.type]
        for field in fields:
            if field.kind in (1, 2):
                self.layouts[field.column] = {1: VECTOR, 2: REGIONS}[field.kind]
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
    proper = grid[2] > 0 and (grid[0] == 0 or grid[1] > 0)
    if not (proper if KINDS[kind] == "tokens" else grid == (0, 0, 0)):
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


class Cursor(NamedTuple):
    """A cursor of an ingest and split."""

    ingest: str
    split: str
    position: int
    fingerprint: str


def parse_cursor(take: Parser) -> Cursor:
    """One cursor (V032)."""
    ingest, split = take.name("V032"), take.text(NAME_BYTES_MAX, "V032")
    return Cursor(ingest, split, take.number("Q"), take.text(NAME_BYTES_MAX, "V032"))


class Group(NamedTuple):
    """A descriptor of a row group; ``at`` is its own place in the file."""

    id: int
    column: int
    layout: int
    flags: int
    count: int
    first_row: int
    last_row: int
    total: int
    data: Extent
    bulk: Extent
    dead_count: int
    dead: Extent
    at: int


def parse_group(take: Parser) -> Group:
    """One descriptor, not checked but for reserved bits."""
    at = take.here()
    head = take.unpack("QIHHQQQQ")
    if head[3] & ~GROUP_INLINE:
        raise Damage("V004", "unknown flags of a row group", at + 14)
    return Group(*head, take.extent(), take.extent(), take.number("Q"), take.extent(), at)


def check_group(group: Group, schema: Schema, next_row: int) -> None:
    """V014 and V035 of a descriptor, in the manifest as in the log, but for extents."""
    def demand(holds: bool, message: str, rule: str = "V014") -> None:
        if not holds:
            raise Damage(rule, f"row group {group.id}: {message}", group.at)

    demand(schema.layout(group.column) is not None, f"column {group.column} is not known")
    demand(schema.layout(group.column) == group.layout, f"layout {group.layout}")
    demand(1 <= group.count <= GROUP_ENTRIES_MAX, f"count {group.count}")
    demand(group.first_row <= group.last_row < ROWS_MAX, "first or last row")
    demand(group.last_row - group.first_row + 1 >= group.count, "more images than rows")
    demand(group.total <= GROUP_ENTRIES_MAX, f"total {group.total}")
    demand(group.bulk.is_none(), "bulk data")
    demand(group.last_row < next_row, "a row is not below next_row", "V035")


class Index(NamedTuple):
    """A descriptor of an index."""

    kind: int
    column: int
    group: int
    data: Extent
    at: int


def parse_index(take: Parser) -> Index:
    """One descriptor of an index."""
    at = take.here()
    index = Index(*take.unpack("IIQ"), take.extent(), at)
    take.reserved(24)
    return index


class Manifest(NamedTuple):
    """Everything a state is made of, as of a checkpoint."""

    epoch: int
    next_row: int
    next_group: int
    images: int
    created_ms: int
    schema: Schema
    metadata: str
    spaces: List[Space]
    cursors: List[Cursor]
    groups: List[Group]
    indexes: List[Index]


def parse_manifest(data: bytes, base: int, epoch: int, file_len: int) -> Manifest:
    """Reads and checks a manifest whose checksums are right (section 14, step 7)."""
    take = Parser(data, base, "V012")
    if take.unpack("4sI") != (b"VMAN", 1):
        raise Damage("V012", "magic or version of the manifest", base)
    head = take.unpack("5Q")
    if head[0] != epoch:
        raise Damage("V012", f"epoch {head[0]} in the manifest of epoch {epoch}", base + 8)
    if head[1] > ROWS_MAX or head[3] > head[1]:
        raise Damage("V035", "next_row or images", base + 16)
    schema = parse_schema(take)
    metadata = take.text(JSON_BYTES_MAX, "V012")
    spaces = [parse_space(take.take(SPACE_BYTES), take.here() - SPACE_BYTES)
              for _ in range(take.count(SPACE_BYTES, SPACES_MAX))]
    cursors = [parse_cursor(take) for _ in range(take.count(21, CURSORS_MAX))]
    if len({cursor[:2] for cursor in cursors}) != len(cursors):
        raise take.damage("two cursors of the same ingest and split", "V032")
    groups = [parse_group(take) for _ in range(take.count(128, GROUPS_MAX))]
    indexes = [parse_index(take) for _ in range(take.count(64, GROUPS_MAX))]
    if take.number("Q") != 0:
        raise take.damage("prompt sets", "V034")
    take.end()
    manifest = Manifest(*head, schema, metadata, spaces, cursors, groups, indexes)
    for group in groups:
        check_manifest_group(group, manifest, file_len)
    if len({group.id for group in groups}) != len(groups):
        raise take.damage("two row groups have the same id", "V014")
    for index in indexes:
        if not index.data.is_none():
            index.data.check(file_len, index.at + 16)
    return manifest


def check_manifest_group(group: Group, manifest: Manifest, file_len: int) -> None:
    """What must hold for a descriptor in a manifest."""
    check_group(group, manifest.schema, manifest.next_row)
    if group.flags & GROUP_INLINE or group.id >= manifest.next_group:
        raise Damage("V014", f"row group {group.id}: inline, or not below next_group", group.at)
    if group.dead_count > group.count:
        raise Damage("V026", f"row group {group.id}: dead_count", group.at + 96)
    group.data.check(file_len, group.at + 48)
    if group.dead_count or not group.dead.is_none():
        group.dead.check(file_len, group.at + 104)
        if not group.dead_count or group.dead.len != 8 * -(-group.count // 64):
            raise Damage("V026", f"row group {group.id}: length of the bitmap", group.at + 104)
