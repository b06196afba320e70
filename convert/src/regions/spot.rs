//! Finding the images of a database while its pickle is read.

use std::ops::Range;

use super::record::Record;
use super::trail::Trail;
use crate::error::ConvertError;
use crate::pickle::{Batch, Document, Flow, Id, Sink};

/// One item of a database.
#[derive(Clone, Copy)]
pub(super) struct Item<'d> {
    /// The key under which the database lies, if it is not the outermost object.
    pub(super) group: Option<&'d str>,
    pub(super) key: Id,
    pub(super) value: Id,
}

/// Gives the items of databases to `each` and takes them out of the pickle. A dictionary is one if some
/// value of a batch is an image, and at most one dictionary of databases lies around it.
///
/// Images are read when their batch is whole, so that the bytes of a batch are walked twice; `trail` follows.
pub(super) struct Spotter<F, R> {
    each: F,
    pub(super) trail: Trail<R>,
    /// Where the last batch ended.
    done: u64,
    current: Option<Id>,
    /// Whether any database was found.
    pub(super) found: bool,
    /// What `each` failed with.
    pub(super) failed: Option<ConvertError>,
}

impl<F, R> Spotter<F, R>
where
    F: FnMut(&Document<'_>, Item<'_>) -> Result<bool, ConvertError>,
    R: FnMut(Range<u64>),
{
    /// Stretches of the pickle that are done with are given to `release`.
    pub(super) fn new(each: F, release: R) -> Self {
        let trail = Trail::new(release);
        Self { each, trail, done: 0, current: None, found: false, failed: None }
    }

    fn is_database(&self, document: &Document<'_>, batch: &Batch<'_>) -> bool {
        if self.current == Some(batch.dict()) {
            return true;
        }
        batch.pairs().any(|(_, value)| Record::is_one(document, value))
            && batch.depth(document) <= 1
            && batch.under().is_none_or(|under| {
                document.text(under).is_some() || document.items(under).is_some()
            })
    }
}

impl<F, R> Sink for Spotter<F, R>
where
    F: FnMut(&Document<'_>, Item<'_>) -> Result<bool, ConvertError>,
    R: FnMut(Range<u64>),
{
    fn items(&mut self, document: &Document<'_>, batch: &Batch<'_>) -> Flow {
        if !self.is_database(document, batch) {
            self.trail.ahead(batch.position());
            return Flow::Keep;
        }
        self.current = Some(batch.dict());
        self.found = true;
        let group = batch.under().and_then(|id| document.text(id));
        self.trail.again(self.done);
        self.done = batch.position();
        for (key, value) in batch.pairs() {
            if let Some(position) = document.position(key).filter(|at| *at < self.done) {
                self.trail.passed(position);
            }
            match (self.each)(document, Item { group, key, value }) {
                Ok(true) => {}
                Ok(false) => return Flow::Stop,
                Err(error) => {
                    self.failed = Some(error);
                    return Flow::Stop;
                }
            }
        }
        self.trail.passed(self.done);
        Flow::Take
    }
}
