//! The box around a set of voxels.

use super::Runs;
pub use crate::format::segment::Bounds;

impl Runs {
    /// The smallest box around the voxels; `None` when there is none. O(runs).
    pub fn bounds(&self) -> Option<Bounds> {
        super::facts::facts(self).map(|facts| facts.bounds)
    }
}
