"""Slices of a slab: rows, candidates, pairs (section 21, "Slices" and "Pairs")."""
from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .symbols import WORD, Refused, Small, tables, unzigzag

PAIR, FAR, FAR_MORE, FLAG, ROW_END, ESCAPE, SLICE = 0, 256, 272, 273, 401, 419, 421
ROWS, STEP, STEP_MORE, GAP, NEW_GAP, NEW_LEN = 423, 425, 427, 428, 429, 433
BOTH, ABOVE, BEFORE, BELOW = 12, 8, 4, 1

Run = Tuple[int, int, int, int]  # start, end, residual of the start, of the end
Row = List[Run]


class Slice(NamedTuple):
    """The runs of a slice that is not empty, by row; ``last`` is the row behind the last one."""

    first: int
    last: int
    rows: Dict[int, Row]

    def row(self, y: int) -> Row:
        """The runs of a row."""
        return self.rows.get(y, [])


NOTHING = Slice(0, 0, {})


class Candidate(NamedTuple):
    """What a run may look like: runs of N, W, A, B."""

    kind: int
    n: Optional[Run]
    w: Optional[Run]
    a: Optional[Run]
    b: Optional[Run]


def c7(value: int) -> int:
    """Cut to -3..3, plus 3; ``value`` is read as a signed number of 32 bits."""
    value = (value + (1 << 31)) % WORD - (1 << 31)
    return max(-3, min(3, value)) + 3


def overlapping(row: Row, w: Run) -> Optional[Run]:
    """The first run that ends behind the start of ``w``, if it begins before its end."""
    for run in row:
        if run[1] > w[0]:
            return run if run[0] < w[1] else None
    return None


def candidates(n_row: Row, w_row: Row, a_row: Row, b_row: Row) -> Iterator[Candidate]:
    """The candidates of an irregular row, in order."""
    def with_w(kind: int, n: Optional[Run], w: Run) -> Candidate:
        return Candidate(kind, n, w, overlapping(a_row, w), overlapping(b_row, w))

    if not n_row and not w_row:
        for b in b_row:
            yield Candidate(BELOW, None, None, None, b)
    used = 0
    for n in n_row:
        while used < len(w_row) and w_row[used][1] <= n[0]:
            yield with_w(BEFORE, None, w_row[used])
            used += 1
        if used < len(w_row) and w_row[used][0] < n[1]:
            yield with_w(BOTH, n, w_row[used])
            used += 1
        else:
            yield Candidate(ABOVE, n, None, None, None)
    for w in w_row[used:]:
        yield with_w(BEFORE, None, w)


def step(length: int, ends: Tuple[int, ...]) -> int:
    """Which of the ranges up to each of ``ends`` a length is in."""
    return sum(length > end for end in ends)


class SliceReader:
    """Reads the slices of one slab."""

    def __init__(self, coding: Small, rows: int, columns: int):
        self.coding, self.rows, self.columns = coding, rows, columns
        self.classes = tables()["class_of_circumstance"]
        self.before, self.key = NOTHING, 1

    def slice(self) -> Optional[Slice]:
        """The next slice; None if it is empty."""
        symbol = self.coding.symbol(SLICE + (1 - self.key))
        if symbol == 2:
            return None
        if symbol > 2 or (symbol == 1 and self.key):
            raise Refused(f"a slice of kind {symbol}")
        if symbol == 0:
            self.before, self.key = self._coded(), 0
        return self.before

    def _coded(self) -> Slice:
        coding, before = self.coding, self.before
        if self.key:
            first = coding.number(ROWS)
            last = (self.rows - coding.number(ROWS + 1)) % WORD
        else:
            first = (before.first + unzigzag(coding.small(STEP, STEP_MORE))) % WORD
            last = (before.last + unzigzag(coding.small(STEP + 1, STEP_MORE))) % WORD
        if not first < last <= self.rows:
            raise Refused(f"rows {first} to {last} of {self.rows}")
        found, y = Slice(first, last, {}), first
        while y < last:
            row, gap = self._row(found, y)
            if row:
                found.rows[y] = row
            y += 1 + gap
        if y != last or not found.row(first) or not found.row(last - 1):
            raise Refused("an outer row of a slice has no runs")
        return found

    def _row(self, here: Slice, y: int) -> Tuple[Row, int]:
        """The runs of a row, and how many empty rows follow that are not coded."""
        n, w = here.row(y - 1), self.before.row(y)
        a, b = self.before.row(y - 1), self.before.row(y + 1)
        row: Row = []
        if n and len(n) == len(w) == len(a) == len(b) and self._regular(row, n, w, a, b):
            return row, 0
        found = list(candidates(n, w, a, b))
        fresh = self._irregular(row, found)
        table = ROW_END + (min(len(n), 2) * 3 + min(len(w), 2)) * 2
        going_on = fresh == 2
        fresh = min(fresh, 1)
        if going_on:
            self._new(row)
        while going_on or not found:
            symbol = self.coding.symbol(table + fresh)
            if symbol > 1:
                raise Refused(f"end of row {symbol}")
            if symbol == 0:
                break
            self._new(row)
            going_on, fresh = True, 1
        gap = 0 if found or row else self.coding.number(GAP)
        return row, gap

    def _regular(self, row: Row, n: Row, w: Row, a: Row, b: Row) -> bool:
        """Reads a regular row; False if it turns out to be none."""
        for place, runs in enumerate(zip(n, w, a, b)):
            escape = None if place else ESCAPE + (len(n) > 1)
            if not self._pair(row, Candidate(BOTH, *runs), escape):
                return False
        return True

    def _irregular(self, row: Row, found: List[Candidate]) -> int:
        """Reads the candidates. 1 if a new run was read, 2 if one follows now."""
        fresh = 0
        for place, candidate in enumerate(found):
            last = place == len(found) - 1
            kind, n, w, a, b = candidate
            if kind in (BOTH, BEFORE):
                kind += 2 * (a is not None) + (b is not None)
            elif kind == ABOVE:
                kind += self.key
            run = n or w or b
            table = FLAG + 4 * kind + step(run[1] - run[0], (1, 2, 4)) + 64 * last
            flag = self.coding.symbol(table)
            while flag == 2:
                self._new(row)
                fresh = 1
                flag = self.coding.symbol(table)
            if flag > (4 if last else 1):
                raise Refused(f"flag {flag}")
            if flag in (0, 3):
                self._pair(row, candidate, None)
            if flag > 1:
                return 2
        return fresh

    def _new(self, row: Row) -> None:
        """Reads a ``new`` run."""
        first = 0 if row else 1
        low = row[-1][1] + 1 if row else 0
        start = low + self.coding.number(NEW_GAP + 2 * self.key + first)
        end = start + 1 + self.coding.number(NEW_LEN + 2 * self.key + first)
        self._add(row, (start, end, 0, 0))

    def _add(self, row: Row, run: Run) -> None:
        low = row[-1][1] + 1 if row else 0
        if not low <= run[0] < run[1] <= self.columns:
            raise Refused(f"run {run[0]}..{run[1]} of {self.columns}, behind {low}")
        row.append(run)

    def _circumstance(self, candidate: Candidate, end: int) -> Tuple[int, int]:
        """Prediction and circumstance of the start (``end`` 0) or the end (1) of a run."""
        kind, n, w, a, b = candidate
        sign = -1 if end else 1

        def d(before: Run, after: Run) -> int:
            return c7(sign * (after[end] - before[end]))

        if kind == BELOW:
            length = b[1] - b[0]
            return b[end] + sign * (length // 3), 2314 + step(length, (2, 4, 8))
        if kind == ABOVE:
            return n[end], 2240 + 5 * self.key + n[2 + end] + 2
        after = d(w, b) if b else 7
        if kind == BEFORE:
            return w[end], 2250 + 8 * (d(w, a) if a else 7) + after
        r = n[2 + end] + 2
        if not a:
            return n[end], 1960 + (d(n, w) * 8 + after) * 5 + r
        median = sorted((n[end], w[end], n[end] + w[end] - a[end]))[1]
        return median, (d(a, w) * 8 + after) * 35 + d(a, n) * 5 + r

    def _class(self, circumstance: int) -> Tuple[int, int]:
        """The class of a circumstance, and the sign of its residuals."""
        letter = self.classes[circumstance]
        return ord(letter.lower()) - ord("a"), -1 if letter.isupper() else 1

    def _pair(self, row: Row, candidate: Candidate, escape: Optional[int]) -> bool:
        """Reads a run near a candidate; False if its symbols said that the row is not regular."""
        ends = [self._circumstance(candidate, end) for end in (0, 1)]
        classes = [self._class(circumstance) for _, circumstance in ends]
        symbol = self.coding.symbol(PAIR + 16 * classes[0][0] + classes[1][0])
        if symbol == 15 and escape is not None:
            answer = self.coding.symbol(escape)
            if answer > 1:
                raise Refused(f"escape {answer}")
            if answer:
                return False
        residuals = []
        for (of, sign), near in zip(classes, (symbol >> 2, symbol & 3)):
            value = (0, 1, -1, 0)[near]
            if near == 3:
                far = self.coding.small(FAR + of, FAR_MORE)
                value = -(far // 2 + 2) if far & 1 else far // 2 + 2
            residuals.append(sign * value)
        start = (ends[0][0] + residuals[0]) % WORD
        end = (ends[1][0] - residuals[1]) % WORD
        kept = [max(-2, min(2, value)) for value in residuals]
        self._add(row, (start, end, kept[0], kept[1]))
        return True
