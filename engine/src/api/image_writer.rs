//! Setting the values of one image.

use super::lookup;
use super::pending::{PendingColumn, PendingRegions, PendingTexts, PendingTokens, PendingVectors};
use super::transaction::WriteTxn;
use crate::container::state::State;
use crate::container::view::KeysView;
use crate::error::{Error, Result};
use crate::format::schema::{COLUMN_KEYS, COLUMN_METADATA, FieldKind};
use crate::model::definition::check_json;
use crate::model::{RegionValue, TokensValue, Value};

/// Sets values of one image. Each call checks its value at once; nothing is visible before the commit.
#[derive(Debug)]
pub struct ImageWriter<'t, 'db> {
    pub(super) txn: &'t mut WriteTxn<'db>,
    pub(super) row: u64,
    pub(super) key: String,
}

impl<'t, 'db> ImageWriter<'t, 'db> {
    pub(super) fn new(txn: &'t mut WriteTxn<'db>, row: u64, key: String) -> Self {
        Self { txn, row, key }
    }
}

impl ImageWriter<'_, '_> {
    /// Sets an attribute, which must be declared. An integer may be given for a double.
    pub fn attribute(self, name: &str, value: impl Into<Value>) -> Result<Self> {
        self.txn.set_attribute(self.row, name, value.into())?;
        Ok(self)
    }

    /// Sets the JSON metadata; an empty text removes it.
    pub fn metadata(self, json: &str) -> Result<Self> {
        check_json(json)?;
        if json.is_empty() {
            self.txn.clear(self.row, COLUMN_METADATA);
            return Ok(self);
        }
        let fresh = PendingColumn::Metadata(PendingTexts::default());
        self.txn.set_text(COLUMN_METADATA, self.row, json, fresh);
        self.txn.spill_if_large(COLUMN_METADATA)?;
        Ok(self)
    }

    /// Sets the vector of a vector field: `[D]`, finite.
    pub fn vector(self, field: &str, feature: &[f32]) -> Result<Self> {
        let def = lookup::field_of_kind(&self.txn.schema, field, FieldKind::Vector)?;
        let (column, row) = (def.column, self.row);
        let fresh = (!self.txn.columns.contains_key(&column))
            .then(|| PendingColumn::Vector(PendingVectors::new(def)));
        self.set(column, fresh, |pending| match pending {
            PendingColumn::Vector(p) => p.set(row, feature),
            _ => Ok(()),
        })
    }

    /// Sets the regions of a regions field, all at once and in any order; none is a value too.
    pub fn regions(self, field: &str, regions: &[RegionValue<'_>]) -> Result<Self> {
        let def = lookup::field_of_kind(&self.txn.schema, field, FieldKind::Regions)?;
        let (column, row) = (def.column, self.row);
        let fresh = (!self.txn.columns.contains_key(&column))
            .then(|| PendingColumn::Regions(Box::new(PendingRegions::new(&self.txn.schema, def))));
        self.set(column, fresh, |pending| match pending {
            PendingColumn::Regions(p) => p.set(row, regions),
            _ => Ok(()),
        })
    }

    /// Sets the tokens of a tokens field. They are written to the file at once, and only there; they count, and
    /// are durable, with the commit. Set the space of the image before.
    ///
    /// # Errors
    ///
    /// [`Error::WrongTokens`] when the values do not fill the grid; [`Error::NotFinite`];
    /// [`Error::GridMismatch`] when the grid does not lie over the image's space.
    ///
    /// Cost: one pass over the values, one write; one more pass where they are converted or normalised.
    pub fn tokens<'v>(self, field: &str, tokens: impl Into<TokensValue<'v>>) -> Result<Self> {
        let tokens = tokens.into();
        let def = lookup::field_of_kind(&self.txn.schema, field, FieldKind::Tokens)?.clone();
        let (column, row) = (def.column, self.row);
        let space = self.txn.space_of_row(row)?;
        let mapping = tokens.resolve(&def, &self.txn.space(space), &self.key)?;
        let bytes = tokens.encode(&def).map_err(|error| name_image(error, &self.key))?;
        let extent = self.txn.write_bulk(&bytes)?;
        let fresh = (!self.txn.columns.contains_key(&column))
            .then(|| PendingColumn::Tokens(Box::new(PendingTokens::new(def))));
        self.set(column, fresh, |pending| {
            if let PendingColumn::Tokens(p) = pending {
                p.set(row, extent, mapping);
            }
            Ok(())
        })
    }

    fn set(
        self,
        column: u32,
        fresh: Option<PendingColumn>,
        step: impl FnOnce(&mut PendingColumn) -> Result<()>,
    ) -> Result<Self> {
        if let Some(fresh) = fresh {
            self.txn.columns.insert(column, fresh);
        }
        if let Some(pending) = self.txn.columns.get_mut(&column) {
            step(pending).map_err(|error| name_image(error, &self.key))?;
        }
        if let Some(rows) = self.txn.cleared.get_mut(&column) {
            rows.remove(&self.row);
        }
        self.txn.spill_if_large(column)?;
        Ok(self)
    }

    /// Removes the value of a field or an attribute.
    pub fn clear(self, name: &str) -> Result<Self> {
        let schema = &self.txn.schema;
        let column = schema.field(name).map(|f| f.column);
        let column = column.or_else(|| schema.attribute(name).map(|a| a.column));
        let Some(column) = column else {
            let fields = schema.fields.iter().map(|f| f.name.clone());
            let known = fields.chain(schema.attributes.iter().map(|a| a.name.clone())).collect();
            let what = "field or attribute";
            return Err(Error::NoSuch { what, name: name.to_owned(), known });
        };
        if schema.field(name).is_some_and(|field| field.kind == FieldKind::Masks) {
            self.txn.clear_segments(column, self.row)?;
            return Ok(self);
        }
        self.txn.clear(self.row, column);
        Ok(self)
    }

    /// Sets the space by its id; see [`WriteTxn::add_space`].
    pub fn space(self, id: u32) -> Result<Self> {
        let spaces = self.txn.base.spaces.len() + self.txn.spaces.len();
        if id as usize >= spaces {
            let known = (0..spaces).map(|id| id.to_string()).collect();
            return Err(Error::NoSuch { what: "space", name: id.to_string(), known });
        }
        self.txn.check_tokens_in(self.row, &self.key, id)?;
        self.txn.check_masks_in(self.row, &self.key, id)?;
        self.txn.keys.set(self.row, &self.key, id);
        self.txn.placed.insert(self.row, id);
        Ok(self)
    }
}

/// Errors from below do not know the image.
fn name_image(error: Error, key: &str) -> Error {
    match error {
        Error::NotFinite { field, what, .. } => {
            Error::NotFinite { field, image: key.to_owned(), what }
        }
        Error::WrongTokens { field, given, wanted, .. } => {
            Error::WrongTokens { field, image: key.to_owned(), given, wanted }
        }
        other => other,
    }
}

/// The space id of a live row.
pub(super) fn space_of(state: &State, row: u64) -> Result<u32> {
    let Some(column) = state.column(COLUMN_KEYS) else { return Ok(0) };
    match column.find(row)? {
        Some((group, position)) => KeysView::new(group.group()).space(position),
        None => Ok(0),
    }
}
