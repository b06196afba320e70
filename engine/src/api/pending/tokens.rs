//! Tokens: tensors that are in the file already.

use std::collections::{BTreeSet, HashMap};

use super::{last_of_each_row, pick};
use crate::container::encode::{Encoded, TokensInput};
use crate::error::Result;
use crate::format::extent::Extent;
use crate::format::mapping::GridMapping;
use crate::format::schema::FieldDef;

/// One tensor per row.
#[derive(Debug)]
pub(crate) struct PendingTokens {
    field: FieldDef,
    rows: Vec<u64>,
    tensors: Vec<Extent>,
    mappings: Vec<Option<GridMapping>>,
    /// Where each row stands last: the space of every new image asks for its mapping.
    last: HashMap<u64, usize>,
}

impl PendingTokens {
    pub(crate) fn new(field: FieldDef) -> Self {
        let (rows, tensors, mappings) = (Vec::new(), Vec::new(), Vec::new());
        Self { field, rows, tensors, mappings, last: HashMap::new() }
    }

    pub(crate) fn set(&mut self, row: u64, tensor: Extent, mapping: Option<GridMapping>) {
        self.last.insert(row, self.rows.len());
        self.rows.push(row);
        self.tensors.push(tensor);
        self.mappings.push(mapping);
    }

    /// The mapping that was set last for a row, when its tokens were set.
    pub(crate) fn mapping(&self, row: u64) -> Option<&Option<GridMapping>> {
        self.mappings.get(*self.last.get(&row)?)
    }

    /// The tensors that the row group names.
    pub(crate) fn tensors(&self, without: &BTreeSet<u64>) -> impl Iterator<Item = Extent> {
        let places = last_of_each_row(&self.rows, without);
        pick(&self.tensors, &places).into_iter()
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.tensors.clear();
        self.mappings.clear();
        self.last.clear();
    }

    pub(crate) fn encode(&self, without: &BTreeSet<u64>) -> Result<Option<Encoded>> {
        let places = last_of_each_row(&self.rows, without);
        if places.is_empty() {
            return Ok(None);
        }
        let rows = pick(&self.rows, &places);
        let tensors = pick(&self.tensors, &places);
        let mappings = pick(&self.mappings, &places);
        TokensInput { rows, tensors, mappings, field: &self.field }.encode().map(Some)
    }
}
