//! Symbols to a slab.
#![deny(clippy::arithmetic_side_effects)]

use super::candidates::{Candidate, Meeting};
use super::context::{Around, END, Guess, START, full};
use super::error::Flaw;
use super::model::{
    ABSENT, CODED, EMPTY, ESCAPE, FLAG, GAP, LAST, MORE, NEW, NEW_GAP, NEW_LEN, PRESENT, ROW_END,
    ROWS, SAME, SLICE, STEP, STEP_MORE, from_zigzag, nth,
};
use super::slice::{NO_RESIDUALS, Piece, Slice, Window};
use super::source::{Coded, Pair};
use super::strip::{Stop, moved, read_strip};
use super::write::{new_table, row_end};

/// Reads slabs; its memory is used again from one to the next.
#[derive(Debug, Default)]
pub(super) struct SlabReader {
    current: Slice,
    before: Slice,
}

impl SlabReader {
    /// Reads `count` slices, the first with the number `first`, of a slab of a box of `rows` and `columns`, and
    /// hands each that has runs to `see`.
    pub(super) fn read(
        &mut self,
        source: &mut Coded<'_>,
        first: u64,
        count: u32,
        [rows, columns]: [u32; 2],
        mut see: impl FnMut(u64, &Slice) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        self.before.clear();
        let mut key = true;
        for number in 0..count {
            match source.symbol(nth(SLICE, usize::from(!key))) {
                EMPTY => continue,
                SAME if !key => {}
                CODED => {
                    let (first, last) = self.span(source, key, rows)?;
                    let mut reader = SliceReader { source, slice: &mut self.current, key, columns };
                    reader.read(&self.before, first, last)?;
                    std::mem::swap(&mut self.current, &mut self.before);
                    key = false;
                }
                _ => return Err(Flaw::Slice),
            }
            see(first.wrapping_add(u64::from(number)), &self.before)?;
        }
        Ok(())
    }

    fn span(&self, source: &mut Coded<'_>, key: bool, rows: u32) -> Result<(u32, u32), Flaw> {
        let span = if key {
            let first = source.number(ROWS);
            let last = source.number(nth(ROWS, 1)).and_then(|after| rows.checked_sub(after));
            first.zip(last)
        } else {
            let (first, last) = self.before.span();
            let mut step = |table: usize, from: u32| {
                let step = from_zigzag(source.small(table, STEP_MORE)?);
                Some(from.wrapping_add_signed(step))
            };
            step(STEP, first).zip(step(nth(STEP, 1), last))
        };
        span.filter(|&(first, last)| first < last && last <= rows).ok_or(Flaw::Rows)
    }
}

struct SliceReader<'a, 'b> {
    source: &'a mut Coded<'b>,
    slice: &'a mut Slice,
    key: bool,
    columns: u32,
}

/// What is known of a row while it is read.
struct Row {
    /// Where the next run can start.
    low: u32,
    /// Place of its first run.
    start: usize,
    /// Whether a new run was read.
    fresh: bool,
    /// Whether a new run follows, when that was said.
    more: Option<bool>,
}

impl SliceReader<'_, '_> {
    /// Reads rows `first..last`, of which the outer ones have runs.
    fn read(&mut self, before: &Slice, first: u32, last: u32) -> Result<(), Flaw> {
        self.slice.clear();
        let mut window = Window::new(before, first);
        let mut north = 0..0;
        while window.y < last {
            let mut escaped = false;
            if north.len() == 1 && window.band(1).is_some() {
                let stop = read_strip(self.source, self.slice, &mut window, last, self.columns)?;
                let end = self.slice.pieces.len();
                north = end.saturating_sub(1)..end;
                escaped = stop == Stop::Escape;
                if self.source.is_dead() {
                    return Err(Flaw::Rows);
                }
                if window.y >= last {
                    break;
                }
            }
            let y = window.y;
            let start = self.slice.pieces.len();
            let around = [window.above, window.level, window.below];
            let empty = self.row(north, around, escaped)?;
            north = start..self.slice.pieces.len();
            self.slice.close(y, start);
            if self.source.is_dead() || (north.is_empty() && y == first) {
                return Err(Flaw::Rows);
            }
            if empty {
                let gap = self.source.number(GAP).ok_or(Flaw::Number)?;
                let next = y.checked_add(gap).and_then(|y| y.checked_add(1));
                window.jump(next.filter(|&y| y < last).ok_or(Flaw::Rows)?);
            } else {
                window.step();
            }
        }
        if north.is_empty() { Err(Flaw::Rows) } else { Ok(()) }
    }

    /// Reads a row; whether it is empty with nothing expected.
    #[inline]
    fn row(
        &mut self,
        north: std::ops::Range<usize>,
        around: [&[Piece]; 3],
        escaped: bool,
    ) -> Result<bool, Flaw> {
        let [above, level, below] = around;
        let count = north.len();
        let even = above.len() == count && level.len() == count && below.len() == count;
        if count > 0 && even && !escaped && self.regular(north.start, around)? {
            return Ok(false);
        }
        self.irregular(north, around)
    }

    /// Reads a row with as many runs as all around it; false when it turns out not to be one.
    #[inline]
    fn regular(
        &mut self,
        north: usize,
        [above, level, below]: [&[Piece]; 3],
    ) -> Result<bool, Flaw> {
        let mut escape = Some(nth(ESCAPE, usize::from(level.len() > 1)));
        let mut low = 0;
        for (place, ((west, above), below)) in level.iter().zip(above).zip(below).enumerate() {
            let north = self.slice.pieces.get(north.wrapping_add(place));
            let north = north.copied().unwrap_or_default();
            let start = full::<START>(&north, west, above, Some(below));
            let end = full::<END>(&north, west, above, Some(below));
            if !self.pair(start, end, &mut low, escape.take())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads a row run by run as they are expected: [`candidates`](super::candidates::candidates) in one pass and
    /// without a list.
    fn irregular(
        &mut self,
        north: std::ops::Range<usize>,
        [above, level, below]: [&[Piece]; 3],
    ) -> Result<bool, Flaw> {
        let counts = (north.len(), level.len());
        let mut row = Row { low: 0, start: self.slice.pieces.len(), fresh: false, more: None };
        let mut expected = !(north.is_empty() && level.is_empty());
        if expected {
            self.beside(&mut row, north, [above, level, below])?;
        } else {
            expected = !below.is_empty();
            for (left, &below) in (0..below.len()).rev().zip(below) {
                self.candidate(&mut row, Around::South { below }, left == 0)?;
            }
        }
        loop {
            let more = if let Some(said) = row.more.take() {
                said
            } else {
                match self.source.symbol(nth(ROW_END, row_end(counts.0, counts.1, row.fresh))) {
                    0 => false,
                    1 => true,
                    _ => return Err(Flaw::Symbol),
                }
            };
            if !more {
                break;
            }
            self.new_run(&mut row)?;
        }
        Ok(!expected && self.slice.pieces.len() == row.start)
    }

    /// The candidates of a row above or before which there are runs.
    #[inline]
    fn beside(
        &mut self,
        row: &mut Row,
        mut north: std::ops::Range<usize>,
        [above, mut level, below]: [&[Piece]; 3],
    ) -> Result<(), Flaw> {
        let (mut above, mut below) = (Meeting { rest: above }, Meeting { rest: below });
        loop {
            let next = north.clone().next().and_then(|place| self.slice.pieces.get(place)).copied();
            match (next, level) {
                (Some(north_run), [west, rest @ ..])
                    if west.start < north_run.end && north_run.start < west.end =>
                {
                    (north.start, level) = (north.start.wrapping_add(1), rest);
                    let (above, below) = (above.with(west).copied(), below.with(west).copied());
                    let around = Around::Both { north: north_run, west: *west, above, below };
                    self.candidate(row, around, north.is_empty() && level.is_empty())?;
                }
                (Some(north_run), [west, ..]) if north_run.start < west.end => {
                    north.start = north.start.wrapping_add(1);
                    let around = Around::North { north: north_run, key: self.key };
                    self.candidate(row, around, false)?;
                }
                (_, [west, rest @ ..]) => {
                    level = rest;
                    let (above, below) = (above.with(west).copied(), below.with(west).copied());
                    let around = Around::West { west: *west, above, below };
                    self.candidate(row, around, north.is_empty() && level.is_empty())?;
                }
                (Some(north_run), []) => {
                    north.start = north.start.wrapping_add(1);
                    let around = Around::North { north: north_run, key: self.key };
                    self.candidate(row, around, north.is_empty())?;
                }
                (None, []) => return Ok(()),
            }
        }
    }

    /// Reads whether a candidate is there, and it.
    #[expect(clippy::inline_always, reason = "what it is of is known where it is called")]
    #[inline(always)]
    fn candidate(&mut self, row: &mut Row, around: Around, last: bool) -> Result<(), Flaw> {
        let candidate = Candidate { around };
        let flag = nth(FLAG, nth(candidate.kind(), if last { LAST } else { 0 }));
        let mut symbol = self.source.symbol(flag);
        while symbol == NEW {
            self.new_run(row)?;
            symbol = self.source.symbol(flag);
        }
        if last {
            row.more = Some(symbol >= MORE);
            symbol = if symbol >= MORE { symbol.wrapping_sub(MORE) } else { symbol };
        }
        match symbol {
            PRESENT => {
                let around = &candidate.around;
                let (start, end) = (around.guess::<START>(), around.guess::<END>());
                self.pair(start, end, &mut row.low, None).map(|_| ())
            }
            ABSENT => Ok(()),
            _ => Err(Flaw::Symbol),
        }
    }

    #[cold]
    fn new_run(&mut self, row: &mut Row) -> Result<(), Flaw> {
        row.fresh = true;
        let table = new_table(self.key, self.slice.pieces.len() == row.start);
        let gap = self.source.number(nth(NEW_GAP, table)).ok_or(Flaw::Number)?;
        let len = self.source.number(nth(NEW_LEN, table)).ok_or(Flaw::Number)?;
        let start = row.low.checked_add(gap).ok_or(Flaw::Run)?;
        let end = start.checked_add(len).and_then(|end| end.checked_add(1)).ok_or(Flaw::Run)?;
        self.push(&mut row.low, Piece { start, end, residuals: NO_RESIDUALS })
    }

    /// Reads a run that is predicted; false for an escape.
    #[expect(clippy::inline_always, reason = "nearly all runs come here; a third faster")]
    #[inline(always)]
    fn pair(
        &mut self,
        start: Guess,
        end: Guess,
        low: &mut u32,
        escape: Option<usize>,
    ) -> Result<bool, Flaw> {
        match self.source.pair([start.context, end.context], escape) {
            Pair::Residuals(ds, de, kept) => {
                self.push(low, moved(start, end, [ds, de], kept))?;
                Ok(true)
            }
            Pair::Escape => Ok(false),
            Pair::Broken => Err(Flaw::Number),
        }
    }

    /// Adds a run, which must begin at `low` or later, have a voxel and end in the box.
    #[inline]
    fn push(&mut self, low: &mut u32, piece: Piece) -> Result<(), Flaw> {
        if piece.start < *low || piece.end <= piece.start || piece.end > self.columns {
            return Err(Flaw::Run);
        }
        *low = piece.end.wrapping_add(1);
        self.slice.pieces.push(piece);
        Ok(())
    }
}
