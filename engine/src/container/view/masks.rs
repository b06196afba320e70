//! Segments of masks: names, records, blocks.

use std::ops::Range;

use crate::container::encode::name_key;
use crate::container::group::{Group, Rows};
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::limits::NAME_BYTES_MAX;
use crate::format::segment::{BlockRef, SegmentRecord, segment_rows};

/// The segments of a row group.
#[derive(Clone, Copy, Debug)]
pub struct MasksView<'a> {
    group: &'a Group,
}

impl<'a> MasksView<'a> {
    /// A view of a row group of layout masks.
    pub fn new(group: &'a Group) -> Self {
        Self { group }
    }

    /// The places of the segments of an image: one piece, as segments are in the order of their rows.
    pub fn of_image(&self, image: u64) -> Result<Range<usize>> {
        let rows = self.group.rows()?;
        let wanted = segment_rows(image);
        Ok(match rows {
            Rows::Dense { first, count } => {
                let place = |row: u64| {
                    usize::try_from(row.saturating_sub(first).min(count)).unwrap_or(usize::MAX)
                };
                place(wanted.start)..place(wanted.end)
            }
            Rows::List(rows) => {
                let place = |row: u64| rows.partition_point(|&r| r < row);
                place(wanted.start)..place(wanted.end)
            }
        })
    }

    /// The code of a name in this row group, if a segment has it.
    pub fn code_of(&self, group: &str, name: &str) -> Result<Option<u32>> {
        let wanted = name_key(group, name);
        let count = self.names()?;
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            match self.name_bytes(middle)?.cmp(&wanted[..]) {
                std::cmp::Ordering::Equal => return Ok(u32::try_from(middle).ok()),
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// Number of distinct names.
    pub fn names(&self) -> Result<usize> {
        let len = self.group.header()?.sections.get(section::NAME_OFFSETS).map_or(0, |s| s.len);
        Ok(usize::try_from(len / 4).unwrap_or(usize::MAX).saturating_sub(1))
    }

    /// The codes of names of segments.
    pub fn codes(&self, places: Range<usize>) -> Result<&'a [u32]> {
        self.group.part(section::SEGMENT_NAMES, places)
    }

    fn name_bytes(self, code: usize) -> Result<&'a [u8]> {
        let offsets: &[u32] =
            self.group.part(section::NAME_OFFSETS, code..code.saturating_add(2))?;
        let [start, end] = offsets else { return Err(self.bad_name()) };
        self.group.part(section::NAME_BYTES, *start as usize..*end as usize)
    }

    fn bad_name(self) -> crate::Error {
        self.group.damage(Rule::SegmentNames, "the name of a segment is not possible")
    }

    /// A damage of a record.
    pub fn bad_record(&self, text: &str) -> crate::Error {
        self.group.damage(Rule::SegmentRecord, text)
    }

    /// A damage of a block.
    pub fn bad_block(&self, text: &str) -> crate::Error {
        self.group.damage(Rule::MaskBlock, text)
    }

    /// Group and name of a code.
    pub fn name_of(&self, code: u32) -> Result<(&'a str, &'a str)> {
        let bytes = self.name_bytes(code as usize)?;
        let parts = bytes.split_first().and_then(|(&len, rest)| {
            let (group, name) = rest.split_at_checked(usize::from(len))?;
            let len_ok = !name.is_empty() && name.len() as u64 <= NAME_BYTES_MAX;
            let texts = (std::str::from_utf8(group).ok()?, std::str::from_utf8(name).ok()?);
            len_ok.then_some(texts)
        });
        parts.ok_or_else(|| self.bad_name())
    }

    /// Group and name of the segment at a place.
    pub fn name(&self, position: usize) -> Result<(&'a str, &'a str)> {
        self.name_of(self.group.value(section::SEGMENT_NAMES, position)?)
    }

    /// The label of the segment at a place.
    pub fn label(&self, position: usize) -> Result<u32> {
        self.group.value(section::SEGMENT_LABELS, position)
    }

    /// Refuses records of neighbours that overlap: all together they would be far larger than the row group.
    pub fn check_records(&self, places: Range<usize>) -> Result<()> {
        if places.is_empty() {
            return Ok(());
        }
        let places = places.start..places.end.saturating_add(1);
        let offsets: &[u32] = self.group.part(section::RECORD_OFFSETS, places)?;
        if offsets.is_sorted() {
            return Ok(());
        }
        Err(self.bad_record("records of segments overlap"))
    }

    /// The bytes of the record of the segment at a place.
    pub fn record_bytes(&self, position: usize) -> Result<&'a [u8]> {
        let places = position..position.saturating_add(2);
        let offsets: &[u32] = self.group.part(section::RECORD_OFFSETS, places)?;
        let [start, end] = offsets else {
            return Err(self.bad_record("a record is missing"));
        };
        self.group.part(section::RECORDS, *start as usize..*end as usize)
    }

    /// The record of the segment at a place.
    pub fn record(&self, position: usize) -> Result<SegmentRecord<'a>> {
        let bytes = self.record_bytes(position)?;
        let record = SegmentRecord::decode(bytes, self.group.desc().data.offset());
        record.map_err(|damage| self.group.damage(damage.rule, &damage.message))
    }

    /// Where a block is in the container; the same for all segments that share it.
    pub fn block_offset(&self, block: &BlockRef) -> u64 {
        self.group.desc().data.offset().saturating_add(block.offset)
    }

    /// The bytes of a block.
    pub fn block(&self, block: &BlockRef) -> Result<&'a [u8]> {
        let end = block.offset.checked_add(block.len);
        let range = usize::try_from(block.offset).ok().zip(end.and_then(|e| e.try_into().ok()));
        let Some((start, end)) = range else {
            return Err(self.bad_record("a block reaches past the blocks"));
        };
        self.group.part(section::BLOCKS, start..end)
    }
}
