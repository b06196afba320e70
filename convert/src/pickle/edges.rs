//! Which object contains which: lists of ids that can grow.

use std::fmt;

use super::node::{Id, Seq};

/// Chunks of children: their count, the next chunk or [`Seq::NONE`], then the ids.
#[derive(Default)]
pub(super) struct Edges {
    words: Vec<u32>,
}

/// Words of a chunk before its ids.
const HEAD: u32 = 2;

impl Edges {
    /// Most bytes that adding `items` children takes.
    pub(super) fn cost(items: usize) -> usize {
        items.saturating_add(2).saturating_mul(size_of::<u32>())
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> u64 {
        size_of_val(self.words.as_slice()) as u64
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.words.truncate(len);
    }

    /// Appends `items` to `children`: to its last chunk where that ends the list of words, else to a new
    /// one. `None`, and nothing appended, when 32 bits do not suffice.
    pub(super) fn extend(
        &mut self,
        children: &mut Seq,
        items: impl ExactSizeIterator<Item = Id>,
    ) -> Option<()> {
        let added = u32::try_from(items.len()).ok()?;
        let total = children.len.checked_add(added)?;
        let start = u32::try_from(self.words.len()).ok()?;
        start.checked_add(added)?.checked_add(HEAD).filter(|end| *end < Seq::NONE)?;
        if added == 0 {
            return Some(());
        }
        if !self.grow_tail(children.tail, added) {
            self.words.extend([added, Seq::NONE]);
            match self.word_mut(children.tail, 1) {
                Some(next) => *next = start,
                None => children.head = start,
            }
            children.tail = start;
        }
        self.words.extend(items.map(|id| id.0));
        children.len = total;
        Some(())
    }

    /// Adds to the count of the chunk at `tail` if it ends the list of words.
    fn grow_tail(&mut self, tail: u32, added: u32) -> bool {
        let end = self.words.len();
        let Some(count) = self.word_mut(tail, 0) else { return false };
        let chunk_end =
            u64::from(tail).saturating_add(u64::from(HEAD)).saturating_add(u64::from(*count));
        if chunk_end != end as u64 {
            return false;
        }
        *count = count.saturating_add(added);
        true
    }

    fn word_mut(&mut self, chunk: u32, field: usize) -> Option<&mut u32> {
        if chunk == Seq::NONE {
            return None;
        }
        let at = usize::try_from(chunk).ok()?.checked_add(field)?;
        self.words.get_mut(at)
    }

    pub(super) fn items(&self, children: Seq) -> Items<'_> {
        Items { edges: &self.words, chunk: &[], next: children.head, left: children.len }
    }
}

/// The objects in a tuple, list or set.
#[derive(Clone)]
pub struct Items<'d> {
    edges: &'d [u32],
    chunk: &'d [u32],
    next: u32,
    left: u32,
}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.left)
    }
}

impl Items<'_> {
    fn advance(&mut self) -> Option<()> {
        if self.next == Seq::NONE {
            return None;
        }
        let at = usize::try_from(self.next).ok()?;
        let (count, rest) = self.edges.get(at..)?.split_first()?;
        let (next, rest) = rest.split_first()?;
        self.chunk = rest.get(..usize::try_from(*count).ok()?)?;
        self.next = *next;
        Some(())
    }
}

impl Iterator for Items<'_> {
    type Item = Id;

    fn next(&mut self) -> Option<Id> {
        self.left = self.left.checked_sub(1)?;
        if self.chunk.is_empty() {
            self.advance()?;
        }
        let (first, rest) = self.chunk.split_first()?;
        self.chunk = rest;
        Some(Id(*first))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// Key and value of every item of a dictionary, in file order, repeated keys included.
#[derive(Clone, Debug)]
pub struct Pairs<'d>(pub(super) Items<'d>);

impl Iterator for Pairs<'_> {
    type Item = (Id, Id);

    fn next(&mut self) -> Option<(Id, Id)> {
        Some((self.0.next()?, self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let half = self.0.len() / 2;
        (half, Some(half))
    }
}

impl ExactSizeIterator for Pairs<'_> {}
