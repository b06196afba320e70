//! Segments as one array.

use std::io::{self, Read};

use vesalius::{SegmentValue, VoxelShape};

use super::super::paint::Painter;
use super::blob::BlobHead;
use super::error::MedMaskErrorKind;
use super::zstd;

/// Voxels that are painted at a time: whole bytes of packed truth values.
const VOXELS: u64 = 1 << 16;

/// The array of segments that neither overlap nor share labels, in the smallest type that holds their labels:
/// packed truth values if there is no label but 1. Memory: the packed array and 1 MiB.
pub(super) fn array(
    segments: &[&SegmentValue],
    shape: VoxelShape,
) -> Result<Vec<u8>, MedMaskErrorKind> {
    let labels = segments.iter().map(|value| value.segment.label);
    let item = match labels.max().unwrap_or(1) {
        0..=1 => None,
        2..=0xFF => Some(1),
        0x100..=0xFFFF => Some(2),
        _ => Some(4),
    };
    let bytes = match item {
        None => shape.voxels().div_ceil(8),
        Some(item) => shape.voxels().saturating_mul(item as u64),
    };
    let scaled = |voxels: u64| {
        let voxels = usize::try_from(voxels).unwrap_or(0);
        item.map_or(voxels / 8, |item| voxels.saturating_mul(item))
    };
    let steps = [item.unwrap_or(1), scaled(shape.width()), scaled(shape.slice_voxels())];
    let content = || Values {
        painter: Painter::new(segments.iter().copied()),
        left: shape.voxels(),
        item,
        voxels: Vec::new(),
        bytes: Vec::new(),
        at: 0,
    };
    let mut out = BlobHead::encode(item, shape.zyx());
    out.extend(zstd::pack(bytes, steps, content)?);
    Ok(out)
}

/// The values as bytes.
struct Values<'a> {
    painter: Painter<'a>,
    left: u64,
    item: Option<usize>,
    voxels: Vec<u32>,
    bytes: Vec<u8>,
    at: usize,
}

impl Values<'_> {
    fn fill(&mut self) {
        let count = usize::try_from(self.left.min(VOXELS)).unwrap_or(0);
        self.left = self.left.saturating_sub(count as u64);
        self.voxels.resize(count, 0);
        self.painter.paint(&mut self.voxels);
        self.at = 0;
        self.bytes.clear();
        let Some(item) = self.item else {
            let bit = |byte: u8, voxel: &u32| (byte << 1) | u8::from(*voxel != 0);
            self.bytes.extend(self.voxels.chunks(8).map(|eight| {
                let missing = 8_u32.saturating_sub(u32::try_from(eight.len()).unwrap_or(8));
                eight.iter().fold(0, bit) << missing
            }));
            return;
        };
        for voxel in &self.voxels {
            self.bytes.extend_from_slice(voxel.to_le_bytes().get(..item).unwrap_or_default());
        }
    }
}

impl Read for Values<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.bytes.len() {
            self.fill();
        }
        let ready = self.bytes.get(self.at..).unwrap_or_default();
        let count = ready.len().min(out.len());
        out.iter_mut().zip(ready).for_each(|(to, from)| *to = *from);
        self.at = self.at.saturating_add(count);
        Ok(count)
    }
}
