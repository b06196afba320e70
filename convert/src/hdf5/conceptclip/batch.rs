//! Rows of all datasets, side by side.

use super::super::dataset::Dataset;
use super::super::element::ElementType;
use super::super::error::H5Error;
use super::super::limits;
use super::ConceptClip;

/// Split of a row where the file names none.
pub const NO_SPLIT: &str = "unspecified";

/// Consecutive rows. Arrays are little-endian values of the element type, one row after another.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The number of the first row.
    pub first: u64,
    /// The ids; the row numbers where the file has none.
    pub ids: Vec<i64>,
    /// The labels as stored; -1 where the file has none.
    pub labels: Vec<i64>,
    /// The split names; [`NO_SPLIT`] where the file has none.
    pub splits: Vec<String>,
    /// The type of `features`.
    pub feature_type: ElementType,
    /// `[rows, D]`.
    pub features: &'a [u8],
    /// The type of `tokens`.
    pub token_type: Option<ElementType>,
    /// `[rows, T, D]`.
    pub tokens: Option<&'a [u8]>,
}

impl Batch<'_> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no rows; a batch that is handed out has some.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The feature of row `at` of the batch.
    pub fn feature(&self, at: usize) -> Option<&[u8]> {
        row(self.features, at, self.len())
    }

    /// The tokens of row `at` of the batch.
    pub fn token(&self, at: usize) -> Option<&[u8]> {
        row(self.tokens?, at, self.len())
    }
}

fn row(bytes: &[u8], at: usize, rows: usize) -> Option<&[u8]> {
    let size = bytes.len().checked_div(rows)?;
    bytes.get(at.checked_mul(size)?..at.checked_add(1)?.checked_mul(size)?)
}

/// How far a reading came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The row after the last one that was handed out.
    pub next_row: u64,
    /// Chunks that were never written, by dataset: their rows are the fill value.
    pub missing_features: u64,
    /// The same for tokens.
    pub missing_tokens: u64,
}

impl ConceptClip {
    /// Hands out the rows from `from` to the end, at most `max_rows` at a time and not more than
    /// `limits::MAX_BATCH_BYTES` of one dataset, in order, until `each` answers false or fails.
    ///
    /// Every chunk is decoded once. Memory: a batch, and a chunk row of features and of tokens.
    pub fn for_each_batch<E: From<H5Error>>(
        &self,
        from: u64,
        max_rows: u64,
        mut each: impl FnMut(&Batch<'_>) -> Result<bool, E>,
    ) -> Result<Progress, E> {
        let mut features = self.features.rows()?;
        let mut tokens = self.tokens.as_ref().map(Dataset::rows).transpose()?;
        let most = features.batch_rows(max_rows.clamp(1, limits::MAX_COLUMN_ELEMENTS));
        let most = tokens.as_ref().map_or(most, |t| t.batch_rows(most));
        let (mut feature_bytes, mut token_bytes) = (Vec::new(), Vec::new());
        let mut side = Side::default();
        let mut row = from;
        while row < self.rows {
            let count = most.min(self.rows - row);
            features.read(row, count, &mut feature_bytes)?;
            if let Some(tokens) = &mut tokens {
                tokens.read(row, count, &mut token_bytes)?;
            }
            let (ids, labels, splits) = side.take(self, row, count)?;
            let batch = Batch {
                first: row,
                ids,
                labels,
                splits,
                feature_type: self.feature_type(),
                features: &feature_bytes,
                token_type: self.token_type(),
                tokens: tokens.as_ref().map(|_| token_bytes.as_slice()),
            };
            row += count;
            if !each(&batch)? {
                break;
            }
        }
        Ok(Progress {
            next_row: row,
            missing_features: features.chunks_missing(),
            missing_tokens: tokens.map_or(0, |t| t.chunks_missing()),
        })
    }
}

/// Side columns read ahead: they have chunks of thousands of rows, batches have few.
#[derive(Default)]
struct Side {
    first: u64,
    ids: Vec<i64>,
    labels: Vec<i64>,
    splits: Vec<String>,
}

/// Rows of side columns that are read at once.
const AHEAD: u64 = 8192;

type Three = (Vec<i64>, Vec<i64>, Vec<String>);

impl Side {
    fn take(&mut self, source: &ConceptClip, row: u64, count: u64) -> Result<Three, H5Error> {
        let have = self.first + self.ids.len() as u64;
        if row < self.first || row + count > have {
            self.load(source, row, count)?;
        }
        let skip = usize::try_from(row - self.first).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let part = |values: &[i64]| values.iter().skip(skip).take(count).copied().collect();
        let splits = self.splits.iter().skip(skip).take(count).cloned().collect();
        Ok((part(&self.ids), part(&self.labels), splits))
    }

    fn load(&mut self, source: &ConceptClip, row: u64, count: u64) -> Result<(), H5Error> {
        let end = row.saturating_add(count.max(AHEAD)).min(source.rows);
        let length = usize::try_from(end - row).unwrap_or(0);
        let rows = row..end;
        self.ids = match &source.ids {
            Some(ids) => ids.integers(rows.clone())?,
            None => rows.clone().map(|n| i64::try_from(n).unwrap_or(i64::MAX)).collect(),
        };
        self.labels = match &source.labels {
            Some(labels) => labels.integers(rows.clone())?,
            None => vec![-1; length],
        };
        self.splits = match &source.splits {
            Some(splits) => splits.strings(rows)?,
            None => vec![NO_SPLIT.to_owned(); length],
        };
        self.first = row;
        Ok(())
    }
}
