use super::error::PickleError;
use super::node::Id;
use super::plan::Plan;

/// The memo, reduced to the entries that the pickle fetches.
pub(super) struct Memo<'p> {
    /// Sorted indices of what is fetched.
    fetched: &'p [u32],
    /// Parallel to `fetched`.
    values: Vec<Option<Id>>,
    /// Where the first indices lie in `fetched`: most fetches are of them.
    places: [Option<u8>; DIRECT],
    /// Position in `fetched` of the smallest index not yet passed: puts mostly come in rising order.
    next: usize,
    /// Entries put without a number.
    memoized: u32,
    numbered: bool,
}

/// Indices that are looked up without a search.
const DIRECT: usize = 256;

impl<'p> Memo<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let fetched = plan.fetched();
        let mut places = [None; DIRECT];
        for (index, place) in fetched.iter().zip(0..=u8::MAX) {
            if let Some(slot) = usize::try_from(*index).ok().and_then(|i| places.get_mut(i)) {
                *slot = Some(place);
            }
        }
        let values = vec![None; fetched.len()];
        Self { fetched, values, places, next: 0, memoized: 0, numbered: false }
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> u64 {
        size_of_val(self.values.as_slice()) as u64
    }

    /// Stores `id` if the entry will be fetched, and tells whether it did.
    pub(super) fn put(&mut self, index: u32, id: Id, offset: u64) -> Result<bool, PickleError> {
        if self.memoized > 0 {
            return Err(PickleError::malformed(
                offset,
                "both numbered and unnumbered memo entries",
            ));
        }
        self.numbered = true;
        Ok(self.store(index, id))
    }

    /// As [`Self::put`], with the next free number.
    pub(super) fn memoize(&mut self, id: Id, offset: u64) -> Result<bool, PickleError> {
        if self.numbered {
            return Err(PickleError::malformed(
                offset,
                "both numbered and unnumbered memo entries",
            ));
        }
        let index = self.memoized;
        self.memoized = index
            .checked_add(1)
            .ok_or(PickleError::malformed(offset, "more than 2^32 memo entries"))?;
        Ok(self.store(index, id))
    }

    fn store(&mut self, index: u32, id: Id) -> bool {
        let at = match self.fetched.get(self.next) {
            Some(wanted) if *wanted > index && self.is_first_above(index) => return false,
            Some(wanted) if *wanted == index => {
                let at = self.next;
                self.next = at.saturating_add(1);
                at
            }
            None if self.fetched.last().is_none_or(|last| *last < index) => return false,
            _ => match self.fetched.binary_search(&index) {
                Ok(at) => at,
                Err(_) => return false,
            },
        };
        if let Some(slot) = self.values.get_mut(at) {
            *slot = Some(id);
        }
        true
    }

    /// Whether all fetched entries before `next` lie below `index`.
    fn is_first_above(&self, index: u32) -> bool {
        self.next.checked_sub(1).and_then(|i| self.fetched.get(i)).is_none_or(|last| *last < index)
    }

    /// The object under `index`.
    pub(super) fn get(&self, index: u32) -> Option<Id> {
        let at = match self.places.get(usize::try_from(index).ok()?) {
            Some(place) => usize::from((*place)?),
            None => self.fetched.binary_search(&index).ok()?,
        };
        self.values.get(at).copied().flatten()
    }
}
