//! What a tier supplies: the operations of the canonical arithmetic on 64 lanes.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use half::f16;

/// 64 consecutive elements of a vector, one per lane, in two halves.
pub(super) type Block<E> = [[E; 32]; 2];

/// The lanes that one pass over a row accumulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// The first pass: all lanes, or lanes 0 to 31 where a tier takes two passes.
    First,
    /// Lanes 32 to 63.
    Second,
}

/// What is left of a vector after its last whole block: fewer than 64 elements.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a, E> {
    /// The elements.
    pub(super) elements: &'a [E],
    /// The elements and zeros after them; not filled in for a tier with masked loads.
    pub(super) padded: &'a Block<E>,
}

/// The operations of a tier. A value of an implementing type is the proof that the machine has
/// the instructions, so the operations are safe to call.
pub(super) trait Simd: Copy {
    /// One f32 for each lane of a pass.
    type Lanes: Copy;

    /// Whether a row takes two passes of 32 lanes each. Tiers with few registers do: 64 lanes
    /// of two sums would not fit, and the second pass finds the row in L1.
    const TWO_PASSES: bool;

    /// Whether the rest of a vector is loaded from where it is, without a padded copy.
    const MASKED_LOADS: bool;

    /// `+0.0` in every lane.
    fn zero(self) -> Self::Lanes;

    /// The elements of a block that belong to the lanes of the pass.
    fn load_f32(self, block: &Block<f32>, pass: Pass) -> Self::Lanes;

    /// As [`Simd::load_f32`], converted to f32 exactly.
    fn load_f16(self, block: &Block<f16>, pass: Pass) -> Self::Lanes;

    /// As [`Simd::load_f32`] for the rest of a vector, zeros after it.
    #[inline(always)]
    fn load_rest_f32(self, rest: Rest<'_, f32>, pass: Pass) -> Self::Lanes {
        self.load_f32(rest.padded, pass)
    }

    /// As [`Simd::load_f16`] for the rest of a vector, zeros after it.
    #[inline(always)]
    fn load_rest_f16(self, rest: Rest<'_, f16>, pass: Pass) -> Self::Lanes {
        self.load_f16(rest.padded, pass)
    }

    /// `a * b + acc`, lane by lane, rounded once.
    fn fma(self, a: Self::Lanes, b: Self::Lanes, acc: Self::Lanes) -> Self::Lanes;

    /// `a - b`, lane by lane.
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;

    /// `a + b`, lane by lane: of the two passes, the tree's first level.
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;

    /// The tree: all levels, or with two passes those from `w = 16` on.
    fn sum(self, acc: Self::Lanes) -> f32;

    /// Asks for the cache line `bytes` after `near`. A hint: no effect on results.
    fn prefetch<E>(self, near: &Block<E>, bytes: usize);
}

/// An element type of stored rows.
pub(super) trait Element: Copy + Default {
    /// The block's elements as the lanes of the pass.
    fn load<S: Simd>(simd: S, block: &Block<Self>, pass: Pass) -> S::Lanes;

    /// As [`Element::load`] for the rest of a vector, zeros after it.
    fn load_rest<S: Simd>(simd: S, rest: Rest<'_, Self>, pass: Pass) -> S::Lanes;
}

impl Element for f32 {
    #[inline(always)]
    fn load<S: Simd>(simd: S, block: &Block<Self>, pass: Pass) -> S::Lanes {
        simd.load_f32(block, pass)
    }

    #[inline(always)]
    fn load_rest<S: Simd>(simd: S, rest: Rest<'_, Self>, pass: Pass) -> S::Lanes {
        simd.load_rest_f32(rest, pass)
    }
}

impl Element for f16 {
    #[inline(always)]
    fn load<S: Simd>(simd: S, block: &Block<Self>, pass: Pass) -> S::Lanes {
        simd.load_f16(block, pass)
    }

    #[inline(always)]
    fn load_rest<S: Simd>(simd: S, rest: Rest<'_, Self>, pass: Pass) -> S::Lanes {
        simd.load_rest_f16(rest, pass)
    }
}
