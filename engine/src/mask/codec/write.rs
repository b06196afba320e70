//! A slab to symbols.

use super::candidates::{Candidate, candidates};
use super::context::{Around, END, START, ahead};
use super::model::CLASSES;
use super::model::{
    ABSENT, CODED, EMPTY, ESCAPE, FAR_BOTH, FLAG, GAP, LAST, MORE, NEW, NEW_GAP, NEW_LEN, PAIR,
    PRESENT, ROW_END, ROWS, SAME, SLICE, STEP, STEP_MORE, cut, zigzag,
};
use super::sink::Sink;
use super::slice::{Piece, Slice, Window};

/// Writes the slices of a slab, of a box of so many rows.
pub(super) fn write_slab<S: Sink>(sink: &mut S, slices: &mut [Slice], rows: u32) {
    let mut before: Option<Slice> = None;
    for slice in slices {
        let table = SLICE + usize::from(before.is_some());
        if slice.is_empty() {
            sink.symbol(table, EMPTY);
            continue;
        }
        if before.as_ref().is_some_and(|before| before.same_runs(slice)) {
            sink.symbol(table, SAME);
            continue;
        }
        sink.symbol(table, CODED);
        let (first, last) = slice.span();
        match &before {
            None => {
                sink.number(ROWS, first);
                sink.number(ROWS + 1, rows.wrapping_sub(last));
            }
            Some(before) => {
                let (was_first, was_last) = before.span();
                let step = |from: u32, to: u32| zigzag(to.wrapping_sub(from).cast_signed());
                sink.small(STEP, STEP_MORE, step(was_first, first));
                sink.small(STEP + 1, STEP_MORE, step(was_last, last));
            }
        }
        write_slice(sink, slice, before.as_ref());
        before = Some(slice.clone());
    }
}

fn write_slice<S: Sink>(sink: &mut S, slice: &mut Slice, before: Option<&Slice>) {
    let none = Slice::default();
    let (first, last) = slice.span();
    let mut window = Window::new(before.unwrap_or(&none), first);
    let mut list = Vec::new();
    let key = before.is_none();
    let mut y = first;
    let mut north = 0..0;
    let mut rows = slice.places().peekable();
    while y < last {
        let row = rows.next_if(|row| row.0 == y);
        let range = row.map_or(north.end..north.end, |row| row.1);
        let (done, rest) = slice.pieces.split_at_mut(range.start);
        let mut writer = RowWriter {
            sink,
            north: done.get(north).unwrap_or(&[]),
            before: [window.above, window.level, window.below],
            key,
        };
        let current = rest.get_mut(..range.len()).unwrap_or(&mut []);
        let empty = writer.write(&mut list, current);
        north = range;
        y = y.wrapping_add(1);
        if empty {
            let next = rows.peek().map_or(y, |row| row.0);
            sink.number(GAP, next.wrapping_sub(y));
            y = next;
            window.jump(y);
        } else {
            window.step();
        }
    }
}

struct RowWriter<'a, S> {
    sink: &'a mut S,
    north: &'a [Piece],
    before: [&'a [Piece]; 3],
    key: bool,
}

impl<S: Sink> RowWriter<'_, S> {
    /// Writes a row and notes residuals in it; whether it is empty with nothing expected.
    fn write(&mut self, list: &mut Vec<Candidate>, row: &mut [Piece]) -> bool {
        if let Some(escape) = self.regular() {
            if row.len() == self.north.len() {
                self.write_regular(escape, row);
                return false;
            }
            self.write_escape(escape);
        }
        candidates(list, self.north, self.before, self.key);
        self.write_irregular(list, row);
        row.is_empty() && list.is_empty()
    }

    /// The table of escapes when all rows around have as many runs.
    fn regular(&self) -> Option<usize> {
        let count = self.north.len();
        let same = count > 0 && self.before.iter().all(|row| row.len() == count);
        same.then_some(ESCAPE + usize::from(count > 1))
    }

    fn write_regular(&mut self, escape: usize, row: &mut [Piece]) {
        let [above, level, below] = self.before;
        let around = self.north.iter().zip(level).zip(above).zip(below);
        let mut escape = Some(escape);
        for (piece, (((&north, &west), &above), &below)) in row.iter_mut().zip(around) {
            let (above, below) = (Some(above), Some(below));
            self.pair(Around::Both { north, west, above, below }, piece, escape.take());
        }
    }

    fn write_escape(&mut self, escape: usize) {
        let ([Some(&north), ..], [above, level, below]) =
            ([self.north.first()], self.before.map(<[Piece]>::first))
        else {
            return;
        };
        let Some(&west) = level else { return };
        let around = Around::Both { north, west, above: above.copied(), below: below.copied() };
        let contexts = [around.guess::<START>().context, around.guess::<END>().context];
        let [(start, _), (end, _)] = contexts.map(|context| self.sink.class(context));
        self.sink.symbol(PAIR + start * CLASSES + end, FAR_BOTH);
        self.sink.symbol(escape, 1);
    }

    fn write_irregular(&mut self, list: &[Candidate], row: &mut [Piece]) {
        let mut pieces = row.iter_mut().peekable();
        let mut last = None;
        let mut fresh = false;
        for (left, candidate) in (0..list.len()).rev().zip(list) {
            let (start, end) = candidate.span();
            let flag = FLAG + candidate.kind() + if left == 0 { LAST } else { 0 };
            while let Some(piece) = pieces.next_if(|piece| piece.end <= start) {
                self.sink.symbol(flag, NEW);
                fresh = true;
                self.write_new(*piece, &mut last);
            }
            let found = pieces.next_if(|piece| piece.start < end);
            let more = if left == 0 && pieces.peek().is_some() { MORE } else { 0 };
            if let Some(piece) = found {
                self.sink.symbol(flag, PRESENT.wrapping_add(more));
                self.pair(candidate.around, piece, None);
                last = Some(piece.end);
            } else {
                self.sink.symbol(flag, ABSENT.wrapping_add(more));
            }
        }
        // What the last flag has said already is not said again.
        let mut said = !list.is_empty();
        for piece in pieces {
            if !said {
                self.sink.symbol(self.row_end(fresh), 1);
            }
            said = false;
            fresh = true;
            self.write_new(*piece, &mut last);
        }
        if !said {
            self.sink.symbol(self.row_end(fresh), 0);
        }
    }

    fn row_end(&self, fresh: bool) -> usize {
        let [_, level, _] = self.before;
        ROW_END + row_end(self.north.len(), level.len(), fresh)
    }

    fn write_new(&mut self, piece: Piece, last: &mut Option<u32>) {
        let table = new_table(self.key, last.is_none());
        let low = last.map_or(0, |last| last.wrapping_add(1));
        let len = piece.end.wrapping_sub(piece.start);
        self.sink.number(NEW_GAP + table, piece.start.wrapping_sub(low));
        self.sink.number(NEW_LEN + table, len.wrapping_sub(1));
        *last = Some(piece.end);
    }

    fn pair(&mut self, around: Around, piece: &mut Piece, escape: Option<usize>) {
        let (start, end) = (around.guess::<START>(), around.guess::<END>());
        let ds = ahead::<START>(start.at, piece.start);
        let de = ahead::<END>(end.at, piece.end);
        piece.residuals = [cut(ds), cut(de)];
        self.sink.pair([start.context, end.context], [ds, de], escape);
    }
}

/// The number of a table of [`ROW_END`].
#[inline]
pub(super) fn row_end(north: usize, level: usize, fresh: bool) -> usize {
    (north.min(2) * 3 + level.min(2)) * 2 + usize::from(fresh)
}

/// The number of a table of [`NEW_GAP`] and [`NEW_LEN`].
#[inline]
pub(super) fn new_table(key: bool, first: bool) -> usize {
    usize::from(key) * 2 + usize::from(first)
}
