//! Row groups of segments of which every byte may be anything, and the blocks in them.

use std::collections::BTreeSet;

use vesalius::container::encode::{Encoded, name_key};
use vesalius::format::group::blob::SECTIONS_MAX;
use vesalius::format::group::{BlobHeader, BlobWriter, Layout, Section};
use vesalius::format::segment::{BlockRef, SegmentRecord, VoxelFacts, segment_row};
use vesalius::format::varint::put;
use vesalius::mask::codec::Profile;
use vesalius::mask::partition;
use vesalius::mask::stored::StoredMask;
use vesalius::storage::AlignedBuf;
use vesalius::{Runs, Space, VoxelShape};

use super::surgery::at;

/// Where a block is, and what is in it.
pub type Voxels = (BlockRef, VoxelFacts);

/// A row group of segments before it is bytes.
#[derive(Clone, Debug, Default)]
pub struct RawMasks {
    /// Rows of segments.
    pub rows: Vec<u64>,
    /// For each the index of its name.
    pub codes: Vec<u32>,
    /// Bytes of each name.
    pub names: Vec<Vec<u8>>,
    /// Bytes of each record.
    pub records: Vec<Vec<u8>>,
    /// All blocks.
    pub blocks: Vec<u8>,
}

impl RawMasks {
    /// Adds a block.
    pub fn block(&mut self, bytes: &[u8]) -> BlockRef {
        let offset = self.blocks.len() as u64;
        self.blocks.extend_from_slice(bytes);
        BlockRef { offset, len: bytes.len() as u64, part: None }
    }

    /// Adds a block of its own for a set.
    pub fn own(&mut self, runs: &Runs, profile: Profile) -> Voxels {
        let stored = StoredMask::encode(runs, profile).unwrap();
        (self.block(stored.block()), stored.facts().clone())
    }

    /// Adds a block in a coding that was made by hand.
    pub fn made(&mut self, runs: &Runs, block: &[u8]) -> Voxels {
        (self.block(block), facts(runs))
    }

    /// Adds a block of several sets.
    pub fn together(&mut self, parts: &[Runs]) -> Vec<Voxels> {
        let place = self.block(&together(parts));
        let part = |number: u32| BlockRef { part: Some(number), ..place };
        (0..).zip(parts).map(|(number, runs)| (part(number), facts(runs))).collect()
    }

    /// Adds segments (image, number, group, name, record); there may be none yet.
    pub fn name(&mut self, segments: &[(u64, u64, &str, &str, Vec<u8>)]) {
        let keys = segments.iter().map(|(_, _, group, name, _)| name_key(group, name));
        self.names = keys.collect::<BTreeSet<_>>().into_iter().collect();
        for (image, slot, group, name, record) in segments {
            let code = self.names.binary_search(&name_key(group, name)).unwrap();
            self.rows.push(segment_row(*image, *slot));
            self.codes.push(u32::try_from(code).unwrap());
            self.records.push(record.clone());
        }
    }

    /// The bytes.
    pub fn encode(&self) -> Encoded {
        let labels: Vec<u32> = (1..).take(self.rows.len()).collect();
        let sections: [Vec<u8>; 8] = [
            bytemuck::cast_slice(&self.rows).to_vec(),
            bytemuck::cast_slice(&self.codes).to_vec(),
            bytemuck::cast_slice(&labels).to_vec(),
            offsets(&self.names),
            self.names.concat(),
            offsets(&self.records),
            self.records.concat(),
            self.blocks.clone(),
        ];
        let (count, first_row) = (self.rows.len() as u64, self.rows[0]);
        let layout = Layout::Masks;
        let mut plan = BlobWriter::new(&BlobHeader {
            layout,
            count,
            first_row,
            dim: 0,
            dtype: 0,
            stride: 0,
            total: count,
            sections: [Section::default(); SECTIONS_MAX],
        });
        let places: Vec<Section> = sections.iter().map(|s| plan.section(s.len() as u64)).collect();
        let mut bytes = plan.encode_header();
        for (section, place) in sections.iter().zip(places) {
            bytes.resize(at(place.offset), 0);
            bytes.extend(section);
        }
        let mut aligned = AlignedBuf::with_capacity(bytes.len()).unwrap();
        aligned.extend_from_slice(&bytes).unwrap();
        let last_row = self.rows.last().copied().unwrap_or(first_row);
        let bytes = aligned.into_bytes();
        Encoded { layout, count, first_row, last_row, total: count, bytes }
    }
}

fn offsets(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut end = 0_u32;
    let mut out = end.to_le_bytes().to_vec();
    for text in texts {
        end += u32::try_from(text.len()).unwrap();
        out.extend(end.to_le_bytes());
    }
    out
}

/// What is known of a set.
pub fn facts(runs: &Runs) -> VoxelFacts {
    StoredMask::encode(runs, Profile::Fast).unwrap().facts().clone()
}

/// The common block of sets that do not overlap.
pub fn together(parts: &[Runs]) -> Vec<u8> {
    let parts: Vec<&Runs> = parts.iter().collect();
    let all = parts.iter().filter_map(|part| part.bounds());
    let all = all.reduce(|a, b| a.union(&b)).unwrap();
    let mut block = Vec::new();
    for range in [&all.slices, &all.rows, &all.columns] {
        put(u128::from(range.start), &mut block);
        put(u128::from(range.end - range.start), &mut block);
    }
    block.extend(partition::encode(&parts).unwrap());
    block
}

/// The bytes of a record.
pub fn record(record: &SegmentRecord<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    bytes
}

/// A record with voxels alone.
pub fn with(voxels: &Voxels) -> Vec<u8> {
    record(&SegmentRecord { voxels: Some(voxels.clone()), ..SegmentRecord::default() })
}

/// Flags, numbers as varints, bytes.
pub fn bytes(flags: u8, numbers: &[u128], behind: &[u8]) -> Vec<u8> {
    let mut out = vec![flags];
    for &number in numbers {
        put(number, &mut out);
    }
    out.extend_from_slice(behind);
    out
}

/// The voxels [t, z, y, x] of a space for which something holds.
pub fn set(space: &Space, holds: impl Fn([u64; 4]) -> bool) -> Runs {
    let shape = VoxelShape::of_space(space).unwrap();
    let dense: Vec<u8> = (0..shape.voxels()).map(|i| u8::from(holds(shape.position(i)))).collect();
    Runs::from_dense(shape, &dense).unwrap()
}
