//! From prompt sets to concepts.

use super::super::late::kernel_of;
use super::super::prompt_sets::PromptSetRef;
use super::ConceptOptions;
use crate::error::{Error, Result};
use crate::format::schema::FieldDef;
use crate::search::affine::Affine;
use crate::search::concepts::Concepts;
use crate::search::kernels::{Kernel, Matrix, Rows};
use crate::search::to_kernel;

/// The prompts of a question.
pub(super) struct Prompts<'s> {
    pub(super) texts: Vec<&'s str>,
    pub(super) unknown: Vec<String>,
    sets: Vec<PromptSetRef<'s>>,
    /// Places in each set, where not all are taken.
    places: Option<Vec<usize>>,
    affine: Affine,
}

impl<'s> Prompts<'s> {
    /// Checks that the sets fit the field and each other, and finds the texts.
    pub(super) fn of(
        sets: &[PromptSetRef<'s>],
        field: &FieldDef,
        options: &ConceptOptions<'_>,
    ) -> Result<Self> {
        let Some(first) = sets.first() else {
            return Err(Error::Invalid("no prompt set; name at least one".into()));
        };
        for set in sets {
            set.check_field(field, options.any_field)?;
            if set.len() != first.len() {
                let (a, b) = (first.name(), set.name());
                return Err(Error::Invalid(format!(
                    "prompt sets {a:?} and {b:?} have {} and {} texts; templates phrase the same \
                     concepts in the same order",
                    first.len(),
                    set.len()
                )));
            }
        }
        let affine = options.affine.map_or_else(|| constants(sets, first), Ok)?;
        let (mut texts, mut unknown, mut places) = (first.texts()?, Vec::new(), None);
        if let Some(wanted) = options.texts {
            let subset = first.subset(wanted.iter().copied())?;
            if subset.places.is_empty() {
                let name = subset.unknown.first().cloned().unwrap_or_default();
                let known = texts.iter().map(|&text| text.to_owned()).collect();
                return Err(Error::NoSuch { what: "text of the prompt set", name, known });
            }
            let taken = subset.places.iter().filter_map(|place| texts.get(*place).copied());
            texts = taken.collect();
            unknown = subset.unknown;
            places = Some(subset.places);
        }
        Ok(Self { texts, unknown, sets: sets.to_vec(), places, affine })
    }

    /// The concepts, packed.
    pub(super) fn concepts(&self, options: &ConceptOptions<'_>) -> Result<Concepts> {
        let kernel = options.tier.map_or_else(|| Ok(Kernel::best()), kernel_of)?;
        let picked = self.sets.iter().map(|set| self.pick(set)).collect::<Result<Vec<_>>>()?;
        let matrices = self.sets.iter().zip(&picked).map(|(set, picked)| {
            let (dim, count) = (set.dim(), self.texts.len());
            let matrix = match picked {
                None => to_kernel(&set.features()?),
                Some(values) => Matrix::new(Rows::F32(values), dim, dim, count),
            };
            matrix.ok_or_else(|| Error::Invalid("the prompts have no dimension".into()))
        });
        let matrices = matrices.collect::<Result<Vec<_>>>()?;
        Concepts::of_templates(kernel, &matrices, options.average, self.affine)
    }

    /// The features of the texts that are asked for; `None` for all, which need no copy.
    fn pick(&self, set: &PromptSetRef<'_>) -> Result<Option<Vec<f32>>> {
        let Some(places) = &self.places else { return Ok(None) };
        let features = set.features()?;
        let mut values = Vec::with_capacity(places.len().saturating_mul(set.dim()));
        for place in places {
            features.extend_f32(*place, &mut values);
        }
        Ok(Some(values))
    }
}

/// The constants of the sets, which must be the same.
fn constants(sets: &[PromptSetRef<'_>], first: &PromptSetRef<'_>) -> Result<Affine> {
    let affine = first.affine()?;
    for set in sets {
        if set.affine()? != affine {
            let (a, b) = (first.name(), set.name());
            return Err(Error::Invalid(format!(
                "prompt sets {a:?} and {b:?} differ in logit_scale or logit_bias; give scale and bias"
            )));
        }
    }
    Ok(affine)
}
