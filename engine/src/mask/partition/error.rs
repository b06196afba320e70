//! What can be wrong with a block of disjoint segments.

use std::fmt;

use super::{PARTS_MAX, SLICE_VOXELS_MAX};

/// Why a block is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartitionError {
    /// The box is not inside the shape, or is empty in some axes only.
    Bounds,
    /// A slice of the box has too many voxels.
    Slice {
        /// Voxels of a slice of the box.
        voxels: u64,
    },
    /// The block has more parts than are allowed.
    Parts {
        /// Parts that it claims.
        parts: u64,
    },
    /// A number of the head runs past the end of the block, or over its limit.
    Head,
    /// The slabs do not fill the block exactly.
    Length {
        /// Bytes that the lengths of the slabs sum to.
        claimed: u64,
        /// Bytes behind the head.
        there: u64,
    },
    /// A slab does not decode.
    Slab {
        /// Its number: the slice divided by 16.
        slab: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// No part has this ordinal.
    Ordinal {
        /// The ordinal asked for.
        ordinal: u32,
        /// Parts of the block.
        parts: u32,
    },
}

impl fmt::Display for PartitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounds => f.write_str("the box of a partition does not lie inside its array"),
            Self::Slice { voxels } => write!(
                f,
                "a slice of {voxels} voxels is over the limit of {SLICE_VOXELS_MAX} of a partition"
            ),
            Self::Parts { parts } => {
                write!(f, "{parts} parts are over the limit of {PARTS_MAX} of a partition")
            }
            Self::Head => f.write_str("the head of a partition is cut short or over its limits"),
            Self::Length { claimed, there } => {
                write!(f, "slabs of {claimed} bytes in a partition that has {there} bytes for them")
            }
            Self::Slab { slab, what } => write!(f, "slab {slab} of a partition: {what}"),
            Self::Ordinal { ordinal, parts } => {
                write!(f, "no part {ordinal} in a partition of {parts} parts")
            }
        }
    }
}

impl std::error::Error for PartitionError {}
