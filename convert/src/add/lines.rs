//! Objects, one a line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use crate::error::ConvertError;

/// Longest line in bytes.
const LINE_MAX: u64 = 16 << 20;
/// The entry with the key of an image.
const KEY: &str = "key";

/// A file of objects that was read once: all lines are objects, and there are as many as rows.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    path: PathBuf,
    /// The keys that the objects say, if all of them do.
    pub(super) keys: Option<Vec<String>>,
}

impl Lines {
    /// Reads the file for the first time.
    pub(super) fn survey(path: &Path, rows: u64) -> Result<Self, ConvertError> {
        let (mut keys, mut count, mut named) = (Vec::new(), 0_u64, 0_u64);
        for entry in Reader::open(path)? {
            count = count.saturating_add(1);
            let mut entry = entry?;
            if let Some(key) = take_key(&mut entry) {
                named = named.saturating_add(1);
                keys.push(key);
            }
            if count > rows {
                break;
            }
        }
        let told = |what: String| Err(ConvertError::layout(path, what));
        if count != rows {
            let count = if count > rows { "more".to_owned() } else { count.to_string() };
            return told(format!("there are {count} objects for {rows} rows"));
        }
        if named > 0 && named < count {
            return told(format!(
                "{named} of {count} objects have a \"key\"; all must have one, or none"
            ));
        }
        Ok(Self { path: path.to_owned(), keys: (named > 0).then_some(keys) })
    }

    /// Reads the file again.
    pub(super) fn read(&self) -> Result<Reader, ConvertError> {
        Reader::open(&self.path)
    }
}

/// Takes the key out of an object: a text, or an integer as one.
pub(super) fn take_key(entry: &mut Map<String, Json>) -> Option<String> {
    let key = match entry.get(KEY)? {
        Json::String(text) if !text.is_empty() => text.clone(),
        Json::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    entry.shift_remove(KEY);
    Some(key)
}

/// The objects of a file, one after another.
pub(super) struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    line: u64,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, ConvertError> {
        let file = File::open(path).map_err(|error| ConvertError::from(error).in_file(path))?;
        Ok(Self { path: path.to_owned(), file: BufReader::new(file), line: 0 })
    }

    fn entry(&mut self) -> Result<Option<Map<String, Json>>, ConvertError> {
        loop {
            let mut bytes = Vec::new();
            let read = self.file.by_ref().take(LINE_MAX).read_until(b'\n', &mut bytes);
            read.map_err(|error| ConvertError::from(error).in_file(&self.path))?;
            if bytes.is_empty() {
                return Ok(None);
            }
            self.line = self.line.saturating_add(1);
            let told = |what: String| {
                ConvertError::layout(&self.path, format!("line {}: {what}", self.line))
            };
            if bytes.len() as u64 == LINE_MAX && bytes.last() != Some(&b'\n') {
                return Err(told(format!("longer than {LINE_MAX} bytes")));
            }
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            return match serde_json::from_slice(&bytes) {
                Ok(Json::Object(entry)) => Ok(Some(entry)),
                Ok(_) => Err(told("no object; write {...}, one a line".to_owned())),
                Err(error) => Err(told(format!("no JSON: {error}"))),
            };
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Map<String, Json>, ConvertError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.entry().transpose()
    }
}
