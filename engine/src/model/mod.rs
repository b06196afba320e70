//! What users declare and what they put in: attributes, fields, spaces, values.

pub(crate) mod definition;
mod prompt_set;
mod segment;
mod space_match;
mod tokens;
mod value;

pub use definition::{Definition, Field};
pub use prompt_set::PromptSet;
pub use segment::{Segment, SegmentKey, TermCode};
pub use space_match::{CORNER_TOLERANCE, space_difference};
pub use tokens::{TokenData, TokensValue};
pub(crate) use tokens::{grid_mismatch, normalize};
pub use value::{RegionKey, RegionValue, Value};

pub use crate::format::hash::texts_sha256;
pub use crate::format::mapping::GridMapping;
pub use crate::format::ops::Cursor;
pub use crate::format::schema::{
    AttributeDef, AttributeType, DefaultMetric, Dtype, FieldDef, FieldKind, Provenance, Schema,
};
pub use crate::format::space::Space;
