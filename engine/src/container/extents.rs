//! Writing extents: allocate, grow in large steps, write once.

use std::sync::Arc;

use super::alloc::{Allocator, Run, page_bytes};
use super::checked::seal;
use crate::error::{Error, Result};
use crate::format::extent::{Extent, pages_for};
use crate::format::limits::{EXTENT_BYTES_MAX, FILE_BYTES_MAX, PAGE_BYTES};
use crate::storage::Storage;

/// Smallest and largest step by which the file grows.
const GROWTH_MIN: u64 = 1 << 20;
const GROWTH_MAX: u64 = 1 << 30;
/// Extents of this many bytes are worth starting to write before the sync.
const EARLY_BYTES: u64 = 256 << 10;

/// The medium together with its allocator.
#[derive(Debug)]
pub struct Extents {
    /// The medium.
    pub storage: Arc<dyn Storage>,
    /// Its free pages.
    pub alloc: Allocator,
}

impl Extents {
    /// Allocates pages and makes sure that the file is long enough for them.
    pub fn allocate(&mut self, pages: u64) -> Result<Run> {
        let run = self.alloc.take(pages);
        let needed = page_bytes(run.end());
        if needed > FILE_BYTES_MAX {
            self.alloc.give_back(run);
            let (what, limit) = ("bytes of a container", FILE_BYTES_MAX);
            return Err(Error::Limit { what, value: needed, limit });
        }
        let len = self.storage.len().map_err(Error::io("reading the length of the container"))?;
        if needed > len {
            // An eighth more each time: few maps and few length changes however large the file gets.
            let step = (len / 8).clamp(GROWTH_MIN, GROWTH_MAX);
            let grown = needed.max(len.saturating_add(step)).next_multiple_of(PAGE_BYTES);
            self.storage.set_len(grown).map_err(Error::io("growing the container"))?;
        }
        Ok(run)
    }

    /// Writes `data` to fresh pages. Not durable before the next sync; nothing refers to it yet.
    pub fn write(&mut self, data: &[u8]) -> Result<Extent> {
        let len = data.len() as u64;
        if len > EXTENT_BYTES_MAX {
            let (what, limit) = ("bytes of an extent", EXTENT_BYTES_MAX);
            return Err(Error::Limit { what, value: len, limit });
        }
        if len == 0 {
            return Ok(Extent::default());
        }
        let run = self.allocate(pages_for(len))?;
        let (extent, table) = seal(run.page, data);
        let written = self.storage.write_at(extent.offset(), data);
        written.map_err(Error::io("writing an extent"))?;
        // The rest of the pages is written too: nothing of what was there before stays in the file.
        let data_end = extent.offset().saturating_add(len);
        let mut rest =
            vec![0; usize::try_from(data_end.next_multiple_of(PAGE_BYTES) - data_end).unwrap_or(0)];
        rest.extend_from_slice(&table);
        let end = data_end.saturating_add(rest.len() as u64).next_multiple_of(PAGE_BYTES);
        rest.resize(usize::try_from(end - data_end).unwrap_or(rest.len()), 0);
        if !rest.is_empty() {
            let written = self.storage.write_at(data_end, &rest);
            written.map_err(Error::io("writing a checksum table"))?;
        }
        if len >= EARLY_BYTES {
            let all = usize::try_from(page_bytes(extent.pages())).unwrap_or(usize::MAX);
            self.storage.start_writing(extent.offset(), all);
        }
        Ok(extent)
    }

    /// Gives back an extent that was written but never named.
    pub fn discard(&mut self, extent: Extent) {
        if !extent.is_none() {
            self.alloc.give_back(Run { page: extent.page, pages: extent.pages() });
        }
    }
}
