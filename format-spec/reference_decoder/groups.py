"""Descriptors of row groups (section 11)."""
from __future__ import annotations

from typing import NamedTuple

from .header import INCOMPAT_MASKS, INCOMPAT_TOKENS
from .schema import MASKS, TOKENS, Schema
from .source import Damage, Extent, Parser

GROUPS_MAX = 1 << 22
GROUP_ENTRIES_MAX = (1 << 32) - 2
ROWS_MAX = 1 << 32
SEGMENT_SLOTS = 1 << 20
GROUP_INLINE = 1


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


def check_group(group: Group, schema: Schema, next_row: int, incompat: int) -> None:
    """V014 and V035 of a descriptor, in the manifest as in the log, but for extents."""
    def demand(holds: bool, message: str, rule: str = "V014") -> None:
        if not holds:
            raise Damage(rule, f"row group {group.id}: {message}", group.at)

    demand(schema.layout(group.column) is not None, f"column {group.column} is not known")
    demand(schema.layout(group.column) == group.layout, f"layout {group.layout}")
    demand(group.layout != TOKENS or bool(incompat & INCOMPAT_TOKENS), "tokens without their bit")
    demand(group.layout != MASKS or bool(incompat & INCOMPAT_MASKS), "masks without their bit")
    demand(1 <= group.count <= GROUP_ENTRIES_MAX, f"count {group.count}")
    slots = SEGMENT_SLOTS if group.layout == MASKS else 1
    demand(group.first_row <= group.last_row < ROWS_MAX * slots, "first or last row")
    demand(group.last_row - group.first_row + 1 >= group.count, "more images than rows")
    demand(group.total <= GROUP_ENTRIES_MAX, f"total {group.total}")
    demand(group.bulk.is_none(), "bulk data")
    demand(group.last_row // slots < next_row, "a row is not below next_row", "V035")
