//! Loops over rows and bounds that are compiled for each tier.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::kernels::nibbles::Work;
use super::bound::Bound;
use super::{CodesView, query};

/// Finds the largest size of an element of a rotated vector.
pub(super) struct Largest<'a>(pub(super) &'a [f32]);

impl Work for Largest<'_> {
    type Out = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        const LANES: usize = 64;
        let mut most = [0.0_f32; LANES];
        // A rotated vector is a multiple of the lanes.
        for values in self.0.as_chunks::<LANES>().0 {
            for (most, value) in most.iter_mut().zip(values) {
                let size = value.abs();
                *most = if size > *most { size } else { *most };
            }
        }
        most.into_iter().fold(0.0, f32::max)
    }
}

/// Rounds a query to weights.
pub(super) struct Weigh<'a> {
    pub(super) query: &'a mut query::CodedQuery,
    pub(super) turned: &'a [f32],
}

impl Work for Weigh<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.query.weigh(self.turned);
    }
}

/// Bounds rows.
pub(super) struct Highest<'a> {
    pub(super) bound: &'a Bound,
    pub(super) codes: &'a CodesView<'a>,
    pub(super) products: &'a [i32],
    pub(super) most: &'a mut [f32],
}

impl Work for Highest<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.bound.highest(self.codes, self.products, self.most);
    }
}

/// Finds the highest of each so many numbers.
pub(super) struct Peaks<'a> {
    pub(super) values: &'a [f32],
    pub(super) each: usize,
    pub(super) found: &'a mut Vec<f32>,
}

impl Work for Peaks<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let higher = |peak: f32, value: &f32| if *value > peak { *value } else { peak };
        let peak = |values: &[f32]| values.iter().fold(f32::NEG_INFINITY, higher);
        self.found.extend(self.values.chunks(self.each.max(1)).map(peak));
    }
}
