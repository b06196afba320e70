//! Comparing the container with the source.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use serde_json::{Map, Value as Json};
use vesalius::{AttributeType, Database, Image, RegionRef, Snapshot};

use super::item::{ImageSource, Item, Part, Shape};
use super::pipeline::Event;
use super::statistics::Statistics;
use super::target::Target;
use super::typing::{self, Place};
use crate::error::ConvertError;

/// Bytes that are compared through one handle: with it goes the memory of its map.
const VIEW_BYTES: usize = 32 << 20;
/// Images between two reports of progress.
const REPORT_EVERY: u64 = 1024;

/// Reads the source a second time and follows the writer.
pub(super) struct Verifier<'a> {
    pub(super) images: &'a dyn ImageSource,
    pub(super) file: &'a Path,
    pub(super) target: &'a Target,
    /// An earlier call wrote everything: somebody may have changed images since.
    pub(super) finished_before: bool,
    pub(super) stop: &'a AtomicBool,
}

/// What a verification found.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) statistics: Statistics,
    /// Images of an import that was finished before that differ now.
    pub(super) changed: u64,
    pub(super) first_changed: Option<String>,
}

impl Verifier<'_> {
    /// Compares every image once it is committed; `committed` gives how many of the source are. Ends when
    /// all were compared or nothing more will be committed.
    pub(super) fn run(
        &self,
        committed: &Receiver<u64>,
        events: &SyncSender<Event>,
    ) -> Result<Verified, ConvertError> {
        let statistics = Statistics::new(self.target.names.len());
        let mut found = Verified { statistics, changed: 0, first_changed: None };
        let mut visible = 0_u64;
        let mut view: Option<View<'_>> = None;
        self.images.for_each(0, &mut |number, item| {
            found.statistics.add(&item);
            while number >= visible {
                let Ok(position) = committed.recv() else { return Ok(false) };
                visible = committed.try_iter().last().unwrap_or(position);
                view = None;
            }
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let current = match &mut view {
                Some(current) if current.compared < VIEW_BYTES => current,
                // A handle of its own, opened anew: what it sees comes from the file.
                old => old.insert(View::open(self.file, self.target)?),
            };
            match current.compare(&item) {
                Err(ConvertError::Mismatch { image, .. }) if self.finished_before => {
                    found.changed = found.changed.saturating_add(1);
                    found.first_changed.get_or_insert(image);
                }
                other => other?,
            }
            let done = number.saturating_add(1);
            if done.is_multiple_of(REPORT_EVERY) || done == visible {
                // A closed channel means that nobody listens any more.
                let _told = events.send(Event::Verified(done));
            }
            Ok(true)
        })?;
        Ok(found)
    }
}

/// A state of the container.
struct View<'a> {
    target: &'a Target,
    snapshot: Snapshot,
    columns: HashMap<String, AttributeType>,
    /// Where the next image is expected: behind the last one.
    next_row: u64,
    /// Bytes of features so far.
    compared: usize,
    scratch: Vec<f32>,
}

impl<'a> View<'a> {
    fn open(file: &Path, target: &'a Target) -> Result<Self, ConvertError> {
        let snapshot = Database::open_read_only(file)?.snapshot()?;
        let attributes = snapshot.schema().attributes.iter();
        let columns = attributes.map(|def| (def.name.clone(), def.kind)).collect();
        Ok(Self { target, snapshot, columns, next_row: 0, compared: 0, scratch: Vec::new() })
    }

    fn compare(&mut self, item: &Item<'_>) -> Result<(), ConvertError> {
        let snapshot = self.snapshot.clone();
        let image = self.find(&snapshot, item.key)?;
        self.next_row = image.row().saturating_add(1);
        match self.target.shape {
            Shape::Vector => self.compare_vector(&image, item)?,
            Shape::Regions => self.compare_regions(&image, item)?,
        }
        self.compare_attributes(&image, item)
    }

    fn find<'s>(&self, snapshot: &'s Snapshot, key: &str) -> Result<Image<'s>, ConvertError> {
        if let Some(image) = snapshot.image_at(self.next_row)?
            && image.key()? == key
        {
            return Ok(image);
        }
        let found = snapshot.find(key)?;
        found.ok_or_else(|| mismatch(key, None, "is missing".to_owned()))
    }

    fn compare_vector(&mut self, image: &Image<'_>, item: &Item<'_>) -> Result<(), ConvertError> {
        let stored = image.vector(&self.target.field)?;
        match (item.parts, stored) {
            ([], None) => Ok(()),
            ([part], Some(stored)) => self.compare_feature(item.key, part, None, &stored),
            _ => Err(mismatch(item.key, None, "has no vector".to_owned())),
        }
    }

    fn compare_regions(&mut self, image: &Image<'_>, item: &Item<'_>) -> Result<(), ConvertError> {
        let key = item.key;
        let Some(stored) = image.regions(&self.target.field)? else {
            return Err(mismatch(key, None, "has no regions".to_owned()));
        };
        if stored.len() != item.parts.len() {
            let what = format!("has {} regions instead of {}", stored.len(), item.parts.len());
            return Err(mismatch(key, None, what));
        }
        for part in item.parts {
            let name = self.target.names.get(part.region).map(String::as_str);
            let number = self.target.number(part.region);
            let place = number.and_then(|n| stored.binary_search_by_key(&n, |r| r.index).ok());
            let Some(region) = place.and_then(|place| stored.get(place)) else {
                return Err(mismatch(key, name, "is missing".to_owned()));
            };
            self.compare_feature(key, part, name, &region.feature)?;
            if !same_box(part, region) {
                return Err(mismatch(key, name, "has another box or score".to_owned()));
            }
        }
        Ok(())
    }

    fn compare_feature(
        &mut self,
        key: &str,
        part: &Part<'_>,
        region: Option<&str>,
        stored: &vesalius::FeatureMatrix<'_>,
    ) -> Result<(), ConvertError> {
        let normalized = self.target.normalized;
        let bytes = part.values.len().saturating_mul(size_of::<f32>());
        self.compared = self.compared.saturating_add(bytes);
        match part.values.first_difference(stored, normalized, &mut self.scratch) {
            None => Ok(()),
            Some(place) => Err(mismatch(key, region, format!("value {place} differs"))),
        }
    }

    fn compare_attributes(&self, image: &Image<'_>, item: &Item<'_>) -> Result<(), ConvertError> {
        let mut expected = item.metadata.clone();
        for (name, value) in item.attributes {
            match typing::place(self.columns.get(name).copied(), value) {
                Place::Column(value) => {
                    let stored = image.attribute(name)?;
                    if !stored.is_some_and(|stored| typing::same(&stored, &value)) {
                        let what = format!("attribute {name:?} differs");
                        return Err(mismatch(item.key, None, what));
                    }
                }
                Place::Metadata(json) => {
                    expected.insert(name.clone(), json);
                }
            }
        }
        if expected.is_empty() {
            return Ok(());
        }
        compare_metadata(item.key, expected, image.metadata()?)
    }
}

/// Whatever was to be kept is there; there may be more.
fn compare_metadata(
    key: &str,
    expected: Map<String, Json>,
    stored: Option<&str>,
) -> Result<(), ConvertError> {
    let stored: Map<String, Json> =
        stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    // Through text, as the container has it: reading a float may change its last bit.
    let text = Json::Object(expected).to_string();
    let expected: Map<String, Json> = serde_json::from_str(&text).unwrap_or_default();
    match expected.iter().find(|(name, value)| stored.get(*name) != Some(*value)) {
        None => Ok(()),
        Some((name, _)) => Err(mismatch(key, None, format!("metadata {name:?} differs"))),
    }
}

fn same_box(part: &Part<'_>, stored: &RegionRef<'_>) -> bool {
    let bits = |bbox: [f32; 6]| bbox.map(f32::to_bits);
    part.bbox.map(bits) == stored.bbox.map(bits)
        && part.score.map(f32::to_bits) == stored.score.map(f32::to_bits)
}

fn mismatch(image: &str, region: Option<&str>, what: String) -> ConvertError {
    let (image, region) = (image.to_owned(), region.map(str::to_owned));
    ConvertError::Mismatch { image, region, what }
}
