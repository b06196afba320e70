//! The bytes of a row group: a header, a table of sections, the sections.

use super::layout::Layout;
use crate::format::limits::{ALIGN_BYTES, GROUP_ENTRIES_MAX};
use crate::format::reader::Reader;
use crate::format::writer::Writer;
use crate::format::{Damage, Rule};

/// "VGRP".
pub const GROUP_MAGIC: u32 = u32::from_le_bytes(*b"VGRP");
/// Bytes of the header before the section table.
pub const BLOB_HEADER_BYTES: u64 = 64;
/// Most sections of a row group.
pub const SECTIONS_MAX: usize = 10;

/// A range of bytes of a row group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// From the start of the row group.
    pub offset: u64,
    /// In bytes.
    pub len: u64,
}

/// The decoded header of a row group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobHeader {
    /// What the row group holds.
    pub layout: Layout,
    /// Images in the row group.
    pub count: u64,
    /// First row.
    pub first_row: u64,
    /// Dimension of features, or zero.
    pub dim: u32,
    /// Code of the type of features, or zero.
    pub dtype: u32,
    /// Bytes from one feature to the next, or zero.
    pub stride: u32,
    /// Entries: features of a regions group; otherwise the same as `count`.
    pub total: u64,
    /// The sections.
    pub sections: [Section; SECTIONS_MAX],
}

impl BlobHeader {
    /// Bytes of header and section table of a layout.
    pub fn encoded_len(layout: Layout) -> u64 {
        let table = u64::from(layout.sections()).saturating_mul(16);
        BLOB_HEADER_BYTES.saturating_add(table).next_multiple_of(ALIGN_BYTES)
    }

    /// Reads the header of a row group of `len` bytes at `at`, and checks that sections are in bounds.
    pub fn decode(bytes: &[u8], len: u64, at: u64) -> Result<Self, Damage> {
        let mut r = Reader::new(bytes, at, Rule::GroupHeader);
        if r.u32()? != GROUP_MAGIC {
            return Err(r.damage("not a row group: the magic is missing"));
        }
        let layout = Layout::from_code(r.u16()?);
        let layout = layout.ok_or_else(|| r.damage("unknown layout of a row group"))?;
        if r.u16()? != layout.sections() {
            return Err(r.damage("wrong number of sections"));
        }
        let mut header = Self {
            layout,
            count: r.u64()?,
            first_row: r.u64()?,
            dim: r.u32()?,
            dtype: r.u32()?,
            stride: r.u32()?,
            total: 0,
            sections: [Section::default(); SECTIONS_MAX],
        };
        r.zeros(4)?;
        header.total = r.u64()?;
        r.zeros(16)?;
        if header.count == 0 || header.count.max(header.total) > GROUP_ENTRIES_MAX {
            return Err(r.damage("an impossible number of entries"));
        }
        let mut end = Self::encoded_len(layout);
        let number = usize::from(layout.sections());
        for section in header.sections.iter_mut().take(number) {
            *section = Section { offset: r.u64()?, len: r.u64()? };
            let section_end = section.offset.checked_add(section.len);
            let in_order = section.offset >= end && section.offset.is_multiple_of(ALIGN_BYTES);
            match section_end {
                Some(stop) if in_order && stop <= len => end = stop,
                _ => return Err(Damage::new(Rule::GroupSection, at, "a section is out of bounds")),
            }
        }
        Ok(header)
    }
}

/// Plans a row group: lengths first, then the bytes of header and table.
#[derive(Debug)]
pub struct BlobWriter {
    header: BlobHeader,
    used: usize,
    end: u64,
}

impl BlobWriter {
    /// A row group without sections yet; `sections` of `header` is ignored.
    pub fn new(header: &BlobHeader) -> Self {
        let end = BlobHeader::encoded_len(header.layout);
        let sections = [Section::default(); SECTIONS_MAX];
        Self { header: BlobHeader { sections, ..header.clone() }, used: 0, end }
    }

    /// Reserves the next section.
    pub fn section(&mut self, len: u64) -> Section {
        let offset = self.end.next_multiple_of(ALIGN_BYTES);
        let section = Section { offset, len };
        if let Some(slot) = self.header.sections.get_mut(self.used) {
            *slot = section;
        }
        self.used = self.used.saturating_add(1);
        self.end = offset.saturating_add(len);
        section
    }

    /// Bytes of the whole row group as planned.
    pub fn len(&self) -> u64 {
        self.end
    }

    /// Whether no section was planned.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Header and section table.
    pub fn encode_header(&self) -> Vec<u8> {
        let h = &self.header;
        let mut w = Writer::new();
        w.u32(GROUP_MAGIC);
        w.u16(h.layout.code());
        w.u16(h.layout.sections());
        w.u64(h.count);
        w.u64(h.first_row);
        w.u32(h.dim);
        w.u32(h.dtype);
        w.u32(h.stride);
        w.u32(0);
        w.u64(h.total);
        w.u64(0);
        w.u64(0);
        for section in h.sections.iter().take(usize::from(h.layout.sections())) {
            w.u64(section.offset);
            w.u64(section.len);
        }
        w.align(64);
        w.into_bytes()
    }
}
