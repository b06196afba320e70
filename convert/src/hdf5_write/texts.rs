//! A dataset of texts, collected into batches.

use rust_hdf5::{H5File, H5Group};

use super::error::Hdf5WriteError;
use super::names::split;
use super::spec::ColumnSpec;
use super::writer::chunked;

/// Bytes of text that are handed over at once: each batch costs the library a look at its heaps.
const BATCH_BYTES: usize = 1 << 20;

/// One dataset of texts with those that are still to be written.
pub(super) struct Texts {
    path: String,
    batch: String,
    ends: Vec<usize>,
    most: usize,
}

impl Texts {
    pub(super) fn create(group: &H5Group, spec: &ColumnSpec) -> Result<Self, Hdf5WriteError> {
        let measures = spec.measure()?;
        // Not the library's own function for columns of texts: with the oldest version of the
        // format that one leaves a chunk shape which libhdf5 refuses.
        chunked(group, spec, &measures, None)
            .create(split(&spec.path)?.1)
            .map_err(Hdf5WriteError::library(&spec.path))?;
        let most = measures.chunk_rows;
        Ok(Self { path: spec.path.clone(), batch: String::new(), ends: Vec::new(), most })
    }

    /// Appends texts that have been checked.
    pub(super) fn append(&mut self, file: &H5File, texts: &[&str]) -> rust_hdf5::Result<()> {
        for text in texts {
            self.batch.push_str(text);
            self.ends.push(self.batch.len());
            if self.ends.len() >= self.most || self.batch.len() >= BATCH_BYTES {
                self.flush(file)?;
            }
        }
        Ok(())
    }

    pub(super) fn flush(&mut self, file: &H5File) -> rust_hdf5::Result<()> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let texts: Vec<&str> = starts
            .zip(&self.ends)
            .map(|(start, end)| self.batch.get(start..*end).unwrap_or_default())
            .collect();
        file.append_vlen_strings(&self.path, &texts)?;
        self.batch.clear();
        self.ends.clear();
        Ok(())
    }
}
