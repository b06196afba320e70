//! Declaring a container: attributes, fields, the space.

use crate::error::{Error, Result};
use crate::format::limits::{
    ATTRIBUTES_MAX, DIM_MAX, FIELDS_MAX, NAME_BYTES_MAX, REGIONS_MAX, TEXT_BYTES_MAX,
};
use crate::format::schema::{
    AttributeDef, AttributeType, DefaultMetric, Dtype, FieldDef, FieldKind, Provenance, Schema,
};
use crate::format::space::Space;

/// A field to be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    def: FieldDef,
}

impl Field {
    fn new(name: &str, kind: FieldKind, dim: usize, dtype: Dtype) -> Self {
        Self {
            def: FieldDef {
                column: 0,
                name: name.to_owned(),
                kind,
                dtype,
                metric: DefaultMetric::Cosine,
                normalized: false,
                dim: u32::try_from(dim).unwrap_or(u32::MAX),
                grid: [0; 3],
                regions: Vec::new(),
                provenance: Provenance::default(),
            },
        }
    }

    /// One vector `[dim]` per image, stored as f32, searched by cosine.
    pub fn vector(name: &str, dim: usize) -> Self {
        Self::new(name, FieldKind::Vector, dim, Dtype::F32)
    }

    /// Features `[dim]` of named regions, stored as f32, searched by cosine. The index of a region is its
    /// place in `names`.
    pub fn regions<S: Into<String>>(
        name: &str,
        dim: usize,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut field = Self::new(name, FieldKind::Regions, dim, Dtype::F32);
        field.def.regions = names.into_iter().map(Into::into).collect();
        field
    }

    /// Tokens `[d, h, w, dim]` per image, stored as f16; grid `[0, h, w]` for a plane, `[0, 0, t]` for a sequence,
    /// `[0, 0, 0]` for sequences of any length.
    pub fn tokens(name: &str, grid: [u32; 3], dim: usize) -> Self {
        let mut field = Self::new(name, FieldKind::Tokens, dim, Dtype::F16);
        field.def.grid = grid;
        field
    }

    /// Named segments per image.
    pub fn masks(name: &str) -> Self {
        Self::new(name, FieldKind::Masks, 0, Dtype::F16)
    }

    /// Stores values as `dtype`.
    #[must_use]
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.def.dtype = dtype;
        self
    }

    /// Searches with `metric` unless a query names another.
    #[must_use]
    pub fn metric(mut self, metric: DefaultMetric) -> Self {
        self.def.metric = metric;
        self
    }

    /// Scales features to length 1 on insert; zero vectors stay.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        self.def.normalized = true;
        self
    }

    /// Says where the features come from.
    #[must_use]
    pub fn provenance(mut self, provenance: Provenance) -> Self {
        self.def.provenance = provenance;
        self
    }
}

/// What a new container holds: its attributes, its fields, its space.
///
/// ```
/// use vesalius::{AttributeType, Definition, Field};
/// let definition = Definition::new()
///     .attribute("split", AttributeType::Text)
///     .field(Field::regions("regions", 768, ["carina", "spine"]));
/// # let _ = definition;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Definition {
    attributes: Vec<(String, AttributeType)>,
    fields: Vec<Field>,
    space: Space,
    metadata: String,
}

impl Definition {
    /// A container without attributes and fields, of unknown space.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, kind: AttributeType) -> Self {
        self.attributes.push((name.to_owned(), kind));
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Sets the space that images share unless they name another.
    #[must_use]
    pub fn space(mut self, space: Space) -> Self {
        self.space = space;
        self
    }

    /// Sets the JSON metadata of the container.
    #[must_use]
    pub fn metadata(mut self, json: &str) -> Self {
        json.clone_into(&mut self.metadata);
        self
    }

    /// The schema, the space and the metadata, checked.
    pub(crate) fn build(self) -> Result<(Schema, Space, String)> {
        let mut schema = Schema::default();
        for (name, kind) in self.attributes {
            add_attribute(&mut schema, &name, kind)?;
        }
        for field in self.fields {
            add_field(&mut schema, field)?;
        }
        self.space.check(0).map_err(|damage| Error::Invalid(damage.message))?;
        check_json(&self.metadata)?;
        Ok((schema, self.space, self.metadata))
    }
}

/// Adds an attribute to a schema; its column is returned.
pub(crate) fn add_attribute(schema: &mut Schema, name: &str, kind: AttributeType) -> Result<u32> {
    check_name("attribute", name)?;
    if schema.attribute(name).is_some() {
        return Err(Error::Invalid(format!("attribute {name:?} is there already")));
    }
    check_limit("attributes", schema.attributes.len() as u64 + 1, ATTRIBUTES_MAX)?;
    let column = schema.next_column();
    schema.attributes.push(AttributeDef { column, name: name.to_owned(), kind });
    Ok(column)
}

/// Adds a field to a schema; its column is returned.
pub(crate) fn add_field(schema: &mut Schema, field: Field) -> Result<u32> {
    let mut def = field.def;
    check_name("field", &def.name)?;
    if schema.field(&def.name).is_some() {
        return Err(Error::Invalid(format!("field {:?} is there already", def.name)));
    }
    check_limit("fields", schema.fields.len() as u64 + 1, FIELDS_MAX)?;
    check_limit("dimension", u64::from(def.dim), DIM_MAX)?;
    check_limit("regions of a field", def.regions.len() as u64, REGIONS_MAX)?;
    for region in &def.regions {
        check_name("region", region)?;
    }
    check_provenance(&def.provenance)?;
    def.column = schema.next_column();
    let column = def.column;
    schema.fields.push(def);
    let checked = schema.check(0);
    if let Err(damage) = checked {
        schema.fields.pop();
        return Err(Error::Invalid(damage.message));
    }
    Ok(column)
}

pub(crate) fn check_limit(what: &'static str, value: u64, limit: u64) -> Result<()> {
    if value > limit { Err(Error::Limit { what, value, limit }) } else { Ok(()) }
}

pub(crate) fn check_name(what: &'static str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::Invalid(format!("the name of the {what} is empty")));
    }
    check_limit("bytes of a name", name.len() as u64, NAME_BYTES_MAX)
}

/// Checks the limits of a provenance.
pub(crate) fn check_provenance(p: &Provenance) -> Result<()> {
    for text in [&p.model, &p.version, &p.checkpoint, &p.preprocessing] {
        check_limit("bytes of a provenance text", text.len() as u64, TEXT_BYTES_MAX)?;
    }
    check_json(&p.json)
}

/// Checks that a text is JSON, or empty for nothing.
pub(crate) fn check_json(text: &str) -> Result<()> {
    check_limit("bytes of JSON", text.len() as u64, crate::format::limits::JSON_BYTES_MAX)?;
    if text.is_empty() {
        return Ok(());
    }
    let parsed = serde_json::from_str::<serde_json::Value>(text);
    parsed.map(drop).map_err(|e| Error::Invalid(format!("metadata is not JSON: {e}")))
}
