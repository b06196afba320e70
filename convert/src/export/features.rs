//! The feature that a row has.

use vesalius::{DefaultMetric, FeatureMatrix, FieldDef, Snapshot};

use crate::error::ConvertError;
use crate::import::normalize;

/// Where the features come from: a vector field, or one region of a regions field.
pub(super) struct Source<'a> {
    snapshot: &'a Snapshot,
    field: &'a FieldDef,
    region: Option<&'a str>,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        field: &'a FieldDef,
        region: Option<&'a str>,
    ) -> Self {
        Self { snapshot, field, region }
    }

    pub(super) fn feature(&self, row: u64) -> Result<Option<FeatureMatrix<'a>>, ConvertError> {
        let Some(image) = self.snapshot.image_at(row)? else { return Ok(None) };
        Ok(match self.region {
            Some(region) => image.region(&self.field.name, region)?.map(|found| found.feature),
            None => image.vector(&self.field.name)?,
        })
    }

    /// Whether the vectors are brought to length 1 for an index that has only the inner product, which then gives
    /// the cosine.
    pub(super) fn is_scaled(&self) -> bool {
        self.field.metric == DefaultMetric::Cosine && !self.field.normalized
    }

    /// The values for an index, as f32.
    pub(super) fn for_index(&self, feature: &FeatureMatrix<'_>, out: &mut Vec<f32>) {
        out.clear();
        if let Some(values) = feature.row_f32(0) {
            out.extend_from_slice(values);
        } else if let Some(values) = feature.row_f16(0) {
            out.extend(values.iter().map(|value| value.to_f32()));
        }
        if self.is_scaled() {
            normalize(out);
        }
    }
}

/// What is said when vectors are scaled.
pub(super) const SCALED: &str = "an index of FAISS knows no cosine: vectors were divided by their length, so that \
                                 the inner product is the cosine";
