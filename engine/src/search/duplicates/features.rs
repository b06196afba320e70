//! The features that take part, and where they lie.

use super::super::kernels::{Matrix, Row};
use super::super::series::Series;
use super::super::sweep::{Eligible, Sweep};
use super::{DuplicateOptions, Labels};
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind};

/// Some features of a field, each at a *place*: numbered from 0.
#[derive(Debug)]
pub(in crate::search) struct Features<'a> {
    dim: usize,
    parts: Vec<Matrix<'a>>,
    entries: Vec<Entry>,
}

/// A feature.
#[derive(Clone, Copy, Debug)]
struct Entry {
    row: u64,
    label: u32,
    part: u32,
    index: u32,
}

impl<'a> Features<'a> {
    /// The features of a field that are alive, let through and, with labels, labelled; by row, or
    /// by label and row. One pass over them, which verifies them; 24 bytes each.
    pub(in crate::search) fn new(
        state: &'a State,
        field: &'a FieldDef,
        options: &DuplicateOptions<'_>,
        labels: Option<&Labels>,
        by_label: bool,
    ) -> Result<Self> {
        let series = series(field, options.region)?;
        let mut features = Self { dim: field.dim as usize, parts: Vec::new(), entries: Vec::new() };
        let mut sweep = Sweep::default();
        for group in state.column(field.column).map_or(&[][..], |column| column.groups()) {
            let Some(stretch) = series.stretch(group.group(), field)? else { continue };
            let eligible = Eligible::new(group, options.filter, None)?;
            sweep.blocks(&stretch, &eligible, |matrix, chosen| {
                let part = u32::try_from(features.parts.len()).unwrap_or(u32::MAX);
                features.parts.push(matrix);
                for one in chosen {
                    let label = labels.map_or(Some(0), |labels| labels.get(one.row));
                    let (Some(label), Ok(index)) = (label, u32::try_from(one.index)) else {
                        continue;
                    };
                    features.entries.push(Entry { row: one.row, label, part, index });
                }
                Ok(())
            })?;
        }
        // The largest number stands for none.
        let limit = u64::from(u32::MAX) - 1;
        let value = features.entries.len() as u64;
        if value > limit {
            return Err(Error::Limit { what: "features of a join", value, limit });
        }
        let key = |entry: &Entry| (if by_label { entry.label } else { 0 }, entry.row);
        if !features.entries.is_sorted_by_key(key) {
            features.entries.sort_unstable_by_key(key);
        }
        Ok(features)
    }

    pub(in crate::search) fn dim(&self) -> usize {
        self.dim
    }

    pub(in crate::search) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The feature at a place.
    pub(in crate::search) fn row(&self, place: usize) -> Option<Row<'a>> {
        let entry = self.entries.get(place)?;
        self.parts.get(entry.part as usize)?.row(entry.index as usize)
    }

    /// The row of the image whose feature is at a place.
    pub(in crate::search) fn number(&self, place: usize) -> u64 {
        self.entries.get(place).map_or(u64::MAX, |entry| entry.row)
    }

    /// The label of a place.
    pub(in crate::search) fn label(&self, place: usize) -> u32 {
        self.entries.get(place).map_or(u32::MAX, |entry| entry.label)
    }
}

fn series(field: &FieldDef, region: Option<u16>) -> Result<Series> {
    match (field.kind, region) {
        (FieldKind::Vector, None) => Ok(Series::Vectors),
        (FieldKind::Regions, Some(region)) => {
            super::super::regions::check_region(field, region)?;
            Ok(Series::Region(region))
        }
        (FieldKind::Regions, None) => {
            let text = format!("field {:?} has regions: name the one to compare", field.name);
            Err(Error::Invalid(text))
        }
        (FieldKind::Vector, Some(_)) => {
            Err(Error::Invalid(format!("the vector field {:?} has no regions", field.name)))
        }
        (other, _) => {
            let (is, wanted) = (other.to_string(), "vector or regions".into());
            Err(Error::WrongKind { name: field.name.clone(), is, wanted })
        }
    }
}
