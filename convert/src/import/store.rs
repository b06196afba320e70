//! Batches to transactions.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value as Json};
use vesalius::{
    AttributeType, Cursor, Database, Durability, Error, RegionKey, RegionValue, Value, WriteTxn,
};

use super::batch::{Batch, BatchImage};
use super::clash::{Notes, reconcile};
use super::h5::check::compare_prompts as compare;
use super::item::{ImageSource, Shape};
use super::options::ImportOptions;
use super::target::Target;
use super::typing::{self, Place};
use crate::error::ConvertError;

/// The key of the container's metadata under which sources say something about themselves.
const SOURCES: &str = "sources";

/// How many images of the source are in the container.
pub(super) fn resume_at(
    db: &Database,
    name: &str,
    fingerprint: &str,
    images: u64,
) -> Result<u64, ConvertError> {
    // The writer's lock now, not after reading a gigabyte.
    let txn = db.begin_write()?;
    let Some(cursor) = txn.cursor(name, "") else { return Ok(0) };
    if cursor.fingerprint == fingerprint && cursor.position <= images {
        return Ok(cursor.position);
    }
    Err(ConvertError::Refused(format!(
        "the container has an import called {name:?} of another source or field ({} images, \
         fingerprint {}, now {fingerprint}); to import this source too, give it another name",
        cursor.position, cursor.fingerprint
    )))
}

/// Writes batches.
pub(super) struct Store<'a> {
    db: &'a Database,
    target: &'a Target,
    images: &'a dyn ImageSource,
    options: &'a ImportOptions,
    name: String,
    fingerprint: String,
    about: Map<String, Json>,
    declared: bool,
    columns: HashMap<String, AttributeType>,
    since_checkpoint: u32,
    pub(super) notes: Notes,
    pub(super) bytes: u64,
}

impl<'a> Store<'a> {
    pub(super) fn new(
        db: &'a Database,
        target: &'a Target,
        images: &'a dyn ImageSource,
        name: &str,
        fingerprint: String,
        options: &'a ImportOptions,
    ) -> Self {
        Self {
            db,
            target,
            images,
            options,
            name: name.to_owned(),
            fingerprint,
            about: images.description().metadata.clone(),
            declared: false,
            columns: HashMap::new(),
            since_checkpoint: 0,
            notes: Notes::default(),
            bytes: 0,
        }
    }

    /// Commits a batch and the cursor behind it; says whether a checkpoint followed.
    pub(super) fn write(&mut self, batch: &Batch) -> Result<bool, ConvertError> {
        let db = self.db;
        let mut txn = db.begin_write()?;
        if !self.declared {
            self.declare(&mut txn)?;
        }
        self.declare_attributes(&mut txn, batch)?;
        let mut values = Vec::new();
        for image in batch.images() {
            self.put(&mut txn, &image, &mut values)?;
        }
        txn.set_cursor(Cursor {
            ingest: self.name.clone(),
            split: String::new(),
            position: batch.end(),
            fingerprint: self.fingerprint.clone(),
        })?;
        txn.commit_with(self.options.durability)?;
        self.bytes = self.bytes.saturating_add(u64::try_from(batch.bytes()).unwrap_or(u64::MAX));
        self.since_checkpoint = self.since_checkpoint.saturating_add(1);
        let due = self.since_checkpoint >= self.options.checkpoint_batches.max(1);
        if due {
            self.checkpoint()?;
        }
        Ok(due)
    }

    /// Makes everything durable and merges what many batches left.
    pub(super) fn checkpoint(&mut self) -> Result<(), ConvertError> {
        if self.since_checkpoint > 0 {
            self.since_checkpoint = 0;
            self.db.checkpoint()?;
        }
        Ok(())
    }

    /// Whether a sync now would make batches durable.
    pub(super) fn is_deferred(&self) -> bool {
        self.options.durability == Durability::Deferred
    }

    fn declare(&mut self, txn: &mut WriteTxn<'_>) -> Result<(), ConvertError> {
        self.target.declare(txn)?;
        for def in &txn.schema().attributes {
            self.columns.insert(def.name.clone(), def.kind);
        }
        if !self.about.is_empty() {
            let snapshot = self.db.snapshot()?;
            if let Some(metadata) = with_source(snapshot.metadata(), &self.name, &self.about) {
                txn.set_metadata(&metadata)?;
            } else {
                self.notes.add("what the source says about itself found no place", &self.name);
            }
        }
        if txn.cursor(&self.name, "").is_none() {
            self.put_prompts(txn)?;
        }
        self.declared = true;
        Ok(())
    }

    fn put_prompts(&self, txn: &mut WriteTxn<'_>) -> Result<(), ConvertError> {
        let snapshot = self.db.snapshot()?;
        for (set, check) in self.images.prompt_sets(&self.target.field) {
            let name = &check.name;
            if !self.options.replace && snapshot.prompt_sets().any(|set| set.name() == name) {
                return Err(ConvertError::Refused(format!(
                    "the container has a prompt set {name:?} already; delete it, or ask to replace"
                )));
            }
            txn.set_prompt_set(&set)?;
        }
        Ok(())
    }

    /// Declares the attributes that occur here for the first time, as wide as this batch needs them.
    fn declare_attributes(
        &mut self,
        txn: &mut WriteTxn<'_>,
        batch: &Batch,
    ) -> Result<(), ConvertError> {
        let mut fresh: Vec<(&str, AttributeType)> = Vec::new();
        for (name, value) in batch.attributes() {
            if self.columns.contains_key(name) || !typing::is_column_name(name) {
                continue;
            }
            let kind = typing::kind_of(value);
            match fresh.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = typing::widen(*known, kind),
                None => fresh.push((name, kind)),
            }
        }
        for (name, kind) in fresh {
            match txn.add_attribute(name, kind) {
                Ok(()) => {
                    self.columns.insert(name.to_owned(), kind);
                }
                // Then its values go to the metadata.
                Err(Error::Limit { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn put<'b>(
        &mut self,
        txn: &mut WriteTxn<'_>,
        image: &BatchImage<'b>,
        values: &mut Vec<RegionValue<'b>>,
    ) -> Result<(), ConvertError> {
        let (columns, mut metadata) = self.place(image);
        let mut writer = match txn.put(image.key) {
            Ok(writer) => writer,
            Err(Error::ImageExists { .. }) => {
                let snapshot = self.db.snapshot()?;
                let replace = self.options.replace;
                let (target, notes) = (self.target, &mut self.notes);
                reconcile(&snapshot, image.key, target, replace, &columns, &mut metadata, notes)?;
                txn.update(image.key)?
            }
            Err(error) => return Err(error.into()),
        };
        match self.target.shape {
            Shape::Vector if image.parts.is_empty() => {}
            Shape::Vector => writer = writer.vector(&self.target.field, image.values)?,
            Shape::Regions => {
                values.clear();
                let dim = image.values.len().checked_div(image.parts.len()).unwrap_or(1);
                for (part, feature) in image.parts.iter().zip(image.values.chunks_exact(dim)) {
                    let number = self.target.number(part.region).ok_or_else(|| {
                        let region = u32::try_from(part.region).ok();
                        ConvertError::image(image.key, region, "the source has no such region")
                    })?;
                    let (region, bbox, score) = (RegionKey::Index(number), part.bbox, part.score);
                    values.push(RegionValue { region, feature, bbox, score });
                }
                writer = writer.regions(&self.target.field, values)?;
            }
        }
        for (name, value) in columns {
            writer = writer.attribute(name, value)?;
        }
        if !metadata.is_empty() {
            writer.metadata(&Json::Object(metadata).to_string())?;
        }
        Ok(())
    }

    /// What goes to columns, and the metadata with what does not.
    fn place<'b>(&mut self, image: &BatchImage<'b>) -> (Vec<(&'b str, Value)>, Map<String, Json>) {
        let mut metadata = image.metadata.clone();
        let mut columns = Vec::with_capacity(image.attributes.len());
        for (name, value) in image.attributes {
            match typing::place(self.columns.get(name).copied(), value) {
                Place::Column(value) => columns.push((name.as_str(), value)),
                Place::Metadata(json) => {
                    let kind = format!("values of {name:?} that are kept in the metadata");
                    self.notes.add(&kind, image.key);
                    metadata.insert(name.clone(), json);
                }
            }
        }
        (columns, metadata)
    }
}

/// Reads prompt sets back, through a handle of its own.
pub(super) fn compare_prompts(
    file: &Path,
    images: &dyn ImageSource,
    target: &Target,
) -> Result<(), ConvertError> {
    let sets = images.prompt_sets(&target.field);
    if sets.is_empty() {
        return Ok(());
    }
    let snapshot = Database::open_read_only(file)?.snapshot()?;
    sets.iter().try_for_each(|(_, check)| compare(check, snapshot.prompt_set(&check.name)?))
}

/// The container's metadata with what a source says about itself; `None` where it is no object.
pub(super) fn with_source(text: &str, name: &str, about: &Map<String, Json>) -> Option<String> {
    let mut metadata = match text {
        "" => Map::new(),
        text => match serde_json::from_str(text) {
            Ok(Json::Object(map)) => map,
            _ => return None,
        },
    };
    let empty = || Json::Object(Map::new());
    match metadata.entry(SOURCES).or_insert_with(empty) {
        Json::Object(sources) => {
            sources.insert(name.to_owned(), Json::Object(about.clone()));
        }
        _ => return None,
    }
    Some(Json::Object(metadata).to_string())
}
