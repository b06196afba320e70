//! Element types of arrays by the name that `NumPy` prints, and the labels that their values are.

use super::super::scan::{LabelScan, ScanError};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// Anything but zero is true.
    Truth,
    Unsigned,
    Signed,
    Float,
}

/// The type of the values of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    number: Number,
    bytes: usize,
    big: bool,
}

/// The longest name that is looked at.
pub(super) const NAME_MAX: usize = 16;

impl Element {
    /// Truth values, a byte each.
    pub(super) const BOOL: Self = Self { number: Number::Truth, bytes: 1, big: false };
    /// Every name that `NumPy` prints for a type that is read.
    pub(super) const NAMES: [&'static str; 20] = [
        "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
        "float32", "float64", ">u2", ">u4", ">u8", ">i2", ">i4", ">i8", ">f4", ">f8", "|b1",
    ];

    /// The type of a name: `uint16`, `>u2`, `<i4`, `bool`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (order, code) = match name.strip_prefix(['<', '>', '=', '|']) {
            Some(code) => (name.as_bytes().first().copied(), code),
            None => (None, name),
        };
        let long = |prefix: &str| {
            let bits = code.strip_prefix(prefix)?;
            ["8", "16", "32", "64"].into_iter().position(|b| b == bits)
        };
        let short = |prefix: char| {
            let bytes = code.strip_prefix(prefix)?;
            ["1", "2", "4", "8"].into_iter().position(|b| b == bytes)
        };
        let find = |word: &str, letter: char| {
            if order.is_none() { long(word) } else { short(letter) }
        };
        let (number, log) = if matches!(code, "bool" | "b1" | "?") {
            (Number::Truth, 0)
        } else if let Some(log) = find("uint", 'u') {
            (Number::Unsigned, log)
        } else if let Some(log) = find("int", 'i') {
            (Number::Signed, log)
        } else {
            (Number::Float, find("float", 'f').filter(|log| *log >= 2)?)
        };
        let bytes = [1, 2, 4, 8].get(log).copied()?;
        Some(Self { number, bytes, big: order == Some(b'>') })
    }

    /// Bytes of a value.
    pub(super) fn bytes(self) -> usize {
        self.bytes
    }

    /// Hands whole values on as labels.
    pub(super) fn push(self, raw: &[u8], scan: &mut LabelScan) -> Result<(), ScanError> {
        match self.bytes {
            1 => scan.push(raw.as_chunks::<1>().0, |v| self.label(v)),
            2 => scan.push(raw.as_chunks::<2>().0, |v| self.label(v)),
            4 => scan.push(raw.as_chunks::<4>().0, |v| self.label(v)),
            _ => scan.push(raw.as_chunks::<8>().0, |v| self.label(v)),
        }
    }

    /// The label that a value is, if it is one.
    fn label<const N: usize>(self, mut value: [u8; N]) -> Option<u32> {
        if self.big {
            value.reverse();
        }
        let sign = value.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = [if sign && self.number == Number::Signed { 0xFF } else { 0 }; 8];
        wide.get_mut(..N)?.copy_from_slice(&value);
        let bits = u64::from_le_bytes(wide);
        match self.number {
            Number::Truth => Some(u32::from(bits != 0)),
            Number::Unsigned => u32::try_from(bits).ok(),
            Number::Signed => u32::try_from(bits.cast_signed()).ok(),
            Number::Float if N == 4 => whole(f64::from(f32::from_bits(u32::try_from(bits).ok()?))),
            Number::Float => whole(f64::from_bits(bits)),
        }
    }
}

/// A number that is a label.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range and the wholeness are checked"
)]
pub(super) fn whole(value: f64) -> Option<u32> {
    let fits = (0.0..=f64::from(u32::MAX)).contains(&value) && value.fract() == 0.0;
    fits.then_some(value as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_numpy() {
        for name in Element::NAMES {
            assert!(Element::parse(name).is_some(), "{name}");
            assert!(name.len() <= NAME_MAX);
        }
        for name in
            ["", "u2", ">uint16", "uint", "uint128", "float16", "complex64", ">", "int7", "<U4"]
        {
            assert_eq!(Element::parse(name), None, "{name}");
        }
        assert_eq!(Element::parse(">u2").unwrap().label([1, 2]), Some(258));
        assert_eq!(Element::parse("uint16").unwrap().label([1, 2]), Some(513));
        assert_eq!(Element::parse("<u2"), Element::parse("uint16"));
    }

    #[test]
    fn values_that_are_labels_and_values_that_are_not() {
        let of = |name: &str| Element::parse(name).unwrap();
        assert_eq!(of("int8").label([0xFF]), None);
        assert_eq!(of("int8").label([0x7F]), Some(127));
        assert_eq!(of("int64").label(5_i64.to_le_bytes()), Some(5));
        assert_eq!(of("int64").label((-5_i64).to_le_bytes()), None);
        assert_eq!(of("uint64").label((1_u64 << 32).to_le_bytes()), None);
        assert_eq!(of("uint64").label(u64::from(u32::MAX).to_le_bytes()), Some(u32::MAX));
        assert_eq!(of("float32").label(3.0_f32.to_le_bytes()), Some(3));
        assert_eq!(of("float64").label((-0.0_f64).to_le_bytes()), Some(0));
        for bad in [0.5, -1.0, f64::NAN, f64::INFINITY, 4_294_967_296.0] {
            assert_eq!(of("float64").label(bad.to_le_bytes()), None, "{bad}");
        }
        assert_eq!(of(">f4").label([0x40, 0x40, 0, 0]), Some(3));
        assert_eq!(of("bool").label([7]), Some(1));
    }
}
