//! JSON metadata of images.

use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;

/// The JSON texts of a row group.
#[derive(Clone, Copy, Debug)]
pub struct MetadataView<'a> {
    group: &'a Group,
}

impl<'a> MetadataView<'a> {
    /// A view of a row group of layout metadata.
    pub fn new(group: &'a Group) -> Self {
        Self { group }
    }

    /// The JSON text at a place.
    pub fn text(self, position: usize) -> Result<&'a str> {
        let end = position.saturating_add(2);
        let offsets: &[u64] = self.group.part(section::JSON_OFFSETS, position..end)?;
        let bad = || self.group.damage(Rule::MetadataText, "the text of an image is out of bounds");
        let [start, stop] = offsets else { return Err(bad()) };
        let start = usize::try_from(*start).map_err(|_| bad())?;
        let stop = usize::try_from(*stop).map_err(|_| bad())?;
        let bytes: &[u8] = self.group.part(section::JSON_BYTES, start..stop)?;
        std::str::from_utf8(bytes).map_err(|_| bad())
    }
}
