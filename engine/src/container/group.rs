//! A row group as it is read: header, sections, rows.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytemuck::Pod;

use super::checked::CheckedExtent;
use crate::error::{Error, Result};
use crate::format::extent::{EXTENT_POINTER_BYTES, Extent};
use crate::format::group::layout::section;
use crate::format::group::{BlobHeader, GroupDesc, Layout};
use crate::format::mapping::GRID_MAPPING_BYTES;
use crate::format::schema::{Dtype, FieldDef, row_stride};
use crate::format::{Damage, Rule};
use crate::storage::{Bytes, Storage};

/// One immutable row group. Opening reads nothing; the header is read and checked at first use.
#[derive(Debug)]
pub struct Group {
    desc: GroupDesc,
    source: Source,
    header: OnceLock<BlobHeader>,
    storage: Arc<dyn Storage>,
    /// Tokens: the tensors that were touched.
    tensors: OnceLock<Box<[OnceLock<Box<CheckedExtent>>]>>,
}

#[derive(Debug)]
enum Source {
    /// In the log, or not written yet: checked as a whole before it came here.
    Memory(Bytes),
    /// In an extent: blocks are verified as they are touched.
    Extent(CheckedExtent),
}

impl Group {
    /// A row group in bytes that were verified already. What it points at is on `storage`.
    pub fn in_memory(desc: GroupDesc, bytes: Bytes, storage: &Arc<dyn Storage>) -> Self {
        Self::new(desc, Source::Memory(bytes), storage)
    }

    fn new(desc: GroupDesc, source: Source, storage: &Arc<dyn Storage>) -> Self {
        let storage = Arc::clone(storage);
        Self { desc, source, header: OnceLock::new(), storage, tensors: OnceLock::new() }
    }

    /// A row group in an extent.
    pub fn in_extent(desc: GroupDesc, storage: &Arc<dyn Storage>) -> Self {
        let source = Source::Extent(CheckedExtent::new(desc.data, Arc::clone(storage)));
        Self::new(desc, source, storage)
    }

    /// The medium.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// The tensor of the image at a place, whose pointer the caller has checked.
    pub(super) fn tensor(&self, position: usize, extent: Extent) -> Result<&CheckedExtent> {
        let slots = self.tensors.get_or_init(|| {
            let count = usize::try_from(self.desc.count).unwrap_or(0);
            std::iter::repeat_with(OnceLock::new).take(count).collect()
        });
        let past = || self.damage(Rule::GroupSection, "an index reaches past its section");
        let slot = slots.get(position).ok_or_else(past)?;
        Ok(slot.get_or_init(|| Box::new(CheckedExtent::new(extent, Arc::clone(&self.storage)))))
    }

    /// The descriptor.
    pub fn desc(&self) -> &GroupDesc {
        &self.desc
    }

    /// Whether the row group is not in an extent yet.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.source, Source::Memory(_))
    }

    /// The extent behind the row group, for verification.
    pub fn extent(&self) -> Option<&CheckedExtent> {
        match &self.source {
            Source::Extent(extent) => Some(extent),
            Source::Memory(_) => None,
        }
    }

    /// Bytes of the whole row group.
    pub fn len_bytes(&self) -> u64 {
        self.desc.data.len
    }

    fn bytes(&self, range: Range<usize>) -> Result<&[u8]> {
        match &self.source {
            Source::Extent(extent) => extent.get(range),
            Source::Memory(bytes) => bytes.get(range).ok_or_else(|| {
                self.damage(Rule::GroupSection, "a section reaches past its row group")
            }),
        }
    }

    /// A damage of this row group.
    pub fn damage(&self, rule: Rule, text: &str) -> Error {
        let at = if self.is_in_memory() { 0 } else { self.desc.data.offset() };
        let text = format!("row group {} of column {}: {text}", self.desc.id, self.desc.column);
        Damage::new(rule, at, text).into()
    }

    /// The header, read and checked against the descriptor once.
    pub fn header(&self) -> Result<&BlobHeader> {
        if let Some(header) = self.header.get() {
            return Ok(header);
        }
        let head = BlobHeader::encoded_len(self.desc.layout).min(self.desc.data.len);
        let bytes = self.bytes(0..usize::try_from(head).unwrap_or(usize::MAX))?;
        let header = BlobHeader::decode(bytes, self.desc.data.len, self.desc.data.offset())?;
        self.check_header(&header)?;
        Ok(self.header.get_or_init(|| header))
    }

    fn check_header(&self, h: &BlobHeader) -> Result<()> {
        let d = &self.desc;
        let same = h.layout == d.layout
            && h.count == d.count
            && h.total == d.total
            && h.first_row == d.first_row;
        if !same {
            return Err(self.damage(Rule::GroupHeader, "header and descriptor disagree"));
        }
        let has_entries = matches!(h.layout, Layout::Regions | Layout::Prompts);
        if !has_entries && h.total != h.count {
            return Err(self.damage(Rule::GroupHeader, "as many entries as images are needed"));
        }
        let has_features = h.layout.has_features();
        let dtype = u8::try_from(h.dtype).ok().and_then(Dtype::from_code);
        let stride_ok = dtype.is_some_and(|d| {
            let stride = match h.layout {
                Layout::Tokens => u64::from(h.dim).saturating_mul(d.bytes()),
                _ => row_stride(h.dim, d),
            };
            h.dim > 0 && u64::from(h.stride) == stride
        });
        if has_features && !stride_ok {
            return Err(self.damage(Rule::GroupHeader, "dimension, type and stride do not fit"));
        }
        let matrix = h.total.checked_mul(u64::from(h.stride));
        let len = |n: usize| h.sections.get(n).map_or(0, |s| s.len);
        let exact = |n: usize, each: u64, items: u64| Some(len(n)) == items.checked_mul(each);
        let optional = |n: usize, each: u64, items: u64| len(n) == 0 || exact(n, each, items);
        let (count, total) = (h.count, h.total);
        let next = count.saturating_add(1);
        let rows_ok = if len(section::ROWS) == 0 {
            d.last_row.checked_sub(d.first_row) == count.checked_sub(1)
        } else {
            exact(section::ROWS, 8, count)
        };
        let sections_ok = match h.layout {
            Layout::Keys => {
                optional(section::KEY_SPACES, 4, count)
                    && exact(section::KEY_OFFSETS, 4, next)
                    && exact(section::KEY_HASHES, 8, count)
                    && exact(section::KEY_ORDER, 4, count)
            }
            Layout::I64 | Layout::F64 => exact(section::VALUES, 8, count),
            Layout::Bool => exact(section::VALUES, 1, count),
            Layout::Text => {
                exact(section::VALUES, 4, count)
                    && len(section::DICT_OFFSETS) >= 4
                    && len(section::DICT_OFFSETS).is_multiple_of(4)
            }
            Layout::Metadata => exact(section::JSON_OFFSETS, 8, next),
            Layout::Vector => total == count && Some(len(section::VECTOR_MATRIX)) == matrix,
            Layout::Regions => {
                len(section::REGION_DIRECTORY).is_multiple_of(16)
                    && exact(section::ENTRY_IMAGES, 4, total)
                    && exact(section::IMAGE_STARTS, 4, next)
                    && exact(section::IMAGE_REGIONS, 2, total)
                    && exact(section::IMAGE_ENTRIES, 4, total)
                    && optional(section::ENTRY_FLAGS, 1, total)
                    && optional(section::ENTRY_BOXES, 24, total)
                    && optional(section::ENTRY_SCORES, 4, total)
                    && (len(section::ENTRY_FLAGS) > 0
                        || (len(section::ENTRY_BOXES) == 0 && len(section::ENTRY_SCORES) == 0))
                    && Some(len(section::REGION_MATRIX)) == matrix
            }
            Layout::Tokens => {
                let no_mapping = len(section::MAPPING_CODES) == 0 && len(section::MAPPINGS) == 0;
                exact(section::TENSORS, EXTENT_POINTER_BYTES, count)
                    && (no_mapping || exact(section::MAPPING_CODES, 4, count))
                    && len(section::MAPPINGS).is_multiple_of(GRID_MAPPING_BYTES)
            }
            Layout::Prompts => {
                let matrix = count.checked_mul(u64::from(h.stride));
                let width = u64::from(h.dim).saturating_mul(4);
                len(section::ROWS) == 0
                    && exact(section::PROMPT_OFFSETS, 4, next)
                    && Some(len(section::PROMPT_MATRIX)) == matrix
                    && exact(section::PROMPT_TOKENS, width, total)
            }
            Layout::Masks => {
                total == count
                    && exact(section::SEGMENT_NAMES, 4, count)
                    && exact(section::SEGMENT_LABELS, 4, count)
                    && len(section::NAME_OFFSETS) >= 4
                    && len(section::NAME_OFFSETS).is_multiple_of(4)
                    && exact(section::RECORD_OFFSETS, 4, next)
            }
        };
        if rows_ok && sections_ok {
            return Ok(());
        }
        Err(self.damage(Rule::GroupSection, "a section has another length than its counts demand"))
    }

    /// Whether the header has the dimension and the type that the schema states; `field` is that of the column.
    pub fn check_field(&self, field: Option<&FieldDef>) -> Result<()> {
        let header = self.header()?;
        let field = field.filter(|_| header.layout.has_features());
        let (dim, dtype, stride) =
            field.map_or((0, 0, 0), |f| (f.dim, u32::from(f.dtype.code()), f.stride()));
        if (header.dim, header.dtype, u64::from(header.stride)) == (dim, dtype, stride) {
            return Ok(());
        }
        let text = "dimension, type or stride are not those of its column";
        Err(self.damage(Rule::GroupHeader, text))
    }

    /// A part of a section as values, verified. `items` counts values of `T`.
    pub fn part<T: Pod>(&self, number: usize, items: Range<usize>) -> Result<&[T]> {
        let size = size_of::<T>();
        let place = self.header()?.sections.get(number).copied().unwrap_or_default();
        let start = items.start.checked_mul(size);
        let end = items.end.checked_mul(size).filter(|&end| end as u64 <= place.len);
        let base = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let range = start
            .and_then(|s| s.checked_add(base))
            .zip(end.and_then(|e| e.checked_add(base)))
            .filter(|(start, end)| start <= end);
        let Some((start, end)) = range else {
            return Err(self.damage(Rule::GroupSection, "an index reaches past its section"));
        };
        bytemuck::try_cast_slice(self.bytes(start..end)?)
            .map_err(|_| self.damage(Rule::GroupSection, "a section is not aligned"))
    }

    /// A whole section as values, verified.
    pub fn section<T: Pod>(&self, number: usize) -> Result<&[T]> {
        let len = self.header()?.sections.get(number).map_or(0, |place| place.len);
        let items = usize::try_from(len).unwrap_or(usize::MAX) / size_of::<T>().max(1);
        self.part(number, 0..items)
    }

    /// A section for reads here and there: each verifies the one block that it touches.
    pub(crate) fn probe<T: Pod>(&self, number: usize) -> Result<Probe<'_, T>> {
        let place = self.header()?.sections.get(number).copied().unwrap_or_default();
        let base = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let end = base.saturating_add(usize::try_from(place.len).unwrap_or(usize::MAX));
        let (all, extent) = match &self.source {
            Source::Extent(extent) => (extent.raw()?, Some((extent, base))),
            Source::Memory(bytes) => (&**bytes, None),
        };
        let values = all.get(base..end).and_then(|bytes| bytemuck::try_cast_slice(bytes).ok());
        let values = values.ok_or_else(|| {
            self.damage(Rule::GroupSection, "a section is not aligned or too short")
        })?;
        Ok(Probe { group: self, values, extent })
    }

    /// One value of a section.
    pub fn value<T: Pod>(&self, number: usize, index: usize) -> Result<T> {
        let values = self.part(number, index..index.saturating_add(1))?;
        let value = values.first().copied();
        value.ok_or_else(|| self.damage(Rule::GroupSection, "an index reaches past its section"))
    }

    /// The rows of the images of this row group.
    pub fn rows(&self) -> Result<Rows<'_>> {
        let list: &[u64] = self.section(section::ROWS)?;
        Ok(if list.is_empty() {
            Rows::Dense { first: self.desc.first_row, count: self.desc.count }
        } else {
            Rows::List(list)
        })
    }

    /// The place of `row` in this row group.
    pub fn position(&self, row: u64) -> Result<Option<usize>> {
        if row < self.desc.first_row || row > self.desc.last_row {
            return Ok(None);
        }
        Ok(self.rows()?.position(row))
    }
}

/// Values of a section, verified one by one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'a, T> {
    group: &'a Group,
    values: &'a [T],
    /// The extent that they lie in, and where they start there; none when they were verified as a whole.
    extent: Option<(&'a CheckedExtent, usize)>,
}

impl<'a, T: Pod> Probe<'a, T> {
    /// Some values. Verifies the blocks that they lie in.
    #[inline]
    pub(crate) fn slice(&self, items: Range<usize>) -> Result<&'a [T]> {
        let (start, end) = (items.start, items.end);
        let values = self.values.get(items);
        let values = values.ok_or_else(|| {
            self.group.damage(Rule::GroupSection, "an index reaches past its section")
        })?;
        if let Some((extent, base)) = self.extent {
            let place = |item: usize| base.saturating_add(item.saturating_mul(size_of::<T>()));
            extent.touch_all(place(start)..place(end))?;
        }
        Ok(values)
    }

    /// The value at an index. It lies in one block, since sections start at multiples of 64.
    pub(crate) fn get(&self, index: usize) -> Result<T> {
        let value = self.values.get(index).copied();
        let value = value.ok_or_else(|| {
            self.group.damage(Rule::GroupSection, "an index reaches past its section")
        })?;
        if let Some((extent, base)) = self.extent {
            extent.touch(base.saturating_add(index.saturating_mul(size_of::<T>())))?;
        }
        Ok(value)
    }
}

/// The rows of a row group: a range, or a list.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// `first..first + count`.
    Dense {
        /// First row.
        first: u64,
        /// Number of rows.
        count: u64,
    },
    /// Ascending rows.
    List(&'a [u64]),
}

impl Rows<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Dense { count, .. } => usize::try_from(*count).unwrap_or(usize::MAX),
            Self::List(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at a place.
    pub fn get(&self, position: usize) -> Option<u64> {
        match self {
            Self::Dense { first, count } => {
                let position = position as u64;
                (position < *count).then(|| first.saturating_add(position))
            }
            Self::List(rows) => rows.get(position).copied(),
        }
    }

    /// The place of a row.
    pub fn position(&self, row: u64) -> Option<usize> {
        match self {
            Self::Dense { first, count } => {
                let position = row.checked_sub(*first).filter(|position| position < count)?;
                usize::try_from(position).ok()
            }
            Self::List(rows) => rows.binary_search(&row).ok(),
        }
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.len()).filter_map(|position| self.get(position))
    }
}
