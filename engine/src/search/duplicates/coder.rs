//! Codes for a join: each row both as a query and as a row, with the numbers that bound its pairs.
//!
//! # What is bounded
//!
//! Let `x` be a row: for the cosine as a vector of length 1 (a zero vector stays), else as stored.
//! With a centre `c` and `y = R (x - c)`, `R` a rotation, `<x, x'> = <y, y'> + k + k'` where `k =
//! <x, c> - |c|^2 / 2`. The codes `w` of a row, -127 to 127 in steps of `s`, are off by `e = |y - s
//! w|`. So with the product `J` of two codes
//!
//! `<y, y'> <= s s' J + |y| e' + e |s' w'|`,
//!
//! and a pair can reach a similarity `T` only if `s s' J + e' |y| + h' e + k' + k - T >= 0`, `h'`
//! at least `|y'|` and `|s' w'|`. With `2 <y, y'> = |y|^2 + |y'|^2 - |x - x'|^2`, it can be as near
//! as `T` only if `s s' J + e' |y| + h' e - |y'|^2 / 2 + (T^2 - |y|^2) / 2 >= 0`. These are the
//! sums of [`QueryBounds`]; a pair that stays is scored in full.
//!
//! # What rounding may do
//!
//! Everything below is added so that a sum only grows. `u` is `2^-24`.
//!
//! - The rotation, and the f32 difference `x - c`: [`MOVED`] of `|y| |y'|`.
//! - Canonical sums of products are off by at most `v |a| |b|`, `v = (D / 64 + 16) u`. So a product
//!   of rows is by `v |x| |x'|` where `|x'| <= 2 h' + |c|`; `k` by `v |x| |c|`, `k'` by
//!   `v |c| (h' + |c|)`; a cosine by `v` for each of its three sums, and vectors brought to length
//!   1 by as much: `8 v` in all; a squared distance by `4 v` of itself.
//! - The sum itself: 7 operations, each off by `u` of a partial sum, which is at most the sum of
//!   all terms without signs: [`SUM`] of each term, where `|s s' J| <= |s w| h'` and
//!   `|k'| <= |c| h' (1 + MOVED) + 2 |c|^2`.
//! - Underflow: rows whose length is neither 0 nor within [`LENGTHS`] have no codes and always
//!   stay. For the others [`TINY`] is more than 65,536 products can lose.

use super::super::kernels::tiles::{PanelMut, QueryBounds, RowBound};
use super::super::kernels::{Kernel, Row};
use super::super::rotation::Rotation;
use super::super::similarity::Metric;
use super::super::sweep::mismatch;
use super::features::Features;

const U: f64 = 1.0 / 16_777_216.0;
const MOVED: f64 = 1024.0 * U;
const SUM: f64 = 32.0 * U;
const TINY: f64 = 1.0 / (1_u128 << 120) as f64;
/// Lengths of rows that have codes.
const LENGTHS: std::ops::RangeInclusive<f64> = 1.0 / (1_u64 << 40) as f64..=(1_u64 << 40) as f64;
/// Largest elements below this have the code 0.
const FLAT: f32 = 1.0 / (1_u128 << 90) as f32;
/// Sums of squares in f32, 16 lanes of them, are off by less than this, relatively: 4,096 additions
/// a lane.
const SQUARES: f64 = 1.0 / 1024.0;
/// Rows that the centre is the mean of.
const SAMPLE: usize = 4096;
/// Largest code.
const MOST: f32 = 127.0;
/// 1.5 times 2^23: what is added to it is rounded to an integer, which stands in its lowest bits.
const ROUND: f32 = 12_582_912.0;
const SEED: u64 = 0x0076_6573_616c_6975;

/// Makes codes of rows, around one centre, for one threshold.
#[derive(Debug)]
pub(super) struct Coder {
    metric: Metric,
    kernel: Kernel,
    threshold: f64,
    centre: Vec<f32>,
    /// `|c|`.
    centre_length: f64,
    rotation: Rotation,
    /// `v`.
    rounding: f64,
}

/// Buffers of a thread.
#[derive(Debug)]
pub(super) struct Room {
    values: Vec<f32>,
    spare: Vec<f32>,
    codes: Vec<i8>,
}

/// What is known of one row.
struct Facts {
    step: f64,
    error: f64,
    /// At least `|y|`.
    length: f64,
    /// At most `|y|^2`.
    squares: f64,
    /// At least `|s w|`.
    coded_length: f64,
    /// `k`.
    product: f64,
    /// `|x|`.
    own_length: f64,
}

impl Coder {
    /// A coder around the mean of some of the rows.
    pub(super) fn new(
        metric: Metric,
        kernel: Kernel,
        threshold: f32,
        features: &Features<'_>,
    ) -> Self {
        let dim = features.dim();
        let rotation = Rotation::new(dim, SEED);
        let rounding = (dim.div_ceil(64) as f64 + 16.0) * U;
        let mut coder = Self {
            metric,
            kernel,
            threshold: f64::from(threshold),
            centre: vec![0.0; dim],
            centre_length: 0.0,
            rotation,
            rounding,
        };
        let mut sums = vec![0.0_f64; dim];
        let (mut room, mut count) = (coder.room(), 0_u32);
        let step = features.len().div_ceil(SAMPLE).max(1);
        for index in (0..features.len()).step_by(step) {
            let Some(row) = features.row(index) else { continue };
            if coder.prepare(row, &mut room).is_some() {
                count += 1;
                sums.iter_mut().zip(&room.values).for_each(|(s, value)| *s += f64::from(*value));
            }
        }
        let count = f64::from(count.max(1));
        for (centre, sum) in coder.centre.iter_mut().zip(sums) {
            *centre = nearest(sum / count);
        }
        coder.centre_length =
            coder.centre.iter().map(|c| f64::from(*c).powi(2)).sum::<f64>().sqrt();
        coder
    }

    /// Elements of codes.
    pub(super) fn padded(&self) -> usize {
        self.rotation.padded()
    }

    pub(super) fn room(&self) -> Room {
        let padded = self.padded();
        Room { values: vec![0.0; padded], spare: vec![0.0; padded], codes: vec![0; padded] }
    }

    /// Codes the row of a lane of a panel; returns its numbers as a row, and its canonical length.
    pub(super) fn code(
        &self,
        row: Row<'_>,
        lane: usize,
        panel: &mut PanelMut<'_>,
        bounds: &mut QueryBounds,
        room: &mut Room,
    ) -> RowBound {
        let Some(facts) = self.facts(row, room) else {
            bounds.set(lane, [0.0, 0.0, 0.0, 0.0, 0.0, f32::INFINITY]);
            return RowBound { error: f32::INFINITY, ..RowBound::default() };
        };
        panel.set(lane, &room.codes);
        bounds.set(lane, self.as_query(&facts));
        let length = up(facts.length.max(facts.coded_length) * (1.0 + MOVED));
        let extra = match self.metric {
            Metric::Cosine | Metric::InnerProduct => nearest(facts.product),
            Metric::L2 => nearest(facts.squares / 2.0),
        };
        RowBound { step: nearest(facts.step), error: up(facts.error), length, extra }
    }

    /// `t`, `m`, `Z`, `E`, `B`, `C`.
    fn as_query(&self, facts: &Facts) -> [f32; 6] {
        let (c, v) = (self.centre_length, self.rounding);
        let length = facts.length * (1.0 + MOVED);
        let mut by_length = facts.error + (MOVED + SUM) * (length + facts.coded_length);
        let (by_extra, mut rest) = match self.metric {
            Metric::Cosine | Metric::InnerProduct => (1.0, facts.product - self.threshold),
            Metric::L2 => {
                let farther = self.threshold.powi(2) * (1.0 + 4.0 * v);
                (-1.0, (farther - facts.squares) / 2.0 + SUM * (farther + facts.squares))
            }
        };
        if self.metric != Metric::L2 {
            let own = if self.metric == Metric::Cosine { 1.0 } else { facts.own_length };
            by_length += 2.0 * (v * own + SUM * c) + v * c;
            rest += v * c * (3.0 * own + 2.0 * c);
            rest += SUM * (self.threshold.abs() + facts.product.abs() + 2.0 * c * c);
        }
        if self.metric == Metric::Cosine {
            // A cosine of less than -1 by rounding is taken for -1.
            rest += if self.threshold <= -1.0 { f64::INFINITY } else { 8.0 * v };
        }
        let by_error = up(length * (1.0 + SUM) + TINY);
        let by_length = up(by_length * (1.0 + SUM) + TINY);
        [nearest(facts.step), 0.0, by_error, by_length, by_extra, up(rest + TINY)]
    }

    /// The row as it is coded but for centre and rotation, in `values`, zeros behind it; and its
    /// length. `None` where it has no codes.
    fn prepare(&self, row: Row<'_>, room: &mut Room) -> Option<f64> {
        room.values.fill(0.0);
        widen(row, room.values.get_mut(..self.centre.len())?)?;
        let all = room.values.as_slice();
        let own = f64::from(self.kernel.dot(all, Row::F32(all)).map_err(mismatch).ok()?).sqrt();
        if own == 0.0 && all.iter().all(|value| *value == 0.0) {
            return Some(0.0);
        }
        if !LENGTHS.contains(&own) {
            return None;
        }
        if self.metric == Metric::Cosine {
            let factor = nearest(1.0 / own);
            room.values.iter_mut().for_each(|value| *value *= factor);
        }
        Some(own)
    }

    fn facts(&self, row: Row<'_>, room: &mut Room) -> Option<Facts> {
        let own_length = self.prepare(row, room)?;
        let Room { values, spare, codes } = room;
        let moved = values.get_mut(..self.centre.len())?;
        let product = self.kernel.dot(moved, Row::F32(&self.centre)).map_err(mismatch).ok()?;
        let product = f64::from(product) - self.centre_length.powi(2) / 2.0;
        moved.iter_mut().zip(&self.centre).for_each(|(value, centre)| *value -= centre);
        // Wider registers, the same bits.
        self.rotation.apply(values, spare);
        let largest = values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let squares = self.kernel.dot(values, Row::F32(values)).map_err(mismatch).ok()?;
        let squares = f64::from(squares);
        let length = squares.sqrt() * (1.0 + self.rounding) + TINY.sqrt();
        let squares = squares * (1.0 - 4.0 * self.rounding - 4.0 * MOVED);
        if largest < FLAT {
            codes.fill(0);
            let error = length + f64::from(largest) * (values.len() as f64);
            let (length, step, coded_length) = (error, 0.0, 0.0);
            return Some(Facts { step, error, length, squares, coded_length, product, own_length });
        }
        let step = largest / MOST;
        let (error, coded) = quantise(values, step, MOST / largest, codes);
        // Each difference is itself off by at most 2 u of the element.
        let error = f64::from(error).sqrt() * (1.0 + SQUARES) + 4.0 * U * length;
        let coded_length = f64::from(coded).sqrt() * f64::from(step) * (1.0 + SQUARES);
        let step = f64::from(step);
        Some(Facts { step, error, length, squares, coded_length, product, own_length })
    }
}

/// The codes of a row, the squared length of what they leave out, and that of the codes.
fn quantise(values: &[f32], step: f32, inverse: f32, codes: &mut [i8]) -> (f32, f32) {
    let (mut left, mut coded) = ([0.0_f32; 16], [0.0_f32; 16]);
    for (values, codes) in values.as_chunks::<16>().0.iter().zip(codes.as_chunks_mut::<16>().0) {
        let lanes = values.iter().zip(codes).zip(left.iter_mut().zip(&mut coded));
        for ((value, code), (left, coded)) in lanes {
            let shifted = value * inverse + ROUND;
            let whole = shifted - ROUND;
            let difference = value - whole * step;
            *left += difference * difference;
            *coded += whole * whole;
            let [low, ..] = shifted.to_bits().to_le_bytes();
            *code = low.cast_signed();
        }
    }
    (left.iter().sum(), coded.iter().sum())
}

/// As f32. `None` where the length is another.
pub(super) fn widen(row: Row<'_>, to: &mut [f32]) -> Option<()> {
    use half::slice::HalfFloatSliceExt;
    match row {
        Row::F32(row) if row.len() == to.len() => to.copy_from_slice(row),
        Row::F16(row) if row.len() == to.len() => row.convert_to_f32_slice(to),
        _ => return None,
    }
    Some(())
}

#[expect(clippy::cast_possible_truncation, reason = "to the nearest")]
fn nearest(value: f64) -> f32 {
    value as f32
}

/// The least f32 that is no less.
fn up(value: f64) -> f32 {
    let near = nearest(value);
    if f64::from(near) < value { near.next_up() } else { near }
}
