//! Tensors to other places: for recovery, for copies into another medium, for moving a file together.

use std::sync::Arc;

use super::checked::CheckedExtent;
use super::encode::{Encoded, TokensInput};
use super::extents::Extents;
use super::group::Group;
use super::view::TokensView;
use crate::error::Result;
use crate::format::extent::Extent;
use crate::format::group::Layout;
use crate::format::schema::{FieldDef, Schema};
use crate::format::{Damage, Rule};
use crate::storage::Storage;

/// The field of a tokens column; none when its row groups point at nothing.
pub fn tokens_field(schema: &Schema, column: u32) -> Option<&FieldDef> {
    let is_tokens = Layout::of_column(schema, column) == Some(Layout::Tokens);
    schema.fields.iter().find(|field| is_tokens && field.column == column)
}

/// A row group of tokens whose tensors are where `place` says. `storage` is where they are now.
pub fn relocate(
    encoded: &Encoded,
    field: &FieldDef,
    storage: &Arc<dyn Storage>,
    place: &mut dyn FnMut(Extent) -> Result<Extent>,
) -> Result<Encoded> {
    let group = Group::in_memory(encoded.describe(field.column, 0), encoded.bytes.clone(), storage);
    let view = TokensView::new(&group, field);
    let rows: Vec<u64> = group.rows()?.iter().collect();
    let mut input = TokensInput { rows, tensors: Vec::new(), mappings: Vec::new(), field };
    for (position, extent) in view.extents()?.enumerate() {
        input.tensors.push(place(extent?)?);
        input.mappings.push(view.mapping(position)?);
    }
    input.encode()
}

/// Copies extents, as long as they are together no longer than the medium that they come from: in a hostile
/// file they may be one and the same.
pub struct Copier<'a> {
    source: &'a Arc<dyn Storage>,
    left: u64,
}

impl<'a> Copier<'a> {
    /// Copies from `source`.
    pub fn new(source: &'a Arc<dyn Storage>) -> Self {
        Self { source, left: source.len().unwrap_or(0) }
    }

    /// Where it copies from.
    pub fn source(&self) -> Arc<dyn Storage> {
        Arc::clone(self.source)
    }

    /// Copies an extent to fresh pages of `target`; its blocks are verified.
    pub fn copy(&mut self, target: &mut Extents, extent: Extent) -> Result<Extent> {
        if extent.is_none() {
            return Ok(extent);
        }
        self.left = self.left.checked_sub(extent.len).ok_or_else(|| {
            let text = "extents are together longer than the file";
            Damage::new(Rule::ExtentOverlap, extent.offset(), text)
        })?;
        let checked = CheckedExtent::new(extent, Arc::clone(self.source));
        target.write(checked.get(0..usize::try_from(extent.len).unwrap_or(usize::MAX))?)
    }
}
