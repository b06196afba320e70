//! The read-only map of a file.
#![expect(unsafe_code, reason = "bytes of a map are reached through a raw pointer")]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use memmap2::{MmapOptions, MmapRaw};
use parking_lot::RwLock;

use super::Bytes;

/// A read-only map of the first bytes of a file; unmapped when dropped.
///
/// It is kept raw, so that no reference ever covers more than the bytes that were asked for: the
/// rest of the file may be written while they are read.
#[derive(Debug)]
pub(crate) struct Map {
    raw: MmapRaw,
}

impl Map {
    fn new(file: &File, len: usize) -> io::Result<Self> {
        let raw = MmapOptions::new().len(len).map_raw_read_only(file)?;
        Ok(Self { raw })
    }

    /// The mapped bytes of `span`; `None` when it does not lie within the map.
    pub(crate) fn get(&self, span: Range<usize>) -> Option<&[u8]> {
        let len = span.end.checked_sub(span.start)?;
        if span.end > self.raw.len() {
            return None;
        }
        // SAFETY: `raw` maps `raw.len()` bytes in one piece from `as_ptr`, which is not above
        // `isize::MAX` as a map is one object of the address space; `span.start <= span.end <=
        // raw.len()`, checked above, so the sum stays within that object or one past its end.
        let first = unsafe { self.raw.as_ptr().add(span.start) };
        // SAFETY: `first` is not null and aligned for `u8`. The `len` bytes from it lie within the
        // map, by the check above, and every byte value is a valid `u8`. They stay mapped as long
        // as `self`, to which the result is bound by its lifetime. Nothing is written through the
        // map, which is read-only. That no `pwrite` changes them and no truncation takes them away
        // while the result lives is the contract of `Storage::write_at` and `Storage::set_len`,
        // kept between processes by the epoch locks; `FileStorage::open` says what a process
        // outside of that contract can do.
        Some(unsafe { std::slice::from_raw_parts(first, len) })
    }
}

impl Map {
    /// Takes the pages that lie wholly within `span` out of this process; they come back from the page cache
    /// when they are touched again. A hint: what fails changes nothing.
    pub(crate) fn release(&self, span: Range<usize>) {
        const PAGE: usize = 4096;
        let start = span.start.next_multiple_of(PAGE);
        let end = span.end.min(self.raw.len());
        let end = end.saturating_sub(end % PAGE);
        let Some(len) = end.checked_sub(start).filter(|len| *len > 0) else { return };
        // SAFETY: `start < end <= raw.len()`, so the sum stays within the map.
        let first = unsafe { self.raw.as_ptr().add(start) };
        // SAFETY: the range lies within this map, which is shared, read-only and backed by a file:
        // MADV_DONTNEED drops page table entries alone, and a later read finds the same bytes of the file
        // (madvise(2): "for shared file mappings ... the up-to-date contents of the underlying mapped file").
        // References into the range stay valid. `first` is page aligned as maps start on a page.
        let _hint = unsafe { libc::madvise(first.cast_mut().cast(), len, libc::MADV_DONTNEED) };
    }
}

/// The newest map of a growing file. Older ones live on in the [`Bytes`] that lie in them.
#[derive(Debug, Default)]
pub(crate) struct MapCache {
    current: RwLock<Option<Arc<Map>>>,
}

impl MapCache {
    /// The bytes of `span`, which the caller has found to lie within the `file_len` bytes of
    /// `file`. Maps the file anew when the present map is too short.
    pub(crate) fn bytes(
        &self,
        file: &File,
        file_len: usize,
        span: Range<usize>,
    ) -> io::Result<Bytes> {
        // A map of no bytes does not exist.
        if span.is_empty() {
            return Ok(Bytes::new());
        }
        if let Some(bytes) = Self::within(self.current.read().as_ref(), &span) {
            return Ok(bytes);
        }
        let mut current = self.current.write();
        if let Some(bytes) = Self::within(current.as_ref(), &span) {
            return Ok(bytes);
        }
        *current = Some(Arc::new(Map::new(file, file_len)?));
        Self::within(current.as_ref(), &span).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn within(map: Option<&Arc<Map>>, span: &Range<usize>) -> Option<Bytes> {
        Bytes::from_map(Arc::clone(map?), span.clone())
    }
}
