//! The write transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::MutexGuard;

use super::database::Inner;
use super::image_writer::ImageWriter;
use super::lookup;
use super::pending::{PendingColumn, PendingKeys, PendingScalars, PendingTexts};
use crate::container::state::State;
use crate::container::writer::{Batch, Durability, Writer};
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::group::GroupDesc;
use crate::format::limits::{CURSORS_MAX, KEY_BYTES_MAX, ROWS_MAX, SPACES_MAX, TEXT_BYTES_MAX};
use crate::format::ops::{Cursor, Op};
use crate::format::prompts::PromptSetDef;
use crate::format::schema::{AttributeType, COLUMN_KEYS, FieldKind, Provenance, Schema};
use crate::format::space::Space;
use crate::mask::codec::Profile;
use crate::model::definition::{
    add_attribute, add_field, check_json, check_limit, check_name, check_provenance,
};
use crate::model::{Field, Value};

/// A column that holds more than this is written ahead of the commit, so that a transaction of any size
/// needs bounded memory.
const SPILL_BYTES: usize = 64 << 20;

/// A transaction: everything in it becomes visible and durable together, or, when it is dropped without
/// [`WriteTxn::commit`], nothing does.
#[derive(Debug)]
pub struct WriteTxn<'db> {
    inner: &'db Inner,
    guard: MutexGuard<'db, Option<Writer>>,
    pub(super) base: State,
    pub(super) schema: Arc<Schema>,
    schema_changed: bool,
    next_row: u64,
    pub(super) keys: PendingKeys,
    /// Keys put (their row) or deleted (none) here.
    touched: HashMap<String, Option<u64>>,
    pub(super) columns: BTreeMap<u32, PendingColumn>,
    pub(super) cleared: BTreeMap<u32, BTreeSet<u64>>,
    deleted: BTreeSet<u64>,
    pub(super) spaces: Vec<Space>,
    /// Spaces of images that were set here.
    pub(super) placed: HashMap<u64, u32>,
    pub(super) ahead: Vec<GroupDesc>,
    /// Tensors and prompt sets that are in the file already, by first page.
    pub(super) written: BTreeMap<u64, Extent>,
    pub(super) prompt_sets: BTreeMap<String, Option<PromptSetDef>>,
    cursors: BTreeMap<(String, String), Cursor>,
    new_cursors: usize,
    metadata: Option<String>,
    pub(super) mask_profile: Profile,
}

impl<'db> WriteTxn<'db> {
    pub(super) fn new(inner: &'db Inner, guard: MutexGuard<'db, Option<Writer>>) -> Result<Self> {
        let writer = guard.as_ref().ok_or(Error::Locked)?;
        if writer.is_poisoned() {
            return Err(Error::Poisoned);
        }
        if inner.storage.forked() {
            return Err(Error::Forked);
        }
        let base = writer.state().clone();
        *inner.holder.lock() = Some(std::thread::current().id());
        let schema = Arc::clone(&base.schema);
        Ok(Self {
            inner,
            schema: Arc::clone(&schema),
            schema_changed: false,
            next_row: base.next_row,
            base,
            guard,
            keys: PendingKeys::default(),
            touched: HashMap::new(),
            columns: inner.spare.lock().take(&schema),
            cleared: BTreeMap::new(),
            deleted: BTreeSet::new(),
            spaces: Vec::new(),
            placed: HashMap::new(),
            ahead: Vec::new(),
            written: BTreeMap::new(),
            prompt_sets: BTreeMap::new(),
            cursors: BTreeMap::new(),
            new_cursors: 0,
            metadata: None,
            mask_profile: Profile::default(),
        })
    }

    pub(super) fn writer(&mut self) -> Result<&mut Writer> {
        self.guard.as_mut().ok_or(Error::Locked)
    }

    /// The schema, with what this transaction added.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether an image of this key exists, with what this transaction did.
    pub fn contains(&self, key: &str) -> Result<bool> {
        Ok(self.row_of(key)?.is_some())
    }

    fn row_of(&self, key: &str) -> Result<Option<u64>> {
        match self.touched.get(key) {
            Some(row) => Ok(*row),
            None => self.base.row_of(key),
        }
    }

    /// Adds a new image. [`Error::ImageExists`] when the key is taken.
    pub fn put(&mut self, key: &str) -> Result<ImageWriter<'_, 'db>> {
        if self.contains(key)? {
            return Err(Error::ImageExists { key: key.to_owned() });
        }
        if key.is_empty() {
            return Err(Error::Invalid("the key of an image is empty".into()));
        }
        check_limit("bytes of a key", key.len() as u64, KEY_BYTES_MAX)?;
        check_limit("rows", self.next_row, ROWS_MAX - 1)?;
        let row = self.next_row;
        self.next_row += 1;
        self.keys.set(row, key, 0);
        self.touched.insert(key.to_owned(), Some(row));
        Ok(ImageWriter::new(self, row, key.to_owned()))
    }

    /// Adds an image, or opens it to change some of its values.
    pub fn upsert(&mut self, key: &str) -> Result<ImageWriter<'_, 'db>> {
        match self.row_of(key)? {
            Some(row) => Ok(ImageWriter::new(self, row, key.to_owned())),
            None => self.put(key),
        }
    }

    /// Opens an image to change some of its values. [`Error::NoSuchImage`] when there is none.
    pub fn update(&mut self, key: &str) -> Result<ImageWriter<'_, 'db>> {
        match self.row_of(key)? {
            Some(row) => Ok(ImageWriter::new(self, row, key.to_owned())),
            None => Err(Error::NoSuchImage { key: key.to_owned() }),
        }
    }

    /// Deletes an image with all its values; false when there is none. Its bytes stay in the file until a
    /// compaction.
    pub fn delete(&mut self, key: &str) -> Result<bool> {
        let Some(row) = self.row_of(key)? else { return Ok(false) };
        self.deleted.insert(row);
        self.touched.insert(key.to_owned(), None);
        Ok(true)
    }

    /// Declares an attribute.
    pub fn add_attribute(&mut self, name: &str, kind: AttributeType) -> Result<()> {
        add_attribute(Arc::make_mut(&mut self.schema), name, kind)?;
        self.schema_changed = true;
        Ok(())
    }

    /// Declares a field.
    pub fn add_field(&mut self, field: Field) -> Result<()> {
        add_field(Arc::make_mut(&mut self.schema), field)?;
        self.schema_changed = true;
        Ok(())
    }

    /// Appends region names to a regions field.
    pub fn add_regions(&mut self, field: &str, names: &[String]) -> Result<()> {
        let column = lookup::field_of_kind(&self.schema, field, FieldKind::Regions)?.column;
        let mut schema = (*self.schema).clone();
        for def in schema.fields.iter_mut().filter(|def| def.column == column) {
            for name in names {
                check_name("region", name)?;
            }
            def.regions.extend(names.iter().cloned());
        }
        schema.check(0).map_err(|damage| Error::Invalid(damage.message))?;
        // Values that wait know only the old names.
        self.spill_column(column)?;
        self.columns.remove(&column);
        self.schema = Arc::new(schema);
        self.schema_changed = true;
        Ok(())
    }

    /// Says where the features of a field come from.
    pub fn set_provenance(&mut self, field: &str, provenance: &Provenance) -> Result<()> {
        check_provenance(provenance)?;
        let column = lookup::field(&self.schema, field)?.column;
        let schema = Arc::make_mut(&mut self.schema);
        for def in schema.fields.iter_mut().filter(|def| def.column == column) {
            def.provenance = provenance.clone();
        }
        self.schema_changed = true;
        Ok(())
    }

    /// Adds a space to the space table, or finds an equal one; returns its id.
    pub fn add_space(&mut self, space: &Space) -> Result<u32> {
        space.check(0).map_err(|damage| Error::Invalid(damage.message))?;
        let mut all = self.base.spaces.iter().chain(&self.spaces);
        let known = all.position(|known| known == space);
        let id = known.unwrap_or(self.base.spaces.len() + self.spaces.len());
        check_limit("spaces", id as u64 + 1, SPACES_MAX)?;
        if known.is_none() {
            self.spaces.push(space.clone());
        }
        Ok(u32::try_from(id).unwrap_or(u32::MAX))
    }

    /// Sets how far an ingest is: it becomes durable together with the rows of this transaction.
    pub fn set_cursor(&mut self, cursor: Cursor) -> Result<()> {
        check_name("ingest", &cursor.ingest)?;
        check_limit("bytes of a name", cursor.split.len() as u64, 255)?;
        check_limit("bytes of a name", cursor.fingerprint.len() as u64, 255)?;
        let key = (cursor.ingest.clone(), cursor.split.clone());
        if !self.base.cursors.contains_key(&key) && !self.cursors.contains_key(&key) {
            self.new_cursors += 1;
        }
        check_limit("cursors", (self.base.cursors.len() + self.new_cursors) as u64, CURSORS_MAX)?;
        self.cursors.insert(key, cursor);
        Ok(())
    }

    /// How far an ingest is.
    pub fn cursor(&self, ingest: &str, split: &str) -> Option<&Cursor> {
        let key = (ingest.to_owned(), split.to_owned());
        self.cursors.get(&key).or_else(|| self.base.cursors.get(&key))
    }

    /// Replaces the JSON metadata of the container.
    pub fn set_metadata(&mut self, json: &str) -> Result<()> {
        check_json(json)?;
        self.metadata = Some(json.to_owned());
        Ok(())
    }

    /// Commits durably: one `fdatasync`.
    pub fn commit(self) -> Result<()> {
        self.commit_with(Durability::Immediate)
    }

    /// Commits.
    pub fn commit_with(mut self, durability: Durability) -> Result<()> {
        let mut batch = self.batch()?;
        let named = self.named(&batch);
        let columns = std::mem::take(&mut self.columns);
        self.inner.spare.lock().keep(Arc::clone(&self.schema), columns);
        // What was replaced or deleted by the same transaction goes before the commit, whose checkpoint would
        // take it for something that an older state reaches.
        let written = std::mem::take(&mut self.written);
        let (named, gone) = written.into_iter().partition(|(page, _)| named.contains(page));
        self.written = named;
        let gone: BTreeMap<u64, Extent> = gone;
        batch.bulk = self.written.values().map(|extent| extent.len).sum();
        let writer = self.writer()?;
        writer.discard_extents(gone.into_values());
        writer.commit(batch, durability)?;
        self.written.clear();
        let inner = self.inner;
        self.writer().and_then(|writer| inner.publish(writer))
    }

    fn batch(&mut self) -> Result<Batch> {
        let mut batch = Batch::default();
        if self.schema_changed {
            batch.before.push(Op::SetSchema((*self.schema).clone()));
        }
        batch.before.extend(self.spaces.drain(..).map(Op::AddSpace));
        let none = BTreeSet::new();
        // What was written ahead may hold rows that were deleted since; they are deleted after it.
        let without = if self.ahead.is_empty() { &self.deleted } else { &none };
        if let Some(keys) = self.keys.encode(without)? {
            batch.groups.push((COLUMN_KEYS, keys));
        }
        for (&number, column) in &self.columns {
            let cleared = self.cleared.get(&number).unwrap_or(&none);
            if let Some(encoded) = column.encode(cleared, &self.deleted)? {
                batch.groups.push((number, encoded));
            }
        }
        batch.external = std::mem::take(&mut self.ahead);
        for (column, rows) in std::mem::take(&mut self.cleared) {
            batch.after.push(Op::ClearRows { column, rows: rows.into_iter().collect() });
        }
        if !self.deleted.is_empty() {
            let rows = std::mem::take(&mut self.deleted);
            batch.after.push(Op::DeleteRows(rows.into_iter().collect()));
        }
        let cursors = std::mem::take(&mut self.cursors);
        batch.after.extend(cursors.into_values().map(Op::SetCursor));
        batch.after.extend(self.metadata.take().map(Op::SetMetadata));
        let sets = std::mem::take(&mut self.prompt_sets);
        batch.after.extend(sets.into_iter().map(|(name, set)| match set {
            Some(def) => Op::SetPromptSet(Box::new(def)),
            None => Op::DeletePromptSet(name),
        }));
        Ok(batch)
    }

    /// Writes a column's values to an extent ahead of the commit.
    fn spill_column(&mut self, column: u32) -> Result<()> {
        let Some(pending) = self.columns.get(&column) else { return Ok(()) };
        let none = BTreeSet::new();
        let cleared = self.cleared.get(&column).unwrap_or(&none);
        if let Some(encoded) = pending.encode(cleared, &self.deleted)? {
            let desc = self.writer()?.write_ahead(column, &encoded)?;
            self.ahead.push(desc);
        }
        if let Some(pending) = self.columns.get_mut(&column) {
            pending.forget_values();
        }
        Ok(())
    }

    fn column(&mut self, number: u32, row: u64, fresh: PendingColumn) -> &mut PendingColumn {
        if let Some(rows) = self.cleared.get_mut(&number) {
            rows.remove(&row);
        }
        self.columns.entry(number).or_insert(fresh)
    }

    pub(super) fn set_text(&mut self, column: u32, row: u64, text: &str, fresh: PendingColumn) {
        if let PendingColumn::Text(p) | PendingColumn::Metadata(p) = self.column(column, row, fresh)
        {
            p.set(row, text);
        }
    }

    pub(super) fn set_attribute(&mut self, row: u64, name: &str, value: Value) -> Result<()> {
        let Some(def) = self.schema.attribute(name) else {
            let known = self.schema.attributes.iter().map(|a| a.name.clone()).collect();
            return Err(Error::NoSuch { what: "attribute", name: name.to_owned(), known });
        };
        let column = def.column;
        let value = match (def.kind, value) {
            // An integer is a fine double.
            (AttributeType::F64, Value::I64(v)) => Value::F64(v as f64),
            (_, value) => value,
        };
        if value.kind() != def.kind {
            let (is, wanted) = (def.kind.to_string(), value.kind().to_string());
            return Err(Error::WrongKind { name: name.to_owned(), is, wanted });
        }
        match value {
            Value::I64(v) => {
                let fresh = PendingColumn::I64(PendingScalars::default());
                if let PendingColumn::I64(p) = self.column(column, row, fresh) {
                    p.set(row, v);
                }
            }
            Value::F64(v) => {
                let fresh = PendingColumn::F64(PendingScalars::default());
                if let PendingColumn::F64(p) = self.column(column, row, fresh) {
                    p.set(row, v);
                }
            }
            Value::Bool(v) => {
                let fresh = PendingColumn::Bool(PendingScalars::default());
                if let PendingColumn::Bool(p) = self.column(column, row, fresh) {
                    p.set(row, u8::from(v));
                }
            }
            Value::Text(v) => {
                check_limit("bytes of a text", v.len() as u64, TEXT_BYTES_MAX)?;
                self.set_text(column, row, &v, PendingColumn::Text(PendingTexts::default()));
            }
        }
        self.spill_if_large(column)
    }

    pub(super) fn clear(&mut self, row: u64, column: u32) {
        self.cleared.entry(column).or_default().insert(row);
    }

    pub(super) fn spill_if_large(&mut self, column: u32) -> Result<()> {
        if self.columns.get(&column).is_some_and(|p| p.bytes() > SPILL_BYTES) {
            self.spill_column(column)?;
        }
        Ok(())
    }
}

impl Drop for WriteTxn<'_> {
    fn drop(&mut self) {
        self.inner.holder.lock().take();
        let ahead = std::mem::take(&mut self.ahead);
        if let Some(writer) = self.guard.as_mut() {
            writer.discard(ahead);
            writer.discard_extents(std::mem::take(&mut self.written).into_values());
        }
    }
}
