//! What is looked for: a vector, and how a cosine with it becomes a score.

use super::lookup;
use super::prompt_sets::PromptSetRef;
use super::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::format::schema::FieldDef;
use crate::search::affine::Affine;
use crate::search::vectors::check_feature;

/// A vector to look for, `[D]`, with the scale and bias that make a score of a cosine with it. Scores are
/// cosines unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    feature: Vec<f32>,
    affine: Affine,
}

impl Probe {
    /// Looks for a vector; scores are cosines.
    pub fn new(feature: Vec<f32>) -> Self {
        Self { feature, affine: Affine::default() }
    }

    /// Scores by `scale * cosine + bias`.
    #[must_use]
    pub fn affine(self, affine: Affine) -> Self {
        Self { affine, ..self }
    }

    /// Scores by the cosine, whatever the constants of a prompt set say.
    #[must_use]
    pub fn cosine(self) -> Self {
        self.affine(Affine::default())
    }

    /// The vector `[D]`.
    pub fn feature(&self) -> &[f32] {
        &self.feature
    }

    pub(super) fn constants(&self) -> Affine {
        self.affine
    }

    /// Checks that the vector is one of the field's dimension, and finite.
    pub(super) fn check(&self, field: &FieldDef) -> Result<()> {
        check_feature(field, &self.feature)
    }
}

impl PromptSetRef<'_> {
    /// The scale and bias of its model: `exp(logit_scale)`, 1 where it has none, and `logit_bias`, 0 where it
    /// has none. In f64, rounded once.
    ///
    /// Error: they are not finite in f32.
    pub fn affine(&self) -> Result<Affine> {
        let scale = self.logit_scale().map_or(1.0, f64::exp);
        Affine::new(narrow(scale), narrow(self.logit_bias().unwrap_or(0.0)))
    }

    /// The prompt at a place as something to look for, scored by the constants of the set.
    pub fn probe(&self, place: usize) -> Result<Probe> {
        let mut feature = Vec::with_capacity(self.dim());
        self.features()?.extend_f32(place, &mut feature);
        if feature.is_empty() {
            let text = format!("prompt set {:?} has {} texts, no {place}", self.name(), self.len());
            return Err(Error::Invalid(text));
        }
        Ok(Probe::new(feature).affine(self.affine()?))
    }

    /// Checks that its features can be compared with those of a field: they have its dimension, and the set names
    /// this field, one of another kind, or none. (A set of the images' vectors is asked about their tokens too,
    /// which the same model made.) With `any_field` the name is not looked at.
    pub fn check_field(&self, field: &FieldDef, any_field: bool) -> Result<()> {
        let mismatch = |what: String| {
            Err(Error::PromptMismatch {
                set: self.name().to_owned(),
                field: field.name.clone(),
                what,
            })
        };
        let dim = field.dim as usize;
        if self.dim() != dim {
            return mismatch(format!(
                "its features have dimension {}, those of the field {dim}; take the set of the model \
                 that made the field",
                self.dim()
            ));
        }
        let named = self.field().and_then(|name| self.schema().field(name));
        match named {
            Some(named) if named.kind == field.kind && named.name != field.name && !any_field => {
                mismatch(format!(
                    "it belongs to field {:?}; ask about that one, or allow any field if both are of \
                     one embedding space",
                    named.name
                ))
            }
            _ => Ok(()),
        }
    }
}

impl Snapshot {
    /// The prompt of a text of a prompt set as something to look for in a field, scored by the constants of the
    /// set.
    ///
    /// Errors: no such set or text; [`Error::PromptMismatch`] when the set does not fit the field.
    pub fn probe(&self, field: &str, set: &str, text: &str) -> Result<Probe> {
        let set = self.prompt_set(set)?;
        set.check_field(lookup::field(self.schema(), field)?, false)?;
        set.probe(set.find(text)?)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounds to nearest; the outcome is checked")]
fn narrow(value: f64) -> f32 {
    value as f32
}
