//! Images to rows.

use vesalius::{AttributeType, Bitmap, FeatureMatrix, Image, Snapshot, Value};

use super::choose::Fields;
use crate::error::ConvertError;
use crate::export::{ExportReport, for_each_row};
use crate::hdf5::conceptclip::NO_SPLIT;
use crate::hdf5_write::{ConceptClipBatch, ConceptClipWriter, Values};
use crate::import::h5::concept::{ID, LABEL, SPLIT};

/// Bytes of features that are handed to the writer at once, and images.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_ROWS: usize = 4096;

pub(super) struct Rows<'s> {
    snapshot: &'s Snapshot,
    fields: &'s Fields<'s>,
    wanted: Option<&'s Bitmap>,
    /// Whether these attributes are there with the type that the layout has.
    has: [bool; 3],
}

/// Rows by split, in the order of first appearance.
pub(super) type Counts = Vec<(String, u64)>;

#[derive(Default)]
struct Batch {
    features: Vec<u8>,
    tokens: Vec<u8>,
    ids: Vec<i64>,
    labels: Vec<i64>,
    splits: Vec<String>,
}

impl<'s> Rows<'s> {
    pub(super) fn new(
        snapshot: &'s Snapshot,
        fields: &'s Fields<'s>,
        wanted: Option<&'s Bitmap>,
    ) -> Self {
        let is = |name: &str, kind: AttributeType| {
            snapshot.schema().attribute(name).is_some_and(|def| def.kind == kind)
        };
        let has = [
            is(ID, AttributeType::I64),
            is(LABEL, AttributeType::I64),
            is(SPLIT, AttributeType::Text),
        ];
        Self { snapshot, fields, wanted, has }
    }

    /// Counts the rows that there will be.
    pub(super) fn count(&self, report: &mut ExportReport) -> Result<Counts, ConvertError> {
        let mut counts = Counts::new();
        let vectors = self.snapshot.rows_of_field(&self.fields.vector.name)?;
        let tokens = self.fields.tokens.map(|def| self.snapshot.rows_of_field(&def.name));
        let tokens = tokens.transpose()?;
        for_each_row(self.snapshot, self.wanted, &mut |row, _| {
            let there = vectors.get(row) && tokens.as_ref().is_none_or(|tokens| tokens.get(row));
            if !there {
                report.without_value = report.without_value.saturating_add(1);
                return Ok(());
            }
            report.images = report.images.saturating_add(1);
            let Some(image) = self.snapshot.image_at(row)? else { return Ok(()) };
            let split = self.split(&image)?;
            if let Some(found) = counts.iter_mut().find(|(known, _)| *known == split) {
                found.1 = found.1.saturating_add(1);
            } else {
                counts.push((split, 1));
            }
            Ok(())
        })?;
        report.features = report.images;
        Ok(counts)
    }

    /// Writes the rows.
    pub(super) fn write(
        &self,
        writer: &mut ConceptClipWriter,
        report: &mut ExportReport,
    ) -> Result<(), ConvertError> {
        let mut batch = Batch::default();
        let (mut number, mut other_keys, mut numbered) = (0_i64, 0_u64, 0_u64);
        for_each_row(self.snapshot, self.wanted, &mut |row, key| {
            let Some(image) = self.snapshot.image_at(row)? else { return Ok(()) };
            let Some(vector) = image.vector(&self.fields.vector.name)? else { return Ok(()) };
            if let Some(def) = self.fields.tokens {
                let Some(tokens) = image.tokens(&def.name)? else { return Ok(()) };
                append(&tokens.all()?, &mut batch.tokens);
            }
            append(&vector, &mut batch.features);
            let id = self.integer(&image, 0, ID)?;
            numbered = numbered.saturating_add(u64::from(id.is_none()));
            let id = id.unwrap_or(number);
            number = number.saturating_add(1);
            other_keys = other_keys.saturating_add(u64::from(id.to_string() != key));
            batch.ids.push(id);
            batch.labels.push(self.integer(&image, 1, LABEL)?.unwrap_or(-1));
            batch.splits.push(self.split(&image)?);
            let bytes = batch.tokens.len().saturating_add(batch.features.len());
            if bytes >= BATCH_BYTES || batch.ids.len() >= BATCH_ROWS {
                batch.flush(writer, self.fields.tokens.is_some())?;
            }
            Ok(())
        })?;
        batch.flush(writer, self.fields.tokens.is_some())?;
        if numbered > 0 {
            report.warnings.push(format!("{numbered} images have no id, it is their row"));
        }
        if other_keys > 0 {
            let what = "images have a key that is not their id, and the layout has no place for it";
            report.warnings.push(format!("{other_keys} {what}"));
        }
        let attributes = self.snapshot.schema().attributes.iter().map(|def| def.name.as_str());
        let lost: Vec<&str> =
            attributes.filter(|name| ![ID, LABEL, SPLIT].contains(name)).collect();
        if !lost.is_empty() {
            let what = format!("attributes that have no place in the layout: {lost:?}");
            report.warnings.push(what);
        }
        Ok(())
    }

    fn integer(
        &self,
        image: &Image<'_>,
        at: usize,
        name: &str,
    ) -> Result<Option<i64>, ConvertError> {
        if self.has.get(at) != Some(&true) {
            return Ok(None);
        }
        Ok(match image.attribute(name)? {
            Some(Value::I64(value)) => Some(value),
            _ => None,
        })
    }

    fn split(&self, image: &Image<'_>) -> Result<String, ConvertError> {
        let [_, _, has] = self.has;
        let found = if has { image.attribute(SPLIT)? } else { None };
        Ok(match found {
            Some(Value::Text(split)) => split,
            _ => NO_SPLIT.to_owned(),
        })
    }
}

impl Batch {
    fn flush(&mut self, writer: &mut ConceptClipWriter, tokens: bool) -> Result<(), ConvertError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let splits: Vec<&str> = self.splits.iter().map(String::as_str).collect();
        writer.append(ConceptClipBatch {
            features: Values::Bytes(&self.features),
            tokens: tokens.then_some(Values::Bytes(&self.tokens)),
            ids: &self.ids,
            labels: &self.labels,
            splits: &splits,
        })?;
        self.features.clear();
        self.tokens.clear();
        self.ids.clear();
        self.labels.clear();
        self.splits.clear();
        Ok(())
    }
}

fn append(matrix: &FeatureMatrix<'_>, out: &mut Vec<u8>) {
    for place in 0..matrix.len() {
        out.extend_from_slice(matrix.row_bytes(place).unwrap_or_default());
    }
}
