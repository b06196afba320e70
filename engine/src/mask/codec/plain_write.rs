//! A slab to plain rows: each slice alone, each row against the one above.
#![deny(clippy::arithmetic_side_effects)]

use crate::format::varint;

use super::plain::{EMPTY, Group, MANY, NEAR_MAX, REPEATED, SAME_MAX, SPANS, byte_of};
use super::slice::{Piece, Slice};

/// Equal rows are a group of their own where that spares so many bytes: groups cost time.
const SAME_LEAST: usize = 8;

type Row<'a> = (u32, &'a [Piece]);

/// Writes the slices of a slab.
pub(super) fn write_slab(slices: &[Slice]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut before: Option<&Slice> = None;
    for slice in slices {
        if slice.is_empty() {
            number(EMPTY, &mut out);
        } else if before.is_some_and(|before| before.same_runs(slice)) {
            number(REPEATED, &mut out);
        } else {
            write_slice(slice, &mut out);
            before = Some(slice);
        }
    }
    out
}

fn number(value: u32, out: &mut Vec<u8>) {
    varint::put(u128::from(value), out);
}

fn write_slice(slice: &Slice, out: &mut Vec<u8>) {
    let rows: Vec<Row<'_>> = slice.rows().collect();
    let spans = || rows.chunk_by(|above, row| above.0.wrapping_add(1) == row.0);
    number(SPANS.saturating_add(u32::try_from(spans().count()).unwrap_or(0)), out);
    let mut low = 0_u32;
    for span in spans() {
        let (Some(first), Some(last)) = (span.first(), span.last()) else { continue };
        number(first.0.wrapping_sub(low), out);
        number(last.0.wrapping_sub(first.0), out);
        low = last.0.wrapping_add(2);
        write_span(span, out);
    }
}

/// What a row is to the one above.
#[derive(Clone, Copy, Default)]
struct Step {
    /// A byte a run says it.
    near: bool,
    /// How many rows from here on, this one with them, are as the one above.
    same: usize,
}

fn steps(span: &[Row<'_>]) -> Vec<Step> {
    let mut steps = vec![Step::default()];
    steps.extend(span.iter().zip(span.iter().skip(1)).map(|((_, above), (_, row))| {
        let mut both = row.iter().zip(*above);
        let near =
            row.len() == above.len() && both.clone().all(|(run, above)| far(run, above).is_some());
        let same =
            near && both.all(|(run, above)| (run.start, run.end) == (above.start, above.end));
        Step { near, same: usize::from(same) }
    }));
    let mut below = 0_usize;
    for step in steps.iter_mut().rev() {
        step.same = if step.same == 0 { 0 } else { below.saturating_add(1) };
        below = step.same;
    }
    steps
}

fn far(run: &Piece, above: &Piece) -> Option<u8> {
    let far = |to: u32, from: u32| i64::from(to).saturating_sub(i64::from(from));
    byte_of([far(run.start, above.start), far(run.end, above.end)])
}

/// Writes rows without one that is empty between them, in groups as long as they can be.
fn write_span(span: &[Row<'_>], out: &mut Vec<u8>) {
    let (mut rows, steps) = (span, steps(span));
    let mut steps = &*steps;
    let mut above: &[Piece] = &[];
    // A group of equal rows follows no such group.
    let mut after_same = true;
    while let [(_, row), ..] = rows {
        let worth = |step: &Step| step.same.saturating_mul(row.len()) >= SAME_LEAST;
        let same =
            steps.first().filter(|step| !after_same && worth(step)).map_or(0, |step| step.same);
        let near = || {
            let group = steps.iter().take(usize::from(NEAR_MAX));
            // The first row may be like the one above, where that is not worth a group.
            let ends = |(at, step): (usize, &Step)| !step.near || (at > 0 && worth(step));
            group.clone().enumerate().position(ends).unwrap_or(group.len())
        };
        let done = if same > 0 {
            let rows = u8::try_from(same.min(usize::from(SAME_MAX))).unwrap_or(SAME_MAX);
            out.push(Group::Same(rows).head());
            usize::from(rows)
        } else {
            match near() {
                0 => {
                    write_whole(row, out);
                    1
                }
                near => {
                    let group = rows.get(..near).unwrap_or(rows);
                    write_near(above, group, out);
                    near
                }
            }
        };
        after_same = same > 0;
        let (group, later) = rows.split_at_checked(done).unwrap_or((rows, &[]));
        above = group.last().map_or(above, |(_, last)| last);
        rows = later;
        steps = steps.get(done..).unwrap_or(&[]);
    }
}

fn write_whole(row: &[Piece], out: &mut Vec<u8>) {
    let runs = u32::try_from(row.len()).unwrap_or(u32::MAX);
    match u8::try_from(runs) {
        Ok(few) if runs < MANY => out.push(Group::Whole(few).head()),
        _ => {
            out.push(Group::Many.head());
            number(runs.saturating_sub(MANY), out);
        }
    }
    let mut low = 0_u32;
    for run in row {
        number(run.start.wrapping_sub(low), out);
        number(run.end.wrapping_sub(run.start).wrapping_sub(1), out);
        low = run.end.wrapping_add(1);
    }
}

fn write_near<'a>(mut above: &'a [Piece], rows: &[Row<'a>], out: &mut Vec<u8>) {
    out.push(Group::Near(u8::try_from(rows.len()).unwrap_or(NEAR_MAX)).head());
    for (_, row) in rows {
        out.extend(row.iter().zip(above).filter_map(|(run, above)| far(run, above)));
        above = row;
    }
}
