//! Distances between the surfaces of two sets.

use super::GeometryError;
use super::nearest::Nearest;
use super::rows::Rows;
use crate::mask::Runs;

/// From each voxel of one surface the distance to the nearest voxel of the other, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DirectedDistances {
    /// Voxels of the surface that the distances are from.
    pub voxels: u64,
    /// The largest distance.
    pub largest: f64,
    /// The 95th percentile, interpolated linearly between the two nearest ranks.
    pub percentile_95: f64,
    /// Their mean.
    pub mean: f64,
}

/// The distances between two surfaces, both ways, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurfaceDistances {
    /// From the first set to the second.
    pub forward: DirectedDistances,
    /// From the second set to the first.
    pub backward: DirectedDistances,
}

impl SurfaceDistances {
    /// The symmetric Hausdorff distance: the largest distance either way.
    pub fn hausdorff(&self) -> f64 {
        self.forward.largest.max(self.backward.largest)
    }

    /// The larger of the two 95th percentiles.
    pub fn hausdorff_95(&self) -> f64 {
        self.forward.percentile_95.max(self.backward.percentile_95)
    }

    /// The average symmetric surface distance: the mean over the voxels of both surfaces.
    pub fn mean(&self) -> f64 {
        let (f, b) = (self.forward, self.backward);
        let voxels = (f.voxels as f64 + b.voxels as f64).max(1.0);
        // A direction without voxels adds nothing to the sum, but its mean says whether there is a
        // distance.
        let sum =
            |d: DirectedDistances| if d.voxels == 0 { d.mean } else { d.mean * d.voxels as f64 };
        (sum(f) + sum(b)) / voxels
    }
}

/// The distances between the surfaces of two sets in one frame; voxels are `spacing` millimetres
/// (z, y, x) apart at square corners. The surface is that of [`Runs::surface`], and distances are
/// between centres of voxels.
///
/// Two empty sets are the same: all distances are 0. When one of them is empty, all distances are
/// infinite.
///
/// Exact. A tree of boxes over the runs of each surface, branch and bound (Roussopoulos, Kelley and
/// Vincent, "Nearest neighbor queries", SIGMOD 1995): mostly O(s log s) for s voxels of surface; 8
/// bytes each, and 100 bytes a run.
///
/// # Errors
///
/// [`GeometryError::Runs`] when they are of different shapes, [`GeometryError::Frame`],
/// [`GeometryError::Spacing`].
pub fn surface_distances(
    a: &Runs,
    b: &Runs,
    spacing: [f64; 3],
    frame: u64,
) -> Result<SurfaceDistances, GeometryError> {
    a.same_shape(b)?;
    if !spacing.iter().all(|mm| mm.is_finite() && *mm > 0.0) {
        return Err(GeometryError::Spacing(spacing));
    }
    let (a, b) = (a.surface(), b.surface());
    let (a, b) = (Rows::of_frame(&a, frame)?, Rows::of_frame(&b, frame)?);
    Ok(SurfaceDistances { forward: directed(&a, &b, spacing), backward: directed(&b, &a, spacing) })
}

fn directed(from: &Rows<'_>, to: &Rows<'_>, spacing: [f64; 3]) -> DirectedDistances {
    let mut nearest = Nearest::new(to, spacing);
    let mut squared = Vec::new();
    for row in from.iter() {
        let [_, z, y] = row.place;
        for x in row.spans().flat_map(|span| span.start..span.end) {
            squared.push(nearest.squared([z, y, x]));
        }
    }
    summary(squared, to.iter().next().is_none())
}

/// `alone`: there is nothing to be near to.
fn summary(mut squared: Vec<f64>, alone: bool) -> DirectedDistances {
    let voxels = squared.len() as u64;
    if squared.is_empty() || alone {
        let all = if squared.is_empty() == alone { 0.0 } else { f64::INFINITY };
        return DirectedDistances { voxels, largest: all, percentile_95: all, mean: all };
    }
    let largest = squared.iter().copied().fold(0.0, f64::max).sqrt();
    let mean = squared.iter().map(|d| d.sqrt()).sum::<f64>() / voxels as f64;
    DirectedDistances { voxels, largest, percentile_95: percentile_95(&mut squared), mean }
}

/// Rank `0.95 (n - 1)`, counted from zero, of the ordered roots of `squared`, which is not empty.
fn percentile_95(squared: &mut [f64]) -> f64 {
    let last = squared.len().saturating_sub(1);
    let hundredths = last.saturating_mul(95);
    let (rank, part) = (hundredths / 100, (hundredths % 100) as f64 / 100.0);
    let (_, low, above) = squared.select_nth_unstable_by(rank, f64::total_cmp);
    let low = low.sqrt();
    let high = above.iter().copied().reduce(f64::min).map_or(low, f64::sqrt);
    (high - low).mul_add(part, low)
}
