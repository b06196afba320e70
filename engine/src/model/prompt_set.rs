//! Prompt sets to be stored.

use super::definition::{check_json, check_limit, check_name};
use crate::error::{Error, Result};
use crate::format::limits::{DIM_MAX, GROUP_ENTRIES_MAX, PROMPTS_MAX, TEXT_BYTES_MAX};

/// A named list of texts with their features, to be stored.
///
/// ```
/// use vesalius::PromptSet;
/// let set = PromptSet::new("labels", vec!["a nodule".into(), "no finding".into()], 2)
///     .features(vec![1.0, 0.0, 0.0, 1.0])
///     .field("features")
///     .logit_scale(4.57)
///     .logit_bias(-11.2);
/// # let _ = set;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PromptSet {
    pub(crate) name: String,
    pub(crate) texts: Vec<String>,
    pub(crate) dim: usize,
    pub(crate) features: Vec<f32>,
    pub(crate) tokens: Vec<f32>,
    pub(crate) field: Option<String>,
    pub(crate) logit_scale: Option<f64>,
    pub(crate) logit_bias: Option<f64>,
    pub(crate) attributes: String,
    pub(crate) created_ms: Option<u64>,
}

impl PromptSet {
    /// `texts`, whose features have `dim` values.
    pub fn new(name: &str, texts: Vec<String>, dim: usize) -> Self {
        Self {
            name: name.to_owned(),
            texts,
            dim,
            features: Vec::new(),
            tokens: Vec::new(),
            field: None,
            logit_scale: None,
            logit_bias: None,
            attributes: String::new(),
            created_ms: None,
        }
    }

    /// The features of the texts: `[K, D]`, C order.
    #[must_use]
    pub fn features(mut self, features: Vec<f32>) -> Self {
        self.features = features;
        self
    }

    /// The features of the tokens of the texts: `[K, T, D]`, C order; T follows from their number.
    #[must_use]
    pub fn tokens(mut self, tokens: Vec<f32>) -> Self {
        self.tokens = tokens;
        self
    }

    /// Names the field of the same embedding space.
    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// The constant of the model as it is stored there: similarities are multiplied by its exponential, as CLIP
    /// (Radford et al. 2021) and its successor with a sigmoid loss (Zhai et al. 2023) do.
    #[must_use]
    pub fn logit_scale(mut self, logit_scale: f64) -> Self {
        self.logit_scale = Some(logit_scale);
        self
    }

    /// The constant that is added to the scaled similarities.
    #[must_use]
    pub fn logit_bias(mut self, logit_bias: f64) -> Self {
        self.logit_bias = Some(logit_bias);
        self
    }

    /// Anything else, as JSON text.
    #[must_use]
    pub fn attributes(mut self, json: &str) -> Self {
        json.clone_into(&mut self.attributes);
        self
    }

    /// Milliseconds since 1970 (UTC) when it was made; now, unless said.
    #[must_use]
    pub fn created_ms(mut self, created_ms: u64) -> Self {
        self.created_ms = Some(created_ms);
        self
    }

    /// T: token features of a text.
    pub(crate) fn tokens_of_text(&self) -> usize {
        let all = self.texts.len().saturating_mul(self.dim).max(1);
        self.tokens.len() / all
    }

    /// Checks everything that does not depend on the container.
    pub(crate) fn check(&self) -> Result<()> {
        check_name("prompt set", &self.name)?;
        check_json(&self.attributes)?;
        check_limit("texts of a prompt set", self.texts.len() as u64, PROMPTS_MAX)?;
        check_limit("dimension", self.dim as u64, DIM_MAX)?;
        let invalid =
            |what: String| Err(Error::Invalid(format!("prompt set {:?}: {what}", self.name)));
        if self.texts.is_empty() || self.dim == 0 {
            return invalid("it needs a text and a dimension".into());
        }
        for text in &self.texts {
            check_limit("bytes of a text", text.len() as u64, TEXT_BYTES_MAX)?;
        }
        let all = self.texts.len().saturating_mul(self.dim);
        if self.features.len() != all {
            let (texts, dim, given) = (self.texts.len(), self.dim, self.features.len());
            return invalid(format!(
                "features [{texts}, {dim}] are needed, {given} values were given"
            ));
        }
        if !self.tokens.len().is_multiple_of(all) {
            let (texts, dim, given) = (self.texts.len(), self.dim, self.tokens.len());
            return invalid(format!(
                "tokens [{texts}, T, {dim}] are needed, {given} values were given"
            ));
        }
        let entries = (self.tokens.len() / self.dim) as u64;
        check_limit("tokens of a prompt set", entries, GROUP_ENTRIES_MAX)?;
        let all = self.features.iter().chain(&self.tokens);
        if let Some(place) = all.into_iter().position(|value| !value.is_finite()) {
            return invalid(format!("value {place} is not finite"));
        }
        let constants = [self.logit_scale, self.logit_bias];
        if constants.into_iter().flatten().any(|constant| !constant.is_finite()) {
            return invalid("logit_scale and logit_bias must be finite".into());
        }
        Ok(())
    }
}
