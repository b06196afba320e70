//! What a column is to be.

use super::compression::Compression;
use super::error::Hdf5WriteError;
use super::values::ElementType;

/// Bytes of a chunk, where the caller does not say: as much as h5py's chunk cache holds.
const USUAL_CHUNK_BYTES: u64 = 1 << 20;
/// Rows of a chunk, where the caller does not say, at most.
const USUAL_CHUNK_ROWS: u64 = 4096;
/// Bytes of a chunk at most. A column keeps one in memory, and so does whoever reads it.
const MAX_CHUNK_BYTES: u64 = 1 << 30;

/// A dataset `[rows, tail...]` in chunks `[chunk_rows, tail...]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Path in the file, such as `features` or `group/features`; the group must exist.
    pub path: String,
    /// Type of the elements.
    pub element: ElementType,
    /// The shape of one row, without zeros; empty for one value a row, as it must be for texts.
    pub tail: Vec<u64>,
    /// Rows of a chunk, at least 1; a chunk may have 1 GiB.
    pub chunk_rows: u64,
    /// How chunks are stored.
    pub compression: Compression,
}

impl ColumnSpec {
    /// A vector `[dim]` a row, in chunks of about 1 MiB.
    pub fn vectors(path: &str, element: ElementType, dim: u64) -> Self {
        Self::rows(path, element, &[dim])
    }

    /// One value a row, in chunks of 4096.
    pub fn scalars(path: &str, element: ElementType) -> Self {
        Self::rows(path, element, &[])
    }

    /// An array of shape `tail` a row, in chunks of about 1 MiB.
    pub fn rows(path: &str, element: ElementType, tail: &[u64]) -> Self {
        let row_bytes =
            tail.iter().fold(element.size() as u64, |size, dim| size.saturating_mul(*dim));
        let chunk_rows = (USUAL_CHUNK_BYTES / row_bytes.max(1)).clamp(1, USUAL_CHUNK_ROWS);
        let compression = Compression::default();
        Self { path: path.to_owned(), element, tail: tail.to_vec(), chunk_rows, compression }
    }

    /// The same with chunks of `rows`.
    #[must_use]
    pub fn with_chunk_rows(self, rows: u64) -> Self {
        Self { chunk_rows: rows, ..self }
    }

    /// The same stored as said.
    #[must_use]
    pub fn with_compression(self, compression: Compression) -> Self {
        Self { compression, ..self }
    }

    /// The sizes that follow from it, or what is wrong with it.
    pub(super) fn measure(&self) -> Result<Measures, Hdf5WriteError> {
        let refused = |what: &str| Hdf5WriteError::refused(&self.path, what);
        if self.element == ElementType::Text && !self.tail.is_empty() {
            return Err(refused("texts come one a row; leave the shape of a row empty"));
        }
        if self.chunk_rows == 0 || self.tail.contains(&0) {
            return Err(refused("a chunk without elements; no size of a row or chunk may be 0"));
        }
        let row = self.tail.iter().try_fold(1_u64, |row, dim| row.checked_mul(*dim));
        let chunk_bytes = row
            .and_then(|row| {
                row.checked_mul(self.chunk_rows)?.checked_mul(self.element.size() as u64)
            })
            .filter(|bytes| *bytes <= MAX_CHUNK_BYTES)
            .and_then(|bytes| u32::try_from(bytes).ok())
            .ok_or_else(|| refused("a chunk of more than 1 GiB; put fewer rows into a chunk"))?;
        let to_usize =
            |size: u64| usize::try_from(size).map_err(|_| refused("a size is too large"));
        let tail = self.tail.iter().copied().map(to_usize).collect::<Result<Vec<_>, _>>()?;
        let row_elements = tail.iter().product();
        Ok(Measures { tail, row_elements, chunk_rows: to_usize(self.chunk_rows)?, chunk_bytes })
    }
}

/// Sizes of a column that has been checked.
#[derive(Debug, Clone)]
pub(super) struct Measures {
    pub(super) tail: Vec<usize>,
    pub(super) row_elements: usize,
    pub(super) chunk_rows: usize,
    pub(super) chunk_bytes: u32,
}

impl Measures {
    /// `[first, tail...]`.
    pub(super) fn shape(&self, first: usize) -> Vec<usize> {
        std::iter::once(first).chain(self.tail.iter().copied()).collect()
    }
}
