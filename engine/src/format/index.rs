//! Indexes: derived structures that make search faster and can always be rebuilt.

use super::extent::Extent;
use super::group::Section;
use super::limits::{ALIGN_BYTES, DIM_MAX, GROUP_ENTRIES_MAX};
use super::reader::Reader;
use super::writer::Writer;
use super::{Damage, Rule};

/// "VIDX".
pub const INDEX_MAGIC: u32 = u32::from_le_bytes(*b"VIDX");
/// Encoded bytes of an [`IndexDesc`].
pub const INDEX_DESC_BYTES: u64 = 64;
/// Bytes of the header of an index before the section table.
pub const INDEX_HEADER_BYTES: u64 = 64;
/// Most sections of an index.
pub const INDEX_SECTIONS_MAX: usize = 16;
/// Kind: codes of the features of one row group; with group 0 and no extent the wish that the column have them.
pub const INDEX_CODES: u32 = 1;
/// Kind: inverted lists over a series of features.
pub const INDEX_LISTS: u32 = 2;
/// Sections of [`INDEX_CODES`].
pub mod codes {
    /// The centre, `f32[dim]`.
    pub const CENTRE: usize = 0;
    /// The high four bits, `u8[count * padded / 2]`.
    pub const HIGH: usize = 1;
    /// The two bits below them, `u8[count * padded / 4]`.
    pub const MIDDLE: usize = 2;
    /// The lowest two.
    pub const LOW: usize = 3;
    /// Steps, `f32[count]`.
    pub const STEPS: usize = 4;
    /// Bounds of the error of eight bits, `f32[count]`.
    pub const ERRORS_8: usize = 5;
    /// Bounds of the error of six bits, `f32[count]`.
    pub const ERRORS_6: usize = 6;
    /// Bounds of the error of four bits, `f32[count]`.
    pub const ERRORS_4: usize = 7;
    /// Lengths of the stored features, `f32[count]`.
    pub const NORMS: usize = 8;
    /// Squared lengths without the centre, `f32[count]`.
    pub const LENGTHS: usize = 9;
    /// Number of sections.
    pub const SECTIONS: usize = 10;
}

/// Sections of [`INDEX_LISTS`].
pub mod lists {
    /// Sections that the search knows.
    pub const SEARCH_SECTIONS: usize = 11;
    /// The row groups that ordinals count through: id and number of features, `u64[2 * n]`.
    pub const GROUPS: usize = 11;
    /// Ordinals of features of these row groups that are in no list, `u32[n]`, ascending.
    pub const UNLISTED: usize = 12;
    /// Number of sections.
    pub const SECTIONS: usize = 13;
}

/// Instead of the number of a region: the series is that of a vector field.
pub const NO_REGION: u32 = u32::MAX;

/// What the manifest says of an index. Readers skip kinds they do not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDesc {
    /// What it is.
    pub kind: u32,
    /// Column that it speeds up.
    pub column: u32,
    /// Row group that it was built from, or zero.
    pub group: u64,
    /// Its bytes.
    pub data: Extent,
}

impl IndexDesc {
    /// Appends the descriptor.
    pub fn encode(&self, w: &mut Writer) {
        w.u32(self.kind);
        w.u32(self.column);
        w.u64(self.group);
        self.data.encode(w);
        w.raw(&[0; 24]);
    }

    /// Reads a descriptor.
    pub fn decode(r: &mut Reader<'_>, file_len: u64) -> Result<Self, Damage> {
        let (kind, column, group) = (r.u32()?, r.u32()?, r.u64()?);
        let data = Extent::decode(r, file_len)?;
        r.zeros(24)?;
        Ok(Self { kind, column, group, data })
    }
}

/// The header of the bytes of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexHeader {
    /// Kind, as in the descriptor.
    pub kind: u32,
    /// Column, as in the descriptor.
    pub column: u32,
    /// Region of the series, or [`NO_REGION`].
    pub region: u32,
    /// Features that it is about.
    pub count: u64,
    /// Values of a feature.
    pub dim: u32,
    /// Values of a rotated feature.
    pub padded: u32,
    /// Seed of the rotation.
    pub seed: u64,
    /// Code of the metric that it serves; 0: any.
    pub metric: u32,
    /// Number of lists; 0 where there are none.
    pub lists: u32,
    /// The sections.
    pub sections: Vec<Section>,
}

impl IndexHeader {
    /// Bytes of header and section table.
    pub fn encoded_len(sections: usize) -> u64 {
        let table = (sections as u64).saturating_mul(16);
        INDEX_HEADER_BYTES.saturating_add(table).next_multiple_of(ALIGN_BYTES)
    }

    /// Places sections of these lengths one after another and returns the length of the whole.
    pub fn plan(&mut self, lens: impl IntoIterator<Item = u64>) -> u64 {
        let lens: Vec<u64> = lens.into_iter().collect();
        let mut end = Self::encoded_len(lens.len());
        self.sections.clear();
        for len in lens {
            let offset = end.next_multiple_of(ALIGN_BYTES);
            self.sections.push(Section { offset, len });
            end = offset.saturating_add(len);
        }
        end
    }

    /// An index of these sections as bytes; the length where that is more than memory allows.
    pub fn assemble(&mut self, parts: &[&[u8]]) -> Result<Vec<u8>, u64> {
        let len = self.plan(parts.iter().map(|part| part.len() as u64));
        let mut bytes = self.encode();
        let more = usize::try_from(len).map_err(|_| len)?.saturating_sub(bytes.len());
        bytes.try_reserve_exact(more).map_err(|_| len)?;
        for (part, place) in parts.iter().zip(&self.sections) {
            bytes.resize(usize::try_from(place.offset).map_err(|_| len)?, 0);
            bytes.extend_from_slice(part);
        }
        Ok(bytes)
    }

    /// Header and section table.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u32(INDEX_MAGIC);
        w.u32(self.kind);
        w.u32(self.column);
        w.u32(self.region);
        w.u64(self.count);
        w.u32(self.dim);
        w.u32(self.padded);
        w.u64(self.seed);
        w.u32(self.metric);
        w.u32(self.lists);
        w.u32(u32::try_from(self.sections.len()).unwrap_or(u32::MAX));
        w.raw(&[0; 12]);
        for section in &self.sections {
            w.u64(section.offset);
            w.u64(section.len);
        }
        w.align(64);
        w.into_bytes()
    }

    /// Reads the header of an index of `len` bytes at `at` and checks that sections are in bounds.
    pub fn decode(bytes: &[u8], len: u64, at: u64) -> Result<Self, Damage> {
        let mut r = Reader::new(bytes, at, Rule::IndexHeader);
        if r.u32()? != INDEX_MAGIC {
            return Err(r.damage("not an index: the magic is missing"));
        }
        let mut header = Self {
            kind: r.u32()?,
            column: r.u32()?,
            region: r.u32()?,
            count: r.u64()?,
            dim: r.u32()?,
            padded: r.u32()?,
            seed: r.u64()?,
            metric: r.u32()?,
            lists: r.u32()?,
            sections: Vec::new(),
        };
        let sections = r.u32()? as usize;
        r.zeros(12)?;
        let dims_ok = header.dim >= 1
            && u64::from(header.dim) <= DIM_MAX
            && header.padded >= header.dim
            && u64::from(header.padded) <= DIM_MAX.next_multiple_of(128);
        if !dims_ok || header.count > GROUP_ENTRIES_MAX || sections > INDEX_SECTIONS_MAX {
            return Err(r.damage("impossible dimensions, or too many entries or sections"));
        }
        let mut end = Self::encoded_len(sections);
        for _ in 0..sections {
            let section = Section { offset: r.u64()?, len: r.u64()? };
            let stop = section.offset.checked_add(section.len);
            let in_order = section.offset >= end && section.offset.is_multiple_of(ALIGN_BYTES);
            match stop {
                Some(stop) if in_order && stop <= len => end = stop,
                _ => return Err(r.damage("a section is out of bounds")),
            }
            header.sections.push(section);
        }
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_and_no_cut_or_flip_of_it_panics() {
        let mut header = IndexHeader {
            kind: INDEX_CODES,
            column: 16,
            region: NO_REGION,
            count: 3,
            dim: 5,
            padded: 128,
            seed: 9,
            ..IndexHeader::default()
        };
        let len = header.plan([20, 0, 192]);
        let bytes = header.encode();
        assert_eq!(IndexHeader::decode(&bytes, len, 0).unwrap(), header);
        for cut in 0..bytes.len().min(112) {
            assert!(IndexHeader::decode(&bytes[..cut], len, 0).is_err(), "{cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            drop(IndexHeader::decode(&flipped, len, 0));
        }
        assert!(IndexHeader::decode(&bytes, len - 1, 0).is_err());
    }
}
