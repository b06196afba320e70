//! Reading one image.

use super::image_writer::space_of;
use super::lookup;
use crate::container::group::Group;
use crate::container::state::State;
use crate::container::view::{
    FeatureMatrix, MetadataView, RegionView, RegionsView, TextView, VectorView,
};
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::schema::{
    AttributeDef, AttributeType, COLUMN_METADATA, FieldDef, FieldKind, Schema,
};
use crate::format::space::Space;
use crate::model::{RegionKey, Value};

/// One image of a snapshot. Borrows; reads nothing before it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Image<'s> {
    state: &'s State,
    row: u64,
}

/// One region of an image, borrowed from the container.
#[derive(Clone, Copy, Debug)]
pub struct RegionRef<'s> {
    /// Index of the region.
    pub index: u16,
    /// Name of the region.
    pub name: &'s str,
    /// A matrix of one row: `feature.row_f32(0)` or `feature.row_f16(0)` is the feature.
    pub feature: FeatureMatrix<'s>,
    /// (z0, y0, x0, z1, y1, x1) in voxels, half open.
    pub bbox: Option<[f32; 6]>,
    /// Score of the detection.
    pub score: Option<f32>,
}

impl<'s> Image<'s> {
    pub(super) fn new(state: &'s State, row: u64) -> Self {
        Self { state, row }
    }

    /// Its row: the order of insertion. A compaction renumbers rows.
    pub fn row(&self) -> u64 {
        self.row
    }

    /// Its key.
    pub fn key(&self) -> Result<&'s str> {
        let missing = || Error::NoSuchImage { key: format!("row {}", self.row) };
        self.state.key_of(self.row)?.ok_or_else(missing)
    }

    /// Its space.
    pub fn space(&self) -> Result<&'s Space> {
        let id = space_of(self.state, self.row)?;
        let known = || (0..self.state.spaces.len()).map(|id| id.to_string()).collect();
        let found = self.state.spaces.get(id as usize);
        found.ok_or_else(|| Error::NoSuch { what: "space", name: id.to_string(), known: known() })
    }

    pub(super) fn find(&self, column: u32) -> Result<Option<(&'s Group, usize)>> {
        let Some(column) = self.state.column(column) else { return Ok(None) };
        Ok(column.find(self.row)?.map(|(group, position)| (group.group(), position)))
    }

    pub(super) fn state(&self) -> &'s State {
        self.state
    }

    pub(super) fn schema(&self) -> &'s Schema {
        &self.state.schema
    }

    /// The value of an attribute; `None` when it has none.
    pub fn attribute(&self, name: &str) -> Result<Option<Value>> {
        let Some(def) = self.schema().attribute(name) else {
            let known = self.schema().attributes.iter().map(|a| a.name.clone()).collect();
            return Err(Error::NoSuch { what: "attribute", name: name.to_owned(), known });
        };
        self.value(def)
    }

    /// All attributes that have a value, in the order of the schema.
    pub fn attributes(&self) -> Result<Vec<(&'s str, Value)>> {
        let mut out = Vec::new();
        for def in &self.schema().attributes {
            if let Some(value) = self.value(def)? {
                out.push((def.name.as_str(), value));
            }
        }
        Ok(out)
    }

    fn value(&self, def: &AttributeDef) -> Result<Option<Value>> {
        let Some((group, position)) = self.find(def.column)? else { return Ok(None) };
        Ok(Some(match def.kind {
            AttributeType::I64 => Value::I64(group.value(section::VALUES, position)?),
            AttributeType::F64 => Value::F64(group.value(section::VALUES, position)?),
            AttributeType::Bool => match group.value::<u8>(section::VALUES, position)? {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                _ => return Err(group.damage(Rule::AttributeValues, "a boolean is not 0 or 1")),
            },
            AttributeType::Text => Value::Text(TextView::new(group)?.get(position)?.to_owned()),
        }))
    }

    /// Its JSON metadata.
    pub fn metadata(&self) -> Result<Option<&'s str>> {
        let Some((group, position)) = self.find(COLUMN_METADATA)? else { return Ok(None) };
        MetadataView::new(group).text(position).map(Some)
    }

    /// Whether it has a value in a field.
    pub fn has_field(&self, field: &str) -> Result<bool> {
        let def = lookup::field(self.schema(), field)?;
        if def.kind == FieldKind::Masks {
            return self.state.has_segments(def.column, self.row);
        }
        Ok(self.find(def.column)?.is_some())
    }

    /// Its vector in a vector field, as a matrix of one row.
    pub fn vector(&self, field: &str) -> Result<Option<FeatureMatrix<'s>>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Vector)?;
        let Some((group, position)) = self.find(def.column)? else { return Ok(None) };
        VectorView::new(group, def).get(position).map(Some)
    }

    /// Its regions in a regions field, by index; `None` when it has no value, empty when nothing was found.
    pub fn regions(&self, field: &str) -> Result<Option<Vec<RegionRef<'s>>>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Regions)?;
        let Some((group, position)) = self.find(def.column)? else { return Ok(None) };
        let view = RegionsView::new(group, def);
        let (regions, entries) = view.of_image(position)?;
        let all = regions.iter().zip(entries);
        let all = all.map(|(&region, &entry)| named(def, view.get(region, entry)?));
        all.collect::<Result<Vec<_>>>().map(Some)
    }

    /// One of its regions; `None` when it was not found in this image. Touches only its own bytes.
    pub fn region<'r>(
        &self,
        field: &str,
        region: impl Into<RegionKey<'r>>,
    ) -> Result<Option<RegionRef<'s>>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Regions)?;
        let region = lookup::region(def, region.into())?;
        let Some((group, position)) = self.find(def.column)? else { return Ok(None) };
        let view = RegionsView::new(group, def);
        let Some(entry) = view.entry(position, region)? else { return Ok(None) };
        named(def, view.get(region, entry)?).map(Some)
    }
}

fn named<'s>(def: &'s FieldDef, view: RegionView<'s>) -> Result<RegionRef<'s>> {
    let name = def.regions.get(usize::from(view.region)).map(String::as_str);
    let (index, feature, bbox, score) = (view.region, view.feature, view.bbox, view.score);
    let unknown = || {
        let text = format!("field {:?} has no region {index}", def.name);
        crate::format::Damage::new(Rule::RegionDirectory, 0, text)
    };
    Ok(RegionRef { index, name: name.ok_or_else(unknown)?, feature, bbox, score })
}
