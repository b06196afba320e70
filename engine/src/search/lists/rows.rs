//! The features of a series of a column, by ordinal.

use std::sync::OnceLock;

use super::RowSource;
use super::stored::Counted;
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::bitmap::Bitmap;
use crate::format::schema::FieldDef;
use crate::search::kernels::Row;
use crate::search::series::{Series, Singles, Stretch};
use crate::search::sweep::Eligible;

/// The features of a series, one row group after another; ordinals count through the dead ones too.
#[derive(Debug)]
pub struct StoredRows<'a> {
    dim: usize,
    parts: Vec<Part<'a>>,
    count: u32,
    filter: Option<&'a Bitmap>,
    exclude: Option<u64>,
    failed: OnceLock<Error>,
}

/// The features of one row group.
#[derive(Debug)]
struct Part<'a> {
    first: u32,
    there: Option<There<'a>>,
}

#[derive(Debug)]
struct There<'a> {
    stretch: Stretch<'a>,
    singles: Singles<'a>,
    eligible: Eligible<'a>,
    /// The row of the first feature, where all are alive and their rows a range.
    run: Option<u64>,
}

impl<'a> StoredRows<'a> {
    /// The features of a series in these row groups, those that are gone passed over.
    ///
    /// Errors: [`Error::Corrupt`] where a row group has another number of features than are counted in it.
    pub fn new(
        groups: &[Counted<'a>],
        field: &'a FieldDef,
        series: Series,
        filter: Option<&'a Bitmap>,
        exclude: Option<u64>,
    ) -> Result<Self> {
        let mut parts = Vec::with_capacity(groups.len());
        let mut count = 0_u32;
        for (group, counted) in groups {
            let there = match group {
                Some(group) => There::new(group, field, series, *counted, (filter, exclude))?,
                None => None,
            };
            parts.push(Part { first: count, there });
            let over = || Error::Limit {
                what: "features of an index",
                value: u64::from(count).saturating_add(u64::from(*counted)),
                limit: u64::from(u32::MAX),
            };
            count = count.checked_add(*counted).ok_or_else(over)?;
        }
        let dim = field.dim as usize;
        Ok(Self { dim, parts, count, filter, exclude, failed: OnceLock::new() })
    }

    /// The damage that was met, if any.
    pub fn done(self) -> Result<()> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }

    /// Whether none of the row groups is there.
    pub fn is_gone(&self) -> bool {
        self.parts.iter().all(|part| part.there.is_none())
    }

    /// The row of a live feature.
    pub fn live_row(&self, ordinal: u32) -> Option<u64> {
        self.find(ordinal).and_then(|(there, index)| there.row_number(index))
    }

    /// The ordinals of all eligible features, ascending.
    pub fn eligible_ordinals(&self) -> Result<Vec<u32>> {
        let mut ordinals = Vec::new();
        for part in &self.parts {
            let Some(there) = &part.there else { continue };
            there.eligible.features(&there.stretch, 0..there.stretch.len(), |chosen| {
                let index = u32::try_from(chosen.index).ok();
                ordinals.extend(index.and_then(|index| part.first.checked_add(index)));
            })?;
        }
        Ok(ordinals)
    }

    /// The ordinal of the live feature of a row. O(row groups).
    pub fn ordinal_of(&self, row: u64) -> Option<u32> {
        self.parts.iter().find_map(|part| {
            let there = part.there.as_ref()?;
            let index = there.stretch.index_of(there.eligible.position(row)?)?;
            there.row_number(index)?;
            part.first.checked_add(u32::try_from(index).ok()?)
        })
    }

    #[inline]
    fn find(&self, ordinal: u32) -> Option<(&There<'a>, usize)> {
        let part = match &self.parts[..] {
            [only] => only,
            parts => {
                let after = parts.partition_point(|part| part.first <= ordinal);
                parts.get(after.checked_sub(1)?)?
            }
        };
        let index = ordinal.checked_sub(part.first)? as usize;
        let there = part.there.as_ref()?;
        (index < there.stretch.len()).then_some((there, index))
    }
}

impl<'a> There<'a> {
    fn new(
        group: &'a crate::container::column::GroupRef,
        field: &'a FieldDef,
        series: Series,
        counted: u32,
        (filter, exclude): (Option<&'a Bitmap>, Option<u64>),
    ) -> Result<Option<Self>> {
        let inner = group.group();
        let stretch = series.stretch(inner, field)?;
        if stretch.as_ref().map_or(0, Stretch::len) != counted as usize {
            let text = "an index counts other features in it; build the index again";
            return Err(inner.damage(Rule::IndexContent, text));
        }
        let Some(stretch) = stretch else { return Ok(None) };
        let singles = stretch.singles()?;
        let eligible = Eligible::new(group, filter, exclude)?;
        let run = stretch.positions().and_then(|positions| eligible.run(positions));
        Ok(Some(Self { stretch, singles, eligible, run }))
    }

    #[inline]
    fn row_number(&self, index: usize) -> Option<u64> {
        if let Some(first) = self.run {
            return (index < self.stretch.len()).then(|| first.saturating_add(index as u64));
        }
        self.eligible.live(self.stretch.position(index)?)
    }
}

impl RowSource for StoredRows<'_> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn count(&self) -> u32 {
        self.count
    }

    fn row(&self, ordinal: u32) -> Option<Row<'_>> {
        let (there, index) = self.find(ordinal)?;
        there.row_number(index)?;
        match there.singles.row(index) {
            Ok(row) => Some(row),
            Err(error) => {
                drop(self.failed.set(error));
                None
            }
        }
    }

    fn number(&self, ordinal: u32) -> u64 {
        self.live_row(ordinal).unwrap_or(u64::MAX)
    }

    fn eligible(&self, ordinal: u32) -> bool {
        self.live_row(ordinal).is_some_and(|row| {
            self.exclude != Some(row) && self.filter.is_none_or(|filter| filter.get(row))
        })
    }
}
