//! Attributes: plain values, and dictionaries of texts.

use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;

/// The values of a plain attribute: `i64`, `f64`, or `u8` for booleans.
pub fn values<T: bytemuck::Pod>(group: &Group) -> Result<&[T]> {
    group.section(section::VALUES)
}

/// The codes and the dictionary of a text attribute.
#[derive(Clone, Copy, Debug)]
pub struct TextView<'a> {
    group: &'a Group,
    codes: &'a [u32],
    offsets: &'a [u32],
    bytes: &'a [u8],
}

impl<'a> TextView<'a> {
    /// A view of a row group of layout text.
    pub fn new(group: &'a Group) -> Result<Self> {
        Ok(Self {
            group,
            codes: group.section(section::VALUES)?,
            offsets: group.section(section::DICT_OFFSETS)?,
            bytes: group.section(section::DICT_BYTES)?,
        })
    }

    /// The codes, one for each image of the row group.
    pub fn codes(&self) -> &'a [u32] {
        self.codes
    }

    /// Texts in the dictionary.
    pub fn dictionary_len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The text of a code.
    pub fn text(&self, code: u32) -> Option<&'a str> {
        let index = code as usize;
        let start = *self.offsets.get(index)? as usize;
        let end = *self.offsets.get(index.checked_add(1)?)? as usize;
        std::str::from_utf8(self.bytes.get(start..end)?).ok()
    }

    /// The text at a place of the row group.
    pub fn get(&self, position: usize) -> Result<&'a str> {
        let text = self.codes.get(position).and_then(|&code| self.text(code));
        text.ok_or_else(|| {
            self.group.damage(Rule::AttributeValues, "a text is not in its dictionary")
        })
    }
}
