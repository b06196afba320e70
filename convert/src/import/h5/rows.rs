//! What every HDF5 source looks like to the import: rows with values, some at a time.

use serde_json::{Map, Value as Json};
use vesalius::{AttributeType, PromptSet, Value};

use super::check::PromptCheck;
use crate::error::ConvertError;
use crate::hdf5::ElementType;
use crate::import::findings::SourceFindings;

/// What a field of an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Vector,
    /// Sides as the engine names them; see [`vesalius::Field::tokens`].
    Tokens([u32; 3]),
}

/// A field that the source fills.
#[derive(Clone, Debug)]
pub(super) struct FieldPlan {
    pub(super) name: String,
    pub(super) dataset: String,
    pub(super) kind: Kind,
    pub(super) dim: usize,
    /// Of the values that [`RowBatch::values`] has: f16, f32 or f64, little-endian.
    pub(super) element: ElementType,
}

/// What is known of a source before its rows are read.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layout: String,
    pub(super) fields: Vec<FieldPlan>,
    pub(super) attributes: Vec<(String, AttributeType)>,
    pub(super) rows: u64,
    pub(super) fingerprint: String,
    /// What the source says about itself.
    pub(super) about: Map<String, Json>,
    pub(super) warnings: Vec<String>,
    pub(super) findings: SourceFindings,
}

/// One row, less its features.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) key: String,
    pub(super) attributes: Vec<(&'static str, Value)>,
    /// The cursor that counts the row.
    pub(super) split: String,
    pub(super) metadata: String,
}

/// Consecutive rows.
#[derive(Debug)]
pub(super) struct RowBatch<'a> {
    pub(super) rows: Vec<Row>,
    /// For each field of the plan the values of all rows, one after another; `None` where these rows have
    /// none.
    pub(super) values: Vec<Option<&'a [u8]>>,
}

impl<'a> RowBatch<'a> {
    /// Bytes of features.
    pub(super) fn bytes(&self) -> u64 {
        let bytes = self.values.iter().flatten().map(|values| values.len());
        u64::try_from(bytes.sum::<usize>()).unwrap_or(u64::MAX)
    }

    /// The value of a row in a field.
    pub(super) fn value(&self, field: usize, row: usize) -> Option<&'a [u8]> {
        let values = (*self.values.get(field)?)?;
        let size = values.len().checked_div(self.rows.len())?;
        values.get(row.checked_mul(size)?..row.checked_add(1)?.checked_mul(size)?)
    }
}

/// Receives a batch; `Ok(false)` ends the reading.
pub(super) type Visit<'v> = dyn FnMut(RowBatch<'_>) -> Result<bool, ConvertError> + 'v;

/// Receives a prompt set, and how to check that it arrived.
pub(super) type VisitPrompts<'v> =
    dyn FnMut(&str, PromptSet, PromptCheck) -> Result<(), ConvertError> + 'v;

/// Rows that can be read from any of them on.
pub(super) trait RowSource {
    fn plan(&self) -> &Plan;

    /// Gives the rows from number `from` on, at most `most` at a time.
    fn for_each(&self, from: u64, most: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError>;

    /// Gives the prompt sets, one at a time.
    fn prompt_sets(&self, _visit: &mut VisitPrompts<'_>) -> Result<(), ConvertError> {
        Ok(())
    }
}
