//! Runs as bytes: the gap before each run and its length, as varints.

use std::ops::Range;

use super::{Bounds, Run, Runs, RunsError, VoxelShape};
use crate::format::limits::MASK_VOXELS_MAX;
use crate::format::varint::{Varints, put};
use crate::format::{Damage, Rule};

/// What a block is to be good at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Few bytes.
    #[default]
    Small,
    /// Fast to decode.
    Fast,
}

/// Reads a block.
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    shape: VoxelShape,
}

/// The block of a set.
pub fn encode(runs: &Runs, _profile: Profile) -> Vec<u8> {
    let mut out = Vec::new();
    let mut end = 0;
    for run in runs.as_slice() {
        put(u128::from(run.start.saturating_sub(end)), &mut out);
        put(u128::from(run.len()), &mut out);
        end = run.end;
    }
    out
}

impl<'a> Decoder<'a> {
    /// Reads the block of a set with a box.
    pub fn new(bytes: &'a [u8], shape: VoxelShape, _bounds: &Bounds) -> Result<Self, Damage> {
        Ok(Self { bytes, shape })
    }

    /// All runs.
    pub fn runs(&self) -> Result<Runs, Damage> {
        let mut r = Varints::new(self.bytes, 0, Rule::MaskBlock);
        let (mut runs, mut end) = (Vec::new(), 0_u64);
        while !r.rest().is_empty() {
            let (gap, len) = (r.number(MASK_VOXELS_MAX)?, r.number(MASK_VOXELS_MAX)?);
            let start = end.saturating_add(gap);
            end = start.saturating_add(len);
            runs.push(Run { start, end });
        }
        Runs::new(self.shape, runs).map_err(|error: RunsError| r.damage(error.to_string()))
    }

    /// The runs of some slices.
    pub fn runs_of_slices(&self, slices: Range<u64>) -> Result<Runs, Damage> {
        let all = self.runs()?;
        let voxels = self.shape.slice_voxels();
        let slice = |run: &Run| run.start.checked_div(voxels).unwrap_or(0);
        let kept = all.as_slice().iter().filter(|run| slices.contains(&slice(run))).copied();
        Ok(Runs::from_canonical(self.shape, kept.collect()))
    }
}
