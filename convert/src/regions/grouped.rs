//! Layouts that list regions one by one: they are read whole, without their features, and grouped by image.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::attribute::Extras;
use super::bytes::SourceBytes;
use super::index::Index;
use super::open::Options;
use super::record::{Entry, Record};
use super::summary::Summary;
use super::{FeatureType, Layout, RegionSource, Visit};
use crate::error::ConvertError;
use crate::pickle::{Document, Id, parse};

/// What tells one such layout from another.
pub(super) struct Format {
    pub(super) layout: Layout,
    /// Fills `grouped` from the document.
    pub(super) group: for<'d> fn(
        &'d Document<'d>,
        &mut Grouped<'d>,
        &mut Index,
        &Path,
    ) -> Result<(), ConvertError>,
    /// Adds what one region brings besides its feature.
    pub(super) extras: fn(&Document<'_>, &Piece, &mut Extras),
    /// Adds what an image brings besides its regions.
    pub(super) image_extras: fn(&Document<'_>, Id, &mut Extras),
}

/// One region.
pub(super) struct Piece {
    pub(super) image: u32,
    pub(super) region: u32,
    pub(super) feature: Id,
    /// What else the layout has for it.
    pub(super) more: Option<Id>,
}

/// All regions of a document.
#[derive(Default)]
pub(super) struct Grouped<'d> {
    keys: Vec<Cow<'d, str>>,
    numbers: HashMap<Cow<'d, str>, u32>,
    /// By image and region, each pair once, after [`Self::sort`].
    pub(super) pieces: Vec<Piece>,
    /// What the layout has for a whole image.
    pub(super) image_more: HashMap<u32, Id>,
}

impl<'d> Grouped<'d> {
    /// Number of the image with this key; a new one if there is none yet.
    pub(super) fn image(&mut self, key: Cow<'d, str>) -> Option<u32> {
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let number = u32::try_from(self.keys.len()).ok()?;
        self.keys.push(key.clone());
        self.numbers.insert(key, number);
        Some(number)
    }

    /// Number of the image with this key.
    pub(super) fn known_image(&self, key: &str) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// Key of an image.
    pub(super) fn key(&self, image: u32) -> &str {
        usize::try_from(image).ok().and_then(|i| self.keys.get(i)).map_or("", |key| key)
    }

    /// The piece of a region.
    pub(super) fn piece_mut(&mut self, image: u32, region: u32) -> Option<&mut Piece> {
        let at =
            self.pieces.binary_search_by_key(&(image, region), |p| (p.image, p.region)).ok()?;
        self.pieces.get_mut(at)
    }

    /// Orders the pieces; of repeated ones the last counts.
    pub(super) fn sort(&mut self, index: &mut Index) {
        self.pieces.sort_by_key(|piece| (piece.image, piece.region));
        let same = |a: &Piece, b: &Piece| (a.image, a.region) == (b.image, b.region);
        for pair in self.pieces.windows(2) {
            if let [a, b] = pair
                && same(a, b)
            {
                let example = || format!("{:?} region {}", self.key(a.image), a.region);
                index
                    .notes
                    .add("regions that occur more than once, of which the last counts", example);
            }
        }
        self.pieces.reverse();
        self.pieces.dedup_by(|a, b| same(a, b));
        self.pieces.reverse();
    }

    /// Every image with its pieces, in the order in which the images first occurred.
    fn images(&self) -> impl Iterator<Item = (u32, &Cow<'d, str>, &[Piece])> {
        let mut rest = self.pieces.as_slice();
        self.keys.iter().zip(0_u32..).map(move |(key, number)| {
            let len = rest.partition_point(|piece| piece.image <= number);
            let (own, others) = rest.split_at_checked(len).unwrap_or((&[], rest));
            rest = others;
            (number, key, own)
        })
    }

    fn record(
        &self,
        document: &'d Document<'_>,
        format: &Format,
        (number, key, pieces): (u32, &Cow<'d, str>, &[Piece]),
    ) -> Record<'d> {
        let mut extras = Extras::default();
        for piece in pieces {
            (format.extras)(document, piece, &mut extras);
        }
        if let Some(more) = self.image_more.get(&number) {
            (format.image_extras)(document, *more, &mut extras);
        }
        let region = |piece: &Piece| {
            let (index, feature) = (piece.region, piece.feature);
            Entry { index, name: None, feature, bbox: None, score: None }
        };
        let regions = pieces.iter().map(region).collect();
        Record { key: key.clone(), integer_key: false, regions, extras, repeated: 0 }
    }
}

pub(super) struct GroupedSource {
    path: PathBuf,
    bytes: SourceBytes,
    format: &'static Format,
    summary: Summary,
    options: Options,
}

impl GroupedSource {
    /// Everything that can be known without touching features. The fingerprint is set by [`Self::new`].
    pub(super) fn summarise(
        path: &Path,
        format: &Format,
        document: &Document<'_>,
    ) -> Result<Summary, ConvertError> {
        let (mut grouped, mut index) = (Grouped::default(), Index::default());
        (format.group)(document, &mut grouped, &mut index, path)?;
        for image in grouped.images() {
            index.add(document, &grouped.record(document, format, image))?;
        }
        Ok(index.finish(String::new(), 0))
    }

    pub(super) fn new(
        path: PathBuf,
        bytes: SourceBytes,
        format: &'static Format,
        mut summary: Summary,
        options: Options,
    ) -> Self {
        summary.fingerprint.clone_from(&bytes.fingerprint);
        Self { path, bytes, format, summary, options }
    }
}

impl RegionSource for GroupedSource {
    fn layout(&self) -> Layout {
        self.format.layout
    }

    fn len(&self) -> u64 {
        self.summary.images
    }

    fn region_names(&self) -> &[String] {
        &self.summary.names
    }

    fn dim(&self) -> usize {
        self.summary.dim
    }

    fn dtype(&self) -> FeatureType {
        self.summary.dtype.unwrap_or(FeatureType::F32)
    }

    fn fingerprint(&self) -> &str {
        &self.summary.fingerprint
    }

    fn source_metadata(&self) -> &Map<String, Value> {
        &self.summary.metadata
    }

    fn warnings(&self) -> &[String] {
        &self.summary.warnings
    }

    fn for_each(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        let document = parse(self.bytes.pickle(), &self.options.limits)
            .map_err(|error| ConvertError::from(error).in_file(&self.path))?;
        self.bytes.release(0..self.bytes.pickle().len() as u64);
        let mut grouped = Grouped::default();
        (self.format.group)(&document, &mut grouped, &mut Index::default(), &self.path)?;
        for image in grouped.images() {
            let number = u64::from(image.0);
            if number < from {
                continue;
            }
            let record = grouped.record(&document, self.format, image);
            let allow = self.options.allow_not_finite;
            let image = record.into_image(&document, &self.summary.names, allow)?;
            if !visit(number, image)? {
                break;
            }
        }
        Ok(())
    }
}
