"""The state: a manifest and the commits of the log applied to it (section 13)."""
from __future__ import annotations

import heapq
import itertools
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .groups import (GROUP_INLINE, GROUPS_MAX, ROWS_MAX, SEGMENT_SLOTS, Group, check_group,
                     parse_group)
from .header import INCOMPAT_PROMPT_SETS, SPACE_BYTES, Space, parse_space
from .log import COMMIT, Operation, Record, operations, parse_rows
from .manifest import CURSORS_MAX, SPACES_MAX, Manifest, parse_cursor
from .pages import Pages, Unsure
from .prompts import PROMPT_SETS_MAX, PromptSet, check_field, parse_prompt_set
from .rowgroup import RowGroup
from .schema import COLUMN_KEYS, JSON_BYTES_MAX, MASKS, TOKENS, Schema, parse_schema
from .source import Damage, ExtentBytes, InlineBytes, Parser, Source
from .tokens import tensor


Place = Tuple[RowGroup, int]  # where a value is: the row group, and the position there


class Part(NamedTuple):
    """A row group of a state; ``added`` is 0 if the manifest named it, else a time in the log."""

    group: Group
    inline: Optional[int]
    added: int

    def open(self, source: Source, schema: Schema) -> RowGroup:
        """Checks header and sections."""
        group = self.group
        data = (ExtentBytes(source, group.data) if self.inline is None
                else InlineBytes(source, self.inline, group.data.len))
        return RowGroup(group, data, schema.field(group.column))

    def dead(self, source: Source) -> int:
        """The bitmap of dead images as one number (V026); the log has its own dead rows."""
        group = self.group
        if self.added or not group.dead_count:
            return 0
        data = ExtentBytes(source, group.dead)
        bits = int.from_bytes(data.read(0, data.len), "little")
        if bits >> group.count or bin(bits).count("1") != group.dead_count:
            raise Damage("V026", f"row group {group.id}: bits of the bitmap", data.base)
        return bits


class State:
    """A manifest and the commits applied to it.

    Row groups of the log are not compared with older ones when they are added. What superseded
    what is decided row by row when the state is read: the newest row group that has a row counts,
    unless the row was deleted or cleared after it was added.
    """

    def __init__(self, source: Source, manifest: Manifest, first_space: Space, incompat: int,
                 pages: List[Tuple[int, int]]):
        self.source, self.schema, self.metadata = source, manifest.schema, manifest.metadata
        self.first_space, self.incompat = first_space, incompat
        self.spaces = list(manifest.spaces)
        self.cursors = {cursor[:2]: cursor for cursor in manifest.cursors}
        self.prompt_sets = {prompts.name: prompts for prompts in manifest.prompt_sets}
        self.next_row, self.next_group = manifest.next_row, manifest.next_group
        self.groups = len(manifest.groups)
        self.columns: Dict[int, List[Part]] = {}
        for group in manifest.groups:
            self.columns.setdefault(group.column, []).append(Part(group, None, 0))
        self.pages, self.unsure = Pages(pages), Unsure(source)
        self.clock = 0
        self.deleted: Dict[int, int] = {}
        self.cleared: Dict[int, Dict[int, int]] = {}

    def apply(self, record: Record, durable: bool) -> None:
        """Applies a commit; after Damage the state is of no use."""
        if record.kind != COMMIT:
            return
        found = operations(self.source, record)
        inline: List[Tuple[int, int]] = []
        for operation in found:
            self.clock += 1
            self._apply_one(record, operation, durable, inline)
            operation.body.end()
        end = record.payload() + 16 + sum(16 + len(step.body.data) for step in found)
        for start, length in sorted(inline):
            if start < end:
                raise Damage("V014", "row groups of a record overlap", start)
            end = start + length

    def _apply_one(self, record: Record, operation: Operation, durable: bool,
                   inline: List[Tuple[int, int]]) -> None:
        """Applies an operation; adds the place of a row group that lies inline."""
        code, body = operation
        if code == 1:
            self._add_group(record, parse_group(body), durable, inline)
        elif code == 2:
            self.deleted.update(dict.fromkeys(parse_rows(body, ROWS_MAX), self.clock))
        elif code == 3:
            column = body.number("I")
            body.reserved(4)
            rows = parse_rows(body, ROWS_MAX * SEGMENT_SLOTS)
            self.cleared.setdefault(column, {}).update(dict.fromkeys(rows, self.clock))
        elif code == 4:
            cursor = parse_cursor(body)
            self.cursors[cursor[:2]] = cursor
            if len(self.cursors) > CURSORS_MAX:
                raise body.damage("too many cursors", "V032")
        elif code == 5:
            self._set_schema(parse_schema(body), body)
        elif code == 6:
            self.spaces.append(parse_space(body.take(SPACE_BYTES), body.base))
            if len(self.spaces) > SPACES_MAX:
                raise body.damage("too many spaces")
        elif code == 7:
            self.metadata = body.text(JSON_BYTES_MAX, "V031")
        elif code == 8:
            self._set_prompt_set(parse_prompt_set(body, self.schema), durable)
        elif code == 9:
            self.prompt_sets.pop(body.name("V031"), None)
        else:
            raise body.damage(f"operation {code}")

    def _add_group(self, record: Record, group: Group, durable: bool,
                   places: List[Tuple[int, int]]) -> None:
        if group.column == COLUMN_KEYS and group.last_row < ROWS_MAX:
            self.next_row = max(self.next_row, group.last_row + 1)
        check_group(group, self.schema, self.next_row, self.incompat)
        if not self.next_group <= group.id < (1 << 64) - 1:
            raise Damage("V014", f"row group {group.id} is not new", group.at)
        if group.dead_count:
            raise Damage("V014", f"row group {group.id} has dead images", group.at + 96)
        if not group.dead.is_none():
            raise Damage("V026", f"row group {group.id} has a bitmap", group.at + 104)
        inline = None
        if group.flags & GROUP_INLINE:
            page, length, crc = group.data
            if page % 64 or page + length > record.payload_len or crc or not length:
                raise Damage("V014", f"row group {group.id} is not in the payload", group.at + 48)
            inline = record.payload() + page
            places.append((inline, length))
        else:
            group.data.check(self.source.length(), group.at + 48)
        part = Part(group, inline, self.clock)
        rows = part.open(self.source, self.schema)
        if not durable and inline is None:
            self.unsure.verify(group.data)
        for position in range(group.count if group.layout == TOKENS else 0):
            extent = tensor(rows, position)
            if not durable and not extent.is_none():
                self.unsure.verify(extent)
        if inline is None:
            self.pages.claim(group.data.page, group.data.pages())
        self.next_group, self.groups = group.id + 1, self.groups + 1
        self.columns.setdefault(group.column, []).append(part)
        if self.groups > GROUPS_MAX:
            raise Damage("V014", "too many row groups", group.at)

    def _set_prompt_set(self, prompts: PromptSet, durable: bool) -> None:
        if not self.incompat & INCOMPAT_PROMPT_SETS:
            raise Damage("V034", "a prompt set without its bit", prompts.at)
        prompts.data.check(self.source.length(), prompts.at)
        prompts.open(self.source)
        if not durable:
            self.unsure.verify(prompts.data)
        self.prompt_sets[prompts.name] = prompts
        if len(self.prompt_sets) > PROMPT_SETS_MAX:
            raise Damage("V034", "too many prompt sets", prompts.at)

    def _set_schema(self, schema: Schema, body: Parser) -> None:
        """Replaces the schema; what has row groups, or a prompt set names, keeps its meaning."""
        for prompts in self.prompt_sets.values():
            check_field(prompts, schema)
        for column in self.columns:
            old, new = self.schema.field(column), schema.field(column)
            if self.schema.layout(column) != schema.layout(column):
                raise body.damage(f"column {column} has row groups and changes", "V013")
            if old and ((old.dtype, old.dim, old.grid) != (new.dtype, new.dim, new.grid)
                        or old.regions != new.regions[: len(old.regions)]):
                raise body.damage(f"field {new.name} has row groups and changes", "V013")
        self.schema = schema

    def walk(self, part: Part, rows: RowGroup) -> Iterator[Tuple[int, int]]:
        """Row and position of each image that the manifest does not call dead."""
        dead = part.dead(self.source)
        bitmap = dead.to_bytes(dead.bit_length() // 8 + 1, "little")
        for position, row in enumerate(rows.rows()):
            if position // 8 >= len(bitmap) or not bitmap[position // 8] >> position % 8 & 1:
                yield row, position

    def slots(self, column: int) -> int:
        """Rows of a column for each image: many in a masks column, where they are segments."""
        return SEGMENT_SLOTS if self.schema.layout(column) == MASKS else 1

    def live(self, column: int) -> Iterator[Tuple[int, RowGroup, int]]:
        """The live rows of a column, ascending, each with its row group and position there."""
        waiting = sorted(self.columns.get(column, ()), key=lambda part: -part.group.first_row)
        cleared, slots = self.cleared.get(column, {}), self.slots(column)
        heap: list = []

        def push(number: int, added: int, rows: RowGroup, walk) -> None:
            step = next(walk, None)
            if step is not None:
                heapq.heappush(heap, (step[0], added, number, step[1], rows, walk))

        while waiting or heap:
            if waiting and (not heap or waiting[-1].group.first_row <= heap[0][0]):
                part = waiting.pop()
                rows = part.open(self.source, self.schema)
                push(len(waiting), part.added, rows, self.walk(part, rows))
                continue
            row, found = heap[0][0], []
            while heap and heap[0][0] == row:
                _, added, number, position, rows, walk = heapq.heappop(heap)
                found.append((added, rows, position))
                push(number, added, rows, walk)
            added, rows, position = found[-1]
            if max(self.deleted.get(row // slots, 0), cleared.get(row, 0)) > added:
                continue
            if added == 0 and len(found) > 1:
                raise rows.damage("V027", f"row {row} is live in two row groups", 0)
            yield row, rows, position

    def images(self) -> Iterator[Tuple[int, Dict[int, Place], Dict[int, List[Place]]]]:
        """Each image in the order of rows: its row, where its value of each column is, and where
        its segments in each masks column are."""
        def tagged(column: int, slots: int) -> Iterator[tuple]:
            return ((row // slots, column, rows, position)
                    for row, rows, position in self.live(column))

        walks = [tagged(column, self.slots(column)) for column in sorted(self.columns)]
        entries = heapq.merge(*walks, key=lambda entry: entry[:2])
        for row, group in itertools.groupby(entries, key=lambda entry: entry[0]):
            values: Dict[int, Place] = {}
            segments: Dict[int, List[Place]] = {}
            for _, column, rows, position in group:
                if rows.layout == MASKS:
                    segments.setdefault(column, []).append((rows, position))
                else:
                    values[column] = (rows, position)
            if COLUMN_KEYS not in values:
                raise rows.damage("V027", f"row {row} is no image", 0)
            yield row, values, segments

    def space(self, values: Dict[int, Place]) -> Space:
        """The space of an image (V028)."""
        rows, position = values[COLUMN_KEYS]
        index = rows.space(position)
        if index > len(self.spaces):
            raise rows.damage("V028", f"space {index} is not there", 1)
        return self.spaces[index - 1] if index else self.first_space
