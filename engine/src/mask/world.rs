//! From world positions to voxels.

#![deny(clippy::arithmetic_side_effects)]

use super::RunsError;
use crate::format::space::Space;

/// A position this little below the middle between two voxels counts as the middle. Spacings and directions are
/// read from text and from f32: without it their noise would decide ties.
pub const TIE_VOXELS: f64 = 1e-6;

/// The affine map from the world to index positions of a space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorldToVoxel {
    origin: [f64; 3],
    /// Rows z, y, x; columns L, P, S.
    inverse: [[f64; 3]; 3],
    shape: [u64; 3],
}

impl WorldToVoxel {
    /// The inverse of [`Space::to_world`].
    ///
    /// # Errors
    ///
    /// [`RunsError::Space`] when the space has no inverse.
    pub fn new(space: &Space) -> Result<Self, RunsError> {
        let mut columns = space.direction;
        for row in &mut columns {
            row.iter_mut().zip(space.spacing).for_each(|(d, s)| *d *= s);
        }
        let inverse = inverse(columns);
        let finite = inverse.iter().flatten().chain(&space.origin).all(|v| v.is_finite());
        if !finite {
            let what = format!(
                "spacing {:?} and direction {:?} have no inverse; each voxel must have its own place",
                space.spacing, space.direction
            );
            return Err(RunsError::Space(what));
        }
        Ok(Self { origin: space.origin, inverse, shape: space.shape })
    }

    /// Index position (z, y, x) in voxels of a world position (L, P, S) in mm.
    pub fn position(&self, world: [f64; 3]) -> [f64; 3] {
        let mut from_origin = world;
        from_origin.iter_mut().zip(self.origin).for_each(|(w, o)| *w -= o);
        self.turned(from_origin)
    }

    /// The change of index position that a change of world position makes.
    pub(super) fn turned(&self, world: [f64; 3]) -> [f64; 3] {
        self.inverse.map(|row| row.iter().zip(world).map(|(m, w)| m * w).sum())
    }

    /// The voxel (z, y, x) whose centre is nearest in index space: each coordinate rounded, half up. `None` outside
    /// the array.
    pub fn voxel(&self, world: [f64; 3]) -> Option<[u64; 3]> {
        let mut voxel = [0; 3];
        for ((out, at), n) in voxel.iter_mut().zip(self.position(world)).zip(self.shape) {
            *out = nearest(at, n)?;
        }
        Some(voxel)
    }
}

/// `floor(position + 1/2 + TIE_VOXELS)`, if it is one of `count` voxels.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "compared with both ends before"
)]
pub(super) fn nearest(position: f64, count: u64) -> Option<u64> {
    let at = position + (0.5 + TIE_VOXELS);
    (at >= 0.0 && at < count as f64).then_some(at as u64)
}

/// The adjugate over the determinant; not finite when there is no inverse.
fn inverse([[a, b, c], [d, e, f], [g, h, i]]: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let (first, second, third) = (e * i - f * h, f * g - d * i, d * h - e * g);
    let determinant = a * first + b * second + c * third;
    let rows = [
        [first, c * h - b * i, b * f - c * e],
        [second, a * i - c * g, c * d - a * f],
        [third, b * g - a * h, a * e - b * d],
    ];
    rows.map(|row| row.map(|v| v / determinant))
}
