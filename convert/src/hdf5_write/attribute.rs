//! Attributes of groups.

use rust_hdf5::{H5Group, H5Type};

use super::error::Hdf5WriteError;
use super::names::{check_name, check_text};

/// What an attribute may take in its object's header, whose messages end at 64 KiB.
const MAX_ATTRIBUTE_BYTES: usize = 60_000;
/// Bytes of one number, and of the reference to one text, in the header.
const NUMBER_BYTES: usize = 8;
const REFERENCE_BYTES: usize = 16;

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Attribute<'a> {
    /// A scalar; `numpy.int64` in h5py.
    I64(i64),
    /// A scalar; `numpy.float64` in h5py.
    F64(f64),
    /// A text of any length without U+0000; `str` in h5py.
    Text(&'a str),
    /// An array `[n]`, at most about 7000 values.
    I64s(&'a [i64]),
    /// An array `[n]`, at most about 7000 values.
    F64s(&'a [f64]),
    /// An array `[n]` of texts, at most about 3000.
    Texts(&'a [&'a str]),
}

impl Attribute<'_> {
    /// Puts the attribute on a group, in place of one of the same name.
    pub(super) fn write(self, group: &H5Group, name: &str) -> Result<(), Hdf5WriteError> {
        check_name(name, name)?;
        self.check(name)?;
        match self {
            Self::I64(value) => group.set_attr_numeric(name, &value),
            Self::F64(value) => group.set_attr_numeric(name, &value),
            Self::Text(text) => group.set_attr_string(name, text),
            Self::I64s(values) => array(group, name, values),
            Self::F64s(values) => array(group, name, values),
            Self::Texts(texts) => group.set_attr_string_array(name, texts),
        }
        .map_err(Hdf5WriteError::library(name))
    }

    fn check(self, name: &str) -> Result<(), Hdf5WriteError> {
        let (values, size) = match self {
            Self::I64(_) | Self::F64(_) | Self::Text(_) => (1, REFERENCE_BYTES),
            Self::I64s(values) => (values.len(), NUMBER_BYTES),
            Self::F64s(values) => (values.len(), NUMBER_BYTES),
            Self::Texts(texts) => (texts.len(), REFERENCE_BYTES),
        };
        if values == 0 {
            return Err(Hdf5WriteError::refused(name, "an array without values; leave it out"));
        }
        if values.saturating_mul(size).saturating_add(name.len()) > MAX_ATTRIBUTE_BYTES {
            let what = "more values than an attribute can hold; make it a dataset";
            return Err(Hdf5WriteError::refused(name, what));
        }
        match self {
            Self::Text(text) => check_text(name, text),
            Self::Texts(texts) => texts.iter().try_for_each(|text| check_text(name, text)),
            _ => Ok(()),
        }
    }
}

fn array<T: H5Type>(group: &H5Group, name: &str, values: &[T]) -> rust_hdf5::Result<()> {
    group.set_attr_array_numeric(name, values)
}
