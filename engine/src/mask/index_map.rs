//! Index positions of one space as index positions of another.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::world::TIE_VOXELS;
use super::{RunsError, VoxelShape, WorldToVoxel};
use crate::format::space::Space;

/// `position = m index + o`, both (z, y, x).
pub(super) struct IndexMap {
    offset: [f64; 3],
    /// Rows: the position along z, y, x; columns: the index along z, y, x.
    matrix: [[f64; 3]; 3],
}

impl IndexMap {
    /// From indices of `source` to positions in `target`.
    pub(super) fn new(source: &Space, target: &Space) -> Result<Self, RunsError> {
        WorldToVoxel::new(source)?;
        let places = WorldToVoxel::new(target)?;
        let mut matrix = [[0.0; 3]; 3];
        for axis in 0..3_usize {
            let step = source.direction.map(|row| at(row, axis) * at(source.spacing, axis));
            let last = at(source.shape, axis).saturating_sub(1).max(1) as f64;
            for (row, value) in matrix.iter_mut().zip(places.turned(step)) {
                if let Some(slot) = row.get_mut(axis) {
                    // What moves nothing must not hide that axes are parallel.
                    *slot = if (value * last).abs() < TIE_VOXELS { 0.0 } else { value };
                }
            }
        }
        Ok(Self { offset: places.position(source.origin), matrix })
    }

    /// The position of an index.
    #[inline]
    pub(super) fn at(&self, [z, y, x]: [f64; 3]) -> [f64; 3] {
        let [oz, oy, ox] = self.offset;
        let [a, b, c] = self.matrix;
        let dot = |o: f64, m: [f64; 3]| o + m[0] * z + m[1] * y + m[2] * x;
        [dot(oz, a), dot(oy, b), dot(ox, c)]
    }

    /// Whether all voxels of a row lie in one row, whose x depends on x alone.
    pub(super) fn keeps_rows(&self) -> bool {
        let [[_, _, zx], [_, _, yx], [xz, xy, xx]] = self.matrix;
        let zero = |v: f64| v.abs() < f64::MIN_POSITIVE;
        zero(zx) && zero(yx) && zero(xz) && zero(xy) && !zero(xx)
    }

    /// Offset and step of x by x, for a map that keeps rows.
    pub(super) fn along_x(&self) -> (f64, f64) {
        (self.offset[2], self.matrix[2][2])
    }

    /// The indices of `to` that the voxels of a box can be nearest to: what the eight corners span and one more.
    pub(super) fn ranges(&self, part: [Range<u64>; 3], to: VoxelShape) -> [Range<u64>; 3] {
        let mut low = [f64::INFINITY; 3];
        let mut high = [f64::NEG_INFINITY; 3];
        for corner in 0..8_u32 {
            let mut index = [0.0; 3];
            for ((axis, slot), range) in (0_u32..).zip(&mut index).zip(&part) {
                let end = corner.wrapping_shr(axis) & 1 == 1;
                *slot = if end { range.end as f64 } else { range.start as f64 - 1.0 };
            }
            for ((at, low), high) in self.at(index).into_iter().zip(&mut low).zip(&mut high) {
                (*low, *high) = (low.min(at), high.max(at));
            }
        }
        let mut ranges = part;
        let spans = low.into_iter().zip(high);
        for ((range, (low, high)), n) in ranges.iter_mut().zip(spans).zip(to.zyx()) {
            *range = whole(low - 1.0, n)..whole(high + 2.0, n);
        }
        ranges
    }
}

fn at<T: Copy + Default>(values: [T; 3], place: usize) -> T {
    values.get(place).copied().unwrap_or_default()
}

/// The whole part, within `0..=count`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before; what is not a number becomes zero"
)]
fn whole(value: f64, count: u64) -> u64 {
    value.clamp(0.0, count as f64) as u64
}

/// The indices below `count` whose nearest voxel, `floor(offset + step * index + 1/2 + TIE_VOXELS)`, is in
/// `low..high`. The map is monotone, also after rounding, so that they are one range.
pub(super) fn steps_to(offset: f64, step: f64, [low, high]: [u64; 2], count: u64) -> Range<u64> {
    if step > 0.0 {
        return first_at(offset, step, low, count)..first_at(offset, step, high, count);
    }
    // Falling: those below `high` begin where those of at least `high` end.
    let below = |limit: u64| {
        let limit = limit as f64;
        first(count, guess(offset, step, limit, count), |i| reached(offset, step, i) < limit)
    };
    below(high)..below(low)
}

/// The first index whose position has reached a voxel, for a rising map.
fn first_at(offset: f64, step: f64, voxel: u64, count: u64) -> u64 {
    let limit = voxel as f64;
    first(count, guess(offset, step, limit, count), |i| reached(offset, step, i) >= limit)
}

/// The value that [`nearest`](super::world::nearest) cuts to a whole number.
#[inline]
fn reached(offset: f64, step: f64, index: u64) -> f64 {
    offset + step * index as f64 + (0.5 + TIE_VOXELS)
}

/// About where the position is `limit`.
fn guess(offset: f64, step: f64, limit: f64, count: u64) -> u64 {
    whole((limit - 0.5 - TIE_VOXELS - offset) / step, count)
}

/// The first index below `count` of which something is true that stays true; `count` when there is none. Looks
/// around `guess` before it halves the whole range.
fn first(count: u64, guess: u64, is: impl Fn(u64) -> bool) -> u64 {
    const AROUND: u64 = 2;
    let (mut low, mut high) = (0, count);
    let (left, right) = (guess.saturating_sub(AROUND), guess.saturating_add(AROUND));
    if left > 0 && left < count {
        if is(left.saturating_sub(1)) { high = left } else { low = left }
    }
    if right < high && right >= low {
        if is(right) { high = right } else { low = right.saturating_add(1) }
    }
    while low < high {
        let middle = low.midpoint(high);
        if is(middle) { high = middle } else { low = middle.saturating_add(1) }
    }
    low
}
