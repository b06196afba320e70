"""An open file: the superblock, the manifest, the log replayed (section 14)."""
from __future__ import annotations

from typing import Iterator, List, Tuple

from .header import SPACE_BYTES, open_superblock, parse_space
from .log import Log, Record
from .manifest import parse_manifest
from .pages import Pages
from .source import PAGE_BYTES, Damage, Extent, ExtentBytes, Source
from .state import State

MANIFEST_BYTES_MAX = 1 << 30


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
        self.manifest = parse_manifest(data.read(0, data.len), data.base, sb)
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
        extents += [prompts.data for prompts in self.manifest.prompt_sets]
        return ((extent.page, extent.pages()) for extent in extents if not extent.is_none())

    def _replay(self, records: List[Record], durable: float, pages: list) -> State:
        """Section 14, step 6. A torn tail is found by trying; then all before it is done anew."""
        while True:
            state = State(self.source, self.manifest, self.space, self.superblock.incompat,
                          pages)
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
