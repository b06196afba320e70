//! Images on their way from the reader to the writer.

use serde_json::{Map, Value};

use super::item::Item;
use crate::error::ConvertError;
use crate::regions::Attribute;

/// Bytes that an image and a region take besides texts and features, roughly.
const IMAGE_BYTES: usize = 96;
const PART_BYTES: usize = 48;
/// Most bytes that are reserved for a batch that somebody wants to be larger.
const MOST_RESERVED: usize = 64 << 20;

/// A run of images, copied from the source. Its memory is used again.
#[derive(Debug, Default)]
pub(super) struct Batch {
    first: u64,
    dim: usize,
    images: Vec<Mark>,
    keys: String,
    parts: Vec<BatchPart>,
    values: Vec<f32>,
    attributes: Vec<(String, Attribute)>,
    metadata: Vec<Map<String, Value>>,
}

/// Where the lists of an image end.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    key: usize,
    parts: usize,
    attributes: usize,
}

/// One region, less its values.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchPart {
    /// Index in the source.
    pub(super) region: usize,
    pub(super) bbox: Option<[f32; 6]>,
    pub(super) score: Option<f32>,
}

/// One image of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchImage<'b> {
    pub(super) key: &'b str,
    pub(super) parts: &'b [BatchPart],
    /// The values of all parts, one after another.
    pub(super) values: &'b [f32],
    pub(super) attributes: &'b [(String, Attribute)],
    pub(super) metadata: &'b Map<String, Value>,
}

impl Batch {
    /// An empty batch that starts with image number `first`. Room for `bytes` of features is taken at once:
    /// growing to it would leave smaller blocks behind that nobody else can use.
    pub(super) fn restart(mut self, first: u64, dim: usize, bytes: usize) -> Self {
        (self.first, self.dim) = (first, dim);
        self.values.clear();
        // The image that makes a batch full may pass its end.
        let room = bytes.saturating_add(bytes / 16).min(MOST_RESERVED) / 4;
        self.values.reserve_exact(room);
        self.images.clear();
        self.keys.clear();
        self.parts.clear();
        self.attributes.clear();
        self.metadata.clear();
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Images of the source that are done once this batch is in the container.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.images.len()).unwrap_or(u64::MAX))
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        let fixed = self.images.len().saturating_mul(IMAGE_BYTES);
        let parts = self.parts.len().saturating_mul(PART_BYTES);
        let values = self.values.len().saturating_mul(size_of::<f32>());
        fixed.saturating_add(parts).saturating_add(values).saturating_add(self.keys.len())
    }

    pub(super) fn is_full(&self, images: usize, bytes: usize) -> bool {
        self.images.len() >= images.max(1) || self.bytes() >= bytes
    }

    /// Copies an image.
    pub(super) fn add(&mut self, item: &Item<'_>) -> Result<(), ConvertError> {
        for part in item.parts {
            let (given, dim) = (part.values.len(), self.dim);
            if given != dim {
                let region = u32::try_from(part.region).ok();
                let what = format!("the feature has {given} values, others have {dim}");
                return Err(ConvertError::image(item.key, region, what));
            }
            part.values.append_to(&mut self.values);
            let (region, bbox, score) = (part.region, part.bbox, part.score);
            self.parts.push(BatchPart { region, bbox, score });
        }
        self.keys.push_str(item.key);
        self.attributes.extend_from_slice(item.attributes);
        self.metadata.push(item.metadata.clone());
        self.images.push(Mark {
            key: self.keys.len(),
            parts: self.parts.len(),
            attributes: self.attributes.len(),
        });
        Ok(())
    }

    pub(super) fn attributes(&self) -> &[(String, Attribute)] {
        &self.attributes
    }

    pub(super) fn images(&self) -> impl Iterator<Item = BatchImage<'_>> {
        let mut from = Mark::default();
        self.images.iter().zip(&self.metadata).map(move |(to, metadata)| {
            let values = |parts: usize| parts.saturating_mul(self.dim);
            let image = BatchImage {
                key: self.keys.get(from.key..to.key).unwrap_or_default(),
                parts: self.parts.get(from.parts..to.parts).unwrap_or_default(),
                values: self.values.get(values(from.parts)..values(to.parts)).unwrap_or_default(),
                attributes: self.attributes.get(from.attributes..to.attributes).unwrap_or_default(),
                metadata,
            };
            from = *to;
            image
        })
    }
}
