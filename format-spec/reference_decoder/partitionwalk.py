"""The walk of a block of several segments (section 21, "The coder" to "The walk")."""
from __future__ import annotations

import functools
import json
import os
from typing import Dict, Iterator, List, Optional

from .symbols import Refused

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "partition-tables.json")
ORDER = ("space", "plane", "first_of_space", "first_of_plane", "further", "place", "gap")
SPACE, PLANE, FIRST_OF_SPACE, FIRST_OF_PLANE = 0, 16384, 16640, 16883
FURTHER, PLACE, GAP, SAME = 16892, 16924, 16988, 17052
LIST_MAX, RECENT_MAX, REACH = 15, 16, 32

Rows = List[List[int]]


@functools.lru_cache(maxsize=None)
def start_chances() -> List[int]:
    """The chances at the start of a slab, one table behind the other."""
    with open(TABLES, encoding="ascii") as file:
        tables: Dict[str, List[int]] = json.load(file)
    return [chance for name in ORDER for chance in tables[name]]


class Coder:
    """Decisions and raw numbers."""

    def __init__(self, data: bytes):
        if len(data) < 4:
            raise Refused("a walk without a state")
        self.data, self.at = data, 4
        self.x = int.from_bytes(data[:4], "little")
        self.chances = list(start_chances())

    def _refill(self) -> None:
        if self.x < 65536 and self.at + 2 <= len(self.data):
            self.x = self.x << 16 | self.data[self.at] | self.data[self.at + 1] << 8
            self.at += 2

    def decision(self, slot: int) -> bool:
        """Yes or no."""
        chance = self.chances[slot]
        p = max(1, chance >> 4)
        low, high = self.x & 4095, self.x >> 12
        if low < p:
            self.x = p * high + low
            self.chances[slot] = chance + (65535 - chance >> 5)
        else:
            self.x = (4096 - p) * high + low - p
            self.chances[slot] = chance - (chance >> 5)
        self._refill()
        return low < p

    def raw(self, bits: int) -> int:
        """A raw number."""
        value = 0
        for place in range(0, bits, 8):
            width = min(8, bits - place)
            value |= (self.x & (1 << width) - 1) << place
            self.x >>= width
            self._refill()
        return value

    def tree(self, bits: int, base: int) -> int:
        """A number, highest bit first."""
        node = 1
        for _ in range(bits):
            node = 2 * node + self.decision(base + node)
        return node - (1 << bits)

    def count(self, kind: int) -> float:
        """A count of quiet voxels."""
        bits = self.tree(5, GAP + 32 * kind)
        return (1 << bits - 1) + self.raw(bits - 1) - 1 if bits else float("inf")


class Sheet:
    """Labels and edges of a slice, by row and column, with a rim of zeros.

    The first row is in place 1, the first column in place 2.
    """

    def __init__(self, rows: int, columns: int):
        self.labels, self.a, self.d, self.t = ([[0] * (columns + 4) for _ in range(rows + 2)]
                                               for _ in range(4))

    def inner(self) -> Rows:
        """The labels without the rim."""
        return [row[2:-2] for row in self.labels[1:-1]]


def bits(*edges: int) -> int:
    """A number from its bits, the lowest first."""
    return sum(edge << place for place, edge in enumerate(edges))


class Walk:
    """One slab."""

    def __init__(self, data: bytes, rows: int, columns: int, parts: int):
        self.coder = Coder(data)
        self.rows, self.columns, self.parts = rows, columns, parts
        self.recent: List[int] = []
        self.left = self.coder.count(0)
        self.plane = True
        self.before, self.here = Sheet(rows, columns), Sheet(rows, columns)

    def slice(self) -> Sheet:
        """Reads a slice."""
        if not self.plane and self.coder.decision(SAME):
            width = self.columns + 4
            self.before.t = [[0] * width for _ in range(self.rows + 2)]
            return self.before
        self.here = Sheet(self.rows, self.columns)
        for y in range(1, self.rows + 1):
            self._row(y)
        here = self.here
        here.d[-1] = [int(label != 0) for label in here.labels[-2]]
        self.before, self.plane = here, False
        return here

    def end(self) -> None:
        """Behind the last slice."""
        if (self.coder.x, self.left) != (1, float("inf")):
            raise Refused("the state at the end of a walk")
        if self.coder.at != len(self.coder.data):
            raise Refused("bytes are left over behind a walk")

    def _row(self, y: int) -> None:
        here, before = self.here, self.before
        row, a, d, t = here.labels[y], here.a[y], here.d[y], here.t[y]
        above, a_above, over = here.labels[y - 1], here.a[y - 1], before.labels[y]
        a_over, d_below = before.a[y], before.d[y + 1]
        for x in range(2, self.columns + 2):
            west = row[x - 1]
            quiet = not (d[x - 1] or a_above[x] or a_above[x + 1])
            if quiet and not self.plane:
                quiet = not (t[x - 1] or a_over[x] or a_over[x + 1] or d_below[x])
            if quiet and self.left:
                self.left -= 1
                label = west
            elif quiet:
                self.left = self.coder.count(0 if self.plane else 1)
                label = self._far(y, x, 0, [])
            elif self.coder.decision(self._slot(y, x)):
                label = self._near(y, x)
            else:
                label = west
            row[x] = label
            a[x], d[x] = int(label != west), int(label != above[x])
            t[x] = int(not self.plane and label != over[x])
        a[self.columns + 2] = int(row[self.columns + 1] != 0)

    def _slot(self, y: int, x: int) -> int:
        here, before = self.here, self.before
        a, d, t = here.a[y - 1], here.d[y - 1], here.t[y - 1]
        if self.plane:
            return PLANE + bits(a[x - 1], a[x], a[x + 1], d[x - 1], d[x], d[x + 1],
                                here.d[y][x - 1], here.d[y][x - 2])
        over, below = before.a[y], before.a[y + 1]
        return SPACE + bits(a[x - 1], a[x], a[x + 1], over[x], over[x + 1], below[x],
                            below[x + 1], before.d[y][x - 1], before.d[y][x],
                            before.d[y + 1][x], t[x + 1], before.t[y][x], here.d[y][x - 1],
                            here.t[y][x - 1])

    def _near(self, y: int, x: int) -> int:
        above = self.here.labels[y - 1]
        over, below = self.before.labels[y], self.before.labels[y + 1]
        west = self.here.labels[y][x - 1]
        if self.plane:
            found = [above[x], above[x + 1], above[x - 1]]
        else:
            found = [over[x], above[x], above[x + 1], over[x + 1], below[x], above[x - 1]]
        near = [label for label in dict.fromkeys(found) if label != west]
        if not near:
            return self._far(y, x, 1, [])
        number = 0
        for label in found[1:]:
            number = 3 * number + (0 if label == west else 1 if label == near[0] else 2)
        base = FIRST_OF_PLANE if self.plane else FIRST_OF_SPACE
        if not self.coder.decision(base + number):
            return near[0]
        base = FURTHER + 16 * self.plane + 4 * (min(len(near), 4) - 1)
        for place, label in enumerate(near[1:], 1):
            if not self.coder.decision(base + min(place, 3)):
                return label
        return self._far(y, x, 1, near)

    def _next(self, row: List[int], x: int, step: int) -> Optional[int]:
        """The next label right (``step`` 1) or left (-1) of a voxel."""
        for at in range(x + step, x + step * (REACH + 1), step):
            if not 1 <= at <= self.columns + 2:
                break
            if row[at] != row[x]:
                return row[at]
        return None

    def _far(self, y: int, x: int, decided: int, near: List[int]) -> int:
        above, found = self.here.labels[y - 1], []
        west = self.here.labels[y][x - 1]
        if not self.plane:
            over, below = self.before.labels[y], self.before.labels[y + 1]
            found = [self._next(over, x, 1), self._next(below, x, 1), self._next(below, x, -1)]
        found += [self._next(above, x, 1), self._next(above, x, -1), 0, *self.recent]
        struck = {None, west, *near}
        listed = [label for label in dict.fromkeys(found) if label not in struck][:LIST_MAX]
        place = self.coder.tree(4, PLACE + 16 * (2 * self.plane + decided))
        if place < LIST_MAX:
            if place >= len(listed):
                raise Refused("a label behind the list of labels")
            label = listed[place]
        else:
            label = self.coder.raw(self.parts.bit_length())
            if label > self.parts or label == west:
                raise Refused(f"label {label} of {self.parts} parts")
        if label in self.recent:
            self.recent.remove(label)
        self.recent = [label, *self.recent][:RECENT_MAX]
        return label


def walk(data: bytes, count: int, rows: int, columns: int, parts: int) -> Iterator[Rows]:
    """The labels of each slice of a slab, by row."""
    slab = Walk(data, rows, columns, parts)
    sheets = []
    for _ in range(count):
        sheets.append(slab.slice().inner())
    slab.end()
    return iter(sheets)
