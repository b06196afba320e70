//! Element types by their `NumPy` type string.

use super::error::NpyErrorKind;
use std::fmt;

/// The longest fixed text that is read, in characters or bytes.
const MAX_TEXT: u32 = 1 << 16;

/// The type of one number, apart from its byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Scalar {
    F16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
}

impl Scalar {
    const ALL: [(Self, &'static str, usize); 12] = [
        (Self::F16, "f2", 2),
        (Self::F32, "f4", 4),
        (Self::F64, "f8", 8),
        (Self::I8, "i1", 1),
        (Self::I16, "i2", 2),
        (Self::I32, "i4", 4),
        (Self::I64, "i8", 8),
        (Self::U8, "u1", 1),
        (Self::U16, "u2", 2),
        (Self::U32, "u4", 4),
        (Self::U64, "u8", 8),
        (Self::Bool, "b1", 1),
    ];

    fn entry(self) -> (Self, &'static str, usize) {
        let found = Self::ALL.into_iter().find(|(scalar, ..)| *scalar == self);
        found.unwrap_or((Self::Bool, "b1", 1))
    }

    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        self.entry().2
    }

    /// The type string without byte order, as `f2` or `i8`.
    pub fn code(self) -> &'static str {
        self.entry().1
    }

    /// The type string that `NumPy` writes for little-endian data: `<f2`, `|u1`.
    pub fn descr(self) -> String {
        let order = if self.bytes() == 1 { '|' } else { '<' };
        format!("{order}{}", self.code())
    }

    /// Whether it is a signed or unsigned integer or a truth value.
    pub fn is_integer(self) -> bool {
        !matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    fn from_code(code: &str) -> Option<Self> {
        // NumPy writes truth values as "?" in a few old files.
        let code = if code == "?" { "b1" } else { code };
        Self::ALL.into_iter().find(|(_, name, _)| *name == code).map(|(scalar, ..)| scalar)
    }
}

/// The order of the bytes of one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// The element type of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// Numbers.
    Number(Scalar, Order),
    /// Text of a fixed number of characters, 4 bytes each, filled up with NUL (`<U44`).
    Text(u32, Order),
    /// Text of a fixed number of bytes, filled up with NUL (`|S44`).
    ByteText(u32),
    /// Python objects: a pickle follows the header.
    Object,
}

impl Dtype {
    /// The element type of a type string such as `<f4`, `>f2`, `|u1`, `<U44` or `|O`.
    ///
    /// # Errors
    /// [`NpyErrorKind::UnsupportedDtype`] with the type string and, where one is known, its meaning.
    pub fn parse(descr: &str) -> Result<Self, NpyErrorKind> {
        let (order, code) = match descr.as_bytes().first() {
            Some(b'>') => (Order::Big, descr.get(1..)),
            // "=" and "|" on numbers mean the order of the machine; no supported one is big-endian.
            Some(b'<' | b'|' | b'=') => (Order::Little, descr.get(1..)),
            _ => (Order::Little, Some(descr)),
        };
        let code = code.unwrap_or_default();
        if code == "O" || code == "O8" {
            return Ok(Self::Object);
        }
        if let Some(characters) = code.strip_prefix('U').and_then(text_length) {
            return Ok(Self::Text(characters, order));
        }
        if let Some(bytes) = code.strip_prefix('S').and_then(text_length) {
            return Ok(Self::ByteText(bytes));
        }
        match Scalar::from_code(code) {
            Some(scalar) => Ok(Self::Number(scalar, order)),
            None => Err(NpyErrorKind::UnsupportedDtype(describe(descr, code))),
        }
    }

    /// Bytes of one element; none for Python objects.
    pub fn item_bytes(self) -> Option<usize> {
        match self {
            Self::Number(scalar, _) => Some(scalar.bytes()),
            Self::Text(characters, _) => usize::try_from(characters).ok()?.checked_mul(4),
            Self::ByteText(bytes) => usize::try_from(bytes).ok(),
            Self::Object => None,
        }
    }

    /// Bytes that have to be reversed together to make an element little-endian; none if none have.
    pub(super) fn reversed_bytes(self) -> Option<usize> {
        match self {
            Self::Number(scalar, Order::Big) if scalar.bytes() > 1 => Some(scalar.bytes()),
            Self::Text(_, Order::Big) => Some(4),
            _ => None,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(scalar, _) => f.write_str(scalar.code()),
            Self::Text(characters, _) => write!(f, "text of {characters} characters"),
            Self::ByteText(bytes) => write!(f, "text of {bytes} bytes"),
            Self::Object => f.write_str("Python objects"),
        }
    }
}

fn text_length(digits: &str) -> Option<u32> {
    let length: u32 = digits.parse().ok()?;
    (1..=MAX_TEXT).contains(&length).then_some(length)
}

fn describe(descr: &str, code: &str) -> String {
    let meaning = match code.as_bytes().first() {
        _ if code == "V2" => "2 raw bytes, most often bfloat16",
        Some(b'V') => "raw bytes",
        Some(b'U') => "text of no or immense length",
        Some(b'S' | b'a') => "bytes of no or immense length",
        Some(b'c') => "complex numbers",
        Some(b'f' | b'g') => "extended floats",
        Some(b'M') => "dates",
        Some(b'm') => "time spans",
        _ => "unknown",
    };
    // The type string is of foreign origin: only a little of it, and only printable ASCII.
    let shown: String = descr.chars().filter(char::is_ascii_graphic).take(64).collect();
    format!("'{shown}' ({meaning})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_strings_round_trip() {
        for (scalar, _, bytes) in Scalar::ALL {
            assert_eq!(
                Dtype::parse(&scalar.descr()).unwrap(),
                Dtype::Number(scalar, Order::Little)
            );
            assert_eq!(scalar.bytes(), bytes);
        }
        assert_eq!(Dtype::parse(">f2").unwrap(), Dtype::Number(Scalar::F16, Order::Big));
        assert_eq!(Dtype::parse("=f4").unwrap(), Dtype::Number(Scalar::F32, Order::Little));
        assert_eq!(Dtype::parse("|O").unwrap(), Dtype::Object);
        assert_eq!(Dtype::parse("<U44").unwrap(), Dtype::Text(44, Order::Little));
        assert_eq!(Dtype::parse("|S7").unwrap(), Dtype::ByteText(7));
    }

    #[test]
    fn other_types_are_refused_by_name() {
        let refused = [("|V2", "bfloat16"), ("<U0", "text"), ("|S99999", "bytes"), ("", "")];
        for (descr, word) in refused {
            let error = Dtype::parse(descr).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains(descr), "{error}");
        }
    }
}
