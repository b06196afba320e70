//! What to look for: features of regions, given or those of an image.

use crate::container::state::State;
use crate::container::view::RegionsView;
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::schema::{FieldDef, FieldKind};

use super::super::vectors::{check_feature, check_kind, no_value};
use super::check_region;

/// Features `[D]` of some regions, each region once.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionsQuery {
    features: Vec<(u16, Vec<f32>)>,
    exclude: Option<u64>,
}

impl RegionsQuery {
    /// Given features `[D]` by index of the region, in any order.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuch`] for a region that the field does not have, [`Error::WrongDimension`],
    /// [`Error::NotFinite`], and [`Error::Invalid`] for no region at all or one given twice.
    pub fn new(field: &FieldDef, mut features: Vec<(u16, Vec<f32>)>) -> Result<Self> {
        check_kind(field, FieldKind::Regions)?;
        if features.is_empty() {
            return Err(Error::Invalid("a query needs the feature of at least one region".into()));
        }
        features.sort_by_key(|(region, _)| *region);
        let mut before = None;
        for (region, feature) in &features {
            let name = check_region(field, *region)?;
            if before == Some(*region) {
                return Err(Error::Invalid(format!("the query has region {name:?} twice")));
            }
            check_feature(field, feature)?;
            before = Some(*region);
        }
        Ok(Self { features, exclude: None })
    }

    /// The regions of a live image, which will not find itself; its equals it does find. An image may have
    /// no region, and then finds nothing.
    pub fn of_row(state: &State, field: &FieldDef, row: u64) -> Result<Self> {
        check_kind(field, FieldKind::Regions)?;
        let column = state.column(field.column);
        let found = column.map(|column| column.find(row)).transpose()?.flatten();
        let (group, position) = found.ok_or_else(|| no_value(field, row))?;
        let view = RegionsView::new(group.group(), field);
        let (regions, entries) = view.of_image(position)?;
        if !regions.is_sorted_by(|a, b| a < b) {
            let text = "the regions of an image do not ascend";
            return Err(group.group().damage(Rule::RegionRows, text));
        }
        let mut features = Vec::with_capacity(regions.len());
        for (&region, &entry) in regions.iter().zip(entries) {
            let mut feature = Vec::new();
            view.feature(entry)?.extend_f32(0, &mut feature);
            features.push((region, feature));
        }
        Ok(Self { features, exclude: Some(row) })
    }

    /// The features by region, ascending.
    pub fn features(&self) -> &[(u16, Vec<f32>)] {
        &self.features
    }

    /// The row that is no hit: that of the image which the query was taken from.
    pub fn exclude(&self) -> Option<u64> {
        self.exclude
    }
}
