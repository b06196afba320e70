//! What every source looks like to the import.

use serde_json::{Map, Value};

use half::f16;
use vesalius::{DefaultMetric, FeatureMatrix, PromptSet, Provenance};

use super::findings::SourceFindings;
use super::h5::check::PromptCheck;
use crate::error::ConvertError;
use crate::regions::{Attribute, Feature, FeatureType};

/// What is known of a source before its images are read.
#[derive(Clone, Debug)]
pub(super) struct Description {
    /// How it was recognised, for the report.
    pub(super) layout: String,
    pub(super) shape: Shape,
    /// Names by region; one nameless entry for a vector.
    pub(super) names: Vec<String>,
    pub(super) dim: usize,
    pub(super) dtype: FeatureType,
    pub(super) images: u64,
    pub(super) fingerprint: String,
    pub(super) warnings: Vec<String>,
    /// What the source says about itself.
    pub(super) metadata: Map<String, Value>,
    /// How it compares features, if it says so.
    pub(super) metric: Option<DefaultMetric>,
    /// Where the features come from, if it says so.
    pub(super) provenance: Option<Provenance>,
    /// What was found besides images.
    pub(super) findings: Option<SourceFindings>,
}

/// What kind of field a source fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Vector,
    Regions,
}

/// Receives the number and content of an image; `Ok(false)` ends the reading.
pub(super) type Visit<'v> = dyn FnMut(u64, Item<'_>) -> Result<bool, ConvertError> + 'v;

/// Images that can be read any number of times, by several threads, always in the same order.
pub(super) trait ImageSource: Send + Sync {
    fn description(&self) -> &Description;

    /// Gives every image from number `from` on to `visit`.
    fn for_each(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError>;

    /// Texts with features of the same model, and how to check that they arrived.
    fn prompt_sets(&self, _field: &str) -> Vec<(PromptSet, PromptCheck)> {
        Vec::new()
    }
}

/// One image. A vector is the one region 0.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) key: &'a str,
    pub(super) parts: &'a [Part<'a>],
    pub(super) attributes: &'a [(String, Attribute)],
    pub(super) metadata: &'a Map<String, Value>,
}

/// One region of an image.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// Index in the source.
    pub(super) region: usize,
    pub(super) values: Values<'a>,
    pub(super) bbox: Option<[f32; 6]>,
    pub(super) score: Option<f32>,
}

/// A feature where it lies.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    Source(&'a Feature<'a>),
    Floats(&'a [f32]),
}

impl Values<'_> {
    /// Number of values.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Source(feature) => feature.len(),
            Self::Floats(values) => values.len(),
        }
    }

    /// The bytes, where they are those of little-endian f32.
    fn as_f32_le(&self) -> Option<&[u8]> {
        match self {
            Self::Source(feature) if feature.dtype() == FeatureType::F32 => feature.little_endian(),
            Self::Source(_) => None,
            Self::Floats(values) => Some(bytemuck::cast_slice(values)),
        }
    }

    /// Appends the values as f32: bit for bit unless the source has f64.
    pub(super) fn append_to(self, out: &mut Vec<f32>) {
        let Some(bytes) = self.as_f32_le() else {
            if let Self::Source(feature) = self {
                feature.write_f32(out);
            }
            return;
        };
        // Value by value: those of a source are not aligned.
        let (values, _) = bytes.as_chunks();
        out.extend(values.iter().map(|value| f32::from_le_bytes(*value)));
    }

    /// Position of the first value of which `stored`, one row, is not the image under the rounding that
    /// the container does.
    pub(super) fn first_difference(
        self,
        stored: &FeatureMatrix<'_>,
        normalized: bool,
        scratch: &mut Vec<f32>,
    ) -> Option<usize> {
        if !normalized
            && let (Some(wanted), Some(_)) = (self.as_f32_le(), stored.row_f32(0))
            && Some(wanted) == stored.row_bytes(0)
        {
            return None;
        }
        scratch.clear();
        self.append_to(scratch);
        if normalized {
            normalize(scratch);
        }
        let count = scratch.len().max(stored.dim());
        let same = |place: usize| match (scratch.get(place), stored) {
            (Some(wanted), FeatureMatrix::F32 { values, .. }) => {
                values.get(place).map(|v| v.to_bits()) == Some(wanted.to_bits())
            }
            (Some(wanted), FeatureMatrix::F16 { values, .. }) => {
                values.get(place).map(|v| v.to_bits()) == Some(f16::from_f32(*wanted).to_bits())
            }
            (None, _) => false,
        };
        (0..count).find(|&place| !same(place))
    }
}

/// As a normalised field of the engine does on insert: divided by the length, computed in f64.
pub(crate) fn normalize(feature: &mut [f32]) {
    let norm = feature.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>().sqrt();
    let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
    for value in feature {
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is stored")]
        let scaled = (f64::from(*value) * scale) as f32;
        *value = scaled;
    }
}
