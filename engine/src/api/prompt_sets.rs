//! Prompt sets: written in transactions, read from snapshots.

use std::collections::HashMap;

use super::snapshot::Snapshot;
use super::transaction::WriteTxn;
use crate::container::encode::PromptsInput;
use crate::container::prompt_set::PromptSet as Stored;
use crate::container::state::State;
use crate::container::view::FeatureMatrix;
use crate::container::writer::now_ms;
use crate::error::{Error, Result};
use crate::format::limits::PROMPT_SETS_MAX;
use crate::format::prompts::PromptSetDef;
use crate::format::schema::Schema;
use crate::model::definition::check_limit;
use crate::model::{PromptSet, texts_sha256};

impl WriteTxn<'_> {
    /// Adds a prompt set, or replaces the one of its name as a whole.
    pub fn set_prompt_set(&mut self, set: &PromptSet) -> Result<()> {
        set.check()?;
        let in_base = |name: &String| self.base.prompt_sets.contains_key(name);
        let added = self.prompt_sets.iter().filter(|(name, set)| set.is_some() && !in_base(name));
        let is_new =
            !in_base(&set.name) && !matches!(self.prompt_sets.get(&set.name), Some(Some(_)));
        let all = self.base.prompt_sets.len().saturating_add(added.count());
        check_limit(
            "prompt sets",
            (all as u64).saturating_add(u64::from(is_new)),
            PROMPT_SETS_MAX,
        )?;
        let column = set.field.as_ref().map(|field| self.column_of_dim(field, set.dim));
        let field = column.transpose()?.unwrap_or(0);
        let dim = u32::try_from(set.dim).unwrap_or(u32::MAX);
        let (texts, features, tokens) = (&set.texts[..], &set.features[..], &set.tokens[..]);
        let encoded = PromptsInput { texts, features, tokens, dim }.encode()?;
        let data = self.write_bulk(&encoded.bytes)?;
        let def = PromptSetDef {
            name: set.name.clone(),
            created_ms: set.created_ms.unwrap_or_else(now_ms),
            count: u32::try_from(set.texts.len()).unwrap_or(u32::MAX),
            dim,
            tokens: u32::try_from(set.tokens_of_text()).unwrap_or(u32::MAX),
            field,
            logit_scale: set.logit_scale,
            logit_bias: set.logit_bias,
            texts_sha256: texts_sha256(set.texts.iter().map(String::as_str)),
            attributes: set.attributes.clone(),
            data,
        };
        self.prompt_sets.insert(set.name.clone(), Some(def));
        Ok(())
    }

    /// Deletes a prompt set; false when there is none.
    pub fn delete_prompt_set(&mut self, name: &str) -> Result<bool> {
        let in_base = self.base.prompt_sets.contains_key(name);
        let found = match self.prompt_sets.get(name) {
            Some(pending) => pending.is_some(),
            None => in_base,
        };
        if in_base {
            self.prompt_sets.insert(name.to_owned(), None);
        } else {
            self.prompt_sets.remove(name);
        }
        Ok(found)
    }
}

impl Snapshot {
    /// All prompt sets in the order of their names.
    pub fn prompt_sets(&self) -> impl Iterator<Item = PromptSetRef<'_>> {
        let state = self.state();
        state.prompt_sets.values().map(|set| PromptSetRef { set, state })
    }

    /// The prompt set of a name.
    pub fn prompt_set(&self, name: &str) -> Result<PromptSetRef<'_>> {
        let state = self.state();
        let found = state.prompt_sets.get(name).map(|set| PromptSetRef { set, state });
        found.ok_or_else(|| Error::NoSuch {
            what: "prompt set",
            name: name.to_owned(),
            known: state.prompt_sets.keys().cloned().collect(),
        })
    }
}

/// A prompt set of a snapshot. Borrows; reads nothing before it is asked.
#[derive(Clone, Copy, Debug)]
pub struct PromptSetRef<'s> {
    set: &'s Stored,
    state: &'s State,
}

/// Texts of a prompt set, picked by the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptSubset {
    /// For each text that was found, in the order of the question, its place in the set.
    pub places: Vec<usize>,
    /// Texts that are not in the set.
    pub unknown: Vec<String>,
}

impl<'s> PromptSetRef<'s> {
    /// Its name.
    pub fn name(&self) -> &'s str {
        &self.set.def().name
    }

    /// K: number of texts.
    pub fn len(&self) -> usize {
        self.set.def().count as usize
    }

    /// Never: a prompt set has a text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// D: values of a feature.
    pub fn dim(&self) -> usize {
        self.set.def().dim as usize
    }

    /// T: token features of a text; 0 when it has none.
    pub fn tokens_of_text(&self) -> usize {
        self.set.def().tokens as usize
    }

    /// Milliseconds since 1970 (UTC) when it was made.
    pub fn created_ms(&self) -> u64 {
        self.set.def().created_ms
    }

    /// Name of the field of the same embedding space, if one was named.
    pub fn field(&self) -> Option<&'s str> {
        let column = self.set.def().field;
        let field = self.state.schema.fields.iter().find(|field| field.column == column);
        field.map(|field| field.name.as_str())
    }

    pub(super) fn schema(&self) -> &'s Schema {
        &self.state.schema
    }

    /// The constant of the model as stored; similarities are multiplied by its exponential.
    pub fn logit_scale(&self) -> Option<f64> {
        self.set.def().logit_scale
    }

    /// The constant that is added to scaled similarities.
    pub fn logit_bias(&self) -> Option<f64> {
        self.set.def().logit_bias
    }

    /// SHA-256 of the texts, a NUL behind each.
    pub fn texts_sha256(&self) -> [u8; 32] {
        self.set.def().texts_sha256
    }

    /// Whether the set has these texts in this order. Compares hashes.
    pub fn has_texts<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        texts_sha256(texts) == self.texts_sha256()
    }

    /// JSON attributes; empty when there are none.
    pub fn attributes(&self) -> &'s str {
        &self.set.def().attributes
    }

    /// Bytes in the file.
    pub fn bytes(&self) -> u64 {
        self.set.def().data.len
    }

    /// A text by its place.
    pub fn text(&self, place: usize) -> Result<&'s str> {
        self.set.view()?.text(place)
    }

    /// All texts.
    pub fn texts(&self) -> Result<Vec<&'s str>> {
        (0..self.len()).map(|place| self.text(place)).collect()
    }

    /// The features of all texts: `[K, D]`, borrowed.
    pub fn features(&self) -> Result<FeatureMatrix<'s>> {
        self.set.view()?.features()
    }

    /// The features of the tokens of one text: `[T, D]`, borrowed.
    pub fn tokens(&self, place: usize) -> Result<FeatureMatrix<'s>> {
        self.set.view()?.tokens(place)
    }

    /// The first place of a text.
    pub fn find(&self, text: &str) -> Result<usize> {
        let texts = self.texts()?;
        texts.iter().position(|known| *known == text).ok_or_else(|| Error::NoSuch {
            what: "text of the prompt set",
            name: text.to_owned(),
            known: texts.iter().map(|&known| known.to_owned()).collect(),
        })
    }

    /// Finds texts, in the order of the question. Those that are not there are reported, not dropped.
    pub fn subset<'t>(&self, wanted: impl IntoIterator<Item = &'t str>) -> Result<PromptSubset> {
        let mut places = HashMap::new();
        for (place, text) in self.texts()?.into_iter().enumerate() {
            places.entry(text).or_insert(place);
        }
        let mut subset = PromptSubset::default();
        for text in wanted {
            match places.get(text) {
                Some(&place) => subset.places.push(place),
                None => subset.unknown.push(text.to_owned()),
            }
        }
        Ok(subset)
    }
}
