//! The loop over the rows, once for all tiers.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::planes::Numbers;
use super::{BYTES, QUARTER, STRETCH, Weights, Which};

/// How far ahead of the reads of neighbouring rows the prefetch runs, in bytes.
const AHEAD: usize = 4096;
/// How many rows ahead where they are picked out.
const ROWS_AHEAD: usize = 16;

/// The high four bits and the two below them, of a stretch.
pub(super) type Six<'a> = (&'a [u8; BYTES], &'a [u8; QUARTER]);

/// The operations of a tier on a stretch.
pub(super) trait Simd: Copy {
    /// Sums of products, not yet added up.
    type Acc: Copy;

    fn zero(self) -> Self::Acc;

    /// Adds weights times numbers of four bits.
    fn fours(self, acc: Self::Acc, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> Self::Acc;

    /// Adds weights times numbers of two bits.
    fn twos(self, acc: Self::Acc, plane: &[u8; QUARTER], weights: &[i8; STRETCH]) -> Self::Acc;

    /// Adds weights times numbers of six bits.
    fn sixes(self, acc: Self::Acc, six: Six<'_>, weights: &[i8; STRETCH]) -> Self::Acc;

    /// Adds weights times bytes, whose lowest two bits are `low`.
    fn bytes(
        self,
        acc: Self::Acc,
        six: Six<'_>,
        low: &[u8; QUARTER],
        weights: &[i8; STRETCH],
    ) -> Self::Acc;

    /// 256 times the first and once the second.
    fn join(self, upper: Self::Acc, lower: Self::Acc) -> Self::Acc;

    /// The sum, modulo 2^32.
    fn sum(self, acc: Self::Acc) -> i32;

    /// Asks for the cache line `bytes` after `near`.
    fn prefetch<B>(self, near: &B, bytes: usize);
}

/// The weights by stretches.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    upper: &'a [[i8; STRETCH]],
    lower: &'a [[i8; STRETCH]],
}

impl<'a> Query<'a> {
    pub(super) fn new(weights: Weights<'a>) -> Self {
        let lower = weights.lower.as_chunks::<STRETCH>().0;
        Self { upper: weights.upper.as_chunks::<STRETCH>().0, lower }
    }
}

#[inline(always)]
pub(super) fn multiply<S: Simd, P: Numbers>(
    simd: S,
    query: Query<'_>,
    planes: P,
    which: Which<'_>,
    out: &mut [i32],
) {
    if query.upper.len() == query.lower.len() {
        rows::<S, P, true>(simd, query, planes, which, out);
    } else {
        rows::<S, P, false>(simd, query, planes, which, out);
    }
}

#[inline(always)]
fn rows<S: Simd, P: Numbers, const TWO: bool>(
    simd: S,
    query: Query<'_>,
    planes: P,
    which: Which<'_>,
    out: &mut [i32],
) {
    let each = query.lower.len();
    if each == 0 {
        return;
    }
    let at = |index: usize, count: usize| {
        let start = index.checked_mul(each)?;
        planes.at(start..start.checked_add(count.checked_mul(each)?)?)
    };
    match which {
        Which::All => {
            // Memory gives more to two streams than to one, and less to four. Two planes are two;
            // of one plane two parts are read side by side.
            let half = if P::ALONE { out.len() / 2 } else { 0 };
            let (out_first, out_second) = out.split_at_mut(half);
            let (Some(first), Some(second)) = (at(0, half), at(half, out_second.len())) else {
                return;
            };
            let mut second = out_second.iter_mut().zip(second.rows(each));
            for (slot, first) in out_first.iter_mut().zip(first.rows(each)) {
                let Some((other, second)) = second.next() else { break };
                [*slot, *other] = two_rows::<S, P, TWO>(simd, query, [first, second]);
            }
            for (slot, row) in second {
                *slot = one_row::<S, P, TWO>(simd, query, row, Some(AHEAD));
            }
        }
        Which::These(which) => {
            let fetch = |index: u32| {
                for stretch in at(index as usize, 1).into_iter().flat_map(P::stretches) {
                    P::prefetch(simd, stretch, 0);
                }
            };
            which.iter().take(ROWS_AHEAD).copied().for_each(fetch);
            for (number, (slot, &index)) in out.iter_mut().zip(which).enumerate() {
                which.get(number + ROWS_AHEAD).copied().into_iter().for_each(fetch);
                if let Some(row) = at(index as usize, 1) {
                    *slot = one_row::<S, P, TWO>(simd, query, row, None);
                }
            }
        }
    }
}

#[inline(always)]
fn two_rows<S: Simd, P: Numbers, const TWO: bool>(
    simd: S,
    query: Query<'_>,
    [first, second]: [P; 2],
) -> [i32; 2] {
    let mut sums = [[simd.zero(); 2]; 2];
    let rows = first.stretches().zip(second.stretches());
    for (number, (weights, (first, second))) in query.lower.iter().zip(rows).enumerate() {
        let upper = query.upper.get(number).filter(|_| TWO);
        for (stretch, sums) in [first, second].into_iter().zip(&mut sums) {
            step::<S, P>(simd, stretch, (weights, upper), Some(AHEAD), sums);
        }
    }
    sums.map(|sums| end::<S, TWO>(simd, sums))
}

#[inline(always)]
fn one_row<S: Simd, P: Numbers, const TWO: bool>(
    simd: S,
    query: Query<'_>,
    row: P,
    ahead: Option<usize>,
) -> i32 {
    let mut sums = [simd.zero(); 2];
    for (number, (weights, stretch)) in query.lower.iter().zip(row.stretches()).enumerate() {
        let upper = query.upper.get(number).filter(|_| TWO);
        step::<S, P>(simd, stretch, (weights, upper), ahead, &mut sums);
    }
    end::<S, TWO>(simd, sums)
}

/// Adds the products of a stretch with the upper and with the lower bytes of the weights.
#[inline(always)]
fn step<S: Simd, P: Numbers>(
    simd: S,
    stretch: P::Stretch,
    (weights, upper): (&[i8; STRETCH], Option<&[i8; STRETCH]>),
    ahead: Option<usize>,
    [upper_sum, lower_sum]: &mut [S::Acc; 2],
) {
    if let Some(ahead) = ahead {
        P::prefetch(simd, stretch, ahead);
    }
    *lower_sum = P::add(simd, *lower_sum, stretch, weights);
    if let Some(weights) = upper {
        *upper_sum = P::add(simd, *upper_sum, stretch, weights);
    }
}

#[inline(always)]
fn end<S: Simd, const TWO: bool>(simd: S, [upper, lower]: [S::Acc; 2]) -> i32 {
    simd.sum(if TWO { simd.join(upper, lower) } else { lower })
}
