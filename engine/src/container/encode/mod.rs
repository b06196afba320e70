//! Rows to row groups: the bytes of each layout.
//!
//! Rows are given in ascending order; the results are deterministic.

mod attribute;
mod keys;
mod masks;
mod metadata;
mod prompts;
mod regions;
mod tokens;
mod vector;

pub use attribute::{ScalarInput, TextInput};
pub use keys::KeysInput;
pub use masks::{MasksInput, SegmentEntry, name_key};
pub use metadata::MetadataInput;
pub use prompts::PromptsInput;
pub use regions::{RegionEntry, RegionsInput};
pub use tokens::TokensInput;
pub use vector::VectorInput;

use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::group::blob::SECTIONS_MAX;
use crate::format::group::{BlobHeader, BlobWriter, GroupDesc, Layout, Section};
use crate::storage::{AlignedBuf, Bytes};

/// A row group that was just encoded.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Layout of the bytes.
    pub layout: Layout,
    /// Images.
    pub count: u64,
    /// Lowest row.
    pub first_row: u64,
    /// Highest row.
    pub last_row: u64,
    /// Entries.
    pub total: u64,
    /// The row group.
    pub bytes: Bytes,
}

impl Encoded {
    /// A descriptor without a place yet.
    pub fn describe(&self, column: u32, id: u64) -> GroupDesc {
        GroupDesc {
            id,
            column,
            layout: self.layout,
            inline: true,
            count: self.count,
            first_row: self.first_row,
            last_row: self.last_row,
            total: self.total,
            data: Extent { page: 0, len: self.bytes.len() as u64, crc: 0 },
            bulk: Extent::default(),
            dead_count: 0,
            dead: Extent::default(),
        }
    }
}

/// What the header of a row group says, less the sections.
struct Shape<'a> {
    layout: Layout,
    rows: &'a [u64],
    total: u64,
    dim: u32,
    dtype: u32,
    stride: u32,
}

/// Appends sections in their order.
struct Assembly {
    plan: BlobWriter,
    buf: AlignedBuf,
}

impl Assembly {
    /// Plans the sections after the rows, whose lengths in bytes are `lens`, and writes header and rows.
    fn start(shape: &Shape<'_>, lens: &[u64]) -> Result<(Self, Vec<Section>)> {
        let first_row = shape.rows.first().copied().unwrap_or(0);
        let mut plan = BlobWriter::new(&BlobHeader {
            layout: shape.layout,
            count: shape.rows.len() as u64,
            first_row,
            dim: shape.dim,
            dtype: shape.dtype,
            stride: shape.stride,
            total: shape.total,
            sections: [Section::default(); SECTIONS_MAX],
        });
        let dense = is_dense(shape.rows);
        let rows =
            plan.section(if dense { 0 } else { (shape.rows.len() as u64).saturating_mul(8) });
        let sections = lens.iter().map(|&len| plan.section(len)).collect();
        let bytes = plan.len();
        let memory = |_| Error::OutOfMemory { bytes };
        let capacity = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut buf = AlignedBuf::with_capacity(capacity).map_err(memory)?;
        buf.extend_from_slice(&plan.encode_header()).map_err(memory)?;
        let mut assembly = Self { plan, buf };
        if !dense {
            assembly.fill(rows, shape.rows)?;
        }
        Ok((assembly, sections))
    }

    /// Pads up to a section.
    fn seek(&mut self, section: Section) -> Result<()> {
        let start = usize::try_from(section.offset).unwrap_or(usize::MAX);
        if start > self.buf.len() {
            self.buf.resize(start).map_err(|_| self.no_memory())?;
        }
        Ok(())
    }

    fn put<T: bytemuck::NoUninit>(&mut self, values: &[T]) -> Result<()> {
        let bytes = bytemuck::cast_slice(values);
        self.buf.extend_from_slice(bytes).map_err(|_| Error::OutOfMemory { bytes: 0 })
    }

    fn fill<T: bytemuck::NoUninit>(&mut self, section: Section, values: &[T]) -> Result<()> {
        self.seek(section)?;
        self.put(values)
    }

    /// One feature, padded with zeros to the stride.
    fn put_row(&mut self, feature: &[u8], stride: u64) -> Result<()> {
        const ZEROS: [u8; 64] = [0; 64];
        self.put(feature)?;
        let pad = stride.saturating_sub(feature.len() as u64);
        let zeros = ZEROS.get(..usize::try_from(pad).unwrap_or(0));
        self.put(zeros.unwrap_or(&[]))
    }

    fn no_memory(&self) -> Error {
        Error::OutOfMemory { bytes: self.plan.len() }
    }

    fn finish(mut self, shape: &Shape<'_>) -> Result<Encoded> {
        let len = usize::try_from(self.plan.len()).unwrap_or(usize::MAX);
        self.buf.resize(len).map_err(|_| Error::OutOfMemory { bytes: len as u64 })?;
        Ok(Encoded {
            layout: shape.layout,
            count: shape.rows.len() as u64,
            first_row: shape.rows.first().copied().unwrap_or(0),
            last_row: shape.rows.last().copied().unwrap_or(0),
            total: shape.total,
            bytes: self.buf.into_bytes(),
        })
    }
}

fn is_dense(rows: &[u64]) -> bool {
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => last.saturating_sub(*first) == rows.len() as u64 - 1,
        _ => true,
    }
}

/// Offsets of texts one after another, as many as texts plus one.
fn text_offsets<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<u32>> {
    let mut offsets = vec![0_u32];
    let mut end = 0_u64;
    for text in texts {
        end = end.saturating_add(text.len() as u64);
        let limit = u64::from(u32::MAX);
        let offset = u32::try_from(end).map_err(|_| Error::Limit {
            what: "bytes of text in a row group",
            value: end,
            limit,
        })?;
        offsets.push(offset);
    }
    Ok(offsets)
}
