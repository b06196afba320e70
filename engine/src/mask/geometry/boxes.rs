//! Boxes of regions against a set.

use super::GeometryError;
use super::rows::Rows;
use crate::mask::Runs;

/// How much a box and a set have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoxOverlap {
    /// Voxels of the set inside of the box; those that a side cuts count by the part inside.
    pub voxels: f64,
    /// The fraction of the box that the set covers, 0 of a box without volume. What of a box lies
    /// outside of the image is not covered.
    pub of_box: f64,
    /// The fraction of the set that is inside of the box, 0 of an empty set.
    pub of_set: f64,
}

impl Runs {
    /// What a box (z0, y0, x0, z1, y1, x1), as those of regions, and the set have in common in a
    /// frame. Sides are places of voxel edges: voxel `v` reaches from `v` to `v + 1`. A box whose
    /// end is before its start is empty. O(runs).
    ///
    /// # Errors
    ///
    /// [`GeometryError::Box`] when a side is not finite, [`GeometryError::Frame`].
    pub fn box_overlap(&self, frame: u64, sides: &[f32; 6]) -> Result<BoxOverlap, GeometryError> {
        if !sides.iter().all(|side| side.is_finite()) {
            return Err(GeometryError::Box(*sides));
        }
        let [z0, y0, x0, z1, y1, x1] = sides.map(f64::from);
        let rows = Rows::of_frame(self, frame)?;
        let (mut voxels, mut all) = (0.0, 0_u64);
        for row in rows.iter() {
            let [_, z, y] = row.place;
            let part =
                shared(z, z.saturating_add(1), (z0, z1)) * shared(y, y.saturating_add(1), (y0, y1));
            for span in row.spans() {
                all = all.saturating_add(span.end.saturating_sub(span.start));
                if part > 0.0 {
                    voxels += part * shared(span.start, span.end, (x0, x1));
                }
            }
        }
        let volume = [(z0, z1), (y0, y1), (x0, x1)].map(|(a, b)| (b - a).max(0.0));
        let volume = volume.into_iter().product::<f64>();
        let of = |whole: f64| if whole > 0.0 { (voxels / whole).min(1.0) } else { 0.0 };
        Ok(BoxOverlap { voxels, of_box: of(volume), of_set: of(all as f64) })
    }
}

/// The length of voxels `start..end` that lies between two places.
pub(super) fn shared(start: u64, end: u64, (low, high): (f64, f64)) -> f64 {
    ((end as f64).min(high) - (start as f64).max(low)).max(0.0)
}
