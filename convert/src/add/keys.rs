//! The keys of rows that are added.

use std::collections::HashSet;

use vesalius::Snapshot;

use super::AddOptions;
use crate::error::ConvertError;
use crate::import::Ids;

/// Where keys come from.
#[derive(Debug)]
pub(super) enum Keys {
    /// A file.
    File(Ids),
    /// The source.
    Given(Vec<String>),
    /// Numbers from this one on; those behind the highest key, once that is known.
    From(Option<i64>),
}

impl Keys {
    pub(super) fn open(
        options: &AddOptions,
        given: Option<Vec<String>>,
        rows: u64,
    ) -> Result<Self, ConvertError> {
        if let Some(path) = &options.ids {
            return Ok(Self::File(Ids::open(path, rows)?));
        }
        let Some(keys) = given else { return Ok(Self::From(None)) };
        let mut seen = HashSet::new();
        match keys.iter().find(|key| !seen.insert(key.as_str())) {
            None => Ok(Self::Given(keys)),
            Some(key) => {
                let what = "occurs twice among the objects; an image is added once";
                Err(ConvertError::image(key, None, what))
            }
        }
    }

    /// Looks for the highest number that is a key, where keys are to be numbers.
    pub(super) fn numbered(self, snapshot: &Snapshot) -> Result<Self, ConvertError> {
        if !matches!(self, Self::From(_)) {
            return Ok(self);
        }
        let mut next = 0_i64;
        snapshot.for_each_key(|_, key| {
            if let Ok(number) = key.parse::<i64>() {
                next = next.max(number.saturating_add(1));
            }
            Ok(true)
        })?;
        Ok(Self::From(Some(next)))
    }

    /// The keys of some rows.
    pub(super) fn read(&self, first: u64, count: usize) -> Result<Vec<String>, ConvertError> {
        match self {
            Self::File(ids) => ids.read(first, count),
            Self::Given(keys) => {
                let first = usize::try_from(first).unwrap_or(usize::MAX);
                Ok(keys.iter().skip(first).take(count).cloned().collect())
            }
            Self::From(next) => {
                let start = i64::try_from(first).unwrap_or(i64::MAX);
                let start = next.unwrap_or(0).saturating_add(start);
                Ok((start..).take(count).map(|number| number.to_string()).collect())
            }
        }
    }
}
