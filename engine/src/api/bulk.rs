//! What a transaction writes to the file ahead of its commit: tensors and prompt sets.

use std::collections::{BTreeSet, HashSet};

use super::image_writer::space_of;
use super::pending::PendingColumn;
use super::transaction::WriteTxn;
use crate::container::view::TokensView;
use crate::container::writer::Batch;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::ops::Op;
use crate::format::schema::{FieldDef, FieldKind};
use crate::model::{GridMapping, Space, grid_mismatch};

impl WriteTxn<'_> {
    /// Writes bytes to a fresh extent, which is given back unless the commit names it.
    pub(super) fn write_bulk(&mut self, bytes: &[u8]) -> Result<Extent> {
        let extent = self.writer()?.write_extent(bytes)?;
        if !extent.is_none() {
            self.written.insert(extent.page, extent);
        }
        Ok(extent)
    }

    /// First pages of the extents that a batch names. Its row groups of tokens are those of the columns here.
    pub(super) fn named(&self, batch: &Batch) -> HashSet<u64> {
        let none = BTreeSet::new();
        let cleared = |column: u32| {
            batch.after.iter().find_map(|op| match op {
                Op::ClearRows { column: of, rows } if *of == column => Some(rows.as_slice()),
                _ => None,
            })
        };
        let deleted = batch.after.iter().find_map(|op| match op {
            Op::DeleteRows(rows) => Some(rows.as_slice()),
            _ => None,
        });
        let mut named = HashSet::new();
        for (&number, column) in &self.columns {
            let PendingColumn::Tokens(pending) = column else { continue };
            let gone: BTreeSet<u64> =
                [cleared(number), deleted].into_iter().flatten().flatten().copied().collect();
            let without = if gone.is_empty() { &none } else { &gone };
            named.extend(pending.tensors(without).map(|tensor| tensor.page));
        }
        named.extend(batch.after.iter().filter_map(|op| match op {
            Op::SetPromptSet(set) => Some(set.data.page),
            _ => None,
        }));
        named
    }

    /// The space id of a row, with what this transaction did.
    pub(super) fn space_of_row(&self, row: u64) -> Result<u32> {
        match self.placed.get(&row) {
            Some(id) => Ok(*id),
            None => space_of(&self.base, row),
        }
    }

    /// A space of the table.
    pub(super) fn space(&self, id: u32) -> Space {
        let mut all = self.base.spaces.iter().chain(&self.spaces);
        all.nth(id as usize).cloned().unwrap_or_default()
    }

    /// Checks that the tokens which an image has lie over a space that it is about to get.
    pub(super) fn check_tokens_in(&self, row: u64, key: &str, id: u32) -> Result<()> {
        let space = self.space(id);
        if !space.is_known() {
            return Ok(());
        }
        for field in self.schema.fields.iter().filter(|field| field.kind == FieldKind::Tokens) {
            let Some(mapping) = self.mapping_of(row, field)? else { continue };
            mapping
                .check_shape(field.grid, space.shape)
                .map_err(|axis| grid_mismatch(field, key, space.shape, axis))?;
        }
        Ok(())
    }

    fn mapping_of(&self, row: u64, field: &FieldDef) -> Result<Option<GridMapping>> {
        if self.cleared.get(&field.column).is_some_and(|rows| rows.contains(&row)) {
            return Ok(None);
        }
        if let Some(PendingColumn::Tokens(pending)) = self.columns.get(&field.column)
            && let Some(mapping) = pending.mapping(row)
        {
            return Ok(*mapping);
        }
        let Some(column) = self.base.column(field.column) else { return Ok(None) };
        match column.find(row)? {
            Some((group, at)) => TokensView::new(group.group(), field).mapping(at),
            None => Ok(None),
        }
    }

    /// Refuses a field that does not exist or has another dimension.
    pub(super) fn column_of_dim(&self, field: &str, dim: usize) -> Result<u32> {
        let def = super::lookup::field(&self.schema, field)?;
        if def.dim as usize == dim {
            return Ok(def.column);
        }
        let dim_of_field = def.dim as usize;
        Err(Error::WrongDimension { field: field.to_owned(), given: dim, dim: dim_of_field })
    }
}
