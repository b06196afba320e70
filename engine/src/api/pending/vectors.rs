//! Vectors, encoded as they come.

use std::collections::BTreeSet;

use half::f16;

use super::{check_finite, last_of_each_row, pick};
use crate::container::encode::{Encoded, VectorInput};
use crate::error::{Error, Result};
use crate::format::schema::{Dtype, FieldDef};
use crate::model::normalize;

/// Features of one field, one after another as they will be stored.
#[derive(Debug)]
pub(crate) struct FeatureArena {
    name: String,
    dim: usize,
    dtype: Dtype,
    normalized: bool,
    bytes: Vec<u8>,
}

impl FeatureArena {
    pub(crate) fn new(field: &FieldDef) -> Self {
        Self {
            name: field.name.clone(),
            dim: field.dim as usize,
            dtype: field.dtype,
            normalized: field.normalized,
            bytes: Vec::new(),
        }
    }

    /// Checks and appends a feature. `what` says which one, for errors.
    pub(crate) fn push(&mut self, feature: &[f32], what: &dyn Fn() -> String) -> Result<()> {
        if feature.len() != self.dim {
            let (field, given, dim) = (self.name.clone(), feature.len(), self.dim);
            return Err(Error::WrongDimension { field, given, dim });
        }
        check_finite(feature, &self.name, what)?;
        let scaled: Vec<f32>;
        let mut values = feature;
        if self.normalized {
            let mut copy = feature.to_vec();
            normalize(&mut copy);
            scaled = copy;
            values = &scaled;
        }
        match self.dtype {
            Dtype::F32 => self.bytes.extend_from_slice(bytemuck::cast_slice(values)),
            Dtype::F16 => {
                let start = self.bytes.len();
                for &value in values {
                    let stored = f16::from_f32(value);
                    if !stored.is_finite() {
                        self.bytes.truncate(start);
                        let what = format!("{}{value} does not fit f16", what());
                        let (field, image) = (self.name.clone(), String::new());
                        return Err(Error::NotFinite { field, image, what });
                    }
                    self.bytes.extend_from_slice(&stored.to_le_bytes());
                }
            }
        }
        Ok(())
    }

    /// Bytes of one feature.
    fn width(&self) -> usize {
        self.dim * usize::try_from(self.dtype.bytes()).unwrap_or(4)
    }

    /// The feature at a place.
    pub(crate) fn get(&self, place: usize) -> &[u8] {
        let start = place.saturating_mul(self.width());
        self.bytes.get(start..start.saturating_add(self.width())).unwrap_or(&[])
    }

    /// Features held.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() / self.width().max(1)
    }

    /// Forgets features from a place on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len.saturating_mul(self.width()));
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn dim(&self) -> u32 {
        u32::try_from(self.dim).unwrap_or(u32::MAX)
    }

    pub(crate) fn dtype(&self) -> Dtype {
        self.dtype
    }
}

/// One vector per row.
#[derive(Debug)]
pub(crate) struct PendingVectors {
    rows: Vec<u64>,
    features: FeatureArena,
}

impl PendingVectors {
    pub(crate) fn new(field: &FieldDef) -> Self {
        Self { rows: Vec::new(), features: FeatureArena::new(field) }
    }

    pub(crate) fn set(&mut self, row: u64, feature: &[f32]) -> Result<()> {
        self.features.push(feature, &String::new)?;
        self.rows.push(row);
        Ok(())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.features.bytes()
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.features.truncate(0);
    }

    pub(crate) fn encode(&self, without: &BTreeSet<u64>) -> Result<Option<Encoded>> {
        let places = last_of_each_row(&self.rows, without);
        if places.is_empty() {
            return Ok(None);
        }
        let rows = pick(&self.rows, &places);
        let features = places.iter().map(|&place| self.features.get(place)).collect();
        let (dim, dtype) = (self.features.dim(), self.features.dtype());
        VectorInput { rows, features, dim, dtype }.encode().map(Some)
    }
}
