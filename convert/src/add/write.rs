//! Batches of rows to transactions.

use std::collections::HashMap;

use serde_json::Value as Json;
use vesalius::{AttributeType, Database, Error, Field, Snapshot, WriteTxn};

use super::keys::Keys;
use super::report::AddReport;
use super::source::{Source, Told};
use crate::error::ConvertError;
use crate::import::{Notes, merge, typing};
use crate::regions::Attribute;

/// Bytes of vectors at which a batch is full.
const BATCH_BYTES: usize = 8 << 20;
/// Keys that are told.
const TOLD: usize = 10;

/// Everything that is known before the first row is written.
pub(super) struct Writer<'a> {
    pub(super) db: &'a Database,
    pub(super) source: &'a Source,
    pub(super) keys: Keys,
    pub(super) field: String,
    /// The field, where it is to be made.
    pub(super) new: Option<Field>,
    pub(super) batch: usize,
}

/// What changes from batch to batch.
struct State {
    columns: HashMap<String, AttributeType>,
    report: AddReport,
    notes: Notes,
}

impl Writer<'_> {
    pub(super) fn run(
        mut self,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<AddReport, ConvertError> {
        let (rows, dim) = (self.source.rows(), self.source.dim());
        let fitting = BATCH_BYTES.checked_div(dim.saturating_mul(4)).unwrap_or(1);
        let step = self.batch.min(fitting).max(1);
        let mut reader = self.source.read()?;
        let snapshot = self.db.snapshot()?;
        let attributes = snapshot.schema().attributes.iter();
        let columns = attributes.map(|def| (def.name.clone(), def.kind)).collect();
        let (field, field_created) = (self.field.clone(), self.new.is_some());
        let report = AddReport { field, field_created, ..AddReport::default() };
        let mut state = State { columns, report, notes: Notes::default() };
        let (mut row, mut values) = (0, Vec::new());
        while row < rows {
            let left = usize::try_from(rows.saturating_sub(row)).unwrap_or(usize::MAX);
            let count = step.min(left);
            values.clear();
            let keys = self.keys.read(row, count)?;
            let told = reader.read(&keys, &mut values)?;
            self.commit(&keys, &values, told, &mut state)?;
            row = row.saturating_add(count as u64);
            state.report.images = row;
            if row < rows && !progress(row, rows) {
                return Err(ConvertError::Stopped { images: row });
            }
        }
        state.report.warnings.extend(state.notes.into_warnings());
        Ok(state.report)
    }

    fn commit(
        &mut self,
        keys: &[String],
        values: &[f32],
        told: Vec<Told>,
        state: &mut State,
    ) -> Result<(), ConvertError> {
        let mut txn = self.db.begin_write()?;
        if let Some(field) = self.new.take() {
            txn.add_field(field)?;
        }
        declare(&mut txn, &told, state)?;
        let snapshot = self.db.snapshot()?;
        let mut told = told.into_iter();
        for (key, vector) in keys.iter().zip(values.chunks_exact(self.source.dim())) {
            let own = told.next().unwrap_or_default();
            put(&mut txn, &snapshot, key, (&self.field, vector), own, state)?;
        }
        Ok(txn.commit()?)
    }
}

/// A value that can stand in a column.
fn scalar(json: &Json) -> Option<Attribute> {
    match json {
        Json::Bool(value) => Some(Attribute::Bool(*value)),
        Json::String(text) => Some(Attribute::Str(text.clone())),
        Json::Number(number) if number.is_f64() => number.as_f64().map(Attribute::F64),
        Json::Number(number) => number.as_i64().map(Attribute::I64),
        _ => None,
    }
}

/// Declares attributes that occur here for the first time, as wide as this batch needs them.
fn declare(txn: &mut WriteTxn<'_>, told: &[Told], state: &mut State) -> Result<(), ConvertError> {
    let mut fresh: Vec<(&str, AttributeType)> = Vec::new();
    for (name, json) in told.iter().flat_map(|told| &told.entries) {
        if state.columns.contains_key(name) || !typing::is_column_name(name) {
            continue;
        }
        let Some(kind) = scalar(json).map(|value| typing::kind_of(&value)) else { continue };
        match fresh.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = typing::widen(*known, kind),
            None => fresh.push((name, kind)),
        }
    }
    for (name, kind) in fresh {
        match txn.add_attribute(name, kind) {
            Ok(()) => {
                state.columns.insert(name.to_owned(), kind);
                state.report.attributes.push(name.to_owned());
            }
            // Then its values go to the metadata.
            Err(Error::Limit { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn put(
    txn: &mut WriteTxn<'_>,
    snapshot: &Snapshot,
    key: &str,
    (field, vector): (&str, &[f32]),
    own: Told,
    state: &mut State,
) -> Result<(), ConvertError> {
    let old = snapshot.find(key)?;
    let (mut columns, mut cleared, mut metadata) = (Vec::new(), Vec::new(), own.metadata);
    for (name, json) in own.entries {
        let column = state.columns.get(&name).copied();
        match scalar(&json).map(|value| typing::place(column, &value)) {
            Some(typing::Place::Column(value)) => columns.push((name, value)),
            Some(typing::Place::Metadata(json)) => {
                state.notes.add(&format!("values of {name:?} that are kept in the metadata"), key);
                metadata.insert(name, json);
            }
            None if json.is_null() && column.is_some() => cleared.push(name),
            None => {
                metadata.insert(name, json);
            }
        }
    }
    if let (Some(old), false) = (&old, metadata.is_empty())
        && let Some(text) = old.metadata()?
    {
        merge(text, key, &mut metadata, &mut state.notes);
    }
    let mut image = txn.upsert(key)?.vector(field, vector)?;
    for (name, value) in columns {
        image = image.attribute(&name, value)?;
    }
    for name in cleared.iter().filter(|_| old.is_some()) {
        // A field of that name would be meant first.
        if snapshot.schema().field(name).is_none() {
            image = image.clear(name)?;
        }
    }
    if !metadata.is_empty() {
        image.metadata(&Json::Object(metadata).to_string())?;
    }
    let counted = if old.is_some() { &mut state.report.updated } else { &mut state.report.added };
    *counted = counted.saturating_add(1);
    if state.report.keys.len() < TOLD {
        state.report.keys.push(key.to_owned());
    }
    Ok(())
}
