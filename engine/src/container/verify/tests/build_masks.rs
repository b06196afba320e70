//! Row groups of segments, of which every byte may be anything.

use std::collections::BTreeSet;

use crate::container::encode::{Encoded, name_key};
use crate::format::group::blob::SECTIONS_MAX;
use crate::format::group::{BlobHeader, BlobWriter, Layout, Section};
use crate::format::segment::{BlockRef, Bounds, SegmentRecord, VoxelFacts, segment_row};
use crate::format::varint::put;
use crate::storage::{AlignedBuf, Bytes};

/// A row group of segments before it is bytes.
#[derive(Clone, Default)]
pub(super) struct RawMasks {
    pub(super) rows: Vec<u64>,
    pub(super) codes: Vec<u32>,
    pub(super) names: Vec<Vec<u8>>,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) blocks: Vec<u8>,
}

impl RawMasks {
    /// Segments (image, number, group, name) with their records.
    pub(super) fn new(segments: &[(u64, u64, &str, &str, Vec<u8>)], blocks: usize) -> Self {
        let keys = segments.iter().map(|(_, _, group, name, _)| name_key(group, name));
        let names: Vec<Vec<u8>> = keys.collect::<BTreeSet<_>>().into_iter().collect();
        let code = |group: &str, name: &str| {
            let place = names.binary_search(&name_key(group, name)).unwrap();
            u32::try_from(place).unwrap()
        };
        Self {
            rows: segments.iter().map(|(image, slot, ..)| segment_row(*image, *slot)).collect(),
            codes: segments.iter().map(|(_, _, group, name, _)| code(group, name)).collect(),
            records: segments.iter().map(|(.., record)| record.clone()).collect(),
            blocks: vec![7; blocks],
            names: names.clone(),
        }
    }

    /// The bytes: offsets are those of the names and the records.
    pub(super) fn encode(&self) -> Encoded {
        let offsets = |texts: &[Vec<u8>]| -> Vec<u8> {
            let mut end = 0_u32;
            let mut out = end.to_le_bytes().to_vec();
            for text in texts {
                end += u32::try_from(text.len()).unwrap();
                out.extend(end.to_le_bytes());
            }
            out
        };
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
            bytes.resize(usize::try_from(place.offset).unwrap(), 0);
            bytes.extend(section);
        }
        let last_row = *self.rows.last().unwrap();
        Encoded { layout, count, first_row, last_row, total: count, bytes: aligned(&bytes) }
    }
}

fn aligned(bytes: &[u8]) -> Bytes {
    let mut buf = AlignedBuf::with_capacity(bytes.len()).unwrap();
    buf.extend_from_slice(bytes).unwrap();
    buf.into_bytes()
}

/// A box of 1 x 4 x 5 voxels with a single run of 3; where the block is, and which part of it.
pub(super) fn voxels(offset: u64, len: u64, part: Option<u32>) -> (BlockRef, VoxelFacts) {
    let bounds = Bounds { slices: 2..3, rows: 4..8, columns: 10..15 };
    let facts = VoxelFacts { voxels: 3, runs: 1, bounds, sums: [0, 3, 9], depth: None };
    (BlockRef { offset, len, part }, facts)
}

pub(super) fn record(record: &SegmentRecord<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    bytes
}

/// A record with voxels alone.
pub(super) fn with_voxels(offset: u64, len: u64, part: Option<u32>) -> Vec<u8> {
    record(&SegmentRecord { voxels: Some(voxels(offset, len, part)), ..SegmentRecord::default() })
}

/// A record that has all but voxels.
pub(super) fn full() -> SegmentRecord<'static> {
    SegmentRecord {
        voxels: None,
        priority: -3,
        colour: Some([1, 2, 3, 255]),
        codes: vec![["SCT", "10200004", "Liver"], ["", "x", "\u{e9}"]],
        json: "{\"a\": 1}",
    }
}

/// Bytes and numbers one after another: numbers as varints.
pub(super) fn bytes(flags: u8, numbers: &[u128], behind: &[u8]) -> Vec<u8> {
    let mut out = vec![flags];
    for &number in numbers {
        put(number, &mut out);
    }
    out.extend_from_slice(behind);
    out
}

/// The first row group: some segments of images 0, 1, 3, 10 and 12. Image 3 is deleted later; number 1 of image 10
/// is replaced, number 2 of image 12 cleared.
pub(super) fn first() -> RawMasks {
    let some = SegmentRecord { voxels: Some(voxels(10, 20, Some(1))), ..full() };
    RawMasks::new(
        &[
            (0, 0, "", "liver", with_voxels(0, 10, None)),
            (0, 1, "", "spleen", record(&SegmentRecord::default())),
            (0, 4, "g", "liver", with_voxels(10, 20, Some(0))),
            (0, 5, "g", "tumour", record(&some)),
            (1, 0, "", "liver", with_voxels(30, 10, None)),
            (3, 0, "", "liver", with_voxels(40, 10, None)),
            (10, 0, "", "liver", record(&full())),
            (10, 1, "", "spleen", with_voxels(50, 10, None)),
            (12, 2, "", "liver", with_voxels(60, 5940, None)),
        ],
        6000,
    )
}

/// The second row group.
pub(super) fn second() -> RawMasks {
    RawMasks::new(
        &[
            (10, 1, "g", "spleen", with_voxels(0, 5, None)),
            (240, 0, "", "liver", with_voxels(5, 5, None)),
        ],
        10,
    )
}

/// That of the log: segments of an old image and of two new ones.
pub(super) fn in_log() -> RawMasks {
    RawMasks::new(
        &[
            (0, 1, "", "spleen", with_voxels(0, 5, None)),
            (281, 0, "", "a", with_voxels(5, 5, Some(7))),
            (281, 1, "", "b", with_voxels(5, 5, Some(3))),
            (282, 0, "", "liver", record(&SegmentRecord::default())),
        ],
        10,
    )
}
