//! The texts and features of a prompt set.

use super::FeatureMatrix;
use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;

/// The data of a prompt set.
#[derive(Clone, Copy, Debug)]
pub struct PromptsView<'a> {
    group: &'a Group,
}

impl<'a> PromptsView<'a> {
    /// A view of a row group of layout prompts.
    pub fn new(group: &'a Group) -> Self {
        Self { group }
    }

    /// The text at a place.
    pub fn text(self, place: usize) -> Result<&'a str> {
        let bad = || self.group.damage(Rule::PromptSet, "the text of a prompt is out of bounds");
        let end = place.saturating_add(2);
        let offsets: &[u32] = self.group.part(section::PROMPT_OFFSETS, place..end)?;
        let [start, stop] = offsets else { return Err(bad()) };
        let bytes: &[u8] =
            self.group.part(section::PROMPT_BYTES, *start as usize..*stop as usize)?;
        std::str::from_utf8(bytes).map_err(|_| bad())
    }

    fn dim(self) -> Result<usize> {
        Ok(self.group.header()?.dim as usize)
    }

    /// All features: `[K, D]`, rows padded to 64 bytes.
    pub fn features(self) -> Result<FeatureMatrix<'a>> {
        let values: &[f32] = self.group.section(section::PROMPT_MATRIX)?;
        let stride = self.group.header()?.stride as usize / size_of::<f32>();
        Ok(FeatureMatrix::F32 { values, dim: self.dim()?, stride })
    }

    /// Features of the tokens of one text: `[T, D]`; empty when the set has none.
    pub fn tokens(self, place: usize) -> Result<FeatureMatrix<'a>> {
        let dim = self.dim()?;
        let desc = self.group.desc();
        let each = usize::try_from(desc.total / desc.count.max(1)).unwrap_or(usize::MAX);
        let width = each.saturating_mul(dim);
        let start = place.saturating_mul(width);
        let values = self.group.part(section::PROMPT_TOKENS, start..start.saturating_add(width))?;
        Ok(FeatureMatrix::F32 { values, dim, stride: dim })
    }
}
