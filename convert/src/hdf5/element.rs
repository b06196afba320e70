//! Element types of datasets and attributes, and their values.

use half::f16;
use hdf5_reader::error::ByteOrder;
use hdf5_reader::messages::datatype::{Datatype, StringPadding, StringSize, VarLenKind};

/// What the elements of a dataset are, once read: always little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElementType {
    /// IEEE 754 binary16: one sign, five exponent, ten fraction bits.
    F16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// An integer of 1, 2, 4 or 8 bytes; enumerations count as their integers.
    Int {
        /// Bytes of one element.
        size: usize,
        /// Whether it is signed (two's complement).
        signed: bool,
    },
    /// One byte, 0 or 1: the enumeration with which h5py stores booleans.
    Bool,
    /// Text of a fixed number of bytes.
    FixedText {
        /// Bytes of one element, padding included.
        size: usize,
    },
    /// Text of any length, kept in the heap of the file.
    Text,
}

impl ElementType {
    /// A short name like those of `NumPy`: `f2`, `i8`, `S5`.
    pub fn name(self) -> String {
        match self {
            Self::F16 => "f2".into(),
            Self::F32 => "f4".into(),
            Self::F64 => "f8".into(),
            Self::Int { size, signed } => format!("{}{size}", if signed { "i" } else { "u" }),
            Self::Bool => "bool".into(),
            Self::FixedText { size } => format!("S{size}"),
            Self::Text => "text".into(),
        }
    }
}

/// How the elements lie in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) element: ElementType,
    pub(super) size: usize,
    pub(super) swapped: bool,
    pub(super) padding: StringPadding,
}

impl Stored {
    /// The stored form of `dtype`, whose encoded message is `raw`. `reference` is the size of a
    /// heap reference. The error names the type.
    pub(super) fn of(dtype: &Datatype, raw: &[u8], reference: usize) -> Result<Self, String> {
        let plain = |element, size, order| Self {
            element,
            size,
            swapped: order == ByteOrder::BigEndian,
            padding: StringPadding::NullTerminate,
        };
        Ok(match dtype {
            Datatype::FloatingPoint { size, byte_order } => {
                plain(float_type(*size, raw)?, usize::from(*size), *byte_order)
            }
            Datatype::FixedPoint { size, signed, byte_order } => {
                let size = usize::from(*size);
                if !matches!(size, 1 | 2 | 4 | 8) || partial_integer(raw, size) {
                    return Err(format!("an integer of {size} bytes with unused bits"));
                }
                plain(ElementType::Int { size, signed: *signed }, size, *byte_order)
            }
            Datatype::Enum { base, members } => {
                // The message of an enumeration holds that of its base after eight bytes.
                let inner = Self::of(base, raw.get(8..).unwrap_or_default(), reference)?;
                let named = |name: &str, value: u8| {
                    members.iter().any(|m| m.name == name && m.value == [value])
                };
                match inner.element {
                    ElementType::Int { size: 1, .. }
                        if members.len() == 2 && named("FALSE", 0) && named("TRUE", 1) =>
                    {
                        Self { element: ElementType::Bool, ..inner }
                    }
                    ElementType::Int { .. } => inner,
                    _ => return Err("an enumeration of something else than integers".into()),
                }
            }
            Datatype::String { size: StringSize::Fixed(size), padding, .. } => {
                let size = usize::try_from(*size).unwrap_or(usize::MAX);
                let element = ElementType::FixedText { size };
                Self { padding: *padding, ..plain(element, size, ByteOrder::LittleEndian) }
            }
            Datatype::String { size: StringSize::Variable, padding, .. } => {
                let text = plain(ElementType::Text, reference, ByteOrder::LittleEndian);
                Self { padding: *padding, ..text }
            }
            Datatype::VarLen { base, kind: VarLenKind::String, padding, .. }
                if base.is_vlen_string_base() =>
            {
                let text = plain(ElementType::Text, reference, ByteOrder::LittleEndian);
                Self { padding: *padding, ..text }
            }
            other => return Err(describe(other)),
        })
    }
}

/// The type in words, for listings and errors.
pub(super) fn describe(dtype: &Datatype) -> String {
    match dtype {
        Datatype::FloatingPoint { size, .. } => format!("a float of {size} bytes"),
        Datatype::FixedPoint { size, .. } => format!("an integer of {size} bytes"),
        Datatype::Compound { fields, .. } => format!("a compound of {} fields", fields.len()),
        Datatype::Array { .. } => "an array type".into(),
        Datatype::Opaque { size, .. } => format!("opaque bytes ({size})"),
        Datatype::VarLen { .. } => "a variable-length sequence".into(),
        Datatype::Reference { .. } => "a reference".into(),
        Datatype::Bitfield { .. } => "a bit field".into(),
        Datatype::Enum { .. } => "an enumeration".into(),
        Datatype::String { .. } => "text".into(),
    }
}

/// Whether an integer message leaves bits unused (its offset and precision follow the size).
fn partial_integer(raw: &[u8], size: usize) -> bool {
    let field = |at| raw.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
    field(8) != Some(0) || field(10).map(usize::from) != Some(size * 8)
}

/// The IEEE type that a floating-point message describes, field by field; a size alone does not
/// tell binary16 from bfloat16.
fn float_type(size: u8, raw: &[u8]) -> Result<ElementType, String> {
    let parts: Option<[u8; 20]> = raw.get(..20).and_then(|b| b.try_into().ok());
    let other = || format!("a float of {size} bytes that is not IEEE 754");
    let Some([_, flags, sign, _, _, _, _, _, o0, o1, p0, p1, el, es, ml, ms, b @ ..]) = parts
    else {
        return Err(other());
    };
    // Bit 6 is the middle-endian order of a VAX; bits 4 and 5 say that the leading one is implied.
    let implied = flags & 0x70 == 0x20 && u16::from_le_bytes([o0, o1]) == 0;
    let precision = u16::from_le_bytes([p0, p1]);
    match (size, precision, sign, [el, es, ml, ms], u32::from_le_bytes(b)) {
        (2, 16, 15, [10, 5, 0, 10], 15) if implied => Ok(ElementType::F16),
        (4, 32, 31, [23, 8, 0, 23], 127) if implied => Ok(ElementType::F32),
        (8, 64, 63, [52, 11, 0, 52], 1023) if implied => Ok(ElementType::F64),
        _ => Err(other()),
    }
}

/// Turns big-endian elements of `size` bytes around, in place.
pub(super) fn swap(bytes: &mut [u8], size: usize) {
    if size > 1 {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
}

/// A little-endian integer of up to eight bytes.
pub(super) fn integer(bytes: &[u8], signed: bool) -> i128 {
    let negative = signed && bytes.last().is_some_and(|b| b & 0x80 != 0);
    let start = if negative { -1_i128 } else { 0 };
    bytes.iter().rev().fold(start, |value, byte| value << 8 | i128::from(*byte))
}

/// A little-endian float of two, four or eight bytes, widened without loss.
pub(super) fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        2 => Some(f16::from_le_bytes(bytes.try_into().ok()?).to_f64()),
        4 => Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
        8 => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

/// Text without its padding.
pub(super) fn trim(bytes: &[u8], padding: StringPadding) -> &[u8] {
    let end = match padding {
        StringPadding::NullTerminate => bytes.iter().position(|&b| b == 0),
        StringPadding::NullPad => Some(bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1)),
        StringPadding::SpacePad => {
            Some(bytes.iter().rposition(|&b| b != b' ').map_or(0, |i| i + 1))
        }
    };
    bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default()
}
