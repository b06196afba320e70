//! Looking at the objects of a document.

use std::borrow::Cow;

use super::array::ArrayView;
use super::document::Document;
use super::dtype::{DType, Kind};
use super::edges::{Items, Pairs};
use super::globals;
use super::node::{Id, Node};
use super::text;

/// One object, as a reader of data sees it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'d> {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer beyond 64 bits.
    BigInt(BigInt<'d>),
    /// A float.
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// Text. Lone surrogates read as U+FFFD.
    Str(Cow<'d, str>),
    /// `bytes`, `bytearray`, or a Python 2 `str`.
    Bytes(Cow<'d, [u8]>),
    /// Its items.
    Tuple(Items<'d>),
    /// Its items.
    List(Items<'d>),
    /// The items of a `set` or `frozenset`, in file order.
    Set(Items<'d>),
    /// The items of a `dict`, `OrderedDict` or `defaultdict`, in file order.
    Dict(Pairs<'d>),
    /// A NumPy array of plain elements.
    Array(ArrayView<'d>),
    /// A NumPy array of Python objects: shape and items in C order.
    Objects(&'d [u64], Items<'d>),
    /// A NumPy scalar, as an array without dimensions.
    Scalar(ArrayView<'d>),
    /// A NumPy dtype.
    DType(DType),
    /// A known class: module and name in today's spelling.
    Global(&'static str, &'static str),
    /// A standard library value: module and name of its class, arguments, state (`None` if it has none).
    Opaque(&'static str, &'static str, Id, Id),
    /// A NumPy array that never got its content, or bytes whose text form is broken.
    Broken,
}

/// An integer beyond 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BigInt<'d> {
    /// Two's complement, little endian.
    TwosComplement(&'d [u8]),
    /// Decimal digits with an optional minus sign.
    Decimal(&'d str),
}

impl BigInt<'_> {
    /// The value, if it has at most 128 bits.
    pub fn to_i128(self) -> Option<i128> {
        match self {
            Self::Decimal(digits) => digits.trim_ascii().parse().ok(),
            Self::TwosComplement(bytes) => {
                let negative = bytes.last().is_some_and(|b| *b >= 0x80);
                let mut wide = [if negative { 0xff } else { 0 }; 16];
                wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
                Some(i128::from_le_bytes(wide))
            }
        }
    }
}

impl Document<'_> {
    /// The object under `id`. Cost: that of decoding it, nothing for what it contains.
    pub fn value(&self, id: Id) -> Value<'_> {
        match self.node(id) {
            Node::None => Value::None,
            Node::Bool(b) => Value::Bool(b),
            Node::Int(i) => Value::Int(i),
            Node::BigInt(span) => Value::BigInt(BigInt::TwosComplement(self.bytes_of(span))),
            Node::BigDecimal(span) => {
                let digits = std::str::from_utf8(self.bytes_of(span)).unwrap_or("0");
                Value::BigInt(BigInt::Decimal(digits))
            }
            Node::Float(f) => Value::Float(f),
            Node::Complex(re, im) => {
                let part = |id| self.float(id).unwrap_or(f64::NAN);
                Value::Complex(part(re), part(im))
            }
            Node::Str(span) => Value::Str(String::from_utf8_lossy(self.bytes_of(span))),
            Node::Bytes(_) | Node::Latin1(_) => self.bytes(id).map_or(Value::Broken, Value::Bytes),
            Node::Tuple(c) => Value::Tuple(self.children(c)),
            Node::List(c) => Value::List(self.children(c)),
            Node::Set(c) => Value::Set(self.children(c)),
            Node::Dict(c) => Value::Dict(Pairs(self.children(c))),
            Node::Global(index) => {
                globals::get(index).map_or(Value::None, |k| Value::Global(k.module, k.name))
            }
            Node::RawArray => Value::Broken,
            Node::DType(index) => self.dtype(index).map_or(Value::None, Value::DType),
            Node::Array { .. } => self.array_value(id),
            Node::Scalar { .. } => self.array(id).map_or(Value::Broken, Value::Scalar),
            Node::Opaque { global, args, state } => globals::get(global)
                .map_or(Value::None, |k| Value::Opaque(k.module, k.name, args, state)),
        }
    }

    fn array_value(&self, id: Id) -> Value<'_> {
        if let Some((shape, items)) = self.objects(id) {
            return Value::Objects(shape, items);
        }
        self.array(id).map_or(Value::Broken, Value::Array)
    }

    /// Where in the input the content of a text or byte string lies; `None` for anything else, and for text
    /// that had to be decoded.
    pub fn position(&self, id: Id) -> Option<u64> {
        match self.node(id) {
            Node::Str(span) | Node::Bytes(span) => (!self.is_decoded(span)).then_some(span.start()),
            _ => None,
        }
    }

    /// Text: a `str`, or bytes that are UTF-8 (Python 2 wrote its text so). `None` for anything else.
    pub fn text(&self, id: Id) -> Option<&str> {
        std::str::from_utf8(self.raw(id)?).ok()
    }

    /// The bytes of a `str` or byte string as they are stored; `None` for bytes that protocol 2 wrote as
    /// text, see [`Self::bytes`].
    pub(super) fn raw(&self, id: Id) -> Option<&[u8]> {
        match self.node(id) {
            Node::Str(span) | Node::Bytes(span) => Some(self.bytes_of(span)),
            _ => None,
        }
    }

    /// A byte string. Borrowed unless protocol 2 wrote it as text.
    pub fn bytes(&self, id: Id) -> Option<Cow<'_, [u8]>> {
        match self.node(id) {
            Node::Bytes(span) => Some(Cow::Borrowed(self.bytes_of(span))),
            Node::Latin1(span) => text::latin1(self.bytes_of(span)).map(Cow::Owned),
            _ => None,
        }
    }

    /// An integer: Python's, a bool's, or a NumPy scalar's. `None` beyond 64 bits.
    pub fn int(&self, id: Id) -> Option<i64> {
        match self.node(id) {
            Node::Int(value) => Some(value),
            Node::Bool(value) => Some(i64::from(value)),
            Node::Scalar { .. } => self.array(id)?.int_at(0),
            _ => None,
        }
    }

    /// A number as a float: Python's or a NumPy scalar's.
    pub fn float(&self, id: Id) -> Option<f64> {
        match self.node(id) {
            Node::Float(value) => Some(value),
            Node::Int(value) => Some(value as f64),
            Node::Scalar { .. } => self.array(id)?.float_at(0),
            _ => None,
        }
    }

    /// The items of a tuple, list or set.
    pub fn items(&self, id: Id) -> Option<Items<'_>> {
        match self.node(id) {
            Node::Tuple(c) | Node::List(c) | Node::Set(c) => Some(self.children(c)),
            _ => None,
        }
    }

    /// The items of a dictionary.
    pub fn pairs(&self, id: Id) -> Option<Pairs<'_>> {
        match self.node(id) {
            Node::Dict(c) => Some(Pairs(self.children(c))),
            _ => None,
        }
    }

    /// The value under the text `key` of a dictionary; the last one if the key is repeated, as in Python.
    /// Cost: the length of the dictionary.
    pub fn get(&self, dict: Id, key: &str) -> Option<Id> {
        let wanted = key.as_bytes();
        let found = self.pairs(dict)?.filter(|(k, _)| self.raw(*k) == Some(wanted)).last();
        found.map(|(_, value)| value)
    }

    /// How many items of a dictionary are overwritten by a later one with the same text or integer key.
    /// Cost: n log n.
    pub fn duplicate_keys(&self, dict: Id) -> usize {
        let Some(pairs) = self.pairs(dict) else { return 0 };
        let mut keys: Vec<_> =
            pairs.map(|(k, _)| (self.raw(k), self.int(k))).filter(|k| *k != (None, None)).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        all.saturating_sub(keys.len())
    }

    /// A NumPy array or scalar of plain elements. `None` for other objects, for arrays of Python objects,
    /// and where protocol 2's text form is broken.
    pub fn array(&self, id: Id) -> Option<ArrayView<'_>> {
        let (fortran, data) = match self.node(id) {
            Node::Array { layout, data } => (self.layout(layout)?.fortran, data),
            Node::Scalar { data, .. } => (false, data),
            _ => return None,
        };
        let (dtype, shape) = self.array_type(id).filter(|(d, _)| d.kind != Kind::Object)?;
        ArrayView::new(dtype, shape, fortran, self.bytes(data)?)
    }

    /// Element type and shape of any NumPy array or scalar, without touching its data.
    pub fn array_type(&self, id: Id) -> Option<(DType, &[u64])> {
        match self.node(id) {
            Node::Array { layout, .. } => {
                Some((self.dtype(self.layout(layout)?.dtype)?, self.layout_shape(layout)?))
            }
            Node::Scalar { dtype, .. } => Some((self.dtype(dtype)?, &[])),
            _ => None,
        }
    }

    /// Shape and items of a NumPy array of Python objects.
    pub fn objects(&self, id: Id) -> Option<(&[u64], Items<'_>)> {
        let Node::Array { layout, data } = self.node(id) else { return None };
        Some((self.layout_shape(layout)?, self.items(data)?))
    }
}
