//! Transactions of several images, and the comparison of what they wrote.

use std::collections::HashSet;
use std::path::Path;

use vesalius::{Database, SegmentValue, Snapshot, WriteTxn};

use super::options::MaskImportOptions;
use super::put::{Stored, put, same};
use crate::error::ConvertError;
use crate::masks::ImageSegments;

/// Images on their way into one field of a container.
pub(super) struct Batches<'a> {
    db: &'a Database,
    file: &'a Path,
    field: &'a str,
    options: &'a MaskImportOptions,
    open: Option<Batch<'a>>,
}

/// Images of the transaction that is open.
struct Batch<'a> {
    txn: WriteTxn<'a>,
    before: Snapshot,
    keys: HashSet<String>,
    /// What the transaction writes, by image.
    written: Vec<(String, Vec<SegmentValue>)>,
    runs: u64,
}

impl<'a> Batches<'a> {
    pub(super) fn new(
        db: &'a Database,
        file: &'a Path,
        field: &'a str,
        options: &'a MaskImportOptions,
    ) -> Self {
        Self { db, file, field, options, open: None }
    }

    /// Adds an image; it is committed with others.
    pub(super) fn add(&mut self, key: &str, image: ImageSegments) -> Result<Stored, ConvertError> {
        // An image that comes again is compared with what was written of it before.
        if self.open.as_ref().is_some_and(|batch| batch.keys.contains(key)) {
            self.commit()?;
        }
        let batch = if let Some(batch) = self.open.take() {
            self.open.insert(batch)
        } else {
            let (txn, before) = (self.db.begin_write()?, self.db.snapshot()?);
            let (keys, written) = (HashSet::new(), Vec::new());
            self.open.insert(Batch { txn, before, keys, written, runs: 0 })
        };
        batch.keys.insert(key.to_owned());
        let store = &self.options.store;
        let (stored, fresh) = put(&mut batch.txn, &batch.before, key, self.field, image, store)?;
        if stored.is_change() {
            let runs: usize = fresh.iter().map(|value| value.runs.len()).sum();
            batch.runs = batch.runs.saturating_add(runs as u64);
            batch.written.push((key.to_owned(), fresh));
        }
        let full = batch.written.len() >= self.options.batch_images
            || batch.runs >= self.options.batch_runs;
        if full {
            self.commit()?;
        }
        Ok(stored)
    }

    /// Commits what is open, and compares it with what a new handle of the file reads.
    pub(super) fn commit(&mut self) -> Result<(), ConvertError> {
        let Some(Batch { txn, written, .. }) = self.open.take() else { return Ok(()) };
        if written.is_empty() {
            return Ok(());
        }
        txn.commit()?;
        if !self.options.verify {
            return Ok(());
        }
        let state = Database::open_read_only(self.file)?.snapshot()?;
        written.iter().try_for_each(|(key, values)| compare(&state, key, self.field, values))
    }
}

/// Compares the segments of an image with what was to be written.
fn compare(
    state: &Snapshot,
    key: &str,
    field: &str,
    values: &[SegmentValue],
) -> Result<(), ConvertError> {
    let mismatch =
        |what: String| ConvertError::Mismatch { image: key.to_owned(), region: None, what };
    let image = state.find(key)?.ok_or_else(|| mismatch("is missing".to_owned()))?;
    for value in values {
        let (group, name) = (&*value.segment.group, &*value.segment.name);
        let there = image.segment(field, (group, name))?;
        if !same(&there, value)? {
            return Err(mismatch(format!("segment {name:?} differs")));
        }
    }
    Ok(())
}
