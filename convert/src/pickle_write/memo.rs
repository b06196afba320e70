//! What was written before and can be referred to by number.

use std::collections::HashMap;

/// Things that are remembered; more are written out again.
const MAX_ENTRIES: usize = 4096;
/// Longer strings are not worth remembering.
const MAX_NAME_BYTES: usize = 256;

/// What can be repeated in a pickle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Known {
    /// A string.
    Name(Box<str>),
    /// A constructor, by its last name.
    Global(&'static str),
    /// The arguments that make an empty array.
    EmptyArray,
    /// An element type.
    Dtype(&'static str),
    /// A shape.
    Shape(Box<[u64]>),
}

/// The numbers of the things that were remembered.
#[derive(Default)]
pub(super) struct Memo(HashMap<Known, u32>);

impl Memo {
    /// The number of something that was written before.
    pub(super) fn get(&self, known: &Known) -> Option<u32> {
        self.0.get(known).copied()
    }

    /// Remembers what is written next, and says whether to emit `MEMOIZE` for it. A reader numbers
    /// these from zero on, so the number is the count so far.
    pub(super) fn insert(&mut self, known: Known) -> bool {
        let long = matches!(&known, Known::Name(name) if name.len() > MAX_NAME_BYTES);
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let remember = !long && self.0.len() < MAX_ENTRIES && !self.0.contains_key(&known);
        if remember {
            self.0.insert(known, number);
        }
        remember
    }
}
