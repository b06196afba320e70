//! The dictionary of regions that xray-moe style programs load:
//! `{image: {"regions": {index: {"region_name", "feature"}}, "sample_idx", "detected_count"}}`.

use super::error::PickleWriteError;
use super::writer::PickleWriter;
use crate::npy::write_object_header;
use crate::npz::{Compression, NpzWriter};
use half::f16;
use std::io::{Seek, Write};

/// The name of the array that holds the dictionary in an `.npz`.
pub const REGION_ARRAY: &str = "image_database";

/// The feature of one region, in the element type in which it is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Feature<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// Half precision; arrives in Python as `float16`.
    F16(&'a [f16]),
}

/// One region of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionFeature<'a> {
    /// Index of the region: the key in `"regions"`.
    pub index: u32,
    /// Its `"region_name"`.
    pub name: &'a str,
    /// Its `"feature"`, an array of one axis.
    pub feature: Feature<'a>,
}

/// A further entry of the record of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the values")]
pub enum Attribute<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'a str),
}

/// The record of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionImage<'a> {
    /// Its key in the dictionary.
    pub key: &'a str,
    /// Its regions, in the order in which they shall stand. May be empty.
    pub regions: Vec<RegionFeature<'a>>,
    /// `"sample_idx"`: its position in the set that was indexed.
    pub sample_idx: i64,
    /// Entries that the original does not have, after its three. Mostly none.
    pub attributes: Vec<(&'a str, Attribute<'a>)>,
}

/// The dictionary while it is being written, an image at a time.
pub struct RegionPickle<W: Write> {
    pickle: PickleWriter<W>,
    in_array: bool,
}

impl<W: Write> RegionPickle<W> {
    /// Begins the dictionary as a plain pickle, for `pickle.load`.
    ///
    /// # Errors
    /// The medium failed; so of all calls.
    pub fn new(out: W) -> Result<Self, PickleWriteError> {
        Self::begin(out, false)
    }

    /// Begins the dictionary as an array of objects: what stands in the member of an `.npz`.
    ///
    /// # Errors
    /// The medium failed.
    pub fn in_array(mut out: W) -> Result<Self, PickleWriteError> {
        write_object_header(&mut out, &[])?;
        Self::begin(out, true)
    }

    fn begin(out: W, in_array: bool) -> Result<Self, PickleWriteError> {
        let mut pickle = PickleWriter::new(out)?;
        if in_array {
            pickle.begin_object_array()?;
        }
        pickle.begin_dict()?;
        Ok(Self { pickle, in_array })
    }

    /// Writes one image. Of two images with one key Python keeps the later.
    ///
    /// # Errors
    /// The medium failed.
    pub fn image(&mut self, image: &RegionImage<'_>) -> Result<(), PickleWriteError> {
        let pickle = &mut self.pickle;
        pickle.str(image.key)?;
        pickle.begin_dict()?;
        pickle.name("regions")?;
        pickle.begin_dict()?;
        for region in &image.regions {
            write_region(pickle, region)?;
        }
        pickle.end()?;
        pickle.name("sample_idx")?;
        pickle.int(image.sample_idx)?;
        pickle.name("detected_count")?;
        pickle.int(i64::try_from(image.regions.len()).unwrap_or(i64::MAX))?;
        for (name, value) in &image.attributes {
            pickle.name(name)?;
            write_attribute(pickle, *value)?;
        }
        pickle.end()
    }

    /// Ends the dictionary, flushes, and returns the output.
    ///
    /// # Errors
    /// The medium failed.
    pub fn finish(mut self) -> Result<W, PickleWriteError> {
        self.pickle.end()?;
        if self.in_array {
            self.pickle.end()?;
        }
        self.pickle.finish()
    }
}

fn write_region<W: Write>(
    pickle: &mut PickleWriter<W>,
    region: &RegionFeature<'_>,
) -> Result<(), PickleWriteError> {
    pickle.int(i64::from(region.index))?;
    pickle.begin_dict()?;
    pickle.name("region_name")?;
    pickle.name(region.name)?;
    pickle.name("feature")?;
    match region.feature {
        Feature::F32(values) => pickle.array(&[axis(values.len())], values)?,
        Feature::F16(values) => pickle.array(&[axis(values.len())], values)?,
    }
    pickle.end()
}

fn axis(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn write_attribute<W: Write>(
    pickle: &mut PickleWriter<W>,
    value: Attribute<'_>,
) -> Result<(), PickleWriteError> {
    match value {
        Attribute::None => pickle.none(),
        Attribute::Bool(value) => pickle.bool(value),
        Attribute::Int(value) => pickle.int(value),
        Attribute::Float(value) => pickle.float(value),
        Attribute::Str(value) => pickle.name(value),
    }
}

/// Writes the dictionary of all images as a pickle and returns the output.
///
/// Memory does not grow with the number of images; see [`RegionPickle`] where the features of an image
/// do not outlive the step of an iterator.
///
/// # Errors
/// The medium failed.
pub fn write_region_pickle<'a, W: Write>(
    out: W,
    images: impl IntoIterator<Item = RegionImage<'a>>,
) -> Result<W, PickleWriteError> {
    let mut pickle = RegionPickle::new(out)?;
    for image in images {
        pickle.image(&image)?;
    }
    pickle.finish()
}

/// Writes the dictionary as the array [`REGION_ARRAY`] of an archive and returns the output. Python
/// gets it by `np.load(path, allow_pickle=True)["image_database"].item()`.
///
/// # Errors
/// The medium failed.
pub fn write_region_npz<'a, W: Write + Seek>(
    out: W,
    compression: Compression,
    images: impl IntoIterator<Item = RegionImage<'a>>,
) -> Result<W, PickleWriteError> {
    let mut archive = NpzWriter::new(out, compression);
    let mut pickle = RegionPickle::in_array(archive.member(REGION_ARRAY)?)?;
    for image in images {
        pickle.image(&image)?;
    }
    pickle.finish()?;
    Ok(archive.finish()?)
}
