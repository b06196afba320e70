//! Codes that lie in a container.

use std::ops::Range;

use super::audit::Audit;
use super::view::row_bytes;
use super::{CodeSource, CodesView, SEED, encode};
use crate::container::group::Group;
use crate::container::index::Index;
use crate::container::state::State;
use crate::container::view::FeatureMatrix;
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::group::Layout;
use crate::format::group::layout::section;
use crate::format::index::codes::{
    CENTRE, ERRORS_4, ERRORS_6, ERRORS_8, HIGH, LENGTHS, LOW, MIDDLE, NORMS, SECTIONS, STEPS,
};
use crate::format::index::{INDEX_CODES, IndexHeader, NO_REGION};
use crate::format::schema::FieldDef;
use crate::search::rotation::PADDING;
use crate::search::to_kernel;

/// Features that are checked at once.
const AT_ONCE: usize = 1024;
/// Row groups of fewer features are scored as fast as they are.
const LEAST: u64 = 64;

/// The bytes of the codes of a row group; none where they would not help.
pub fn index_bytes(group: &Group, field: &FieldDef, threads: usize) -> Result<Option<Vec<u8>>> {
    let number = match group.desc().layout {
        Layout::Vector => section::VECTOR_MATRIX,
        Layout::Regions => section::REGION_MATRIX,
        _ => return Ok(None),
    };
    let total = group.header()?.total;
    if total < LEAST {
        return Ok(None);
    }
    let count = usize::try_from(total).unwrap_or(usize::MAX);
    let stored = FeatureMatrix::of(group, field, number, 0, count)?;
    let cut = || group.damage(Rule::GroupSection, "a matrix is cut short");
    let codes = encode(to_kernel(&stored).ok_or_else(cut)?, threads)?;
    let parts: [&[u8]; SECTIONS] = [
        bytemuck::cast_slice(&codes.centre),
        &codes.high,
        &codes.middle,
        &codes.low,
        bytemuck::cast_slice(&codes.step),
        bytemuck::cast_slice(&codes.e8),
        bytemuck::cast_slice(&codes.e6),
        bytemuck::cast_slice(&codes.e4),
        bytemuck::cast_slice(&codes.norm),
        bytemuck::cast_slice(&codes.ynorm2),
    ];
    let mut header = IndexHeader {
        kind: INDEX_CODES,
        column: field.column,
        region: NO_REGION,
        count: total,
        dim: field.dim,
        padded: field.dim.next_multiple_of(u32::try_from(PADDING).unwrap_or(1)),
        seed: SEED,
        ..IndexHeader::default()
    };
    header.assemble(&parts).map(Some).map_err(|bytes| Error::OutOfMemory { bytes })
}

/// Whether the codes are of the features of a row group.
pub fn fits(index: &Index, group: &Group) -> Result<bool> {
    let (header, features) = (index.header()?, group.header()?);
    Ok(header.count == features.total
        && header.dim == features.dim
        && header.padded as usize == (features.dim as usize).next_multiple_of(PADDING)
        && header.seed == SEED)
}

/// Codes of some of the features of a row group, verified.
pub fn view(index: &Index, features: Range<usize>) -> Result<CodesView<'_>> {
    let header = index.header()?;
    let plane = |number, each| {
        let bytes = features.start.saturating_mul(each)..features.end.saturating_mul(each);
        index.part(number, bytes)
    };
    let [half, quarter, _] = row_bytes(header.padded as usize);
    let fact = |number| index.part::<f32>(number, features.clone());
    let view = CodesView::new(
        index.section(CENTRE)?,
        [plane(HIGH, half)?, plane(MIDDLE, quarter)?, plane(LOW, quarter)?],
        fact(STEPS)?,
        fact(ERRORS_8)?,
        fact(ERRORS_6)?,
        fact(ERRORS_4)?,
        fact(NORMS)?,
        fact(LENGTHS)?,
    );
    view.ok_or_else(|| index.damage(Rule::IndexContent, "its parts do not belong together"))
}

/// The codes of the row groups of a column.
#[derive(Clone, Copy, Debug)]
pub struct StateCodes<'a> {
    state: &'a State,
    column: u32,
}

impl<'a> StateCodes<'a> {
    /// Those of a column of a state.
    pub fn new(state: &'a State, column: u32) -> Self {
        Self { state, column }
    }

    /// The codes of all features of a row group; `None` where it has none that fit.
    pub fn of_group(&self, group: &Group) -> Result<Option<CodesView<'a>>> {
        let Some(index) = self.state.codes(self.column, group.desc().id) else { return Ok(None) };
        if !fits(index, group)? {
            return Ok(None);
        }
        let count = usize::try_from(index.header()?.count).unwrap_or(usize::MAX);
        view(index, 0..count).map(Some)
    }
}

impl CodeSource for StateCodes<'_> {
    fn codes(&self, group: u64, features: Range<usize>) -> Result<Option<CodesView<'_>>> {
        let Some(index) = self.state.codes(self.column, group) else { return Ok(None) };
        let header = index.header()?;
        // Codes of other features, or of another make, are passed over.
        let padded = (header.dim as usize).next_multiple_of(PADDING);
        let known = header.padded as usize == padded && header.seed == SEED;
        if !known || features.end as u64 > header.count {
            return Ok(None);
        }
        view(index, features).map(Some)
    }
}

/// Checks that the codes bound what they leave out of the features of a row group.
pub fn check(index: &Index, group: &Group, field: &FieldDef) -> Result<()> {
    if !fits(index, group)? {
        return Err(index.damage(Rule::IndexHeader, "it is of other features, or of another make"));
    }
    let number = match group.desc().layout {
        Layout::Vector => section::VECTOR_MATRIX,
        _ => section::REGION_MATRIX,
    };
    let total = usize::try_from(index.header()?.count).unwrap_or(usize::MAX);
    let mut audit = Audit::new(index.section(CENTRE)?);
    for first in (0..total).step_by(AT_ONCE) {
        let features = first..first.saturating_add(AT_ONCE).min(total);
        let stored = FeatureMatrix::of(group, field, number, first, features.len())?;
        let cut = || group.damage(Rule::GroupSection, "a matrix is cut short");
        let rows = to_kernel(&stored).ok_or_else(cut)?;
        if !audit.rows(rows, &view(index, features)?) {
            let text = format!("a code near feature {first} does not bound what it leaves out");
            return Err(index.damage(Rule::IndexContent, &text));
        }
    }
    Ok(())
}
