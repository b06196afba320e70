//! Pointers to runs of pages, with the checksum of what they point at.

use super::limits::{BLOCK_BYTES, EXTENT_BYTES_MAX, FILE_BYTES_MAX, PAGE_BYTES};
use super::reader::Reader;
use super::writer::Writer;
use super::{Damage, Rule};

/// Encoded bytes of an [`Extent`].
pub const EXTENT_POINTER_BYTES: u64 = 24;

/// A run of whole pages that holds `len` bytes of data.
///
/// The checksum is that of the data when it fits one block of 64 KiB. Otherwise the CRC-32 of every
/// block stands in a table on the pages right behind the data, and `crc` is the checksum of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extent {
    /// First page.
    pub page: u64,
    /// Bytes of data; zero for "no extent".
    pub len: u64,
    /// Checksum of the data or of the table.
    pub crc: u32,
}

impl Extent {
    /// Whether this is "no extent".
    pub fn is_none(&self) -> bool {
        self.len == 0
    }

    /// Byte offset of the data in the file.
    pub fn offset(&self) -> u64 {
        self.page.saturating_mul(PAGE_BYTES)
    }

    /// Number of checksum blocks.
    pub fn blocks(&self) -> u64 {
        self.len.div_ceil(BLOCK_BYTES)
    }

    /// Whether the checksums stand in a table behind the data.
    pub fn has_table(&self) -> bool {
        self.blocks() > 1
    }

    /// Byte offset of the checksum table in the file.
    pub fn table_offset(&self) -> u64 {
        self.offset().saturating_add(data_pages(self.len).saturating_mul(PAGE_BYTES))
    }

    /// Bytes of the checksum table.
    pub fn table_len(&self) -> u64 {
        if self.has_table() { self.blocks().saturating_mul(4) } else { 0 }
    }

    /// Pages that the extent occupies, table included.
    pub fn pages(&self) -> u64 {
        pages_for(self.len)
    }

    /// The page behind the extent.
    pub fn end_page(&self) -> u64 {
        self.page.saturating_add(self.pages())
    }

    /// Reads a pointer and checks that it lies inside a file of `file_len` bytes.
    pub fn decode(reader: &mut Reader<'_>, file_len: u64) -> Result<Self, Damage> {
        let at = reader.offset();
        let extent = Self { page: reader.u64()?, len: reader.u64()?, crc: reader.u32()? };
        reader.zeros(4)?;
        extent.check(file_len, at)?;
        Ok(extent)
    }

    /// Checks the bounds; `at` is the place of the pointer.
    pub fn check(&self, file_len: u64, at: u64) -> Result<(), Damage> {
        if self.is_none() {
            return if self.page == 0 && self.crc == 0 {
                Ok(())
            } else {
                Err(Damage::new(Rule::ExtentBounds, at, "an empty extent has a page or a checksum"))
            };
        }
        let end = self.end_page().saturating_mul(PAGE_BYTES);
        let inside = self.page >= 3
            && self.page <= FILE_BYTES_MAX.div_ceil(PAGE_BYTES)
            && self.len <= EXTENT_BYTES_MAX
            && end <= file_len;
        if inside {
            return Ok(());
        }
        Err(Damage::new(
            Rule::ExtentBounds,
            at,
            format!(
                "extent of {} bytes at page {} does not fit a file of {file_len} bytes",
                self.len, self.page
            ),
        ))
    }

    /// Appends the pointer.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.page);
        writer.u64(self.len);
        writer.u32(self.crc);
        writer.u32(0);
    }
}

/// Pages of the data alone.
pub fn data_pages(len: u64) -> u64 {
    len.div_ceil(PAGE_BYTES)
}

/// Pages of data and checksum table.
pub fn pages_for(len: u64) -> u64 {
    let blocks = len.div_ceil(BLOCK_BYTES);
    let table = if blocks > 1 { blocks.saturating_mul(4).div_ceil(PAGE_BYTES) } else { 0 };
    data_pages(len).saturating_add(table)
}
