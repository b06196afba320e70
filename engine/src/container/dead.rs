//! Which entries of a row group are deleted or superseded.

use std::sync::{Arc, OnceLock};

use super::checked::CheckedExtent;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::extent::Extent;
use crate::format::reader::Reader;
use crate::format::{Damage, Rule};
use crate::storage::Storage;

/// The deleted entries of one row group; loaded from the file when first asked for.
#[derive(Debug)]
pub struct DeadSet {
    count: u64,
    stored: Option<CheckedExtent>,
    entries: u64,
    bits: OnceLock<Bitmap>,
}

impl DeadSet {
    /// A set that stands in the file.
    pub fn stored(extent: Extent, storage: &Arc<dyn Storage>, entries: u64, count: u64) -> Self {
        let stored = Some(CheckedExtent::new(extent, Arc::clone(storage)));
        Self { count, stored, entries, bits: OnceLock::new() }
    }

    /// A set that stands in memory only.
    pub fn new(bits: Bitmap) -> Self {
        let (count, entries) = (bits.count(), bits.len());
        Self { count, stored: None, entries, bits: OnceLock::from(bits) }
    }

    /// Number of dead entries.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The extent that holds this very set, if any.
    pub fn extent(&self) -> Option<Extent> {
        self.stored.as_ref().map(CheckedExtent::extent)
    }

    /// The bitmap, one bit an entry.
    pub fn bits(&self) -> Result<&Bitmap> {
        if let Some(bits) = self.bits.get() {
            return Ok(bits);
        }
        let bits = self.load()?;
        Ok(self.bits.get_or_init(|| bits))
    }

    fn load(&self) -> Result<Bitmap> {
        let Some(stored) = &self.stored else {
            return Ok(Bitmap::new(self.entries));
        };
        let len = usize::try_from(stored.extent().len).unwrap_or(usize::MAX);
        let at = stored.extent().offset();
        let mut reader = Reader::new(stored.get(0..len)?, at, Rule::DeadBitmap);
        let mut words = Vec::new();
        while reader.remaining() > 0 {
            words.push(reader.u64()?);
        }
        let bits = Bitmap::from_words(words, self.entries).filter(|b| b.count() == self.count);
        bits.ok_or_else(|| {
            let text = "the bitmap of deleted entries has another length or count than stated";
            Damage::new(Rule::DeadBitmap, at, text).into()
        })
    }
}
