//! Keys of the images of an array.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use crate::error::ConvertError;
use crate::npy::{Dtype, NpyFile};

/// Longest list of keys that is read, in bytes.
const MAX_TEXT: u64 = 4 << 30;
/// Keys that are looked at together.
const CHUNK: usize = 4096;

/// One key for every row.
#[derive(Clone, Debug)]
pub(crate) enum Ids {
    /// The number of the row.
    Numbers,
    /// One a line.
    Lines { text: String, ends: Vec<usize> },
    /// Texts or integers.
    Array(NpyFile),
}

impl Ids {
    /// Reads a file of `rows` keys: an `.npy`, or text with one key a line.
    pub(crate) fn open(path: &Path, rows: u64) -> Result<Self, ConvertError> {
        let in_file = |error: std::io::Error| ConvertError::from(error).in_file(path);
        let file = std::fs::File::open(path).map_err(in_file)?;
        let mut bytes = Vec::new();
        file.take(MAX_TEXT).read_to_end(&mut bytes).map_err(in_file)?;
        if bytes.starts_with(b"\x93NUMPY") {
            return Self::of_array(path, NpyFile::open(path)?, rows);
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| ConvertError::layout(path, "the keys are not UTF-8"))?;
        let mut ends = Vec::new();
        let mut lines = String::with_capacity(text.len());
        for line in text.lines() {
            lines.push_str(line);
            ends.push(lines.len());
        }
        let ids = Self::Lines { text: lines, ends };
        ids.checked(path, rows)
    }

    /// The keys in an array.
    pub(super) fn of_array(path: &Path, array: NpyFile, rows: u64) -> Result<Self, ConvertError> {
        let one_axis = array.shape().len() == 1;
        let readable = match array.dtype() {
            Dtype::Number(scalar, _) => scalar.is_integer(),
            Dtype::Text(..) | Dtype::ByteText(_) => true,
            Dtype::Object => false,
        };
        if !one_axis || !readable {
            let what = "the keys are no array [N] of texts or integers";
            return Err(ConvertError::layout(path, what));
        }
        Self::Array(array).checked(path, rows)
    }

    fn len(&self) -> Option<u64> {
        match self {
            Self::Numbers => None,
            Self::Lines { ends, .. } => u64::try_from(ends.len()).ok(),
            Self::Array(array) => Some(array.rows()),
        }
    }

    /// Refuses another number of keys than rows, empty keys, and repeated ones.
    fn checked(self, path: &Path, rows: u64) -> Result<Self, ConvertError> {
        if let Some(len) = self.len().filter(|len| *len != rows) {
            let what = format!("there are {len} keys for {rows} rows");
            return Err(ConvertError::layout(path, what));
        }
        let mut seen: HashMap<(u64, u64), u64> = HashMap::new();
        let mut row = 0_u64;
        while row < rows {
            let count = usize::try_from(rows.saturating_sub(row)).unwrap_or(CHUNK).min(CHUNK);
            for key in self.read(row, count)? {
                if key.is_empty() {
                    return Err(ConvertError::layout(path, format!("key {row} is empty")));
                }
                match seen.entry(hash(&key)) {
                    Entry::Occupied(first) => {
                        let first = first.get();
                        let what = format!("key {key:?} stands in row {first} and in row {row}");
                        return Err(ConvertError::layout(path, what));
                    }
                    Entry::Vacant(place) => place.insert(row),
                };
                row = row.saturating_add(1);
            }
        }
        Ok(self)
    }

    /// The keys of some rows.
    pub(crate) fn read(&self, first: u64, count: usize) -> Result<Vec<String>, ConvertError> {
        let end = first.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        match self {
            Self::Numbers => Ok((first..end).map(|row| row.to_string()).collect()),
            Self::Lines { text, ends } => {
                Ok((first..end).map(|row| line(text, ends, row).to_owned()).collect())
            }
            Self::Array(array) => {
                let mut texts = Vec::new();
                if matches!(array.dtype(), Dtype::Number(..)) {
                    let mut numbers = Vec::new();
                    array.read_rows_i64(first, count, &mut numbers)?;
                    texts.extend(numbers.iter().map(i64::to_string));
                } else {
                    array.read_rows_text(first, count, &mut texts)?;
                }
                Ok(texts)
            }
        }
    }

    /// What a person should know about them.
    pub(super) fn warning(&self) -> Option<String> {
        match self {
            Self::Numbers => Some("no keys were given: images are called by their row".to_owned()),
            Self::Array(array) if matches!(array.dtype(), Dtype::Number(..)) => {
                Some("keys are integers in the source and text in the container".to_owned())
            }
            _ => None,
        }
    }
}

fn line<'t>(text: &'t str, ends: &[usize], row: u64) -> &'t str {
    let row = usize::try_from(row).unwrap_or(usize::MAX);
    let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let range: Range<usize> = start..ends.get(row).copied().unwrap_or(start);
    text.get(range).unwrap_or_default()
}

/// Two independent hashes: keys are compared by 128 bits, not kept.
pub(crate) fn hash(key: &str) -> (u64, u64) {
    let with = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, key).hash(&mut hasher);
        hasher.finish()
    };
    (with(0), with(1))
}
