//! Walking through a file without going beyond its end.

use super::error::FaissError;
use crate::npy::ByteSource;

/// A list in the file: a count, and that many items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// Where its items begin.
    pub(super) start: u64,
    /// Number of items.
    pub(super) len: u64,
}

/// A place in a file.
pub(super) struct Cursor<'s> {
    source: &'s dyn ByteSource,
    position: u64,
}

type Result<T> = std::result::Result<T, FaissError>;

impl<'s> Cursor<'s> {
    pub(super) fn new(source: &'s dyn ByteSource) -> Self {
        Self { source, position: 0 }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes behind this place.
    pub(super) fn left(&self) -> u64 {
        self.source.len().saturating_sub(self.position)
    }

    /// Passes over bytes, all of which must be there.
    pub(super) fn skip(&mut self, bytes: u64, what: &'static str) -> Result<()> {
        let missing = bytes.saturating_sub(self.left());
        if missing > 0 {
            return Err(FaissError::Truncated { offset: self.position, what, missing });
        }
        self.position = self.position.saturating_add(bytes);
        Ok(())
    }

    /// Reads a few bytes.
    pub(super) fn bytes<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        let (from, mut bytes) = (self.position, [0; N]);
        self.skip(N as u64, what)?;
        self.source.read_at(from, &mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u8(&mut self, what: &'static str) -> Result<u8> {
        Ok(u8::from_le_bytes(self.bytes(what)?))
    }

    pub(super) fn i32(&mut self, what: &'static str) -> Result<i32> {
        Ok(i32::from_le_bytes(self.bytes(what)?))
    }

    pub(super) fn u64(&mut self, what: &'static str) -> Result<u64> {
        Ok(u64::from_le_bytes(self.bytes(what)?))
    }

    /// Passes over a count and that many items of `size` bytes.
    pub(super) fn list(&mut self, size: u64, what: &'static str) -> Result<List> {
        let at = self.position;
        let len = self.u64(what)?;
        let bytes = len.checked_mul(size);
        let bytes = bytes.ok_or_else(|| Self::beyond(at, what, len))?;
        let start = self.position;
        self.skip(bytes, what)?;
        Ok(List { start, len })
    }

    /// A list that must have a certain number of items.
    pub(super) fn list_of(&mut self, count: u64, size: u64, what: &'static str) -> Result<List> {
        let at = self.position;
        let list = self.list(size, what)?;
        if list.len == count {
            return Ok(list);
        }
        let told = format!("{what} has {} entries where there must be {count}", list.len);
        Err(FaissError::malformed(at, told))
    }

    /// The items of a list of numbers that was passed over, at most what the file holds of them.
    pub(super) fn numbers(&self, list: List) -> Result<Vec<u64>> {
        read_u64(self.source, list.start, list.len)
    }

    fn beyond(offset: u64, what: &str, len: u64) -> FaissError {
        FaissError::malformed(offset, format!("{what} cannot have {len} entries"))
    }
}

/// Reads numbers of eight bytes that are known to be inside of the file.
pub(super) fn read_u64(source: &dyn ByteSource, start: u64, count: u64) -> Result<Vec<u64>> {
    let bytes = count.checked_mul(8).and_then(|bytes| usize::try_from(bytes).ok());
    let room = bytes.filter(|bytes| *bytes as u64 <= source.len().saturating_sub(start));
    let told = || FaissError::malformed(start, "a list reaches beyond the file");
    let mut out = vec![0_u64; room.ok_or_else(told)? / 8];
    source.read_at(start, bytemuck::cast_slice_mut(&mut out))?;
    for number in &mut out {
        *number = u64::from_le(*number);
    }
    Ok(out)
}
