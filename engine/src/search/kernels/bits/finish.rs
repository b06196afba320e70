//! From sums to estimates and bounds.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::ROWS;

/// What is known of the rows of a block, each as an array: what is added to the estimate, by what the product is scaled,
/// and how far the estimate may be off.
pub(crate) type Facts = [[f32; ROWS]; 3];

/// A query and a list: how to come from sums to estimates.
///
/// With `s = fma(step, sum, offset)`, the estimate is `fma(-scale, s, fma(share, add, base))` and the bound
/// `fma(-error, spread, fma(-scale, blur, estimate))`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Probe {
    /// The value of one in the sums.
    pub(crate) step: f32,
    /// The product of a row whose sum is 0.
    pub(crate) offset: f32,
    /// What all estimates of the list have in common.
    pub(crate) base: f32,
    /// How much of what is added to a row counts.
    pub(crate) share: f32,
    /// How much of the error of a row counts.
    pub(crate) spread: f32,
    /// How far the product may be off for the rounding of the tables.
    pub(crate) blur: f32,
    /// Rows whose bound is over this are ruled out.
    pub(crate) limit: f32,
}

/// Estimates and lower bounds of the rows of a block.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Bounds {
    /// Estimates.
    pub(crate) estimate: [f32; ROWS],
    /// Bounds.
    pub(crate) low: [f32; ROWS],
}

impl Default for Bounds {
    fn default() -> Self {
        Self { estimate: [0.0; ROWS], low: [0.0; ROWS] }
    }
}

/// Adds sums of a stretch of groups.
#[inline(always)]
pub(super) fn add(total: &mut [f32; ROWS], sums: &[u16; ROWS]) {
    for (total, sum) in total.iter_mut().zip(sums) {
        *total += f32::from(*sum);
    }
}

/// Estimates and bounds from sums.
#[inline(always)]
pub(super) fn finish(sums: &[f32; ROWS], facts: &Facts, probe: &Probe, bounds: &mut Bounds) {
    let [add, scale, error] = facts;
    for (place, sum) in sums.iter().enumerate() {
        let (Some(estimate), Some(low)) = (bounds.estimate.get_mut(place), bounds.low.get_mut(place))
        else {
            return;
        };
        let (Some(add), Some(scale), Some(error)) =
            (add.get(place), scale.get(place), error.get(place))
        else {
            return;
        };
        let product = probe.step.mul_add(*sum, probe.offset);
        *estimate = (-scale).mul_add(product, probe.share.mul_add(*add, probe.base));
        *low = (-error).mul_add(probe.spread, (-scale).mul_add(probe.blur, *estimate));
    }
}
