//! Databases: one pickle, or parts that are merged as their own program does, the later one winning.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::bytes::SourceBytes;
use super::index::Index;
use super::json::{self, Budget};
use super::open::Options;
use super::record::{self, Record};
use super::spot::{Item, Spotter};
use super::summary::Summary;
use super::{Attribute, FeatureType, Layout, RegionSource, Visit, fingerprint};
use crate::error::ConvertError;
use crate::pickle::{Document, Id, Plan, stream};

/// One file of a database.
struct Part {
    path: PathBuf,
    fingerprint: String,
    /// Images in it.
    images: u64,
    /// Those that no later image replaces.
    kept: u64,
    /// Open, if it is the only one. Parts are opened in turn, since each may need a temporary file.
    open: Option<(SourceBytes, Plan)>,
}

pub(super) struct DatabaseSource {
    parts: Vec<Part>,
    superseded: HashSet<u64>,
    summary: Summary,
    options: Options,
}

/// A database while its parts are read for the first time.
#[derive(Default)]
pub(super) struct Opening {
    index: Index,
    parts: Vec<Part>,
}

impl Opening {
    /// Reads the next part. Gives it back, with what is in it besides images, if it is no database.
    pub(super) fn add<'b>(
        &mut self,
        path: &Path,
        bytes: &'b SourceBytes,
        plan: &Plan,
        options: &Options,
    ) -> Result<Option<Document<'b>>, ConvertError> {
        let index = &mut self.index;
        let before = index.images();
        let each =
            |document: &Document<'_>, item: Item<'_>| note(index, document, item).map(|()| true);
        let mut spotter = Spotter::new(each, |range| bytes.release(range));
        let rest = stream(bytes.pickle(), plan, &options.limits, &mut spotter)?;
        spotter.trail.finish(bytes.pickle().len() as u64);
        let found = spotter.found;
        if let Some(error) = spotter.failed {
            return Err(error);
        }
        if let Some(rest) = rest {
            let root = root(&rest);
            let empty = rest.pairs(root).is_some_and(|pairs| pairs.len() == 0);
            if !found && !empty {
                return Ok(Some(rest));
            }
            keep_metadata(&mut index.metadata, &rest, root);
        }
        self.parts.push(Part {
            path: path.to_owned(),
            fingerprint: bytes.fingerprint.clone(),
            images: index.images().saturating_sub(before),
            kept: 0,
            open: None,
        });
        Ok(None)
    }

    /// The source. `open` is the file if there is only one.
    pub(super) fn finish(
        mut self,
        options: &Options,
        open: Option<(SourceBytes, Plan)>,
    ) -> DatabaseSource {
        let superseded = self.index.take_superseded();
        let mut from = 0_u64;
        for part in &mut self.parts {
            let end = from.saturating_add(part.images);
            part.kept = (from..end).filter(|n| !superseded.contains(n)).count() as u64;
            from = end;
        }
        if let [only] = self.parts.as_mut_slice() {
            only.open = open;
        }
        let fingerprints: Vec<String> = self.parts.iter().map(|p| p.fingerprint.clone()).collect();
        let summary = self.index.finish(fingerprint::combine(&fingerprints), superseded.len());
        let options = options.clone();
        DatabaseSource { parts: self.parts, superseded, summary, options }
    }
}

/// The outermost object; in an `.npz` it is the one element of an array.
pub(super) fn root(document: &Document<'_>) -> Id {
    let root = document.root();
    let only = document.objects(root).filter(|(_, items)| items.len() == 1);
    only.and_then(|(_, mut items)| items.next()).unwrap_or(root)
}

fn note(index: &mut Index, document: &Document<'_>, item: Item<'_>) -> Result<(), ConvertError> {
    let Some(key) = record::key(document, item.key) else {
        let what = "a key that is neither text nor an integer; use the image's name";
        return Err(ConvertError::image("?", None, what));
    };
    if document.get(item.value, "regions").is_none() {
        let name = key.0.into_owned();
        let value = json::value(document, item.value, &mut Budget::default());
        index
            .notes
            .add("entries that are no images, kept as metadata of the source", || name.clone());
        index.metadata.insert(name, value);
        return Ok(());
    }
    let record = Record::read(document, key, item.value)?;
    index.add(document, &record)
}

/// What stands beside the images.
fn keep_metadata(metadata: &mut Map<String, Value>, rest: &Document<'_>, root: Id) {
    let mut budget = Budget::default();
    for (key, value) in rest.pairs(root).into_iter().flatten() {
        // A database that lay here has been taken out and is empty.
        let taken = rest.pairs(value).is_some_and(|pairs| pairs.len() == 0);
        if let Some((key, _)) = record::key(rest, key).filter(|_| !taken) {
            metadata.insert(key.into_owned(), json::value(rest, value, &mut budget));
        }
    }
}

/// Position in a database while it is read.
struct Progress {
    /// Images passed, those included that are replaced later.
    images: u64,
    /// Images passed that count.
    number: u64,
    stopped: bool,
}

impl DatabaseSource {
    fn visit_part(
        &self,
        part: &Part,
        (bytes, plan): (&SourceBytes, &Plan),
        from: u64,
        at: &mut Progress,
        visit: &mut Visit<'_>,
    ) -> Result<(), ConvertError> {
        let each = |document: &Document<'_>, item: Item<'_>| {
            let is_image = document.get(item.value, "regions").is_some();
            let Some(key) = record::key(document, item.key).filter(|_| is_image) else {
                return Ok(true);
            };
            let replaced = self.superseded.contains(&at.images);
            at.images = at.images.saturating_add(1);
            if replaced {
                return Ok(true);
            }
            let number = at.number;
            at.number = number.saturating_add(1);
            if number < from {
                return Ok(true);
            }
            let record = Record::read(document, key, item.value)?;
            let allow = self.options.allow_not_finite;
            let mut image = record.into_image(document, &self.summary.names, allow)?;
            if let Some(group) = item.group {
                image.attributes.push(("group".to_owned(), Attribute::Str(group.to_owned())));
            }
            visit(number, image)
        };
        let mut spotter = Spotter::new(each, |range| bytes.release(range));
        let finished = stream(bytes.pickle(), plan, &self.options.limits, &mut spotter)
            .map_err(|error| ConvertError::from(error).in_file(&part.path))?;
        spotter.trail.finish(bytes.pickle().len() as u64);
        if let Some(error) = spotter.failed {
            return Err(error);
        }
        at.stopped = finished.is_none();
        Ok(())
    }
}

impl Part {
    /// Opens the file again, which must be the one that was seen before.
    fn reopen(&self, options: &Options) -> Result<(SourceBytes, Plan), ConvertError> {
        let bytes = SourceBytes::open(&self.path)?;
        if bytes.fingerprint != self.fingerprint {
            let what = "the file has changed since it was opened; start the import again";
            return Err(ConvertError::layout(&self.path, what));
        }
        let plan = bytes.plan(options).map_err(|error| error.in_file(&self.path))?;
        Ok((bytes, plan))
    }
}

impl RegionSource for DatabaseSource {
    fn layout(&self) -> Layout {
        Layout::Database
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
        let mut at = Progress { images: 0, number: 0, stopped: false };
        for part in &self.parts {
            let next = at.number.saturating_add(part.kept);
            if next <= from {
                at.number = next;
                at.images = at.images.saturating_add(part.images);
                continue;
            }
            if let Some((bytes, plan)) = &part.open {
                self.visit_part(part, (bytes, plan), from, &mut at, visit)?;
            } else {
                let (bytes, plan) = part.reopen(&self.options)?;
                self.visit_part(part, (&bytes, &plan), from, &mut at, visit)?;
            }
            if at.stopped {
                break;
            }
        }
        Ok(())
    }
}
