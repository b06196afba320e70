//! An extent whose blocks are verified when they are first touched.

use std::io::ErrorKind;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::limits::BLOCK_BYTES;
use crate::format::{Damage, Rule, crc32};
use crate::storage::{Bytes, Storage};

/// Bytes of the file with lazily verified checksums.
#[derive(Debug)]
pub struct CheckedExtent {
    extent: Extent,
    storage: Arc<dyn Storage>,
    opened: OnceLock<Opened>,
}

#[derive(Debug)]
struct Opened {
    data: Bytes,
    /// Checksums of the blocks, little endian.
    table: Bytes,
    /// One bit a block.
    verified: Box<[AtomicU64]>,
}

impl CheckedExtent {
    /// An extent whose pointer was checked against the length of the file. Reads nothing.
    pub fn new(extent: Extent, storage: Arc<dyn Storage>) -> Self {
        Self { extent, storage, opened: OnceLock::new() }
    }

    /// The pointer.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    fn open(&self) -> Result<&Opened> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let bytes = |offset, len: u64| {
            let size = usize::try_from(len).map_err(|_| Error::OutOfMemory { bytes: len })?;
            self.storage.bytes(offset, size).map_err(|error| self.unread(error))
        };
        let data = bytes(self.extent.offset(), self.extent.len)?;
        let table = if self.extent.has_table() {
            let table = bytes(self.extent.table_offset(), self.extent.table_len())?;
            if crc32(&table) != self.extent.crc {
                let at = self.extent.table_offset();
                let text = "the checksum table of an extent does not match its pointer";
                return Err(Damage::new(Rule::TableChecksum, at, text).into());
            }
            table
        } else {
            Bytes::copy_of(&self.extent.crc.to_le_bytes())
        };
        let words = usize::try_from(self.extent.blocks().div_ceil(64)).unwrap_or(usize::MAX);
        let verified = (0..words).map(|_| AtomicU64::new(0)).collect();
        Ok(self.opened.get_or_init(|| Opened { data, table, verified }))
    }

    /// An extent that reaches past the end is damage: where tensors are was not checked before.
    fn unread(&self, error: std::io::Error) -> Error {
        if error.kind() != ErrorKind::UnexpectedEof {
            return Error::io("reading the container")(error);
        }
        let text =
            format!("an extent of {} bytes reaches past the end of the file", self.extent.len);
        Damage::new(Rule::ExtentBounds, self.extent.offset(), text).into()
    }

    /// The bytes of a range, verified. O(1) once its blocks were verified, O(length) before.
    pub fn get(&self, range: Range<usize>) -> Result<&[u8]> {
        let opened = self.open()?;
        let Some(slice) = opened.data.get(range.clone()) else {
            let text = format!("bytes {range:?} of an extent of {} bytes", self.extent.len);
            return Err(Damage::new(Rule::GroupSection, self.extent.offset(), text).into());
        };
        if !slice.is_empty() {
            let first = range.start as u64 / BLOCK_BYTES;
            let last = (range.end as u64).saturating_sub(1) / BLOCK_BYTES;
            for block in first..=last {
                self.verify_block(opened, block)?;
            }
        }
        Ok(slice)
    }

    /// All bytes, not verified: what is used of them must be touched first.
    pub(super) fn raw(&self) -> Result<&[u8]> {
        Ok(&self.open()?.data)
    }

    /// Verifies the blocks that some bytes lie in.
    pub(super) fn touch_all(&self, bytes: Range<usize>) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let opened = self.open()?;
        let last = (bytes.end as u64).saturating_sub(1) / BLOCK_BYTES;
        (bytes.start as u64 / BLOCK_BYTES..=last)
            .try_for_each(|block| self.verify_block(opened, block))
    }

    /// Verifies the block that a byte lies in.
    pub(super) fn touch(&self, byte: usize) -> Result<()> {
        self.verify_block(self.open()?, byte as u64 / BLOCK_BYTES)
    }

    /// Verifies every block; `each` is told the bytes done.
    pub fn verify_all(&self, mut each: impl FnMut(u64)) -> Result<()> {
        let opened = self.open()?;
        for block in 0..self.extent.blocks() {
            self.check_block(opened, block)?;
            each(BLOCK_BYTES.min(self.extent.len));
        }
        Ok(())
    }

    fn verify_block(&self, opened: &Opened, block: u64) -> Result<()> {
        let word = usize::try_from(block / 64).ok().and_then(|index| opened.verified.get(index));
        let bit = 1_u64 << (block % 64);
        if word.is_some_and(|word| word.load(Ordering::Relaxed) & bit != 0) {
            return Ok(());
        }
        self.check_block(opened, block)?;
        if let Some(word) = word {
            // Relaxed is enough: the bytes are immutable, the bit only saves work.
            word.fetch_or(bit, Ordering::Relaxed);
        }
        Ok(())
    }

    fn check_block(&self, opened: &Opened, block: u64) -> Result<()> {
        let start = block.saturating_mul(BLOCK_BYTES);
        let end = start.saturating_add(BLOCK_BYTES).min(self.extent.len);
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let bytes = range.and_then(|(start, end)| opened.data.get(start..end)).unwrap_or(&[]);
        let at = usize::try_from(block.saturating_mul(4)).unwrap_or(usize::MAX);
        let stored = opened.table.get(at..at.saturating_add(4)).and_then(|b| b.try_into().ok());
        if stored.map(u32::from_le_bytes) == Some(crc32(bytes)) {
            return Ok(());
        }
        let at = self.extent.offset().saturating_add(start);
        let text = format!("block {block} of the extent at byte {}", self.extent.offset());
        Err(Damage::new(Rule::BlockChecksum, at, text).into())
    }
}

/// Computes the pointer of data that is about to be written at `page`, and its checksum table.
pub fn seal(page: u64, data: &[u8]) -> (Extent, Vec<u8>) {
    let len = data.len() as u64;
    if len <= BLOCK_BYTES {
        return (Extent { page, len, crc: crc32(data) }, Vec::new());
    }
    let block = usize::try_from(BLOCK_BYTES).unwrap_or(65_536);
    let table: Vec<u8> = data.chunks(block).flat_map(|chunk| crc32(chunk).to_le_bytes()).collect();
    (Extent { page, len, crc: crc32(&table) }, table)
}
