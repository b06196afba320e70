//! A checked cursor over bytes of unknown origin.

use super::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX};
use super::{Damage, Rule};

/// Reads little-endian values one after another; every read past the end is a [`Damage`] of the
/// rule that the cursor was made for.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    base: u64,
    rule: Rule,
    limits: Rule,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `bytes`, which lie at `base` in the file.
    pub fn new(bytes: &'a [u8], base: u64, rule: Rule) -> Self {
        Self { bytes, position: 0, base, rule, limits: rule }
    }

    /// Sets the rule that a count or a text over its limit breaks from here on; returns the one before.
    pub fn limits(&mut self, rule: Rule) -> Rule {
        std::mem::replace(&mut self.limits, rule)
    }

    fn over(&self, message: String) -> Damage {
        Damage::new(self.limits, self.offset(), message)
    }

    /// The place of the cursor in the file.
    pub fn offset(&self) -> u64 {
        self.base.saturating_add(self.position as u64)
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> u64 {
        self.bytes.len().saturating_sub(self.position) as u64
    }

    /// A damage at the cursor.
    pub fn damage(&self, message: impl Into<String>) -> Damage {
        Damage::new(self.rule, self.offset(), message)
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: u64) -> Result<&'a [u8], Damage> {
        let end = usize::try_from(len).ok().and_then(|len| self.position.checked_add(len));
        let found = end.and_then(|end| Some((end, self.bytes.get(self.position..end)?)));
        let Some((end, slice)) = found else {
            return Err(
                self.damage(format!("{len} bytes are needed, {} are left", self.remaining()))
            );
        };
        self.position = end;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let slice = self.take(N as u64)?;
        slice.try_into().map_err(|_| self.damage("a fixed-size value is cut short"))
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Damage> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Damage> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Damage> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, Damage> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// An IEEE 754 double.
    pub fn f64(&mut self) -> Result<f64, Damage> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// Sixteen bytes.
    pub fn uuid(&mut self) -> Result<[u8; 16], Damage> {
        self.array()
    }

    /// A count that must not exceed `max` and for which at least `each` bytes an item must remain.
    pub fn count(&mut self, max: u64, each: u64) -> Result<u64, Damage> {
        let count = self.u64()?;
        if count > max {
            return Err(self.over(format!("{count} items are over the limit of {max}")));
        }
        if count.saturating_mul(each) > self.remaining() {
            return Err(self.damage(format!("{count} items do not fit")));
        }
        Ok(count)
    }

    /// `len` bytes that must be zero.
    pub fn zeros(&mut self, len: u64) -> Result<(), Damage> {
        let at = self.offset();
        if self.take(len)?.iter().any(|&byte| byte != 0) {
            return Err(Damage::new(Rule::Reserved, at, "reserved bytes are not zero"));
        }
        Ok(())
    }

    /// A text with a length of four bytes before it, at most `max` bytes long.
    pub fn text(&mut self, max: u64) -> Result<String, Damage> {
        let len = u64::from(self.u32()?);
        if len > max {
            return Err(self.over(format!("a text of {len} bytes is over the limit of {max}")));
        }
        let at = self.offset();
        let bytes = self.take(len)?;
        let text = std::str::from_utf8(bytes);
        text.map(str::to_owned).map_err(|_| Damage::new(Rule::Utf8, at, "a text is not UTF-8"))
    }

    /// A name: a text of 1 to 255 bytes.
    pub fn name(&mut self) -> Result<String, Damage> {
        let name = self.text(NAME_BYTES_MAX)?;
        if name.is_empty() {
            return Err(self.over("a name is empty".into()));
        }
        Ok(name)
    }

    /// A free text within the usual limit.
    pub fn free_text(&mut self) -> Result<String, Damage> {
        self.text(TEXT_BYTES_MAX)
    }

    /// Refuses bytes behind the last value.
    pub fn finish(self) -> Result<(), Damage> {
        if self.remaining() == 0 {
            Ok(())
        } else {
            Err(self.damage(format!("{} bytes follow the end", self.remaining())))
        }
    }
}
