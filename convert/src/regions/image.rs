use std::borrow::Cow;

use serde_json::{Map, Value};

use super::attribute::Attribute;
use super::feature::Feature;

/// One image of a source.
#[derive(Clone, Debug)]
pub struct SourceImage<'a> {
    /// Its name. Integers of the source are written in decimal.
    pub key: Cow<'a, str>,
    /// Its regions by rising index; may be empty.
    pub regions: Vec<SourceRegion<'a>>,
    /// Scalars that the source keeps with it, in file order.
    pub attributes: Vec<(String, Attribute)>,
    /// Everything else that the source keeps with it.
    pub metadata: Map<String, Value>,
}

/// One region of an image.
#[derive(Clone, Debug)]
pub struct SourceRegion<'a> {
    /// Index from 0.
    pub index: u32,
    /// Its name: that of [`super::RegionSource::region_names`].
    pub name: &'a str,
    /// Its feature, of the source's dimension.
    pub feature: Feature<'a>,
    /// Box as `[z0, y0, x0, z1, y1, x1]` in voxels, ends excluded; a flat box of a flat image has z from 0
    /// to 1.
    pub bbox: Option<[f32; 6]>,
    /// Score of the detector.
    pub score: Option<f32>,
}
