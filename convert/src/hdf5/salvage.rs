//! How many rows of a damaged `ConceptCLIP` file are good.
//!
//! A writer that dies inside a flush leaves datasets of unequal length, chunks that the index does
//! not know, and rows that were made but not filled. The format has no checksums by default, so a
//! row counts as good only as long as everything before it does: its chunks are there and decode,
//! its feature and tokens are not all zero, ids are 0, 1, 2 and so on, and its split has a name.

use super::dataset::Dataset;
use super::error::{H5Error, H5ErrorKind};
use super::file::H5File;

/// What is left of one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the root.
    pub name: &'static str,
    /// The rows that it declares; 0 where it cannot be opened.
    pub declared: u64,
    /// The rows that are good, counted from the first.
    pub good: u64,
    /// Why it stops there, if it stops before the end.
    pub stopped: Option<String>,
}

/// What is left of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvage {
    /// The rows that are good in all datasets.
    pub rows: u64,
    /// The datasets that are there, whole or not.
    pub columns: Vec<Column>,
}

impl Salvage {
    /// The rows that are good in those of the datasets `names` that are there, for a caller who can
    /// do without the others.
    pub fn rows_of(&self, names: &[&str]) -> u64 {
        let kept = self.columns.iter().filter(|c| names.contains(&c.name));
        kept.map(|c| c.good).min().unwrap_or(0)
    }
}

/// Examines the datasets of the root. Reads the whole file once; a dataset that was never there is
/// left out. Fails only where not even the root can be read.
pub fn examine(file: &H5File) -> Result<Salvage, H5Error> {
    let file = file.lenient();
    file.root(&file.meta("/")?)?;
    let mut columns = Vec::new();
    let all: [(&'static str, Examine); 5] = [
        ("image_features", arrays),
        ("image_token_features", arrays),
        ("ids", ids),
        ("labels", labels),
        ("split", splits),
    ];
    for (name, examine) in all {
        match file.dataset(&format!("/{name}")) {
            Ok(dataset) => {
                let dataset = dataset.lenient();
                let (good, stopped) = examine(&dataset);
                let declared = dataset.row_count();
                columns.push(Column { name, declared, good, stopped });
            }
            Err(error) if error.kind() == H5ErrorKind::Missing => {}
            Err(error) => {
                let stopped = Some(error.to_string());
                columns.push(Column { name, declared: 0, good: 0, stopped });
            }
        }
    }
    let rows = columns.iter().map(|c| c.good).min().unwrap_or(0);
    Ok(Salvage { rows, columns })
}

/// Good rows, and why it stops before the end.
type Found = (u64, Option<String>);
type Examine = fn(&Dataset) -> Found;

/// Rows of an array up to the first missing or undecodable chunk, or the first row of zeros.
fn arrays(dataset: &Dataset) -> Found {
    written(dataset, true)
}

fn written(dataset: &Dataset, filled: bool) -> Found {
    let mut rows = match dataset.check_extent().and_then(|()| dataset.rows()) {
        Ok(rows) => rows,
        Err(error) => return (0, Some(error.to_string())),
    };
    let mut row = 0;
    while row < dataset.row_count() {
        if let Err(error) = rows.load(row) {
            return (row, Some(error.to_string()));
        }
        if rows.chunks_missing() > 0 {
            return (row, Some(format!("the chunk of row {row} was not written")));
        }
        let (first, count, bytes) = rows.window();
        let size = dataset.row_bytes().max(1);
        let zero = bytes.chunks_exact(size).position(|b| b.iter().all(|byte| *byte == 0));
        if let Some(zero) = zero.filter(|_| filled) {
            let at = first + zero as u64;
            return (at, Some(format!("row {at} holds only zeros")));
        }
        row = first + count.max(1);
    }
    (dataset.row_count(), None)
}

/// Rows of side columns that are examined at once.
const STEP: u64 = 4096;

/// Zeros are a label like any other.
fn labels(dataset: &Dataset) -> Found {
    written(dataset, false)
}

fn ids(dataset: &Dataset) -> Found {
    let (there, stopped) = written(dataset, false);
    let mut row = 0;
    while row < there {
        let end = row.saturating_add(STEP).min(there);
        match dataset.integers(row..end) {
            Ok(values) => {
                let good = |row: u64, id: i64| u64::try_from(id) == Ok(row);
                let bad = (row..).zip(&values).find(|(row, id)| !good(*row, **id));
                if let Some((at, value)) = bad {
                    return (at, Some(format!("row {at} holds {value}")));
                }
            }
            Err(error) => return (row, Some(error.to_string())),
        }
        row = end;
    }
    (there, stopped)
}

fn splits(dataset: &Dataset) -> Found {
    let (there, missing) = written(dataset, false);
    let mut row = 0;
    while row < there {
        let end = row.saturating_add(STEP).min(there);
        let (texts, stopped) = dataset.strings_until_error(row..end);
        if let Some(empty) = texts.iter().position(String::is_empty) {
            let at = row + empty as u64;
            return (at, Some(format!("row {at} has no split")));
        }
        if let Some(error) = stopped {
            return (row + texts.len() as u64, Some(error.to_string()));
        }
        row = end;
    }
    (there, missing)
}
