//! Symbols to a slab.
#![deny(clippy::arithmetic_side_effects)]

use super::candidates::{Candidate, candidates};
use super::context::{END, Guess, START, full};
use super::error::Flaw;
use super::model::{
    ABSENT, CODED, EMPTY, ESCAPE, FLAG, GAP, LAST, MORE, NEW, NEW_GAP, NEW_LEN, PRESENT, ROW_END,
    ROWS, SAME, SLICE, STEP, STEP_MORE, cut, from_zigzag, nth,
};
use super::slice::{NO_RESIDUALS, Piece, Slice, Window};
use super::source::{Pair, Source};
use super::strip::{Stop, read_strip};
use super::write::{new_table, row_end};

/// Reads slabs; its memory is used again from one to the next.
#[derive(Debug, Default)]
pub(super) struct SlabReader {
    current: Slice,
    before: Slice,
    list: Vec<Candidate>,
}

impl SlabReader {
    /// Reads `count` slices, the first with the number `first`, of a slab of a box of `rows` and `columns`, and
    /// hands each that has runs to `see`.
    pub(super) fn read<S: Source>(
        &mut self,
        source: &mut S,
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
                    let mut reader = SliceReader {
                        source,
                        slice: &mut self.current,
                        list: &mut self.list,
                        key,
                        columns,
                    };
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

    fn span<S: Source>(&self, source: &mut S, key: bool, rows: u32) -> Result<(u32, u32), Flaw> {
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

struct SliceReader<'a, S> {
    source: &'a mut S,
    slice: &'a mut Slice,
    list: &'a mut Vec<Candidate>,
    key: bool,
    columns: u32,
}

impl<S: Source> SliceReader<'_, S> {
    /// Reads rows `first..last`, of which the outer ones have runs.
    fn read(&mut self, before: &Slice, first: u32, last: u32) -> Result<(), Flaw> {
        self.slice.clear();
        let mut window = Window::new(before, first);
        let mut north = 0..0;
        while window.y < last {
            let mut escaped = false;
            if north.len() == 1 {
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

    fn irregular(
        &mut self,
        north: std::ops::Range<usize>,
        around: [&[Piece]; 3],
    ) -> Result<bool, Flaw> {
        let [_, level, _] = around;
        let above = self.slice.pieces.get(north).unwrap_or(&[]);
        let counts = (above.len(), level.len());
        candidates(self.list, above, around, self.key);
        let start = self.slice.pieces.len();
        let mut low = 0;
        let mut fresh = false;
        let list = std::mem::take(self.list);
        let mut more = None;
        for (left, candidate) in (0..list.len()).rev().zip(&list) {
            let flag = nth(FLAG, nth(candidate.kind(), if left == 0 { LAST } else { 0 }));
            let mut symbol = self.source.symbol(flag);
            while symbol == NEW {
                let first = self.slice.pieces.len() == start;
                self.new_run(&mut low, first)?;
                fresh = true;
                symbol = self.source.symbol(flag);
            }
            if left == 0 {
                more = Some(symbol >= MORE);
                symbol = if symbol >= MORE { symbol.wrapping_sub(MORE) } else { symbol };
            }
            match symbol {
                PRESENT => {
                    let around = &candidate.around;
                    let (start, end) = (around.guess::<START>(), around.guess::<END>());
                    self.pair(start, end, &mut low, None)?;
                }
                ABSENT => {}
                _ => return Err(Flaw::Symbol),
            }
        }
        let expected = !list.is_empty();
        *self.list = list;
        loop {
            let said = more.take();
            let more = match said {
                Some(more) => more,
                None => {
                    match self.source.symbol(nth(ROW_END, row_end(counts.0, counts.1, fresh))) {
                        0 => false,
                        1 => true,
                        _ => return Err(Flaw::Symbol),
                    }
                }
            };
            if !more {
                break;
            }
            let first = self.slice.pieces.len() == start;
            self.new_run(&mut low, first)?;
            fresh = true;
        }
        Ok(!expected && self.slice.pieces.len() == start)
    }

    fn new_run(&mut self, low: &mut u32, first: bool) -> Result<(), Flaw> {
        let table = new_table(self.key, first);
        let gap = self.source.number(nth(NEW_GAP, table)).ok_or(Flaw::Number)?;
        let len = self.source.number(nth(NEW_LEN, table)).ok_or(Flaw::Number)?;
        let start = low.checked_add(gap).ok_or(Flaw::Run)?;
        let end = start.checked_add(len).and_then(|end| end.checked_add(1)).ok_or(Flaw::Run)?;
        self.push(low, start, end, NO_RESIDUALS)
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
            Pair::Residuals(ds, de) => {
                let from = start.at.wrapping_add_signed(ds);
                let to = end.at.wrapping_add_signed(de.wrapping_neg());
                self.push(low, from, to, [cut(ds), cut(de)])?;
                Ok(true)
            }
            Pair::Escape => Ok(false),
            Pair::Broken => Err(Flaw::Number),
        }
    }

    /// Adds a run, which must begin at `low` or later, have a voxel and end in the box.
    #[inline]
    fn push(
        &mut self,
        low: &mut u32,
        start: u32,
        end: u32,
        residuals: [u8; 2],
    ) -> Result<(), Flaw> {
        if start < *low || end <= start || end > self.columns {
            return Err(Flaw::Run);
        }
        *low = end.wrapping_add(1);
        self.slice.pieces.push(Piece { start, end, residuals });
        Ok(())
    }
}
