//! Keys, plain attributes, texts.

use std::collections::BTreeSet;

use super::{last_of_each_row, pick};
use crate::container::encode::{Encoded, KeysInput, MetadataInput, ScalarInput, TextInput};
use crate::error::Result;
use crate::format::group::Layout;

/// Values of fixed size.
#[derive(Debug)]
pub(crate) struct PendingScalars<T> {
    rows: Vec<u64>,
    values: Vec<T>,
}

impl<T> Default for PendingScalars<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), values: Vec::new() }
    }
}

impl<T: bytemuck::NoUninit> PendingScalars<T> {
    pub(crate) fn set(&mut self, row: u64, value: T) {
        self.rows.push(row);
        self.values.push(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.values.clear();
    }

    pub(crate) fn encode(
        &self,
        layout: Layout,
        without: &BTreeSet<u64>,
    ) -> Result<Option<Encoded>> {
        let places = last_of_each_row(&self.rows, without);
        if places.is_empty() {
            return Ok(None);
        }
        let (rows, values) = (pick(&self.rows, &places), pick(&self.values, &places));
        ScalarInput { rows, values }.encode(layout).map(Some)
    }
}

/// Texts, one after another.
#[derive(Debug, Default)]
pub(crate) struct PendingTexts {
    rows: Vec<u64>,
    ends: Vec<usize>,
    text: String,
}

impl PendingTexts {
    pub(crate) fn set(&mut self, row: u64, text: &str) {
        self.rows.push(row);
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.rows.len() * 16
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.ends.clear();
        self.text.clear();
    }

    fn get(&self, place: usize) -> &str {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&e| e);
        let end = self.ends.get(place).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or("")
    }

    fn gather(&self, without: &BTreeSet<u64>) -> (Vec<u64>, Vec<&str>) {
        let places = last_of_each_row(&self.rows, without);
        let texts = places.iter().map(|&place| self.get(place)).collect();
        (pick(&self.rows, &places), texts)
    }

    pub(crate) fn encode_text(&self, without: &BTreeSet<u64>) -> Result<Option<Encoded>> {
        let (rows, texts) = self.gather(without);
        if rows.is_empty() {
            return Ok(None);
        }
        let mut input = TextInput::new(rows);
        for text in texts {
            input.push(text);
        }
        input.encode().map(Some)
    }

    pub(crate) fn encode_metadata(&self, without: &BTreeSet<u64>) -> Result<Option<Encoded>> {
        let (rows, texts) = self.gather(without);
        if rows.is_empty() {
            return Ok(None);
        }
        MetadataInput { rows, texts }.encode().map(Some)
    }
}

/// Keys of new images, and of images whose space changes.
#[derive(Debug, Default)]
pub(crate) struct PendingKeys {
    keys: PendingTexts,
    spaces: Vec<u32>,
}

impl PendingKeys {
    pub(crate) fn set(&mut self, row: u64, key: &str, space: u32) {
        self.keys.set(row, key);
        self.spaces.push(space);
    }

    pub(crate) fn encode(&self, without: &BTreeSet<u64>) -> Result<Option<Encoded>> {
        let places = last_of_each_row(&self.keys.rows, without);
        if places.is_empty() {
            return Ok(None);
        }
        let keys = places.iter().map(|&place| self.keys.get(place)).collect();
        let spaces = pick(&self.spaces, &places);
        KeysInput { rows: pick(&self.keys.rows, &places), keys, spaces }.encode().map(Some)
    }
}
