/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// NumPy `?`.
    Bool,
    /// Signed integers.
    Int,
    /// Unsigned integers.
    UInt,
    /// IEEE 754 of 2, 4 or 8 bytes (16 is kept, not converted).
    Float,
    /// Pairs of floats.
    Complex,
    /// Bytes of fixed length.
    Bytes,
    /// UTF-32 of fixed length.
    Text,
    /// Date or time span, 64-bit count of a unit.
    Time,
    /// Python objects.
    Object,
    /// Records, sub-arrays and raw `V`.
    Void,
}

/// Element type of an array: kind, size in bytes, byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DType {
    /// What an element is.
    pub kind: Kind,
    /// Bytes an element.
    pub size: u32,
    /// Stored with the most significant byte first.
    pub big_endian: bool,
}

impl DType {
    /// Reads NumPy's short notation: kind letter and size, as in `f4`, `U12`, `|O8`. `None` when unknown.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        let (big_endian, code) = match code.strip_prefix(['<', '>', '|', '=']) {
            Some(rest) => (code.starts_with('>'), rest),
            None => (false, code),
        };
        let mut letters = code.chars();
        let letter = letters.next()?;
        let digits = letters.as_str();
        if letter == '?' {
            return digits.is_empty().then_some(Self { kind: Kind::Bool, size: 1, big_endian });
        }
        let number = if digits.is_empty() { 0 } else { digits.parse::<u32>().ok()? };
        let (kind, size) = match letter {
            'b' => (Kind::Bool, number),
            'i' => (Kind::Int, number),
            'u' => (Kind::UInt, number),
            'f' => (Kind::Float, number),
            'c' => (Kind::Complex, number),
            'S' | 'a' => (Kind::Bytes, number),
            'U' => (Kind::Text, number.checked_mul(4)?),
            'M' | 'm' => (Kind::Time, 8),
            'O' => (Kind::Object, 8),
            'V' => (Kind::Void, number),
            _ => return None,
        };
        Some(Self { kind, size, big_endian })
    }

    /// NumPy's name of this type, for messages: `float32`, `int8`, `object`.
    pub fn name(&self) -> String {
        let bits = u64::from(self.size).saturating_mul(8);
        match self.kind {
            Kind::Bool => "bool".into(),
            Kind::Int => format!("int{bits}"),
            Kind::UInt => format!("uint{bits}"),
            Kind::Float => format!("float{bits}"),
            Kind::Complex => format!("complex{bits}"),
            Kind::Bytes => format!("S{}", self.size),
            Kind::Text => format!("U{}", self.size / 4),
            Kind::Time => "datetime64".into(),
            Kind::Object => "object".into(),
            Kind::Void => format!("V{}", self.size),
        }
    }
}
