//! Immutable bytes that are cheap to clone and to slice.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::AlignedBuf;
use super::map::Map;

/// A run of immutable bytes that keeps alive what it lies in: a map of a file or a buffer.
///
/// Clone and [`Bytes::slice`] are O(1) and copy no byte.
#[derive(Clone, Default)]
pub struct Bytes {
    owner: Owner,
    // Within the owner: what makes `deref` total.
    span: Range<usize>,
}

#[derive(Clone, Default)]
enum Owner {
    #[default]
    Nothing,
    Map(Arc<Map>),
    Buffer(Arc<AlignedBuf>),
}

impl Bytes {
    /// No bytes; allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of `data`, 64-byte aligned; O(data). Aborts when memory runs out, as `Vec` does.
    pub fn copy_of(data: &[u8]) -> Self {
        AlignedBuf::from(data).into_bytes()
    }

    /// The content of `data`, copied to be 64-byte aligned. As [`Bytes::copy_of`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "takes ownership so that it may stop copying"
    )]
    pub fn from_vec(data: Vec<u8>) -> Self {
        Self::copy_of(&data)
    }

    pub(crate) fn from_buffer(buffer: Arc<AlignedBuf>) -> Self {
        let span = 0..buffer.len();
        Self { owner: Owner::Buffer(buffer), span }
    }

    /// `None` when `span` does not lie within the map.
    pub(crate) fn from_map(map: Arc<Map>, span: Range<usize>) -> Option<Self> {
        map.get(span.clone())?;
        Some(Self { owner: Owner::Map(map), span })
    }

    /// Says that these bytes are not needed for now: pages of a map leave this process, and come back from the
    /// page cache when they are touched. What is in a buffer stays. Never changes what is read.
    pub fn release(&self) {
        if let Owner::Map(map) = &self.owner {
            map.release(self.span.clone());
        }
    }

    /// The bytes of `range`, relative to these; `None` when it does not lie within them. O(1).
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        let start = self.span.start.checked_add(range.start)?;
        let end = self.span.start.checked_add(range.end)?;
        (start <= end && end <= self.span.end)
            .then(|| Self { owner: self.owner.clone(), span: start..end })
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let bytes = match &self.owner {
            Owner::Nothing => None,
            Owner::Map(map) => map.get(self.span.clone()),
            Owner::Buffer(buffer) => buffer.as_slice().get(self.span.clone()),
        };
        bytes.unwrap_or_default()
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = match &self.owner {
            Owner::Nothing => "nothing",
            Owner::Map(_) => "map",
            Owner::Buffer(_) => "buffer",
        };
        f.debug_struct("Bytes").field("owner", &owner).field("span", &self.span).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "the refusal of one is what is tested")]
    fn slices_are_checked_and_relative() {
        let all = Bytes::copy_of(b"0123456789");
        let part = all.slice(2..8).unwrap();
        assert_eq!(&*part, b"234567");
        assert_eq!(&*part.slice(1..3).unwrap(), b"34");
        assert_eq!(&*part.slice(6..6).unwrap(), b"");
        assert_eq!(part.slice(0..7), None);
        assert_eq!(part.slice(4..3), None);
        assert_eq!(part.slice(7..7), None);
        assert_eq!(part.slice(usize::MAX - 1..usize::MAX), None);
        assert_eq!(Bytes::new().slice(0..0), Some(Bytes::new()));
        assert_eq!(Bytes::from_vec(vec![1, 2]), Bytes::copy_of(&[1, 2]));
    }
}
