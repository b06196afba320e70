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
            let rows = high.chunks_exact(each).zip(low.chunks_exact(each));
            for (slot, (high, low)) in out.iter_mut().zip(rows) {
                *slot = row::<S, BOTH, TWO>(simd, query, high, low, Some(AHEAD));
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
                    *slot = row::<S, BOTH, TWO>(simd, query, high, low, None);
                }
            }
        }
    }
}

#[inline(always)]
fn row<S: Simd, const BOTH: bool, const TWO: bool>(
    simd: S,
    query: Query<'_>,
    high: &[[u8; BYTES]],
    low: &[[u8; BYTES]],
    ahead: Option<usize>,
) -> i32 {
    let (mut upper, mut lower) = (simd.zero(), simd.zero());
    let stretches = query.lower.iter().zip(high).zip(low).enumerate();
    for (number, ((weights, high), low)) in stretches {
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
        lower = add(lower, weights);
        if TWO && let Some(weights) = query.upper.get(number) {
            upper = add(upper, weights);
        }
    }
    simd.sum(if TWO { simd.join(upper, lower) } else { lower })
}
