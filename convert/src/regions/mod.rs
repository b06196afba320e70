//! Region databases of other programs, as a stream of images.
//!
//! [`open`] looks at what a file holds, not at its name:
//!
//! | layout | is |
//! |---|---|
//! | [`Layout::Database`] | `{id: {"regions": {index: {"region_name", "feature"}}, ...}}`, as a pickle or in an `.npz`; also a folder of parts, or the list of their names |
//! | [`Layout::RegionText`] | `{"image_region_embeddings": {"<id>_SceneGraph_<1-based>": array}, ...}` |
//! | [`Layout::KnowledgeBase`] | `{"knowledge_base": [{"image_id", "region_name", "visual_feature", "text_string"}, ...]}` |
//!
//! Opening reads the file once to learn names, dimension and damage, so that an import does not fail
//! half-way for a reason that could have been known; [`RegionSource::for_each`] reads it again. Nothing is
//! executed, features are not copied, and for a database memory does not depend on its size.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod attribute;
mod boxes;
mod bytes;
mod database;
mod feature;
mod fingerprint;
mod grouped;
mod image;
mod index;
pub(crate) mod json;
mod knowledge;
mod names;
mod open;
mod parts;
mod record;
mod region_text;
mod spot;
mod summary;
mod survey;
mod trail;

#[cfg(test)]
mod tests;

pub use attribute::Attribute;
pub(crate) use attribute::Extras;
pub use feature::{Feature, FeatureType};
pub(crate) use fingerprint::combine as combine_fingerprints;
pub use image::{SourceImage, SourceRegion};
pub use names::CHEST_REGIONS;
pub use open::{Options, open};

use crate::error::ConvertError;
use serde_json::{Map, Value};

/// How a source was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// Images with their regions.
    Database,
    /// Text features by image and region.
    RegionText,
    /// A list of region features with text.
    KnowledgeBase,
}

/// Receives the number and content of an image; `Ok(false)` ends the reading.
pub type Visit<'v> = dyn FnMut(u64, SourceImage<'_>) -> Result<bool, ConvertError> + 'v;

/// A region database that can be read from the start any number of times, always in the same order.
pub trait RegionSource: Send + Sync {
    /// How it was written.
    fn layout(&self) -> Layout;

    /// Number of images that [`Self::for_each`] gives.
    fn len(&self) -> u64;

    /// Whether there are no images.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names by region index. Indices that the source never names are called `region_<index>`.
    fn region_names(&self) -> &[String];

    /// Values a feature.
    fn dim(&self) -> usize;

    /// The narrowest type that holds every feature exactly, or `F32` where the source has float64.
    fn dtype(&self) -> FeatureType;

    /// Text that stays the same while the files do: sizes, and checksums of their ends.
    fn fingerprint(&self) -> &str;

    /// What the source says about itself rather than about an image.
    fn source_metadata(&self) -> &Map<String, Value>;

    /// What a person should know before importing.
    fn warnings(&self) -> &[String];

    /// Gives every image from number `from` on to `visit`.
    ///
    /// Cost: one pass over the file; images below `from` are skipped without reading their features.
    ///
    /// # Errors
    /// What `visit` returns; an image that has changed or holds NaN or infinity.
    fn for_each(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError>;
}
