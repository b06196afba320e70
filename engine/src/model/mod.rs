//! What users declare and what they put in: attributes, fields, spaces, values.

pub(crate) mod definition;
mod value;

pub use definition::{Definition, Field};
pub use value::{RegionKey, RegionValue, Value};

pub use crate::format::ops::Cursor;
pub use crate::format::schema::{
    AttributeDef, AttributeType, DefaultMetric, Dtype, FieldDef, FieldKind, Provenance, Schema,
};
pub use crate::format::space::Space;
