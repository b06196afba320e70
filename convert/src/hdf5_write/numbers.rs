//! A dataset of numbers, collected into chunks.

use half::f16;
use rust_hdf5::{FilterPipeline, H5Dataset, H5Group};

use super::compression::{Stored, shrink};
use super::error::Hdf5WriteError;
use super::names::split;
use super::spec::{ColumnSpec, Measures};
use super::values::Values;

/// Numbers that are turned into bytes at once.
const BLOCK: usize = 8 << 10;

/// One dataset of numbers with the chunk that is being filled.
pub(super) struct Numbers {
    dataset: H5Dataset,
    measures: Measures,
    pipeline: Option<FilterPipeline>,
    chunk: Vec<u8>,
    chunk_bytes: usize,
    written: usize,
}

impl Numbers {
    /// A dataset that grows, or one with exactly `rows`.
    pub(super) fn create(
        group: &H5Group,
        spec: &ColumnSpec,
        rows: Option<usize>,
    ) -> Result<Self, Hdf5WriteError> {
        let measures = spec.measure()?;
        let dataset = dataset(group, spec, &measures, rows)?;
        let pipeline = spec.compression.pipeline(measures.chunk_bytes);
        let chunk_bytes = measures.chunk_rows * measures.row_elements * spec.element.size();
        Ok(Self { dataset, measures, pipeline, chunk: Vec::new(), chunk_bytes, written: 0 })
    }

    /// Appends numbers whose type and count have been checked.
    pub(super) fn append(&mut self, values: Values<'_>) -> rust_hdf5::Result<()> {
        match values {
            Values::Bytes(bytes) => self.bytes(bytes),
            Values::F16(values) => self.each(values, f16::to_le_bytes),
            Values::F32(values) => self.each(values, f32::to_le_bytes),
            Values::I64(values) => self.each(values, i64::to_le_bytes),
            Values::Texts(_) => Ok(()),
        }
    }

    fn each<T: Copy, const N: usize>(
        &mut self,
        values: &[T],
        to_bytes: impl Fn(T) -> [u8; N],
    ) -> rust_hdf5::Result<()> {
        let mut bytes = Vec::with_capacity(N * BLOCK.min(values.len()));
        for block in values.chunks(BLOCK) {
            bytes.clear();
            bytes.extend(block.iter().flat_map(|value| to_bytes(*value)));
            self.bytes(&bytes)?;
        }
        Ok(())
    }

    fn bytes(&mut self, mut bytes: &[u8]) -> rust_hdf5::Result<()> {
        while !bytes.is_empty() {
            if self.chunk.is_empty()
                && let Some((chunk, rest)) = bytes.split_at_checked(self.chunk_bytes)
            {
                self.write(chunk)?;
                bytes = rest;
                continue;
            }
            let room = self.chunk_bytes.saturating_sub(self.chunk.len());
            let (part, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.chunk.extend_from_slice(part);
            bytes = rest;
            if self.chunk.len() == self.chunk_bytes {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> rust_hdf5::Result<()> {
        let mut chunk = std::mem::take(&mut self.chunk);
        let written = self.write(&chunk);
        chunk.clear();
        self.chunk = chunk;
        written
    }

    fn write(&mut self, chunk: &[u8]) -> rust_hdf5::Result<()> {
        match &self.pipeline {
            None => self.dataset.write_chunk(self.written, chunk)?,
            Some(pipeline) => match shrink(pipeline, chunk)? {
                Stored::Shrunk(shrunk) => self.dataset.write_chunk_raw(self.written, &shrunk, 0)?,
                Stored::AsIs(mask) => self.dataset.write_chunk_raw(self.written, chunk, mask)?,
            },
        }
        self.written += 1;
        Ok(())
    }

    /// Writes the last chunk, filled up with zeros, and the final number of rows.
    pub(super) fn finish(mut self, rows: usize) -> rust_hdf5::Result<()> {
        if !self.chunk.is_empty() {
            self.chunk.resize(self.chunk_bytes, 0);
            self.flush()?;
        }
        self.dataset.extend(&self.measures.shape(rows))
    }
}

fn dataset(
    group: &H5Group,
    spec: &ColumnSpec,
    measures: &Measures,
    rows: Option<usize>,
) -> Result<H5Dataset, Hdf5WriteError> {
    super::writer::chunked(group, spec, measures, rows)
        .create(split(&spec.path)?.1)
        .map_err(Hdf5WriteError::library(&spec.path))
}
