//! Regions of images, encoded as they come.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::vectors::FeatureArena;
use super::{check_finite, last_of_each_row, pick};
use crate::api::lookup;
use crate::container::encode::{Encoded, RegionEntry, RegionsInput};
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, Schema};
use crate::model::RegionValue;

#[derive(Clone, Copy, Debug)]
struct Entry {
    region: u16,
    place: usize,
    bbox: Option<[f32; 6]>,
    score: Option<f32>,
}

/// A set of regions per row.
#[derive(Debug)]
pub(crate) struct PendingRegions {
    /// Shared, as a field may have very many names.
    schema: Arc<Schema>,
    column: u32,
    rows: Vec<u64>,
    ends: Vec<usize>,
    entries: Vec<Entry>,
    features: FeatureArena,
}

impl PendingRegions {
    pub(crate) fn new(schema: &Arc<Schema>, field: &FieldDef) -> Self {
        Self {
            schema: Arc::clone(schema),
            column: field.column,
            rows: Vec::new(),
            ends: Vec::new(),
            entries: Vec::new(),
            features: FeatureArena::new(field),
        }
    }

    /// Sets the regions of a row, in any order. On an error nothing of it is kept.
    pub(crate) fn set(&mut self, row: u64, regions: &[RegionValue<'_>]) -> Result<()> {
        let (entries, features) = (self.entries.len(), self.features.len());
        let result = self.set_inner(row, regions);
        if result.is_err() {
            self.entries.truncate(entries);
            self.features.truncate(features);
        }
        result
    }

    fn set_inner(&mut self, row: u64, regions: &[RegionValue<'_>]) -> Result<()> {
        let start = self.entries.len();
        let schema = Arc::clone(&self.schema);
        let Some(field) = schema.fields.iter().find(|field| field.column == self.column) else {
            return Err(Error::Invalid("the field is gone".into()));
        };
        for value in regions {
            let region = lookup::region(field, value.region)?;
            let what = || format!("region {}: ", value.region);
            let place = self.features.len();
            self.features.push(value.feature, &what)?;
            if let Some(bbox) = &value.bbox {
                check_finite(bbox, &field.name, &|| format!("{}box: ", what()))?;
            }
            if let Some(score) = value.score {
                check_finite(&[score], &field.name, &|| format!("{}score: ", what()))?;
            }
            self.entries.push(Entry { region, place, bbox: value.bbox, score: value.score });
        }
        let added = self.entries.get_mut(start..).unwrap_or(&mut []);
        added.sort_by_key(|entry| entry.region);
        if added.windows(2).any(|pair| matches!(pair, [a, b] if a.region == b.region)) {
            let text = format!("field {:?}: a region is given twice for one image", field.name);
            return Err(Error::Invalid(text));
        }
        self.rows.push(row);
        self.ends.push(self.entries.len());
        Ok(())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.features.bytes() + self.entries.len() * size_of::<Entry>() + self.rows.len() * 16
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.ends.clear();
        self.entries.clear();
        self.features.truncate(0);
    }

    pub(crate) fn encode(&self, without: &BTreeSet<u64>) -> Result<Option<Encoded>> {
        let places = last_of_each_row(&self.rows, without);
        if places.is_empty() {
            return Ok(None);
        }
        let mut input = RegionsInput {
            rows: pick(&self.rows, &places),
            ends: Vec::with_capacity(places.len()),
            entries: Vec::with_capacity(self.entries.len()),
            dim: self.features.dim(),
            dtype: self.features.dtype(),
        };
        for &place in &places {
            let start = place.checked_sub(1).and_then(|p| self.ends.get(p)).map_or(0, |&end| end);
            let end = self.ends.get(place).copied().unwrap_or(start);
            for entry in self.entries.get(start..end).unwrap_or(&[]) {
                let feature = self.features.get(entry.place);
                let (region, bbox, score) = (entry.region, entry.bbox, entry.score);
                input.entries.push(RegionEntry { region, feature, bbox, score });
            }
            input.ends.push(input.entries.len());
        }
        input.encode().map(Some)
    }
}
