//! Segments as they are stored: a block and the facts beside it.

use std::ops::Range;
use std::sync::Arc;

use super::codec::{self, Profile};
use super::facts::facts;
use super::{Runs, SegmentValue, VoxelShape};
use crate::container::verify::BlockSegment;
use crate::format::segment::VoxelFacts;
use crate::format::space::Space;

/// The voxels of a segment, encoded.
#[derive(Clone, Debug)]
pub struct StoredMask<'a> {
    shape: VoxelShape,
    facts: VoxelFacts,
    block: Block<'a>,
    part: Option<u32>,
}

/// Encoded bytes, in a container or just made; several segments may share them.
#[derive(Clone, Debug)]
enum Block<'a> {
    Stored(&'a [u8]),
    Made(Arc<[u8]>),
}

impl StoredMask<'static> {
    /// Encodes a set; `None` when it is empty. Cost: a few passes over its runs.
    pub fn encode(runs: &Runs, profile: Profile) -> Option<Self> {
        let facts = facts(runs)?;
        let block = Block::Made(codec::encode(runs, profile).into());
        Some(Self { shape: runs.shape(), facts, block, part: None })
    }

    /// Encodes the segments of one image.
    pub fn encode_all(values: &[SegmentValue], profile: Profile) -> Vec<Option<Self>> {
        values.iter().map(|value| Self::encode(&value.runs, profile)).collect()
    }
}

impl<'a> StoredMask<'a> {
    /// Encoded voxels of a container, of which nothing is believed.
    pub fn new(
        shape: VoxelShape,
        facts: VoxelFacts,
        block: &'a [u8],
        part: Option<u32>,
    ) -> StoredMask<'a> {
        Self { shape, facts, block: Block::Stored(block), part }
    }

    /// The facts.
    pub fn facts(&self) -> &VoxelFacts {
        &self.facts
    }

    /// The block.
    pub fn block(&self) -> &[u8] {
        match &self.block {
            Block::Stored(bytes) => bytes,
            Block::Made(bytes) => bytes,
        }
    }

    /// Block, part and facts, to be kept.
    pub fn into_parts(self) -> (Arc<[u8]>, Option<u32>, VoxelFacts) {
        let block = match self.block {
            Block::Stored(bytes) => bytes.into(),
            Block::Made(bytes) => bytes,
        };
        (block, self.part, self.facts)
    }

    /// The same voxels in a block of their own.
    ///
    /// # Errors
    ///
    /// Those of [`StoredMask::runs`].
    pub fn alone(self) -> Result<StoredMask<'a>, String> {
        if self.part.is_none() {
            return Ok(self);
        }
        let made = StoredMask::encode(&self.runs()?, Profile::Small);
        made.ok_or_else(|| "a part without voxels".to_owned())
    }

    /// All runs.
    ///
    /// # Errors
    ///
    /// What is wrong with the block, also when it holds something else than the facts say.
    pub fn runs(&self) -> Result<Runs, String> {
        let decoder = codec::Decoder::new(self.block(), self.shape, &self.facts.bounds);
        let decoded = decoder.and_then(|decoder| decoder.runs());
        let runs = decoded.map_err(|error| error.to_string())?;
        if facts(&runs).as_ref() == Some(&self.facts) {
            return Ok(runs);
        }
        Err("the voxels are not those that the record states".into())
    }
}

impl StoredMask<'_> {
    /// The runs on some slices, of which only the slabs that they are in are decoded.
    ///
    /// # Errors
    ///
    /// What is wrong with the block, as far as it is decoded.
    pub fn runs_of_slices(&self, slices: Range<u64>) -> Result<Runs, String> {
        let decoder = codec::Decoder::new(self.block(), self.shape, &self.facts.bounds);
        let decoded = decoder.and_then(|decoder| decoder.runs_of_slices(slices));
        decoded.map_err(|error| error.to_string())
    }
}

/// Checks a block against the records of its segments, for the verification of a container.
pub fn check_block(space: &Space, block: &[u8], segments: &[BlockSegment]) -> Result<(), String> {
    let shape = VoxelShape::of_space(space).map_err(|error| error.to_string())?;
    for (part, facts) in segments {
        StoredMask::new(shape, facts.clone(), block, *part).runs()?;
    }
    Ok(())
}
