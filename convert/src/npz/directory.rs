//! A look at the end of an archive before anything is allocated for it.
//!
//! The ZIP reader builds a table of all members as it opens an archive. How many there are is checked
//! first, and the bytes it may read to build the table are counted. Layouts: APPNOTE.TXT 4.3.14 to
//! 4.3.16.

use super::error::NpzErrorKind;
use crate::npy::{ByteSource, SourceReader};
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// End record and the longest comment.
const TAIL_BYTES: u64 = 22 + 65_535;
const END: [u8; 4] = *b"PK\x05\x06";
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;
const END64: [u8; 4] = *b"PK\x06\x06";
/// Bytes of directory that a member may take: fixed part, name, extra fields.
const ENTRY_BYTES: u64 = 512;
/// Bytes that are read for an archive of any number of members.
const OPENING_BYTES: u64 = 1 << 20;

/// Refuses an archive that declares more members than `limit` in any record that could be its end.
pub(super) fn check_members(source: &dyn ByteSource, limit: u64) -> Result<(), NpzErrorKind> {
    let length = source.len().min(TAIL_BYTES);
    let start = source.len().saturating_sub(length);
    let mut tail = vec![0; usize::try_from(length).unwrap_or(0)];
    source.read_at(start, &mut tail).map_err(NpzErrorKind::Io)?;
    for (at, window) in tail.windows(22).enumerate() {
        if !window.starts_with(&END) {
            continue;
        }
        let mut members = u64::from(u16_at(window, 10));
        let end = start.saturating_add(u64::try_from(at).unwrap_or(0));
        if let Some(wide) = members64(source, end).map_err(NpzErrorKind::Io)? {
            members = members.max(wide);
        }
        if members > limit {
            return Err(NpzErrorKind::TooManyMembers { members, limit });
        }
    }
    Ok(())
}

/// The number of members in the 64-bit end record that is announced just before the end record.
fn members64(source: &dyn ByteSource, end: u64) -> io::Result<Option<u64>> {
    let mut locator = [0; LOCATOR_BYTES];
    let Some(at) = end.checked_sub(20) else { return Ok(None) };
    source.read_at(at, &mut locator)?;
    if !locator.starts_with(&LOCATOR) {
        return Ok(None);
    }
    // The offset is wrong if something was put before the archive: the record then ends here.
    let declared = u64_at(&locator, 8);
    let mut most = None;
    for record in [Some(declared), at.checked_sub(56)].into_iter().flatten() {
        let mut head = [0; 40];
        let inside = record.checked_add(40).is_some_and(|end| end <= source.len());
        if inside {
            source.read_at(record, &mut head)?;
        }
        if head.starts_with(&END64) {
            most = most.max(Some(u64_at(&head, 32)));
        }
    }
    Ok(most)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let found = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    found.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let found = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    found.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The bytes that may still be read while an archive is opened.
#[derive(Clone)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    /// Enough for the directory of an archive of `members`.
    pub(super) fn for_members(members: u64) -> Self {
        let bytes = members.saturating_mul(ENTRY_BYTES).saturating_add(OPENING_BYTES);
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// Lifts the limit.
    pub(super) fn release(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    fn spend(&self, bytes: u64) -> io::Result<()> {
        let left = self.0.load(Ordering::Relaxed);
        if left == u64::MAX {
            return Ok(());
        }
        let rest = left.checked_sub(bytes).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "directory of the archive is too large")
        })?;
        self.0.store(rest, Ordering::Relaxed);
        Ok(())
    }
}

/// A stream that fails when its allowance is spent.
pub(super) struct Metered {
    inner: SourceReader,
    allowance: Allowance,
}

impl Metered {
    /// A stream from the first byte on.
    pub(super) fn new(source: Arc<dyn ByteSource>, allowance: Allowance) -> Self {
        Self { inner: SourceReader::new(source), allowance }
    }
}

impl Read for Metered {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.allowance.spend(u64::try_from(count).unwrap_or(u64::MAX))?;
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
