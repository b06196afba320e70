//! Numbers of variable length: LEB128, seven bits a byte, the lowest first, in the shortest form only.

use super::{Damage, Rule};

/// Appends a number.
pub fn put(mut value: u128, out: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(value & 127).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 128);
    }
}

/// Takes a number of at most `max` off the front; `None` when it is cut short, longer than needed, or too large.
pub fn take(bytes: &mut &[u8], max: u64) -> Option<u64> {
    let mut r = Varints::new(bytes, 0, Rule::MaskBlock);
    let value = r.number(max).ok()?;
    *bytes = r.rest();
    Some(value)
}

/// A signed number as an unsigned one: 0, -1, 1, -2 ... as 0, 1, 2, 3 ...
pub fn zigzag(value: i32) -> u32 {
    (value.cast_unsigned() << 1) ^ (value >> 31).cast_unsigned()
}

/// The number of [`zigzag`]; higher bits are ignored.
pub fn unzigzag(value: u64) -> i32 {
    let value = u32::try_from(value & u64::from(u32::MAX)).unwrap_or(0);
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}

/// Reads numbers, bytes and texts one after another; whatever cannot be is a damage of `rule`.
#[derive(Debug)]
pub struct Varints<'a> {
    rest: &'a [u8],
    len: usize,
    base: u64,
    rule: Rule,
}

impl<'a> Varints<'a> {
    /// A reader of `bytes`, which lie at `base` in the file.
    pub fn new(bytes: &'a [u8], base: u64, rule: Rule) -> Self {
        Self { rest: bytes, len: bytes.len(), base, rule }
    }

    /// A damage at the place of the reader.
    pub fn damage(&self, message: impl Into<String>) -> Damage {
        let read = self.len.saturating_sub(self.rest.len());
        Damage::new(self.rule, self.base.saturating_add(read as u64), message)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Damage> {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return Err(self.damage("the bytes end early"));
        };
        self.rest = rest;
        Ok(byte)
    }

    /// The next number, at most `max`.
    pub fn wide(&mut self, max: u128) -> Result<u128, Damage> {
        if let Some((value, later)) = short(self.rest).map(|(v, later)| (u128::from(v), later))
            && value <= max
        {
            self.rest = later;
            return Ok(value);
        }
        let mut value = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let part = u128::from(byte & 127);
            let added = part << shift;
            if added >> shift != part || (byte == 0 && shift > 0) {
                return Err(self.damage("a number is too long"));
            }
            value |= added;
            if byte & 128 == 0 {
                if value > max {
                    return Err(self.damage(format!("{value} is over the limit of {max}")));
                }
                return Ok(value);
            }
        }
        Err(self.damage("a number is too long"))
    }

    /// The next number, at most `max`.
    pub fn number(&mut self, max: u64) -> Result<u64, Damage> {
        if let Some((value, later)) = short(self.rest)
            && value <= max
        {
            self.rest = later;
            return Ok(value);
        }
        let value = self.wide(u128::from(max))?;
        u64::try_from(value).map_err(|_| self.damage("a number is too long"))
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: u64) -> Result<&'a [u8], Damage> {
        let parts = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let Some((taken, rest)) = parts else {
            return Err(self.damage("the bytes end early"));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// A text with its length before it, at most `max` bytes long.
    pub fn text(&mut self, max: u64) -> Result<&'a str, Damage> {
        let len = self.number(max)?;
        let bytes = self.take(len)?;
        std::str::from_utf8(bytes).map_err(|_| self.damage("a text is not UTF-8"))
    }

    /// Bytes that are left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Refuses bytes behind the last value.
    pub fn finish(self) -> Result<(), Damage> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(self.damage(format!("{} bytes follow the end", self.rest.len())))
    }
}

/// A number of nine bytes or fewer, as nearly all are, and what is behind it; `None` for others and for what is wrong.
#[inline]
fn short(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut rest = bytes;
    for shift in (0..63).step_by(7) {
        let (&byte, later) = rest.split_first()?;
        rest = later;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return (byte != 0 || shift == 0).then_some((value, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Varints, put, unzigzag, zigzag};
    use crate::format::Rule;

    #[test]
    fn numbers_come_back_in_one_form_only() {
        let nine = (1 << 63) - 1;
        for value in [0, 1, 127, 128, 300, nine, nine + 1, u128::from(u64::MAX), u128::MAX] {
            let mut bytes = Vec::new();
            put(value, &mut bytes);
            let mut r = Varints::new(&bytes, 0, Rule::SegmentRecord);
            assert_eq!(r.wide(u128::MAX).unwrap(), value);
            r.finish().unwrap();
        }
        for bytes in [&[128, 0][..], &[255; 30], &[128], &[]] {
            assert!(Varints::new(bytes, 0, Rule::SegmentRecord).wide(u128::MAX).is_err());
        }
        for value in [0, 1, -1, i32::MAX, i32::MIN] {
            assert_eq!(unzigzag(u64::from(zigzag(value))), value);
        }
    }
}
