//! What is learned about a source before any of it is imported.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

use super::feature::{self, FeatureType};
use super::names::Names;
use super::record::Record;
use super::summary::{Notes, Summary};
use crate::error::ConvertError;
use crate::pickle::Document;

/// Collects names, dimension, type, repeated keys and whatever else a person should know.
#[derive(Default)]
pub(super) struct Index {
    pub(super) names: Names,
    pub(super) notes: Notes,
    pub(super) metadata: Map<String, Value>,
    /// Dimension, and where it was met first.
    dim: Option<(usize, String, u32)>,
    dtype: Option<FeatureType>,
    mixed: bool,
    /// Number of the last image of each key, by a hash of 128 bits.
    seen: HashMap<(u64, u64), u64>,
    superseded: HashSet<u64>,
    images: u64,
}

/// Two independent hashes: with one of 64 bits, two of five billion keys would be taken for one.
fn hash(key: &str) -> (u64, u64) {
    let with = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, key).hash(&mut hasher);
        hasher.finish()
    };
    (with(0), with(1))
}

impl Index {
    /// Images so far, those included that a later one replaces.
    pub(super) fn images(&self) -> u64 {
        self.images
    }

    /// Numbers of the images that a later one of the same key replaces.
    pub(super) fn take_superseded(&mut self) -> HashSet<u64> {
        std::mem::take(&mut self.superseded)
    }

    /// Takes note of the next image.
    pub(super) fn add(
        &mut self,
        document: &Document<'_>,
        record: &Record<'_>,
    ) -> Result<(), ConvertError> {
        let number = self.images;
        self.images = number.saturating_add(1);
        let key = || format!("{:?}", record.key);
        if let Some(earlier) = self.seen.insert(hash(&record.key), number) {
            self.superseded.insert(earlier);
            self.notes.add("image ids that occur more than once, of which the last counts", key);
        }
        if record.integer_key {
            self.notes.add("image ids that are integers, written in decimal", key);
        }
        if record.repeated > 0 {
            self.notes.add("images that give a region twice, of which the last counts", key);
        }
        if let Some(what) = record.extras.budget.left_out.first() {
            let example = || format!("{:?}: {what}", record.key);
            self.notes.add("images with values that are not imported", example);
        }
        for region in &record.regions {
            let fail = |what| ConvertError::image(&record.key, Some(region.index), what);
            let (dtype, dim) = feature::describe(document, region.feature).map_err(fail)?;
            self.feature(&record.key, region.index, dtype, dim).map_err(fail)?;
            self.names.note(region.index, region.name);
            if region.bbox.is_some() {
                self.notes.add("boxes, of which four numbers are read as x0, y0, x1, y1", key);
            }
        }
        self.check_count(record);
        Ok(())
    }

    /// Compares the source's own count with what is there.
    fn check_count(&mut self, record: &Record<'_>) {
        let regions = i64::try_from(record.regions.len()).unwrap_or(i64::MAX);
        let wrong = record.extras.attributes.iter().find_map(|(name, value)| match value {
            super::Attribute::I64(count) if name == "detected_count" && *count != regions => {
                Some(*count)
            }
            _ => None,
        });
        if let Some(count) = wrong {
            let example = || format!("{:?}: {count}, but {regions} regions", record.key);
            self.notes.add("images whose detected_count is wrong", example);
        }
    }

    /// Takes note of a feature.
    pub(super) fn feature(
        &mut self,
        image: &str,
        region: u32,
        dtype: FeatureType,
        dim: usize,
    ) -> Result<(), String> {
        self.mixed |= self.dtype.is_some_and(|known| known != dtype);
        self.dtype = self.dtype.max(Some(dtype));
        match &self.dim {
            _ if dim == 0 => Err("the feature is empty; leave the region out instead".into()),
            None => {
                self.dim = Some((dim, image.to_owned(), region));
                Ok(())
            }
            Some((known, ..)) if *known == dim => Ok(()),
            Some((known, first, at)) => Err(format!(
                "the feature has {dim} values, but {known} in region {at} of image {first:?}; \
                 one field holds one dimension: import them as two"
            )),
        }
    }

    /// The summary of images that are not superseded.
    pub(super) fn finish(self, fingerprint: String, superseded: usize) -> Summary {
        let (names, mut warnings) = self.names.finish();
        warnings.extend(self.notes.into_warnings());
        if self.mixed {
            warnings.push("features have different types; all are kept in the widest".into());
        }
        if self.dtype == Some(FeatureType::F64) {
            warnings.push("features in float64 are rounded to float32".into());
        }
        Summary {
            images: self.images.saturating_sub(superseded as u64),
            names,
            dim: self.dim.map_or(0, |(dim, ..)| dim),
            dtype: self.dtype.map(|dtype| dtype.min(FeatureType::F32)),
            fingerprint,
            metadata: self.metadata,
            warnings,
        }
    }
}
