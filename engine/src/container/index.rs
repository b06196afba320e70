//! An index as it is read, and what makes indexes anew when row groups change.

use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytemuck::Pod;

use super::checked::CheckedExtent;
use super::group::Group;
use super::state::State;
use crate::error::{Error, Result};
use crate::format::index::{INDEX_CODES, INDEX_LISTS, IndexDesc, IndexHeader};
use crate::format::schema::FieldDef;
use crate::format::{Damage, Rule};
use crate::storage::Storage;

/// One immutable index. Opening reads nothing; blocks are verified as they are touched.
#[derive(Debug)]
pub struct Index {
    desc: IndexDesc,
    extent: CheckedExtent,
    header: OnceLock<IndexHeader>,
    memo: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Index {
    /// An index in an extent whose pointer was checked.
    pub fn new(desc: IndexDesc, storage: &Arc<dyn Storage>) -> Self {
        let extent = CheckedExtent::new(desc.data, Arc::clone(storage));
        Self { desc, extent, header: OnceLock::new(), memo: OnceLock::new() }
    }

    /// The descriptor.
    pub fn desc(&self) -> &IndexDesc {
        &self.desc
    }

    /// Its bytes.
    pub fn extent(&self) -> &CheckedExtent {
        &self.extent
    }

    /// Whether it is no index but the wish that the row groups of its column have codes.
    pub fn is_wish(&self) -> bool {
        self.desc.kind == INDEX_CODES && self.desc.group == 0
    }

    /// Whether this version knows what it is, and it has bytes.
    pub fn is_known(&self) -> bool {
        matches!(self.desc.kind, INDEX_CODES | INDEX_LISTS) && !self.desc.data.is_none()
    }

    /// The header, read and checked against the descriptor once.
    pub fn header(&self) -> Result<&IndexHeader> {
        if let Some(header) = self.header.get() {
            return Ok(header);
        }
        let data = self.desc.data;
        let head = IndexHeader::encoded_len(crate::format::index::INDEX_SECTIONS_MAX).min(data.len);
        let bytes = self.extent.get(0..usize::try_from(head).unwrap_or(usize::MAX))?;
        let header = IndexHeader::decode(bytes, data.len, data.offset())?;
        if (header.kind, header.column) != (self.desc.kind, self.desc.column) {
            return Err(self.damage(Rule::IndexHeader, "header and descriptor disagree"));
        }
        Ok(self.header.get_or_init(|| header))
    }

    /// What was made of it once, for whoever reads it; `make` runs at the first call.
    pub fn memo<T: Send + Sync + 'static>(
        &self,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Option<&T>> {
        if self.memo.get().is_none() {
            let made: Box<dyn Any + Send + Sync> = Box::new(make()?);
            drop(self.memo.set(made));
        }
        Ok(self.memo.get().and_then(|memo| memo.downcast_ref()))
    }

    /// The bytes of a section, not verified: what is used of them must be touched first.
    pub fn raw(&self, number: usize) -> Result<&[u8]> {
        let (start, end) = self.place(number)?;
        let bytes = self.extent.raw()?.get(start..end);
        bytes.ok_or_else(|| self.damage(Rule::IndexHeader, "a section is out of bounds"))
    }

    /// Verifies some bytes of a section.
    pub fn touch(&self, number: usize, bytes: Range<usize>) -> Result<()> {
        let (start, end) = self.place(number)?;
        let (from, to) = (start.saturating_add(bytes.start), start.saturating_add(bytes.end));
        if to > end {
            return Err(self.damage(Rule::IndexContent, "a place past the end of its section"));
        }
        self.extent.touch_all(from..to)
    }

    fn place(&self, number: usize) -> Result<(usize, usize)> {
        let place = self.header()?.sections.get(number).copied().unwrap_or_default();
        let base = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let len = usize::try_from(place.len).unwrap_or(usize::MAX);
        Ok((base, base.saturating_add(len)))
    }

    /// A damage of this index.
    pub fn damage(&self, rule: Rule, text: &str) -> Error {
        let text = format!("an index of column {}: {text}; build it again", self.desc.column);
        Damage::new(rule, self.desc.data.offset(), text).into()
    }

    /// A part of a section as values, verified. `items` counts values of `T`.
    pub fn part<T: Pod>(&self, number: usize, items: Range<usize>) -> Result<&[T]> {
        let size = size_of::<T>();
        let place = self.header()?.sections.get(number).copied().unwrap_or_default();
        let base = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let start = items.start.checked_mul(size);
        let end = items.end.checked_mul(size).filter(|&end| end as u64 <= place.len);
        let range = start
            .and_then(|start| start.checked_add(base))
            .zip(end.and_then(|end| end.checked_add(base)))
            .filter(|(start, end)| start <= end);
        let Some((start, end)) = range else {
            return Err(self.damage(Rule::IndexContent, "a place past the end of its section"));
        };
        bytemuck::try_cast_slice(self.extent.get(start..end)?)
            .map_err(|_| self.damage(Rule::IndexContent, "a section is not aligned"))
    }

    /// Values of a section.
    pub fn items<T: Pod>(&self, number: usize) -> Result<usize> {
        let len = self.header()?.sections.get(number).map_or(0, |place| place.len);
        Ok(usize::try_from(len).unwrap_or(usize::MAX) / size_of::<T>().max(1))
    }

    /// A whole section as values, verified.
    pub fn section<T: Pod>(&self, number: usize) -> Result<&[T]> {
        self.part(number, 0..self.items::<T>(number)?)
    }
}

/// How rows of one state are numbered in the next.
#[derive(Clone, Copy)]
pub struct Renumbered<'a> {
    /// The state before.
    pub old: &'a State,
    /// The state after, without indexes.
    pub new: &'a State,
    /// The new number of an old row, while it lives.
    pub row: &'a dyn Fn(u64) -> Option<u64>,
}

/// What makes the bytes of indexes. The container knows where they lie and when they are out of date.
pub trait Derive: Debug + Send + Sync {
    /// Codes of a row group; none where they would not help.
    fn codes(&self, group: &Group, field: &FieldDef) -> Result<Option<Vec<u8>>>;

    /// An index over a whole column for renumbered rows; none where it must be built again.
    fn carry(&self, index: &Index, rows: &Renumbered<'_>) -> Result<Option<Vec<u8>>>;
}

impl State {
    /// The codes of a row group.
    pub fn codes(&self, column: u32, group: u64) -> Option<&Arc<Index>> {
        let key = (INDEX_CODES, column, group);
        let at = self.indexes.partition_point(|index| order(index.desc()) < key);
        let found = self.indexes.get(at).filter(|index| order(index.desc()) == key);
        found.filter(|index| index.is_known() && !index.is_wish())
    }

    /// The lists over series of a column.
    pub fn lists(&self, column: u32) -> impl Iterator<Item = &Arc<Index>> {
        let of = move |index: &&Arc<Index>| {
            index.desc().kind == INDEX_LISTS && index.desc().column == column && index.is_known()
        };
        self.indexes.iter().filter(of)
    }

    /// Whether row groups of a column are to have codes.
    pub fn wants_codes(&self, column: u32) -> bool {
        self.indexes.iter().any(|index| index.is_wish() && index.desc().column == column)
    }
}

/// Indexes are kept in this order.
pub(super) fn order(desc: &IndexDesc) -> (u32, u32, u64) {
    (desc.kind, desc.column, desc.group)
}

/// The indexes in order.
pub(super) fn sorted(mut indexes: Vec<Arc<Index>>) -> Arc<Vec<Arc<Index>>> {
    indexes.sort_by_key(|index| order(index.desc()));
    Arc::new(indexes)
}
