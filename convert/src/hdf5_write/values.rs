//! Types of elements, and values of them.

use half::f16;
use rust_hdf5::DatatypeMessage;

/// The type of a dataset's elements, little-endian in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElementType {
    /// IEEE 754 half precision; `numpy.float16`.
    F16,
    /// IEEE 754 single precision; `numpy.float32`.
    F32,
    /// Signed integers; `numpy.int64`.
    I64,
    /// UTF-8 texts of any length without U+0000; `str` through h5py's `asstr()`.
    Text,
}

impl ElementType {
    /// Bytes of one element in a chunk; of a text, the reference to it.
    pub fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::I64 => 8,
            Self::Text => 16,
        }
    }

    pub(super) fn datatype(self) -> DatatypeMessage {
        match self {
            Self::F16 => DatatypeMessage::f16_type(),
            Self::F32 => DatatypeMessage::f32_type(),
            Self::I64 => DatatypeMessage::i64_type(),
            Self::Text => DatatypeMessage::vlen_string_utf8(),
        }
    }
}

/// Values of whole rows, in row-major order.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Values<'a> {
    /// Numbers of any type as they stand in the file: little-endian.
    Bytes(&'a [u8]),
    /// Half precision; the bits are kept.
    F16(&'a [f16]),
    /// Single precision; the bits are kept.
    F32(&'a [f32]),
    /// Integers.
    I64(&'a [i64]),
    /// Texts.
    Texts(&'a [&'a str]),
}

impl Values<'_> {
    /// The number of elements, if they are of that type and none is cut.
    pub(super) fn elements(self, element: ElementType) -> Option<usize> {
        match (self, element) {
            (Self::Bytes(bytes), ElementType::F16 | ElementType::F32 | ElementType::I64) => {
                let size = element.size();
                bytes.len().is_multiple_of(size).then_some(bytes.len() / size)
            }
            (Self::F16(values), ElementType::F16) => Some(values.len()),
            (Self::F32(values), ElementType::F32) => Some(values.len()),
            (Self::I64(values), ElementType::I64) => Some(values.len()),
            (Self::Texts(texts), ElementType::Text) => Some(texts.len()),
            _ => None,
        }
    }
}
