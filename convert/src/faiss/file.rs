//! The vectors of a file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use half::f16;

use super::cursor::Cursor;
use super::error::FaissError;
use super::kinds;
use super::lists;
use super::parse::{self, Element, Index, Rows};
use crate::npy::{ByteSource, FileSource};

/// Bytes that are well read at once.
const READ_BYTES: u64 = 1 << 20;

type Result<T> = std::result::Result<T, FaissError>;

/// How an index compares vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaissMetric {
    /// `METRIC_INNER_PRODUCT`.
    InnerProduct,
    /// `METRIC_L2`, which FAISS gives squared.
    L2,
    /// Another one, by its number in FAISS.
    Other(i32),
}

/// A file of FAISS whose structure was checked. Vectors are read by row; rows are those of the index, or for
/// inverted lists the vectors in the order of their ids.
pub struct FaissFile {
    source: Arc<dyn ByteSource>,
    index: Index,
}

impl FaissFile {
    /// Opens a file and checks its structure. Cost: a few reads; for inverted lists all ids.
    ///
    /// # Errors
    /// An index that is not read, damage, what the system reports.
    pub fn open(path: &Path) -> Result<Self> {
        Self::from_source(Arc::new(FileSource::open(path)?))
    }

    /// Reads an index that lies elsewhere.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_source(source: Arc<dyn ByteSource>) -> Result<Self> {
        let index = parse::whole(&mut Cursor::new(&*source))?;
        Ok(Self { source, index })
    }

    /// Whether a file that begins so is one of FAISS, also of an index that is refused.
    pub fn recognise(head: &[u8]) -> bool {
        head.first_chunk().is_some_and(|fourcc| kinds::is_index(*fourcc))
    }

    /// The name of the index in Python, as `IndexFlatIP` or `IndexIDMap2 of IndexFlatL2`.
    pub fn kind(&self) -> &str {
        &self.index.kind
    }

    /// How it compares vectors.
    pub fn metric(&self) -> FaissMetric {
        self.index.metric
    }

    /// Values a vector.
    pub fn dim(&self) -> usize {
        usize::try_from(self.index.dim).unwrap_or(usize::MAX)
    }

    /// Number of vectors.
    pub fn len(&self) -> u64 {
        self.index.len
    }

    /// Whether there are no vectors.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether values are stored in half precision.
    pub fn is_half(&self) -> bool {
        self.index.element == Element::F16
    }

    /// Whether the file gives vectors ids; else an id is the number of a row.
    pub fn has_ids(&self) -> bool {
        self.index.ids.is_some() || matches!(self.index.rows, Rows::Lists(_))
    }

    /// Rows that are well read at once: about a megabyte.
    pub fn preferred_rows(&self) -> usize {
        let rows = READ_BYTES.checked_div(self.row_bytes()).unwrap_or(1);
        usize::try_from(rows.max(1)).unwrap_or(1)
    }

    fn row_bytes(&self) -> u64 {
        u64::from(self.index.dim).saturating_mul(self.index.element.size())
    }

    fn check(&self, first: u64, count: usize) -> Result<u64> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if first.checked_add(count).is_some_and(|end| end <= self.len()) {
            return Ok(count);
        }
        let what = format!("rows {first} and {count} on are not among {} rows", self.len());
        Err(FaissError::malformed(0, what))
    }

    /// The ids of some rows.
    ///
    /// # Errors
    /// Rows that are not there; what the system reports.
    pub fn read_ids(&self, first: u64, count: usize) -> Result<Vec<i64>> {
        let count = self.check(first, count)?;
        if let Some(ids) = self.index.ids {
            let start = ids.start.saturating_add(first.saturating_mul(8));
            return lists::read_ids(&*self.source, start, count);
        }
        let rows = first..first.saturating_add(count);
        Ok(match &self.index.rows {
            Rows::Lists(lists) => rows.filter_map(|row| Some(lists.get(row)?.0)).collect(),
            Rows::Dense(_) => rows.filter_map(|row| i64::try_from(row).ok()).collect(),
        })
    }

    /// Appends the vectors of some rows; exact, also of half precision.
    ///
    /// # Errors
    /// Rows that are not there; what the system reports.
    pub fn read_rows_f32(&self, first: u64, count: usize, out: &mut Vec<f32>) -> Result<()> {
        let rows = self.check(first, count)?;
        let size = self.row_bytes();
        match &self.index.rows {
            Rows::Dense(start) => {
                let from = start.saturating_add(first.saturating_mul(size));
                self.append(from, rows.saturating_mul(size), out)
            }
            Rows::Lists(lists) => {
                let places = first..first.saturating_add(rows);
                places
                    .filter_map(|row| lists.get(row))
                    .try_for_each(|(_, at)| self.append(at, size, out))
            }
        }
    }

    fn append(&self, from: u64, bytes: u64, out: &mut Vec<f32>) -> Result<()> {
        let (mut from, mut left) = (from, bytes);
        let mut buffer = vec![0; usize::try_from(left.min(READ_BYTES)).unwrap_or(0)];
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let part = buffer.get_mut(..now).unwrap_or_default();
            self.source.read_at(from, part)?;
            match self.index.element {
                Element::F32 => {
                    let (values, _) = part.as_chunks();
                    out.extend(values.iter().map(|value| f32::from_le_bytes(*value)));
                }
                Element::F16 => {
                    let (values, _) = part.as_chunks();
                    out.extend(values.iter().map(|value| f16::from_le_bytes(*value).to_f32()));
                }
            }
            from = from.saturating_add(now as u64);
            left = left.saturating_sub(now as u64);
        }
        Ok(())
    }
}

impl fmt::Debug for FaissFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, len, dim) = (self.kind(), self.len(), self.dim());
        write!(f, "FaissFile({kind}, {len} x {dim})")
    }
}
