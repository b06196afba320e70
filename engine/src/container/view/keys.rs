//! Keys: by place, and by hash.

use crate::container::group::{Group, Probe};
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::hash::key_hash;

/// The keys of a row group.
#[derive(Clone, Copy, Debug)]
pub struct KeysView<'a> {
    group: &'a Group,
}

impl<'a> KeysView<'a> {
    /// A view of a row group of layout keys.
    pub fn new(group: &'a Group) -> Self {
        Self { group }
    }

    /// The key at a place of the row group.
    pub fn key(self, position: usize) -> Result<&'a str> {
        let end = position.saturating_add(2);
        let offsets: &[u32] = self.group.part(section::KEY_OFFSETS, position..end)?;
        let [start, stop] = offsets else {
            return Err(self.group.damage(Rule::KeyText, "a key is missing"));
        };
        let bytes: &[u8] = self.group.part(section::KEY_BYTES, *start as usize..*stop as usize)?;
        let text = std::str::from_utf8(bytes);
        text.map_err(|_| self.group.damage(Rule::KeyText, "a key is not UTF-8"))
    }

    /// The space id at a place.
    pub fn space(self, position: usize) -> Result<u32> {
        let header = self.group.header()?;
        if header.sections.get(section::KEY_SPACES).is_none_or(|s| s.len == 0) {
            return Ok(0);
        }
        self.group.value(section::KEY_SPACES, position)
    }

    /// Places whose key may be `key`: interpolation search in the hashes, which are spread evenly, then the
    /// texts decide. O(log log n) expected, O(log n) at worst, plus the length of a run of equal hashes.
    ///
    /// A key may stand here several times, dead in all places but one: `wanted` chooses.
    pub fn find(self, key: &str, wanted: impl Fn(usize) -> Result<bool>) -> Result<Option<usize>> {
        let hash = key_hash(key.as_bytes());
        let hashes = self.group.probe(section::KEY_HASHES)?;
        let mut place = self.lower_bound(&hashes, hash)?;
        let count = usize::try_from(self.group.desc().count).unwrap_or(usize::MAX);
        while place < count && hashes.get(place)? == hash {
            let position: u32 = self.group.value(section::KEY_ORDER, place)?;
            if self.key(position as usize)? == key && wanted(position as usize)? {
                return Ok(Some(position as usize));
            }
            place = place.saturating_add(1);
        }
        Ok(None)
    }

    /// First place whose hash is not below `hash`.
    fn lower_bound(self, hashes: &Probe<'_, u64>, hash: u64) -> Result<usize> {
        let (mut low, mut high) = (0_u64, self.group.desc().count);
        let (mut floor, mut ceiling) = (0_u64, u64::MAX);
        let mut round = 0_u32;
        while low < high {
            round = round.saturating_add(1);
            let width = u128::from(high - low);
            let span = u128::from(ceiling - floor).max(1);
            let ahead = u128::from(hash.saturating_sub(floor));
            // Every third step halves, so that skewed hashes cost no more than a binary search.
            let guess = if round.is_multiple_of(3) { width / 2 } else { width * ahead / span };
            let middle = low + u64::try_from(guess.min(width - 1)).unwrap_or(0);
            let index = usize::try_from(middle).unwrap_or(usize::MAX);
            let value = hashes.get(index)?;
            if value < hash {
                low = middle + 1;
                floor = value;
            } else {
                high = middle;
                ceiling = value;
            }
        }
        Ok(usize::try_from(low).unwrap_or(usize::MAX))
    }
}
