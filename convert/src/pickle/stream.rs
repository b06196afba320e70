//! Taking dictionary items out of a pickle while it is read.

use super::document::Document;
use super::node::{Id, Node};
use super::stack::Entry;

/// What becomes of a batch of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// They become part of the document.
    Keep,
    /// They are done with: the document never sees them and their memory is reused.
    Take,
    /// Read no further.
    Stop,
}

/// Receives the items of dictionaries as they complete.
pub trait Sink {
    /// Called for every batch of every dictionary, inner ones first, so a cheap look must suffice to pass.
    /// Ids in `batch` are valid during the call only, unless the batch is kept.
    fn items(&mut self, document: &Document<'_>, batch: &Batch<'_>) -> Flow;
}

/// Items about to be put into a dictionary; never none.
pub struct Batch<'b> {
    pub(super) dict: Id,
    pub(super) items: &'b [Entry],
    pub(super) below: &'b [Entry],
    pub(super) marks: usize,
    pub(super) position: u64,
}

impl Batch<'_> {
    /// The dictionary that they go into.
    pub fn dict(&self) -> Id {
        self.dict
    }

    /// Key and value of each, in file order.
    pub fn pairs(&self) -> impl Iterator<Item = (Id, Id)> + '_ {
        self.items.chunks_exact(2).filter_map(|pair| match pair {
            [key, value] => Some((key.id, value.id)),
            _ => None,
        })
    }

    /// What was pushed right before the dictionary: its key, if it is a dictionary's value.
    pub fn under(&self) -> Option<Id> {
        self.below.last().map(|e| e.id)
    }

    /// Bytes of the input that were read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How many marks are open below the dictionary: at most the number of containers that it lies in (one
    /// with a single item may be filled without a mark). An array of objects around everything, as in an
    /// `.npz`, is not counted.
    pub fn depth(&self, document: &Document<'_>) -> usize {
        let first = self.below.first().map(|e| document.node(e.id));
        let around = usize::from(first == Some(Node::RawArray));
        self.marks.saturating_sub(around)
    }
}

/// Leaves everything in the document.
pub(super) struct KeepAll;

impl Sink for KeepAll {
    fn items(&mut self, _: &Document<'_>, _: &Batch<'_>) -> Flow {
        Flow::Keep
    }
}
