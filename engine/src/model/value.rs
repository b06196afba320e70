//! Values of attributes and regions.

use std::fmt;

use crate::format::schema::AttributeType;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An integer.
    I64(i64),
    /// A double.
    F64(f64),
    /// True or false.
    Bool(bool),
    /// A text.
    Text(String),
}

impl Value {
    /// The type of attribute that holds it.
    pub fn kind(&self) -> AttributeType {
        match self {
            Self::I64(_) => AttributeType::I64,
            Self::F64(_) => AttributeType::F64,
            Self::Bool(_) => AttributeType::Bool,
            Self::Text(_) => AttributeType::Text,
        }
    }

    /// The value as JSON; a double that is not finite becomes null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::I64(v) => (*v).into(),
            Self::F64(v) => (*v).into(),
            Self::Bool(v) => (*v).into(),
            Self::Text(v) => v.clone().into(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I64(v) => v.fmt(f),
            Self::F64(v) => v.fmt(f),
            Self::Bool(v) => v.fmt(f),
            Self::Text(v) => v.fmt(f),
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $variant:ident),+) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}

value_from!(i64 => I64, i32 => I64, u32 => I64, f64 => F64, f32 => F64, bool => Bool, &str => Text, String => Text);

/// A region by its index or by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKey<'a> {
    /// The index in the field's list of regions.
    Index(u16),
    /// The name.
    Name(&'a str),
}

impl From<u16> for RegionKey<'_> {
    fn from(index: u16) -> Self {
        Self::Index(index)
    }
}

impl<'a> From<&'a str> for RegionKey<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl fmt::Display for RegionKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// One region of one image, to be stored.
#[derive(Clone, Copy, Debug)]
pub struct RegionValue<'a> {
    /// Which region.
    pub region: RegionKey<'a>,
    /// `[D]`, finite.
    pub feature: &'a [f32],
    /// (z0, y0, x0, z1, y1, x1) in voxels, half open.
    pub bbox: Option<[f32; 6]>,
    /// Score of the detection.
    pub score: Option<f32>,
}

impl<'a> RegionValue<'a> {
    /// A region without box and score.
    pub fn new(region: impl Into<RegionKey<'a>>, feature: &'a [f32]) -> Self {
        Self { region: region.into(), feature, bbox: None, score: None }
    }
}
