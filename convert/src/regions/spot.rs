//! Finding the images of a database while its pickle is read.

use super::record::Record;
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
pub(super) struct Spotter<F> {
    each: F,
    current: Option<Id>,
    /// Whether any database was found.
    pub(super) found: bool,
    /// What `each` failed with.
    pub(super) failed: Option<ConvertError>,
}

impl<F> Spotter<F>
where
    F: FnMut(&Document<'_>, Item<'_>) -> Result<bool, ConvertError>,
{
    pub(super) fn new(each: F) -> Self {
        Self { each, current: None, found: false, failed: None }
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

impl<F> Sink for Spotter<F>
where
    F: FnMut(&Document<'_>, Item<'_>) -> Result<bool, ConvertError>,
{
    fn items(&mut self, document: &Document<'_>, batch: &Batch<'_>) -> Flow {
        if !self.is_database(document, batch) {
            return Flow::Keep;
        }
        self.current = Some(batch.dict());
        self.found = true;
        let group = batch.under().and_then(|id| document.text(id));
        for (key, value) in batch.pairs() {
            match (self.each)(document, Item { group, key, value }) {
                Ok(true) => {}
                Ok(false) => return Flow::Stop,
                Err(error) => {
                    self.failed = Some(error);
                    return Flow::Stop;
                }
            }
        }
        Flow::Take
    }
}
