//! Segments as they are stored: a block and the facts beside it.

use std::ops::Range;
use std::sync::Arc;

use super::codec::{self, Profile};
use super::facts::{Counter, facts};
use super::together::{self, Together};
use super::{Run, Runs, SegmentValue, VoxelShape};
use crate::container::verify::BlockSegment;
use crate::format::segment::VoxelFacts;
use crate::format::space::Space;

const OTHER_VOXELS: &str = "the voxels are not those that the record states";

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

    /// Encodes the segments of one image: each by itself, or, with [`Profile::Small`], together where that takes
    /// three fifths, or where it alone keeps them from being larger than LZ4 of their label map.
    pub fn encode_all(values: &[SegmentValue], profile: Profile) -> Vec<Option<Self>> {
        let own = |value: &SegmentValue| Self::encode(&value.runs, profile);
        let mut all: Vec<Option<Self>> = values.iter().map(own).collect();
        let sizes = all.iter().flatten().map(|stored| stored.block().len());
        let bytes = sizes.fold(0_usize, usize::saturating_add);
        let parts: Vec<&Runs> =
            values.iter().map(|value| &value.runs).filter(|runs| !runs.is_empty()).collect();
        let try_it = profile == Profile::Small
            && parts.first().is_some_and(|part| together::may_exceed_lz4(part.shape(), bytes));
        let Some(block) = try_it.then(|| together::encode(&parts, bytes)).flatten() else {
            return all;
        };
        let block: Arc<[u8]> = block.into();
        for (part, stored) in (0..).zip(all.iter_mut().flatten()) {
            stored.block = Block::Made(Arc::clone(&block));
            stored.part = Some(part);
        }
        all
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

    /// Which segment of the block it is, when that has several.
    pub fn part(&self) -> Option<u32> {
        self.part
    }

    /// Whether the facts are those of a set.
    pub fn states(&self, runs: &Runs) -> bool {
        facts(runs).as_ref() == Some(&self.facts)
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
        let runs = self.runs_of_slices(self.facts.bounds.slices.clone())?;
        if self.states(&runs) {
            return Ok(runs);
        }
        Err(OTHER_VOXELS.into())
    }

    /// The runs on some slices, of which only the slabs that they are in are decoded.
    ///
    /// # Errors
    ///
    /// What is wrong with the block, as far as it is decoded.
    pub fn runs_of_slices(&self, slices: Range<u64>) -> Result<Runs, String> {
        // A few bytes may decode to more runs than there is memory for, but not to more than the record states.
        let most = self.facts.runs;
        if let Some(part) = self.part {
            return Together::new(self.block(), self.shape)?.part(part, slices, most);
        }
        let (mut runs, mut count, width) = (Vec::new(), 0_u64, self.shape.width());
        self.for_each(slices, |row, start, end| {
            count = count.saturating_add(1);
            if count <= most {
                let first = row.saturating_mul(width);
                let (start, end) = (first.saturating_add(start), first.saturating_add(end));
                runs.push(Run { start, end });
            }
        })?;
        if count > most {
            return Err(OTHER_VOXELS.into());
        }
        Ok(Runs::from_canonical(self.shape, runs))
    }

    /// Calls `sink` with each run on some slices: the number of its row in the whole array, and its columns. The
    /// path to dense arrays: nothing is collected.
    ///
    /// # Errors
    ///
    /// Those of [`StoredMask::runs_of_slices`]; `sink` may have seen runs by then, all of them inside of the box.
    pub fn for_each(
        &self,
        slices: Range<u64>,
        mut sink: impl FnMut(u64, u64, u64),
    ) -> Result<(), String> {
        if self.part.is_some() {
            let width = self.shape.width();
            for run in self.runs_of_slices(slices)?.as_slice() {
                let row = run.start.checked_div(width).unwrap_or(0);
                let first = row.saturating_mul(width);
                sink(row, run.start.saturating_sub(first), run.end.saturating_sub(first));
            }
            return Ok(());
        }
        let decoder = codec::Decoder::new(self.block(), self.shape, &self.facts.bounds);
        let decoded = decoder.and_then(|decoder| decoder.for_each(slices, sink));
        decoded.map_err(|error| error.to_string())
    }
}

/// All segments of the block of a stored one.
///
/// # Errors
///
/// What is wrong with the block.
pub fn parts_of(stored: &StoredMask<'_>) -> Result<Vec<Runs>, String> {
    Together::new(stored.block(), stored.shape)?.parts()
}

/// Checks a block against the records of its segments, for the verification of a container. Nothing is collected:
/// a few bytes may decode to more runs than there is memory for.
pub fn check_block(space: &Space, block: &[u8], segments: &[BlockSegment]) -> Result<(), String> {
    let shape = VoxelShape::of_space(space).map_err(|error| error.to_string())?;
    let [(None, facts)] = segments else { return Together::new(block, shape)?.check(segments) };
    let mut counter = Counter::new(shape);
    let stored = StoredMask::new(shape, facts.clone(), block, None);
    stored.for_each(facts.bounds.slices.clone(), |row, start, end| counter.add(row, start, end))?;
    if counter.facts().as_ref() == Some(facts) { Ok(()) } else { Err(OTHER_VOXELS.into()) }
}
