"""The manifest and what a log operation shares with it (section 11)."""
from __future__ import annotations

from typing import List, NamedTuple

from .groups import GROUP_INLINE, GROUPS_MAX, ROWS_MAX, Group, check_group, parse_group
from .header import SPACE_BYTES, Space, Superblock, parse_space
from .prompts import PromptSet, parse_prompt_sets
from .schema import JSON_BYTES_MAX, Schema, parse_schema
from .source import NAME_BYTES_MAX, Damage, Extent, Parser

SPACES_MAX = 1 << 20
CURSORS_MAX = 65536


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
    prompt_sets: List[PromptSet]


def parse_manifest(data: bytes, base: int, superblock: Superblock) -> Manifest:
    """Reads and checks a manifest whose checksums are right (section 14, step 7)."""
    take = Parser(data, base, "V012")
    if take.unpack("4sI") != (b"VMAN", 1):
        raise Damage("V012", "magic or version of the manifest", base)
    head = take.unpack("5Q")
    if head[0] != superblock.epoch:
        raise Damage("V012", f"epoch {head[0]} in the manifest, not {superblock.epoch}", base + 8)
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
    prompt_sets = parse_prompt_sets(take, schema, superblock.incompat)
    take.end()
    manifest = Manifest(*head, schema, metadata, spaces, cursors, groups, indexes, prompt_sets)
    for group in groups:
        check_manifest_group(group, manifest, superblock)
    if len({group.id for group in groups}) != len(groups):
        raise take.damage("two row groups have the same id", "V014")
    for index in indexes:
        if not index.data.is_none():
            index.data.check(superblock.file_len, index.at + 16)
    for prompts in prompt_sets:
        prompts.data.check(superblock.file_len, prompts.at)
    return manifest


def check_manifest_group(group: Group, manifest: Manifest, superblock: Superblock) -> None:
    """What must hold for a descriptor in a manifest."""
    file_len = superblock.file_len
    check_group(group, manifest.schema, manifest.next_row, superblock.incompat)
    if group.flags & GROUP_INLINE or group.id >= manifest.next_group:
        raise Damage("V014", f"row group {group.id}: inline, or not below next_group", group.at)
    if group.dead_count > group.count:
        raise Damage("V026", f"row group {group.id}: dead_count", group.at + 96)
    group.data.check(file_len, group.at + 48)
    if group.dead_count or not group.dead.is_none():
        group.dead.check(file_len, group.at + 104)
        if not group.dead_count or group.dead.len != 8 * -(-group.count // 64):
            raise Damage("V026", f"row group {group.id}: length of the bitmap", group.at + 104)
