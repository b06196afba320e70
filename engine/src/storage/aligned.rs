//! A growable buffer that starts on a cache line.

use std::collections::TryReserveError;
use std::fmt;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};

use super::Bytes;

const BLOCK: usize = 64;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Block([u8; BLOCK]);

const ZERO: Block = Block([0; BLOCK]);

/// A growable byte buffer whose first byte is 64-byte aligned, as SIMD rows want it.
///
/// Growth is fallible: a length that memory cannot hold is an error, not an abort.
#[derive(Clone, Default)]
pub struct AlignedBuf {
    // Bytes past `len` in the last block are arbitrary.
    blocks: Vec<Block>,
    len: usize,
}

impl AlignedBuf {
    /// An empty buffer; allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty buffer that takes `capacity` bytes without allocating again. Fails when the
    /// allocator does.
    pub fn with_capacity(capacity: usize) -> Result<Self, TryReserveError> {
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(capacity.div_ceil(BLOCK))?;
        Ok(Self { blocks, len: 0 })
    }

    /// The number of bytes held.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when no byte is held.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes; the first is 64-byte aligned.
    pub fn as_slice(&self) -> &[u8] {
        bytemuck::cast_slice(&self.blocks).get(..self.len).unwrap_or_default()
    }

    /// The bytes, to be changed in place.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.blocks).get_mut(..self.len).unwrap_or_default()
    }

    /// Appends `data`; amortised O(data). On an error the buffer is unchanged.
    pub fn extend_from_slice(&mut self, data: &[u8]) -> Result<(), TryReserveError> {
        let start = self.len;
        // A saturated length is one that the allocator refuses.
        let end = start.saturating_add(data.len());
        let wanted = end.div_ceil(BLOCK);
        self.blocks.try_reserve(wanted.saturating_sub(self.blocks.len()))?;
        // The rest of the last block, then whole blocks at once: nothing is filled twice.
        let room = start.next_multiple_of(BLOCK).saturating_sub(start).min(data.len());
        let (head, rest) = data.split_at(room);
        self.len = start.saturating_add(room);
        if let Some(place) = self.as_mut_slice().get_mut(start..) {
            place.copy_from_slice(head);
        }
        let (whole, last) = rest.as_chunks::<BLOCK>();
        self.blocks.extend(whole.iter().map(|bytes| Block(*bytes)));
        if !last.is_empty() {
            let mut block = ZERO;
            for (to, from) in block.0.iter_mut().zip(last) {
                *to = *from;
            }
            self.blocks.push(block);
        }
        self.len = end;
        Ok(())
    }

    /// Cuts the buffer to `len` bytes, or extends it with zeros. On an error it is unchanged.
    pub fn resize(&mut self, len: usize) -> Result<(), TryReserveError> {
        let start = self.len;
        self.set_blocks(len)?;
        self.len = len;
        if let Some(grown) = self.as_mut_slice().get_mut(start..) {
            // Whole blocks that were added are zero already.
            let stale = start.next_multiple_of(BLOCK).saturating_sub(start).min(grown.len());
            grown.iter_mut().take(stale).for_each(|byte| *byte = 0);
        }
        Ok(())
    }

    /// Freezes the buffer without a copy.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from_buffer(Arc::new(self))
    }

    fn set_blocks(&mut self, len: usize) -> Result<(), TryReserveError> {
        let wanted = len.div_ceil(BLOCK);
        self.blocks.try_reserve(wanted.saturating_sub(self.blocks.len()))?;
        self.blocks.resize(wanted, ZERO);
        Ok(())
    }
}

/// Copies; aborts when memory runs out, as `Vec` does.
impl From<&[u8]> for AlignedBuf {
    fn from(data: &[u8]) -> Self {
        let mut buf = Self { blocks: vec![ZERO; data.len().div_ceil(BLOCK)], len: data.len() };
        buf.as_mut_slice().copy_from_slice(data);
        buf
    }
}

impl fmt::Debug for AlignedBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlignedBuf").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_cuts_as_a_vec_does() {
        let (mut buf, mut twin) = (AlignedBuf::new(), Vec::new());
        for (i, len) in [3, 64, 65, 1, 200, 127, 128, 0, 10].into_iter().enumerate() {
            buf.resize(len).unwrap();
            twin.resize(len, 0);
            assert_eq!(buf.as_slice(), twin, "after resize {len}");
            let tail = vec![u8::try_from(i).unwrap() + 1; 37 * i];
            buf.extend_from_slice(&tail).unwrap();
            twin.extend_from_slice(&tail);
            assert_eq!(buf.as_slice(), twin);
            assert_eq!(buf.as_slice().as_ptr().addr() % 64, 0);
        }
        assert_eq!(AlignedBuf::from(&twin[..]).as_slice(), twin);
    }

    #[test]
    fn a_length_beyond_memory_is_an_error() {
        assert!(AlignedBuf::with_capacity(usize::MAX).is_err());
        let mut buf = AlignedBuf::from(&b"abc"[..]);
        assert!(buf.resize(usize::MAX).is_err());
        assert_eq!(buf.as_slice(), b"abc");
    }
}
