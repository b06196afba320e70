//! What the arena holds: 16 bytes an object.

/// Names one object of a [`super::Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub(super) u32);

/// A range of bytes. Starts below the input's length lie in the input, others in the document's own text.
/// Start and length have 48 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    words: [u32; 3],
}

impl Span {
    pub(super) const EMPTY: Self = Self { words: [0; 3] };

    /// `None` beyond 48 bits.
    pub(super) fn new(start: u64, len: u64) -> Option<Self> {
        let high = |v: u64| u32::try_from(v >> 32).ok().filter(|h| *h <= 0xffff);
        let low = |v: u64| u32::try_from(v & 0xffff_ffff).ok();
        let (start_high, len_high) = (high(start)?, high(len)?);
        Some(Self { words: [low(start)?, low(len)?, (start_high << 16) | len_high] })
    }

    pub(super) fn start(self) -> u64 {
        let [start, _, high] = self.words;
        (u64::from(high >> 16) << 32) | u64::from(start)
    }

    pub(super) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(self) -> u64 {
        let [_, len, high] = self.words;
        (u64::from(high & 0xffff) << 32) | u64::from(len)
    }
}

/// The children of a container: a chain of chunks in the document's edge list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seq {
    /// First chunk, or [`Seq::NONE`].
    pub(super) head: u32,
    /// Last chunk.
    pub(super) tail: u32,
    /// Children in all chunks; a dict counts keys and values.
    pub(super) len: u32,
}

impl Seq {
    pub(super) const NONE: u32 = u32::MAX;
    pub(super) const EMPTY: Self = Self { head: Self::NONE, tail: Self::NONE, len: 0 };
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Node {
    None,
    Bool(bool),
    Int(i64),
    /// Two's complement, little endian.
    BigInt(Span),
    /// Decimal digits with an optional sign.
    BigDecimal(Span),
    Float(f64),
    Complex(Id, Id),
    /// UTF-8, lone surrogates possible.
    Str(Span),
    /// Bytes, bytearray, or a Python 2 str.
    Bytes(Span),
    /// Bytes that are written as text: each code point below 256 is one byte.
    Latin1(Span),
    Tuple(Seq),
    List(Seq),
    Set(Seq),
    Dict(Seq),
    /// Index into the list of known globals.
    Global(u16),
    /// An ndarray whose state has not come yet.
    RawArray,
    DType(u32),
    /// `layout` indexes the document's layouts; `data` is bytes, or the list of an object array.
    Array {
        layout: u32,
        data: Id,
    },
    Scalar {
        dtype: u32,
        data: Id,
    },
    /// A value of the standard library that is kept as its constructor's arguments.
    Opaque {
        global: u16,
        args: Id,
        state: Id,
    },
}

const _: () = assert!(size_of::<Node>() == 16);

impl Node {
    pub(super) fn children(self) -> Option<Seq> {
        match self {
            Self::Tuple(s) | Self::List(s) | Self::Set(s) | Self::Dict(s) => Some(s),
            _ => None,
        }
    }

    /// The range that this node borrows, when that and nothing else is its content.
    pub(super) fn span(self) -> Option<Span> {
        match self {
            Self::Str(s)
            | Self::Bytes(s)
            | Self::Latin1(s)
            | Self::BigInt(s)
            | Self::BigDecimal(s) => Some(s),
            _ => None,
        }
    }
}
