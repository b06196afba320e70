//! What a question about concepts may be told.

use crate::search::affine::Affine;
use crate::search::concepts::Average;
use crate::search::kernels::Tier;

/// How concepts are made of prompt sets.
#[derive(Clone, Copy, Debug)]
pub struct ConceptOptions<'a> {
    /// Texts in the order in which their scores are wanted; without, all. Of several sets, texts of the first
    /// one, whose places are taken in all.
    pub texts: Option<&'a [&'a str]>,
    /// What is averaged over several sets.
    pub average: Average,
    /// Scale and bias; without, those of the sets.
    pub affine: Option<Affine>,
    /// Whether sets may name another field than the one that is asked about.
    pub any_field: bool,
    /// Threads; 0 leaves it to the engine. The outcome is the same.
    pub threads: usize,
    /// Kernels of this tier; without, the fastest that the machine has. The outcome is the same.
    pub tier: Option<Tier>,
}

impl Default for ConceptOptions<'_> {
    /// All texts, features averaged, the constants of the sets.
    fn default() -> Self {
        Self {
            texts: None,
            average: Average::Features,
            affine: None,
            any_field: false,
            threads: 0,
            tier: None,
        }
    }
}

impl<'a> ConceptOptions<'a> {
    /// Sets [`ConceptOptions::texts`].
    #[must_use]
    pub fn texts(self, texts: &'a [&'a str]) -> Self {
        Self { texts: Some(texts), ..self }
    }

    /// Sets [`ConceptOptions::average`].
    #[must_use]
    pub fn average(self, average: Average) -> Self {
        Self { average, ..self }
    }

    /// Sets [`ConceptOptions::affine`].
    #[must_use]
    pub fn affine(self, affine: Affine) -> Self {
        Self { affine: Some(affine), ..self }
    }

    /// Sets [`ConceptOptions::any_field`].
    #[must_use]
    pub fn any_field(self, any_field: bool) -> Self {
        Self { any_field, ..self }
    }

    /// Sets [`ConceptOptions::threads`].
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Sets [`ConceptOptions::tier`].
    #[must_use]
    pub fn tier(self, tier: Tier) -> Self {
        Self { tier: Some(tier), ..self }
    }
}
