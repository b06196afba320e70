//! Slices of a set across any axis, as runs of columns.

use super::GeometryError;
use super::rows::{Rows, Span};
use crate::mask::Runs;

/// Columns of one row of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stripe {
    pub(super) row: u64,
    pub(super) span: Span,
}

/// The voxels of a slice, sorted, with a gap between two stripes of a row. Rows and columns of a
/// slice across z are y and x; across y, z and x; across x, z and y.
///
/// Across z O(log runs + runs of the slice), else O(runs of the frame).
pub(super) fn stripes(
    set: &Runs,
    frame: u64,
    axis: usize,
    index: u64,
) -> Result<Vec<Stripe>, GeometryError> {
    let shape = set.shape();
    if frame >= shape.frames() {
        return Err(GeometryError::Frame { frame, frames: shape.frames() });
    }
    let zyx = shape.zyx();
    if zyx.get(axis).is_none_or(|&n| index >= n) {
        return Err(GeometryError::Slice { axis, index, shape: zyx });
    }
    match axis {
        0 => {
            let slice = frame.saturating_mul(shape.depth()).saturating_add(index);
            let first = slice.saturating_mul(shape.height());
            let rows = Rows::of_range(set, first..first.saturating_add(shape.height()));
            Ok(whole(&rows, |[_, _, y]| Some(y)))
        }
        1 => Ok(whole(&Rows::of_frame(set, frame)?, |[_, z, y]| (y == index).then_some(z))),
        _ => Ok(across_x(&Rows::of_frame(set, frame)?, index)),
    }
}

/// The rows that have a number in the slice.
fn whole(rows: &Rows<'_>, number: impl Fn([u64; 3]) -> Option<u64>) -> Vec<Stripe> {
    let mut stripes = Vec::new();
    for found in rows.iter() {
        if let Some(row) = number(found.place) {
            stripes.extend(found.spans().map(|span| Stripe { row, span }));
        }
    }
    stripes
}

/// Each row has one voxel at x: those of rows in a row make a stripe.
fn across_x(rows: &Rows<'_>, x: u64) -> Vec<Stripe> {
    let mut stripes: Vec<Stripe> = Vec::new();
    for found in rows.iter() {
        if !found.spans().any(|span| span.start <= x && x < span.end) {
            continue;
        }
        let [_, z, y] = found.place;
        match stripes.last_mut() {
            Some(last) if last.row == z && last.span.end == y => {
                last.span.end = y.saturating_add(1);
            }
            _ => stripes.push(Stripe { row: z, span: Span { start: y, end: y.saturating_add(1) } }),
        }
    }
    stripes
}
