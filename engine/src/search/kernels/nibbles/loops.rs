//! The loop over the rows, once for all tiers.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::{BYTES, STRETCH, Weights, Which};

/// How far ahead of the reads of neighbouring rows the prefetch runs, in bytes.
const AHEAD: usize = 4096;
/// How many rows ahead where they are picked out.
const ROWS_AHEAD: usize = 8;

/// The operations of a tier on a stretch.
pub(super) trait Simd: Copy {
    /// Sums of products, not yet added up.
    type Acc: Copy;

    fn zero(self) -> Self::Acc;

    /// Adds weights times numbers of four bits.
    fn nibbles(self, acc: Self::Acc, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> Self::Acc;

    /// Adds weights times bytes.
    fn bytes(
        self,
        acc: Self::Acc,
        high: &[u8; BYTES],
        low: &[u8; BYTES],
        weights: &[i8; STRETCH],
    ) -> Self::Acc;

    /// 256 times the first and once the second.
    fn join(self, upper: Self::Acc, lower: Self::Acc) -> Self::Acc;

    /// The sum, modulo 2^32.
    fn sum(self, acc: Self::Acc) -> i32;

    /// Asks for the cache line `bytes` after `near`.
    fn prefetch<B>(self, near: &B, bytes: usize);
}

/// A part of a plane.
type Stretches<'a> = &'a [[u8; BYTES]];
/// A row in both planes.
type Planes<'a> = (Stretches<'a>, Stretches<'a>);

#[inline(always)]
fn by_rows([high, low]: [Stretches<'_>; 2], each: usize) -> impl Iterator<Item = Planes<'_>> {
    high.chunks_exact(each).zip(low.chunks_exact(each))
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
pub(super) fn multiply<S: Simd, const BOTH: bool>(
    simd: S,
    query: Query<'_>,
    planes: [&[u8]; 2],
    which: Which<'_>,
    out: &mut [i32],
) {
    if query.upper.len() == query.lower.len() {
        rows::<S, BOTH, true>(simd, query, planes, which, out);
    } else {
        rows::<S, BOTH, false>(simd, query, planes, which, out);
    }
}

#[inline(always)]
fn rows<S: Simd, const BOTH: bool, const TWO: bool>(
    simd: S,
    query: Query<'_>,
    [high, low]: [&[u8]; 2],
    which: Which<'_>,
    out: &mut [i32],
) {
    let each = query.lower.len();
    let [high, low] = [high, low].map(|plane| plane.as_chunks::<BYTES>().0);
    if each == 0 {
        return;
    }
    match which {
        Which::All => {
            // Memory gives more to two streams than to one, and less to four. Two planes are two; of one plane two parts
            // are read side by side.
            let half = if BOTH { 0 } else { out.len() / 2 };
            let (out_first, out_second) = out.split_at_mut(half);
            let place = half.saturating_mul(each);
            let other = [high, low].map(|plane| plane.get(place..).unwrap_or_default());
            let mut second = out_second.iter_mut().zip(by_rows(other, each));
            for (slot, first) in out_first.iter_mut().zip(by_rows([high, low], each)) {
                let Some((other, second)) = second.next() else { break };
                [*slot, *other] = two_rows::<S, BOTH, TWO>(simd, query, [first, second]);
            }
            for (slot, row) in second {
                *slot = one_row::<S, BOTH, TWO>(simd, query, row, Some(AHEAD));
            }
        }
        Which::These(which) => {
            let at = |index: u32| {
                let start = (index as usize).checked_mul(each)?;
                let range = start..start.checked_add(each)?;
                Some((high.get(range.clone())?, low.get(range)?))
            };
            for (number, (slot, &index)) in out.iter_mut().zip(which).enumerate() {
                let next = which.get(number + ROWS_AHEAD).and_then(|next| at(*next));
                if let Some((high, low)) = next {
                    for (high, low) in high.iter().zip(low) {
                        simd.prefetch(high, 0);
                        if BOTH {
                            simd.prefetch(low, 0);
                        }
                    }
                }
                if let Some((high, low)) = at(index) {
                    *slot = one_row::<S, BOTH, TWO>(simd, query, (high, low), None);
                }
            }
        }
    }
}

#[inline(always)]
fn two_rows<S: Simd, const BOTH: bool, const TWO: bool>(
    simd: S,
    query: Query<'_>,
    [first, second]: [Planes<'_>; 2],
) -> [i32; 2] {
    let mut sums = [[simd.zero(); 2]; 2];
    let rows = first.0.iter().zip(first.1).zip(second.0.iter().zip(second.1));
    for (number, (weights, (first, second))) in query.lower.iter().zip(rows).enumerate() {
        let upper = query.upper.get(number).filter(|_| TWO);
        for (planes, sums) in [first, second].into_iter().zip(&mut sums) {
            step::<S, BOTH>(simd, planes, (weights, upper), Some(AHEAD), sums);
        }
    }
    sums.map(|sums| end::<S, TWO>(simd, sums))
}

#[inline(always)]
fn one_row<S: Simd, const BOTH: bool, const TWO: bool>(
    simd: S,
    query: Query<'_>,
    (high, low): Planes<'_>,
    ahead: Option<usize>,
) -> i32 {
    let mut sums = [simd.zero(); 2];
    for (number, (weights, planes)) in query.lower.iter().zip(high.iter().zip(low)).enumerate() {
        let upper = query.upper.get(number).filter(|_| TWO);
        step::<S, BOTH>(simd, planes, (weights, upper), ahead, &mut sums);
    }
    end::<S, TWO>(simd, sums)
}

/// Adds the products of a stretch with the upper and with the lower bytes of the weights.
#[inline(always)]
fn step<S: Simd, const BOTH: bool>(
    simd: S,
    (high, low): (&[u8; BYTES], &[u8; BYTES]),
    (weights, upper): (&[i8; STRETCH], Option<&[i8; STRETCH]>),
    ahead: Option<usize>,
    [upper_sum, lower_sum]: &mut [S::Acc; 2],
) {
    if let Some(ahead) = ahead {
        simd.prefetch(high, ahead);
        if BOTH {
            simd.prefetch(low, ahead);
        }
    }
    let add = |acc, weights| {
        if BOTH {
            simd.bytes(acc, high, low, weights)
        } else {
            simd.nibbles(acc, high, weights)
        }
    };
    *lower_sum = add(*lower_sum, weights);
    if let Some(weights) = upper {
        *upper_sum = add(*upper_sum, weights);
    }
}

#[inline(always)]
fn end<S: Simd, const TWO: bool>(simd: S, [upper, lower]: [S::Acc; 2]) -> i32 {
    simd.sum(if TWO { simd.join(upper, lower) } else { lower })
}
