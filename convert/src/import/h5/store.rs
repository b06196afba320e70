//! Batches to transactions.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use vesalius::{Cursor, Database, Error, ImageWriter, PromptSet, WriteTxn};

use super::check::{Check, Checker, PromptCheck};
use super::fields::{Numbers, Target};
use super::rows::{Kind, Plan, Row, RowBatch, RowSource};
use crate::error::ConvertError;
use crate::import::clash::{Notes, merge};
use crate::import::options::ImportOptions;
use crate::import::store::with_source;
use crate::import::typing;

/// Bytes of features between checkpoints, after which they are read back.
const CHECKPOINT_BYTES: u64 = 128 << 20;
/// Batches between checkpoints: each leaves row groups, which a checkpoint merges.
const CHECKPOINT_BATCHES: u64 = 64;
/// Rows between checkpoints: what is known of each waits in memory to be compared.
const CHECKPOINT_ROWS: usize = 1 << 16;

/// Writes batches and has them checked.
pub(super) struct Store<'a> {
    db: &'a Database,
    source: &'a dyn RowSource,
    options: &'a ImportOptions,
    name: String,
    targets: Vec<Target>,
    positions: BTreeMap<String, u64>,
    declared: bool,
    checker: Checker<'a>,
    since: (u64, u64),
    pub(super) notes: Notes,
    pub(super) bytes: u64,
    /// Rows written by this call.
    pub(super) written: u64,
}

impl<'a> Store<'a> {
    pub(super) fn new(
        db: &'a Database,
        source: &'a dyn RowSource,
        name: &str,
        file: &'a Path,
        options: &'a ImportOptions,
    ) -> Result<Self, ConvertError> {
        let plan = source.plan();
        let positions = positions(db, name, plan)?;
        let snapshot = db.snapshot()?;
        let fields = plan.fields.iter();
        let targets = fields.map(|field| Target::plan(snapshot.schema(), field, options));
        let declared = snapshot.cursors().any(|cursor| cursor.ingest == name);
        Ok(Self {
            db,
            source,
            options,
            name: name.to_owned(),
            targets: targets.collect::<Result<_, _>>()?,
            positions,
            declared,
            checker: Checker::new(file),
            since: (0, 0),
            notes: Notes::default(),
            bytes: 0,
            written: 0,
        })
    }

    /// Rows of the source that are in the container.
    pub(super) fn position(&self) -> u64 {
        self.positions.values().fold(0, |sum, rows| sum.saturating_add(*rows))
    }

    /// Rows of this call that were read back.
    pub(super) fn verified(&self) -> u64 {
        self.checker.rows
    }

    pub(super) fn losses(&self) -> impl Iterator<Item = String> {
        self.targets.iter().filter_map(Target::loss)
    }

    /// Commits what a source has besides rows, if no earlier call did.
    pub(super) fn begin(&mut self) -> Result<(), ConvertError> {
        if self.declared || self.source.plan().rows > 0 {
            return Ok(());
        }
        let db = self.db;
        let mut txn = db.begin_write()?;
        self.declare(&mut txn)?;
        self.positions.entry(String::new()).or_default();
        self.set_cursors(&mut txn)?;
        txn.commit_with(self.options.durability)?;
        self.declared = true;
        Ok(())
    }

    /// Commits a batch and the cursors behind it.
    pub(super) fn write(&mut self, batch: &RowBatch<'_>) -> Result<(), ConvertError> {
        let db = self.db;
        let mut txn = db.begin_write()?;
        if !self.declared {
            self.declare(&mut txn)?;
        }
        let mut checks = Vec::with_capacity(batch.rows.len());
        let mut positions = self.positions.clone();
        for (place, row) in batch.rows.iter().enumerate() {
            checks.push(self.put(&mut txn, batch, place, row)?);
            let count = positions.entry(row.split.clone()).or_default();
            *count = count.saturating_add(1);
        }
        self.positions = positions;
        self.set_cursors(&mut txn)?;
        txn.commit_with(self.options.durability)?;
        self.declared = true;
        let rows = u64::try_from(batch.rows.len()).unwrap_or(u64::MAX);
        self.written = self.written.saturating_add(rows);
        self.bytes = self.bytes.saturating_add(batch.bytes());
        if self.options.verify {
            self.checker.images.extend(checks);
        }
        self.since = (self.since.0.saturating_add(1), self.since.1.saturating_add(batch.bytes()));
        let waiting = self.checker.images.len();
        if self.since.0 >= CHECKPOINT_BATCHES
            || self.since.1 >= CHECKPOINT_BYTES
            || waiting >= CHECKPOINT_ROWS
        {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Makes everything durable, merges what many batches left, and reads it back.
    pub(super) fn checkpoint(&mut self) -> Result<(), ConvertError> {
        self.since = (0, 0);
        self.db.checkpoint()?;
        self.checker.run(&self.targets)
    }

    fn set_cursors(&self, txn: &mut WriteTxn<'_>) -> Result<(), ConvertError> {
        let fingerprint = &self.source.plan().fingerprint;
        for (split, &position) in &self.positions {
            let (ingest, split) = (self.name.clone(), split.clone());
            if txn.cursor(&ingest, &split).is_some_and(|known| known.position == position) {
                continue;
            }
            txn.set_cursor(Cursor { ingest, split, position, fingerprint: fingerprint.clone() })?;
        }
        Ok(())
    }

    fn declare(&mut self, txn: &mut WriteTxn<'_>) -> Result<(), ConvertError> {
        let source = self.source;
        let plan = source.plan();
        for target in &self.targets {
            if let Some(field) = &target.new {
                txn.add_field(field.clone())?;
            }
        }
        for (name, kind) in &plan.attributes {
            if txn.schema().attribute(name).is_none() {
                txn.add_attribute(name, *kind)?;
            }
        }
        let snapshot = self.db.snapshot()?;
        match with_source(snapshot.metadata(), &self.name, &plan.about) {
            Some(metadata) => txn.set_metadata(&metadata)?,
            None => self.notes.add("what the source says about itself found no place", &self.name),
        }
        let known: Vec<String> = snapshot.prompt_sets().map(|set| set.name().to_owned()).collect();
        let (replace, checker) = (self.options.replace, &mut self.checker);
        source.prompt_sets(&mut |name: &str, set: PromptSet, check: PromptCheck| {
            if !replace && known.iter().any(|known| known == name) {
                return Err(ConvertError::Refused(format!(
                    "the container has a prompt set {name:?} already; delete it, or ask to replace"
                )));
            }
            checker.prompts.push(check);
            Ok(txn.set_prompt_set(&set)?)
        })
    }

    fn put(
        &mut self,
        txn: &mut WriteTxn<'_>,
        batch: &RowBatch<'_>,
        place: usize,
        row: &Row,
    ) -> Result<Check, ConvertError> {
        let mut metadata = row.metadata.clone();
        let mut writer = match txn.put(&row.key) {
            Ok(writer) => writer,
            Err(Error::ImageExists { .. }) => {
                metadata = self.reconcile(row)?;
                txn.update(&row.key)?
            }
            Err(error) => return Err(error.into()),
        };
        for (name, value) in &row.attributes {
            writer = writer.attribute(name, value.clone())?;
        }
        if !metadata.is_empty() {
            writer = writer.metadata(&metadata)?;
        }
        let mut sums = Vec::with_capacity(self.targets.len());
        for (number, target) in self.targets.iter().enumerate() {
            let Some(bytes) = batch.value(number, place) else {
                sums.push(None);
                continue;
            };
            if self.options.salvage && !target.is_finite(bytes) {
                self.notes.add("values that are not finite and were left out", &row.key);
                sums.push(None);
                continue;
            }
            writer = set(writer, target, bytes)?;
            sums.push(self.options.verify.then(|| target.checksum(bytes)));
        }
        Ok(Check { key: row.key.clone(), attributes: row.attributes.clone(), sums })
    }

    /// Refuses an image that has a value already, unless it may be replaced. Returns the metadata with what the
    /// image has already.
    fn reconcile(&mut self, row: &Row) -> Result<String, ConvertError> {
        let key = row.key.as_str();
        let snapshot = self.db.snapshot()?;
        let Some(image) = snapshot.find(key)? else {
            let what = "occurs twice in the source; give every image a key of its own";
            return Err(ConvertError::image(key, None, what));
        };
        for target in &self.targets {
            let name = &target.name;
            if snapshot.schema().field(name).is_none() || !image.has_field(name)? {
                continue;
            }
            if !self.options.replace {
                let what = format!(
                    "is in the container with a value in field {name:?}; \
                     name another field, or ask to replace"
                );
                return Err(ConvertError::image(key, None, what));
            }
            self.notes.add("images whose value was replaced", key);
        }
        self.notes.add("images that were there and got the fields", key);
        for (name, value) in &row.attributes {
            let known = snapshot.schema().attribute(name).is_some();
            let old = if known { image.attribute(name)? } else { None };
            if old.is_some_and(|old| !typing::same(&old, value)) {
                self.notes.add(&format!("values of attribute {name:?} that were replaced"), key);
            }
        }
        let (Some(old), Ok(Json::Object(mut fresh))) =
            (image.metadata()?, serde_json::from_str(&row.metadata))
        else {
            return Ok(row.metadata.clone());
        };
        merge(old, key, &mut fresh, &mut self.notes);
        Ok(Json::Object(fresh).to_string())
    }
}

fn set<'t, 'db>(
    writer: ImageWriter<'t, 'db>,
    target: &Target,
    bytes: &[u8],
) -> Result<ImageWriter<'t, 'db>, ConvertError> {
    let numbers = target.numbers(bytes);
    let name = &target.name;
    Ok(match (target.kind, numbers) {
        (Kind::Vector, Numbers::Floats(values)) => writer.vector(name, &values)?,
        (Kind::Vector, halves) => writer.vector(name, &halves.into_floats())?,
        (Kind::Tokens(_), Numbers::Halves(values)) => writer.tokens(name, &*values)?,
        (Kind::Tokens(_), Numbers::Floats(values)) => writer.tokens(name, &*values)?,
    })
}

/// The rows of each split that are in the container.
fn positions(
    db: &Database,
    name: &str,
    plan: &Plan,
) -> Result<BTreeMap<String, u64>, ConvertError> {
    // The writer's lock now, not after reading a gigabyte.
    drop(db.begin_write()?);
    let mut found = BTreeMap::new();
    for cursor in db.snapshot()?.cursors().filter(|cursor| cursor.ingest == name) {
        if cursor.fingerprint != plan.fingerprint {
            return Err(ConvertError::Refused(format!(
                "the container has an import called {name:?} of another source or field \
                 (fingerprint {}, now {}); to import this source too, give it another name",
                cursor.fingerprint, plan.fingerprint
            )));
        }
        found.insert(cursor.split.clone(), cursor.position);
    }
    Ok(found)
}
