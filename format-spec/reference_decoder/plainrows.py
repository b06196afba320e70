"""Slabs of plain rows: coding 1 of blocks of one segment (section 21, "Plain rows")."""
from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from .source import Damage, Parser
from .symbols import WORD, Refused

Run = Tuple[int, int]  # start, end
Row = List[Run]


class PlainReader:
    """The slices of a slab in order, of a box of ``rows`` and ``columns``."""

    def __init__(self, data: bytes, rows: int, columns: int):
        self.take = Parser(data, 0, "V041")
        self.rows, self.columns = rows, columns
        self.last: Optional[List[Tuple[int, Row]]] = None

    def slice(self) -> List[Tuple[int, Row]]:
        """The rows of the next slice that have runs, with their y."""
        try:
            head = self._number()
            if head == 0:
                return []
            if head > 1:
                self.last = list(self._spans(head - 1))
            if self.last is None:
                raise Refused("a slice is repeated before there is one")
            return self.last
        except Damage as damage:
            raise Refused(damage.message) from None

    def finish(self) -> None:
        """Behind the last slice of a slab."""
        if self.take.at != len(self.take.data):
            raise Refused("a slab has bytes behind its last slice")

    def _number(self) -> int:
        return self.take.varint(WORD - 1)

    def _spans(self, count: int) -> Iterator[Tuple[int, Row]]:
        low = 0
        for _ in range(count):
            first = low + self._number()
            last = first + self._number()
            if last >= self.rows:
                raise Refused("rows outside of the box")
            yield from self._groups(first, last)
            low = last + 2

    def _groups(self, y: int, last: int) -> Iterator[Tuple[int, Row]]:
        above: Row = []
        after_same = True
        while y <= last:
            head = self.take.take(1)[0]
            count = 1 if head < 64 else head - 63 if head < 192 else head - 191
            if y + count - 1 > last:
                raise Refused("a group has more rows than its span")
            if head >= 64 and not above or head >= 192 and after_same:
                raise Refused("a group of rows has no row above it")
            for _ in range(count):
                if head < 64:
                    above = self._whole(head + 1 if head < 63 else 64 + self._number())
                elif head < 192:
                    above = self._near(above)
                yield y, above
                y += 1
            after_same = head >= 192

    def _whole(self, count: int) -> Row:
        row: Row = []
        low = 0
        for _ in range(count):
            start = low + self._number()
            end = start + 1 + self._number()
            self._check(start, end, low)
            row.append((start, end))
            low = end + 1
        return row

    def _near(self, above: Row) -> Row:
        row: Row = []
        low = 0
        for (start, end), byte in zip(above, self.take.take(len(above))):
            start, end = (start + byte % 16 - 8) % WORD, (end + byte // 16 - 8) % WORD
            self._check(start, end, low)
            row.append((start, end))
            low = end + 1
        return row

    def _check(self, start: int, end: int, low: int) -> None:
        if not low <= start < end <= self.columns:
            raise Refused(f"a run {start}..{end}")
