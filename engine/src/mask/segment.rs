//! A segment with its voxels.

use super::Runs;
use crate::model::Segment;

/// A segment and its voxels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentValue {
    /// What is known of it.
    pub segment: Segment,
    /// Its voxels.
    pub runs: Runs,
}
