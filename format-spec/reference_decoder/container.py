"""The state of a file: the manifest, the log applied to it, its images (sections 13 and 14)."""
from __future__ import annotations

import bisect
import heapq
import itertools
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from .groupcheck import check_row_group
from .header import SPACE_BYTES, open_superblock, parse_space
from .jsontext import is_json
from .log import COMMIT, Log, Operation, Record, operations, parse_rows
from .manifest import (COLUMN_KEYS, CURSORS_MAX, GROUP_INLINE, GROUPS_MAX, JSON_BYTES_MAX, ROWS_MAX,
                       SPACES_MAX, Group, Manifest, Schema, check_group, parse_cursor, parse_group,
                       parse_manifest, parse_schema)
from .rowgroup import RowGroup
from .source import PAGE_BYTES, Damage, Extent, ExtentBytes, InlineBytes, Parser, Source

MANIFEST_BYTES_MAX = 1 << 30


class Pages:
    """Runs of pages that are in use, to find overlaps (V007).

    They are found when a file is opened, as pages used a thousand times would make the work of
    reading a small file as large as one likes.
    """

    def __init__(self, runs: List[Tuple[int, int]]):
        self.runs = sorted(runs)
        for (page, pages), (following, _) in zip(self.runs, self.runs[1:]):
            if page + pages > following:
                raise Damage("V007", "two extents share a page", PAGE_BYTES * following)

    def claim(self, page: int, pages: int) -> None:
        """Adds a run that must not touch another one."""
        at = bisect.bisect_left(self.runs, (page, 0))
        before = self.runs[at - 1] if at > 0 else (0, 3)
        after = self.runs[at][0] if at < len(self.runs) else page + pages
        if sum(before) > page or page + pages > after:
            raise Damage("V007", "an extent or log segment shares a page", PAGE_BYTES * page)
        self.runs.insert(at, (page, pages))


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

    def __init__(self, source: Source, manifest: Manifest, pages: List[Tuple[int, int]]):
        self.source, self.schema, self.metadata = source, manifest.schema, manifest.metadata
        self.spaces = list(manifest.spaces)
        self.cursors = {cursor[:2]: cursor for cursor in manifest.cursors}
        self.next_row, self.next_group = manifest.next_row, manifest.next_group
        self.groups = len(manifest.groups)
        self.columns: Dict[int, List[Part]] = {}
        for group in manifest.groups:
            self.columns.setdefault(group.column, []).append(Part(group, None, 0))
        self.pages = Pages(pages)
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
            self.deleted.update(dict.fromkeys(parse_rows(body), self.clock))
        elif code == 3:
            column = body.number("I")
            body.reserved(4)
            rows = dict.fromkeys(parse_rows(body), self.clock)
            self.cleared.setdefault(column, {}).update(rows)
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
        else:
            raise body.damage(f"operation {code}")

    def _add_group(self, record: Record, group: Group, durable: bool,
                   places: List[Tuple[int, int]]) -> None:
        if group.column == COLUMN_KEYS and group.last_row < ROWS_MAX:
            self.next_row = max(self.next_row, group.last_row + 1)
        check_group(group, self.schema, self.next_row)
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
            self.pages.claim(group.data.page, group.data.pages())
        part = Part(group, inline, self.clock)
        rows = part.open(self.source, self.schema)
        if not durable:
            rows.data.verify()
        self.next_group, self.groups = group.id + 1, self.groups + 1
        self.columns.setdefault(group.column, []).append(part)
        if self.groups > GROUPS_MAX:
            raise Damage("V014", "too many row groups", group.at)

    def _set_schema(self, schema: Schema, body: Parser) -> None:
        """Replaces the schema; what has row groups keeps its meaning."""
        for column in self.columns:
            old, new = self.schema.field(column), schema.field(column)
            if self.schema.layout(column) != schema.layout(column):
                raise body.damage(f"column {column} has row groups and changes", "V013")
            if old and ((old.dtype, old.dim) != (new.dtype, new.dim)
                        or old.regions != new.regions[: len(old.regions)]):
                raise body.damage(f"field {new.name} has row groups and changes", "V013")
        self.schema = schema

    def _walk(self, part: Part, rows: RowGroup) -> Iterator[Tuple[int, int]]:
        """Row and position of each image that the manifest does not call dead."""
        dead = part.dead(self.source)
        bitmap = dead.to_bytes(dead.bit_length() // 8 + 1, "little")
        for position, row in enumerate(rows.rows()):
            if position // 8 >= len(bitmap) or not bitmap[position // 8] >> position % 8 & 1:
                yield row, position

    def live(self, column: int) -> Iterator[Tuple[int, RowGroup, int]]:
        """The live rows of a column, ascending, each with its row group and position there."""
        waiting = sorted(self.columns.get(column, ()), key=lambda part: -part.group.first_row)
        cleared = self.cleared.get(column, {})
        heap: list = []

        def push(number: int, added: int, rows: RowGroup, walk) -> None:
            step = next(walk, None)
            if step is not None:
                heapq.heappush(heap, (step[0], added, number, step[1], rows, walk))

        while waiting or heap:
            if waiting and (not heap or waiting[-1].group.first_row <= heap[0][0]):
                part = waiting.pop()
                rows = part.open(self.source, self.schema)
                push(len(waiting), part.added, rows, self._walk(part, rows))
                continue
            row, found = heap[0][0], []
            while heap and heap[0][0] == row:
                _, added, number, position, rows, walk = heapq.heappop(heap)
                found.append((added, rows, position))
                push(number, added, rows, walk)
            added, rows, position = found[-1]
            if max(self.deleted.get(row, 0), cleared.get(row, 0)) > added:
                continue
            if added == 0 and len(found) > 1:
                raise rows.damage("V027", f"row {row} is live in two row groups", 0)
            yield row, rows, position

    def images(self) -> Iterator[Tuple[int, Dict[int, Tuple[RowGroup, int]]]]:
        """Each image in the order of rows: its row, and where its value of each column is."""
        def tagged(column: int) -> Iterator[tuple]:
            return ((row, column, rows, position) for row, rows, position in self.live(column))

        walks = [tagged(column) for column in sorted(self.columns)]
        entries = heapq.merge(*walks, key=lambda entry: entry[:2])
        for row, group in itertools.groupby(entries, key=lambda entry: entry[0]):
            values = {column: (rows, position) for _, column, rows, position in group}
            if COLUMN_KEYS not in values:
                rows, _ = next(iter(values.values()))
                raise rows.damage("V027", f"row {row} is no image", 0)
            yield row, values


class Container:
    """An open file. ``lost`` says what is wrong with a superblock if the other one is valid."""

    def __init__(self, path: str):
        self.source = Source(path)
        self.superblock, self.lost = open_superblock(self.source)
        sb = self.superblock
        page = self.source.read(2 * PAGE_BYTES, PAGE_BYTES)
        if self.source.checksum(2 * PAGE_BYTES, PAGE_BYTES) != sb.space_crc:
            raise Damage("V010", "checksum of page 2", 2 * PAGE_BYTES)
        self.space = parse_space(page[:SPACE_BYTES], 2 * PAGE_BYTES)
        self.space_rest = page[SPACE_BYTES:]
        if sb.manifest.len > MANIFEST_BYTES_MAX:
            raise Damage("V012", "the manifest is too long", 88)
        data = ExtentBytes(self.source, sb.manifest)
        self.manifest = parse_manifest(data.read(0, data.len), data.base, sb.epoch, sb.file_len)
        pages = Pages(list(self._extents()))
        log = Log(self.source, sb, pages.claim)
        log.read()
        self.state = self._replay(log.records, log.durable, pages.runs)

    def _extents(self) -> Iterator[Tuple[int, int]]:
        """Pages of everything that the superblock and the manifest point at, but the log."""
        extents: List[Extent] = [self.superblock.manifest]
        extents += [group.data for group in self.manifest.groups]
        extents += [group.dead for group in self.manifest.groups]
        extents += [index.data for index in self.manifest.indexes]
        return ((extent.page, extent.pages()) for extent in extents if not extent.is_none())

    def _replay(self, records: List[Record], durable: float, pages: list) -> State:
        """Section 14, step 6. A torn tail is found by trying; then all before it is done anew."""
        while True:
            state = State(self.source, self.manifest, pages)
            for number, record in enumerate(records):
                try:
                    state.apply(record, record.seq <= durable)
                except Damage as damage:
                    if record.seq <= durable or damage.rule == "V007":
                        raise
                    records = records[:number]
                    break
            else:
                return state

    def problems(self) -> Iterator[Damage]:
        """Full verification of what opening did not check."""
        found = False
        yield from self._header_problems()
        yield from self._index_problems()
        for parts in self.state.columns.values():
            for part in parts:
                for damage in self._part_problems(part):
                    found = True
                    yield damage
        if not found:
            try:
                yield from self._image_problems()
            except Damage as damage:
                yield damage

    def _header_problems(self) -> Iterator[Damage]:
        if any(self.space_rest):
            yield Damage("V004", "the rest of page 2", 2 * PAGE_BYTES + SPACE_BYTES)
        keys = [group for group in self.manifest.groups if group.column == COLUMN_KEYS]
        images = sum(group.count - group.dead_count for group in keys)
        if images != self.manifest.images:
            yield Damage("V012", f"{self.manifest.images} images in the manifest, not {images}",
                         PAGE_BYTES * self.superblock.manifest.page + 32)
        texts = [self.state.metadata]
        texts += [field.provenance[4] for field in self.state.schema.fields]
        if not all(text == "" or is_json(text) for text in texts):
            yield Damage("V022", "metadata of the container, or json of a field, is not JSON")

    def _index_problems(self) -> Iterator[Damage]:
        for index in self.manifest.indexes:
            try:
                ExtentBytes(self.source, index.data).verify()
            except Damage as damage:
                yield damage

    def _part_problems(self, part: Part) -> Iterator[Damage]:
        try:
            part.dead(self.source)
            yield from check_row_group(part.open(self.source, self.state.schema),
                                       1 + len(self.state.spaces))
        except Damage as damage:
            yield damage

    def _image_problems(self) -> Iterator[Damage]:
        """V020 and V027."""
        keys: Set[str] = set()
        for row, values in self.state.images():
            rows, position = values[COLUMN_KEYS]
            key = rows.text(position)
            if key in keys:
                yield rows.damage("V020", f"row {row} has the key of another image", 3)
            keys.add(key)
