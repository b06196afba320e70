//! The planes that a product reads, by rows and by stretches.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::loops::Simd;
use super::{BYTES, QUARTER, STRETCH};
use std::ops::Range;

/// A plane of four bits an element, by stretches.
pub(super) type Fours<'a> = &'a [[u8; BYTES]];
/// A plane of two bits an element, by stretches.
pub(super) type Twos<'a> = &'a [[u8; QUARTER]];

/// Planes of the same rows.
pub(super) trait Planes: Copy {
    /// A stretch in each of them.
    type Stretch: Copy;

    /// The rows, of so many stretches `each`.
    fn rows(self, each: usize) -> impl Iterator<Item = Self>;

    /// Some stretches; `None` where they are not there.
    fn at(self, stretches: Range<usize>) -> Option<Self>;

    fn stretches(self) -> impl Iterator<Item = Self::Stretch>;

    /// Asks for what lies `bytes` after a stretch.
    fn prefetch<S: Simd>(simd: S, stretch: Self::Stretch, bytes: usize);
}

impl<'a, const N: usize> Planes for &'a [[u8; N]] {
    type Stretch = &'a [u8; N];

    #[inline(always)]
    fn rows(self, each: usize) -> impl Iterator<Item = Self> {
        self.chunks_exact(each)
    }

    #[inline(always)]
    fn at(self, stretches: Range<usize>) -> Option<Self> {
        self.get(stretches)
    }

    #[inline(always)]
    fn stretches(self) -> impl Iterator<Item = Self::Stretch> {
        self.iter()
    }

    #[inline(always)]
    fn prefetch<S: Simd>(simd: S, stretch: Self::Stretch, bytes: usize) {
        simd.prefetch(stretch, bytes);
    }
}

impl<A: Planes, B: Planes> Planes for (A, B) {
    type Stretch = (A::Stretch, B::Stretch);

    #[inline(always)]
    fn rows(self, each: usize) -> impl Iterator<Item = Self> {
        self.0.rows(each).zip(self.1.rows(each))
    }

    #[inline(always)]
    fn at(self, stretches: Range<usize>) -> Option<Self> {
        Some((self.0.at(stretches.clone())?, self.1.at(stretches)?))
    }

    #[inline(always)]
    fn stretches(self) -> impl Iterator<Item = Self::Stretch> {
        self.0.stretches().zip(self.1.stretches())
    }

    #[inline(always)]
    fn prefetch<S: Simd>(simd: S, stretch: Self::Stretch, bytes: usize) {
        A::prefetch(simd, stretch.0, bytes);
        B::prefetch(simd, stretch.1, bytes);
    }
}

/// Planes that make numbers.
pub(super) trait Numbers: Planes {
    /// Whether it is one plane, hence one stream of memory.
    const ALONE: bool;

    /// Adds weights times the numbers of a stretch.
    fn add<S: Simd>(
        simd: S,
        acc: S::Acc,
        stretch: Self::Stretch,
        weights: &[i8; STRETCH],
    ) -> S::Acc;
}

/// The high four bits.
impl Numbers for Fours<'_> {
    const ALONE: bool = true;

    #[inline(always)]
    fn add<S: Simd>(simd: S, acc: S::Acc, high: Self::Stretch, weights: &[i8; STRETCH]) -> S::Acc {
        simd.fours(acc, high, weights)
    }
}

/// Two bits.
impl Numbers for Twos<'_> {
    const ALONE: bool = true;

    #[inline(always)]
    fn add<S: Simd>(simd: S, acc: S::Acc, two: Self::Stretch, weights: &[i8; STRETCH]) -> S::Acc {
        simd.twos(acc, two, weights)
    }
}

/// Six bits: the high four, then two.
impl Numbers for (Fours<'_>, Twos<'_>) {
    const ALONE: bool = false;

    #[inline(always)]
    fn add<S: Simd>(
        simd: S,
        acc: S::Acc,
        (high, middle): Self::Stretch,
        weights: &[i8; STRETCH],
    ) -> S::Acc {
        simd.sixes(acc, (high, middle), weights)
    }
}

/// All eight bits.
impl Numbers for ((Fours<'_>, Twos<'_>), Twos<'_>) {
    const ALONE: bool = false;

    #[inline(always)]
    fn add<S: Simd>(
        simd: S,
        acc: S::Acc,
        (six, low): Self::Stretch,
        weights: &[i8; STRETCH],
    ) -> S::Acc {
        simd.bytes(acc, six, low, weights)
    }
}
