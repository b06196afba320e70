//! Plain rows to runs, without a list of them: what is read is given away at once.
#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use crate::format::varint;

use super::error::Flaw;
use super::plain::{EMPTY, Group, MANY, REPEATED, SPANS, moves};

/// Where the box of a mask is in its array, and how large.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Rows of the box.
    pub(super) rows: u32,
    /// Columns of the box.
    pub(super) columns: u32,
    /// First row of the box, in its slice.
    pub(super) top: u64,
    /// First column of the box.
    pub(super) left: u64,
    /// Rows of a slice of the array.
    pub(super) height: u64,
}

/// Ends of a run, relative to the box.
type Ends = [u32; 2];

/// Reads slabs; its memory is used again from one to the next.
#[derive(Debug)]
pub(super) struct PlainReader {
    place: Place,
    /// The row above, where it has more than one run.
    above: Vec<Ends>,
}

impl PlainReader {
    pub(super) fn new(place: Place) -> Self {
        Self { place, above: Vec::new() }
    }

    /// Gives row, first x and the x behind the last of each run of the wanted slices of a slab. To the end of the
    /// slab, its end is checked.
    #[expect(clippy::inline_always, reason = "so that what the sink holds stays in registers")]
    #[inline(always)]
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        slices: Range<u64>,
        wanted: &Range<u64>,
        mut sink: impl FnMut(u64, u64, u64),
    ) -> Result<(), Flaw> {
        let mut rest = bytes;
        let mut last: Option<(u32, &[u8])> = None;
        for slice in slices {
            if slice >= wanted.end {
                return Ok(());
            }
            let row = slice.wrapping_mul(self.place.height).wrapping_add(self.place.top);
            let head = number(&mut rest)?;
            let (spans, body) = match head {
                EMPTY => continue,
                REPEATED => last.ok_or(Flaw::Slice)?,
                _ => (head.wrapping_sub(SPANS), rest),
            };
            let behind = if slice < wanted.start {
                self.skip(spans, body)?
            } else {
                self.slice(spans, body, row, &mut sink)?
            };
            if head != REPEATED {
                (last, rest) = (Some((spans, body)), behind);
            }
        }
        if rest.is_empty() { Ok(()) } else { Err(Flaw::End) }
    }

    /// Reads a slice that is not wanted, checked as if it were.
    #[inline(never)]
    fn skip<'a>(&mut self, spans: u32, body: &'a [u8]) -> Result<&'a [u8], Flaw> {
        self.slice(spans, body, 0, |_, _, _| {})
    }

    /// Reads a slice whose first row has the number `row`; the bytes behind it.
    #[expect(clippy::inline_always, reason = "so that what the sink holds stays in registers")]
    #[inline(always)]
    fn slice<'a>(
        &mut self,
        spans: u32,
        mut rest: &'a [u8],
        row: u64,
        mut sink: impl FnMut(u64, u64, u64),
    ) -> Result<&'a [u8], Flaw> {
        let mut low = 0_u32;
        for _ in 0..spans {
            let gap = number(&mut rest)?;
            let further = number(&mut rest)?;
            let first = low.checked_add(gap).ok_or(Flaw::Rows)?;
            let last = first.checked_add(further).ok_or(Flaw::Rows)?;
            if last >= self.place.rows {
                return Err(Flaw::Rows);
            }
            let rows = last.wrapping_sub(first).wrapping_add(1);
            rest = self.span(rest, row.wrapping_add(u64::from(first)), rows, &mut sink)?;
            // A row without runs parts this one from the next.
            low = last.wrapping_add(2);
        }
        Ok(rest)
    }

    /// Reads rows that follow one another, each with runs.
    #[expect(clippy::inline_always, reason = "so that its state stays in registers")]
    #[inline(always)]
    fn span<'a>(
        &mut self,
        mut rest: &'a [u8],
        mut row: u64,
        rows: u32,
        sink: &mut impl FnMut(u64, u64, u64),
    ) -> Result<&'a [u8], Flaw> {
        let Place { columns, left: x, .. } = self.place;
        let mut left = rows;
        // The row above: its run where it has one, else `self.above`.
        let (mut runs, mut one) = (0_u32, [0; 2]);
        let mut after_same = true;
        while left > 0 {
            let mut group = Group::new(byte(&mut rest)?);
            if let Group::Whole(_) | Group::Many = group {
                if let Group::Whole(1) = group {
                    (runs, one) = (1, run(&mut rest, 0, columns)?);
                    let [start, end] = one;
                    sink(row, x.wrapping_add(u64::from(start)), x.wrapping_add(u64::from(end)));
                } else {
                    runs = match group {
                        Group::Whole(runs) => u32::from(runs),
                        _ => number(&mut rest)?.checked_add(MANY).ok_or(Flaw::Run)?,
                    };
                    rest = self.whole(rest, row, runs, sink)?;
                }
                row = row.wrapping_add(1);
                left = left.wrapping_sub(1);
                after_same = false;
                if left == 0 {
                    break;
                }
                // Nearly always rows near it follow: a fifth faster than going round.
                match rest.split_first() {
                    Some((&head, later)) if let Group::Near(near) = Group::new(head) => {
                        group = Group::Near(near);
                        rest = later;
                    }
                    _ => continue,
                }
            }
            let count = group.rows();
            left = left.checked_sub(count).ok_or(Flaw::Rows)?;
            match group {
                Group::Near(_) if runs == 1 => {
                    let (moves, later) = rest.split_at_checked(count as usize).ok_or(Flaw::End)?;
                    rest = later;
                    one = near_one(moves, one, columns, row, |row, [start, end]| {
                        sink(row, x.wrapping_add(u64::from(start)), x.wrapping_add(u64::from(end)));
                    })?;
                }
                Group::Near(_) if runs > 1 => rest = self.near(rest, row, count, sink)?,
                Group::Same(_) if !after_same => {
                    // A copy: what is borrowed would not stay in registers.
                    let copy = [one];
                    let above = if runs == 1 { &copy[..] } else { &*self.above };
                    for row in (row..).take(count as usize) {
                        for &[start, end] in above {
                            let [start, end] = [start, end].map(u64::from);
                            sink(row, x.wrapping_add(start), x.wrapping_add(end));
                        }
                    }
                }
                _ => return Err(Flaw::Rows),
            }
            after_same = matches!(group, Group::Same(_));
            row = row.wrapping_add(u64::from(count));
        }
        Ok(rest)
    }

    /// Reads a row that is written out.
    #[expect(clippy::inline_always, reason = "so that what the sink holds stays in registers")]
    #[inline(always)]
    fn whole<'a>(
        &mut self,
        mut rest: &'a [u8],
        row: u64,
        runs: u32,
        sink: &mut impl FnMut(u64, u64, u64),
    ) -> Result<&'a [u8], Flaw> {
        let Place { columns, left: x, .. } = self.place;
        self.above.clear();
        let mut low = 0_u32;
        for _ in 0..runs {
            let [start, end] = run(&mut rest, low, columns)?;
            self.above.push([start, end]);
            sink(row, x.wrapping_add(u64::from(start)), x.wrapping_add(u64::from(end)));
            low = end.wrapping_add(1);
        }
        Ok(rest)
    }

    /// Reads rows of as many runs as the one above, more than one.
    #[expect(clippy::inline_always, reason = "so that what the sink holds stays in registers")]
    #[inline(always)]
    fn near<'a>(
        &mut self,
        rest: &'a [u8],
        mut row: u64,
        rows: u32,
        sink: &mut impl FnMut(u64, u64, u64),
    ) -> Result<&'a [u8], Flaw> {
        let Place { columns, left: x, .. } = self.place;
        let runs = self.above.len().max(1);
        let len = runs.checked_mul(rows as usize).ok_or(Flaw::End)?;
        let (mut all, rest) = rest.split_at_checked(len).ok_or(Flaw::End)?;
        while let Some((moves, later)) = all.split_at_checked(runs)
            && !moves.is_empty()
        {
            all = later;
            let mut low = 0;
            for (run, &byte) in self.above.iter_mut().zip(moves) {
                *run = moved(*run, byte);
                let [start, end] = *run;
                if start < low || start >= end || end > columns {
                    return Err(Flaw::Run);
                }
                sink(row, x.wrapping_add(u64::from(start)), x.wrapping_add(u64::from(end)));
                low = end.wrapping_add(1);
            }
            row = row.wrapping_add(1);
        }
        Ok(rest)
    }
}

/// Reads rows of one run under a row of one: most of most organs. Not inlined: its few values stay in registers.
#[inline(never)]
fn near_one(
    moves: &[u8],
    above: Ends,
    columns: u32,
    first: u64,
    mut sink: impl FnMut(u64, Ends),
) -> Result<Ends, Flaw> {
    let mut run = above;
    for (row, &byte) in (first..).zip(moves) {
        run = moved(run, byte);
        let [start, end] = run;
        if start >= end || end > columns {
            return Err(Flaw::Run);
        }
        sink(row, run);
    }
    Ok(run)
}

/// A run that is written out, from `low` on.
#[inline]
fn run(rest: &mut &[u8], low: u32, columns: u32) -> Result<Ends, Flaw> {
    let start = low.checked_add(number(rest)?).ok_or(Flaw::Run)?;
    let last = start.checked_add(number(rest)?).ok_or(Flaw::Run)?;
    if last >= columns {
        return Err(Flaw::Run);
    }
    Ok([start, last.wrapping_add(1)])
}

#[inline]
fn moved([start, end]: Ends, byte: u8) -> Ends {
    let [first, last] = moves(byte);
    [start.wrapping_add_signed(first), end.wrapping_add_signed(last)]
}

#[inline]
fn byte(rest: &mut &[u8]) -> Result<u8, Flaw> {
    let (&byte, later) = rest.split_first().ok_or(Flaw::End)?;
    *rest = later;
    Ok(byte)
}

#[inline]
fn number(rest: &mut &[u8]) -> Result<u32, Flaw> {
    match **rest {
        [low @ 0..128, ref later @ ..] => {
            *rest = later;
            Ok(u32::from(low))
        }
        [low, high @ 1..128, ref later @ ..] => {
            *rest = later;
            Ok(u32::from(low & 127) | u32::from(high) << 7)
        }
        _ => {
            let (number, later) = long_number(rest).ok_or(Flaw::Number)?;
            *rest = later;
            Ok(number)
        }
    }
}

/// By value, so that the place in the bytes stays in a register.
#[cold]
fn long_number(mut rest: &[u8]) -> Option<(u32, &[u8])> {
    let number = varint::take(&mut rest, u64::from(u32::MAX))?;
    Some((u32::try_from(number).ok()?, rest))
}
