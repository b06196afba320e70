//! The schema: attributes and fields, with the provenance of each field.

use std::collections::HashSet;

use super::limits::{
    ATTRIBUTES_MAX, DIM_MAX, FIELDS_MAX, JSON_BYTES_MAX, REGIONS_MAX, TENSOR_BYTES_MAX,
};
use super::reader::Reader;
use super::superblock::INCOMPAT_TOKENS;
use super::writer::Writer;
use super::{Damage, Rule};

/// Column of the image keys.
pub const COLUMN_KEYS: u32 = 0;
/// Column of the JSON metadata.
pub const COLUMN_METADATA: u32 = 1;
/// Columns of attributes and fields are numbered from here.
pub const COLUMN_FIRST: u32 = 16;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// The code in the file.
            pub const fn code(self) -> u8 {
                match self { $($name::$variant => $code,)+ }
            }

            /// The value of a code in the file.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }

            /// The name that users read and write.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The value of a name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// The four kinds of fields.
    FieldKind {
        /// One vector `[D]` per image.
        Vector = 1, "vector";
        /// A sparse set of named regions per image, each with a feature `[D]`.
        Regions = 2, "regions";
        /// A grid of tokens per image.
        Tokens = 3, "tokens";
        /// Named segments per image, run-length encoded.
        Masks = 4, "masks";
    }
}

codes! {
    /// How features are stored.
    Dtype {
        /// IEEE 754 binary16.
        F16 = 1, "f16";
        /// IEEE 754 binary32.
        F32 = 2, "f32";
    }
}

codes! {
    /// The similarity that a field is searched with unless a query names another.
    DefaultMetric {
        /// Cosine of the angle.
        Cosine = 1, "cosine";
        /// Inner product.
        InnerProduct = 2, "ip";
        /// Euclidean distance.
        L2 = 3, "l2";
    }
}

codes! {
    /// Types of attributes.
    AttributeType {
        /// Signed 64-bit integer.
        I64 = 1, "i64";
        /// IEEE 754 binary64.
        F64 = 2, "f64";
        /// True or false.
        Bool = 3, "bool";
        /// UTF-8 text.
        Text = 4, "string";
    }
}

impl Dtype {
    /// Bytes of one value.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}

/// Bytes from one row of a matrix to the next: `dim` values, padded to a multiple of 64.
pub fn row_stride(dim: u32, dtype: Dtype) -> u64 {
    u64::from(dim).saturating_mul(dtype.bytes()).next_multiple_of(64)
}

/// Where the features of a field come from, so that they can be computed again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Name of the model.
    pub model: String,
    /// Version of the model.
    pub version: String,
    /// Hash of the checkpoint.
    pub checkpoint: String,
    /// How the image was prepared for the model.
    pub preprocessing: String,
    /// Anything else, as JSON text; empty for nothing.
    pub json: String,
}

/// An attribute of the images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeDef {
    /// Column number.
    pub column: u32,
    /// Name, unique among attributes.
    pub name: String,
    /// Type of the values.
    pub kind: AttributeType,
}

/// A field of the images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDef {
    /// Column number.
    pub column: u32,
    /// Name, unique among fields.
    pub name: String,
    /// Kind.
    pub kind: FieldKind,
    /// How values are stored. For masks without meaning: [`Dtype::F16`].
    pub dtype: Dtype,
    /// The metric that a search uses unless it names one.
    pub metric: DefaultMetric,
    /// Whether features were normalised to length 1 on insert.
    pub normalized: bool,
    /// D; zero for masks.
    pub dim: u32,
    /// Tokens: the grid (d, h, w); `[0, h, w]` in 2D; `[0, 0, t]` for a sequence; `[0, 0, 0]` for sequences of
    /// any length. Other kinds: zeros.
    pub grid: [u32; 3],
    /// Regions: their names, by index.
    pub regions: Vec<String>,
    /// Where the features come from.
    pub provenance: Provenance,
}

/// All attributes and fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Attributes in the order of their declaration.
    pub attributes: Vec<AttributeDef>,
    /// Fields in the order of their declaration.
    pub fields: Vec<FieldDef>,
}

impl Schema {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeDef> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The incompatible features without which this schema may not be written: version 1.0 does not know grids of
    /// zeros, and would call them damage.
    pub fn incompat(&self) -> u32 {
        let any_length = |f: &FieldDef| f.kind == FieldKind::Tokens && f.grid == [0; 3];
        if self.fields.iter().any(any_length) { INCOMPAT_TOKENS } else { 0 }
    }

    /// The smallest column number that is free.
    pub fn next_column(&self) -> u32 {
        let used = self.attributes.iter().map(|a| a.column);
        let used = used.chain(self.fields.iter().map(|f| f.column));
        used.max().map_or(COLUMN_FIRST, |top| top.saturating_add(1))
    }

    /// Checks rule V013.
    pub fn check(&self, at: u64) -> Result<(), Damage> {
        let bad = |what: String| Err(Damage::new(Rule::SchemaValues, at, what));
        let mut columns = HashSet::new();
        let mut names = HashSet::new();
        for a in &self.attributes {
            if a.column < COLUMN_FIRST || !columns.insert(a.column) || !names.insert(&a.name) {
                return bad(format!("attribute {:?} is declared twice", a.name));
            }
        }
        names.clear();
        for f in &self.fields {
            if f.column < COLUMN_FIRST || !columns.insert(f.column) || !names.insert(&f.name) {
                return bad(format!("field {:?} is declared twice", f.name));
            }
            f.check(at)?;
        }
        Ok(())
    }

    /// Appends the schema.
    pub fn encode(&self, w: &mut Writer) {
        w.u64(self.attributes.len() as u64);
        for a in &self.attributes {
            w.u32(a.column);
            w.u8(a.kind.code());
            w.text(&a.name);
        }
        w.u64(self.fields.len() as u64);
        for f in &self.fields {
            f.encode(w);
        }
    }

    /// Reads and checks a schema.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Damage> {
        let before = r.limits(Rule::SchemaValues);
        let schema = Self::decode_lists(r);
        r.limits(before);
        schema
    }

    fn decode_lists(r: &mut Reader<'_>) -> Result<Self, Damage> {
        let at = r.offset();
        let mut schema = Self::default();
        for _ in 0..r.count(ATTRIBUTES_MAX, 9)? {
            let (column, code) = (r.u32()?, r.u8()?);
            let kind = AttributeType::from_code(code);
            let kind = kind.ok_or_else(|| schema_damage(r, "unknown type of attribute"))?;
            schema.attributes.push(AttributeDef { column, name: r.name()?, kind });
        }
        for _ in 0..r.count(FIELDS_MAX, 40)? {
            schema.fields.push(FieldDef::decode(r)?);
        }
        schema.check(at)?;
        Ok(schema)
    }
}

fn schema_damage(r: &Reader<'_>, what: &str) -> Damage {
    Damage::new(Rule::SchemaValues, r.offset(), what)
}

impl FieldDef {
    /// Bytes from one feature to the next. Tokens lie without padding, so that a tensor is one C array.
    pub fn stride(&self) -> u64 {
        if self.kind == FieldKind::Tokens {
            return self.feature_bytes();
        }
        row_stride(self.dim, self.dtype)
    }

    /// Bytes of the values of one feature.
    pub fn feature_bytes(&self) -> u64 {
        u64::from(self.dim).saturating_mul(self.dtype.bytes())
    }

    /// Tokens: how many an image has; `None` when that differs from image to image.
    pub fn tokens(&self) -> Option<u64> {
        if self.grid == [0; 3] {
            return None;
        }
        let sides = self.grid.iter().map(|&n| u64::from(n.max(1)));
        Some(sides.fold(1, u64::saturating_mul))
    }

    /// Tokens: bytes of the tensor of an image; `None` when that differs from image to image.
    pub fn tensor_bytes(&self) -> Option<u64> {
        Some(self.tokens()?.saturating_mul(self.feature_bytes()))
    }

    fn check(&self, at: u64) -> Result<(), Damage> {
        let dim_ok = if self.kind == FieldKind::Masks {
            self.dim == 0 && self.dtype == Dtype::F16
        } else {
            self.dim >= 1 && u64::from(self.dim) <= DIM_MAX
        };
        let [depth, height, width] = self.grid;
        let grid_ok = if self.kind == FieldKind::Tokens {
            let shape_ok = width > 0 && (depth == 0 || height > 0) || self.grid == [0; 3];
            shape_ok && self.tensor_bytes().is_none_or(|bytes| bytes <= TENSOR_BYTES_MAX)
        } else {
            self.grid == [0; 3]
        };
        let named = !self.regions.is_empty();
        let regions_ok = named == (self.kind == FieldKind::Regions)
            && self.regions.len() as u64 <= REGIONS_MAX
            && self.regions.iter().collect::<HashSet<_>>().len() == self.regions.len();
        if dim_ok && grid_ok && regions_ok {
            return Ok(());
        }
        let text =
            format!("field {:?}: dimension, grid or region names are not possible", self.name);
        Err(Damage::new(Rule::SchemaValues, at, text))
    }

    fn encode(&self, w: &mut Writer) {
        w.u32(self.column);
        w.u8(self.kind.code());
        w.u8(self.dtype.code());
        w.u8(self.metric.code());
        w.u8(u8::from(self.normalized));
        w.u32(self.dim);
        for n in self.grid {
            w.u32(n);
        }
        w.text(&self.name);
        w.u64(self.regions.len() as u64);
        for name in &self.regions {
            w.text(name);
        }
        let p = &self.provenance;
        for text in [&p.model, &p.version, &p.checkpoint, &p.preprocessing, &p.json] {
            w.text(text);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Damage> {
        let column = r.u32()?;
        let (kind, dtype, metric, normalized) = (r.u8()?, r.u8()?, r.u8()?, r.u8()?);
        let unknown = |what| schema_damage(r, what);
        let kind = FieldKind::from_code(kind).ok_or_else(|| unknown("unknown kind of field"))?;
        let dtype = Dtype::from_code(dtype).ok_or_else(|| unknown("unknown type of values"))?;
        let metric = DefaultMetric::from_code(metric).ok_or_else(|| unknown("unknown metric"))?;
        if normalized > 1 {
            return Err(unknown("a flag is neither 0 nor 1"));
        }
        let dim = r.u32()?;
        let grid = [r.u32()?, r.u32()?, r.u32()?];
        let name = r.name()?;
        let mut regions = Vec::new();
        for _ in 0..r.count(REGIONS_MAX, 5)? {
            regions.push(r.name()?);
        }
        let provenance = Provenance {
            model: r.free_text()?,
            version: r.free_text()?,
            checkpoint: r.free_text()?,
            preprocessing: r.free_text()?,
            json: r.text(JSON_BYTES_MAX)?,
        };
        let normalized = normalized == 1;
        Ok(Self { column, name, kind, dtype, metric, normalized, dim, grid, regions, provenance })
    }
}
