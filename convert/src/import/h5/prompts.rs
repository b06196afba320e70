//! Templates to prompt sets.

use serde_json::json;
use vesalius::PromptSet;

use super::about;
use super::check::PromptCheck;
use super::time;
use crate::hdf5::conceptclip::{ConceptClip, Template};
use crate::hdf5::{Attribute, find};

/// What a prompt set needs of its file.
pub(super) struct Context<'a> {
    pub(super) store: &'a ConceptClip,
    pub(super) field: &'a str,
    pub(super) dim: u64,
}

/// What is wrong with a template; `Err` where it cannot become a prompt set.
pub(super) fn look(template: &Template) -> Result<Vec<String>, String> {
    let name = &template.name;
    if template.texts.is_empty() || template.shape.1 == 0 {
        let what = "it has no texts, or no features";
        return Err(format!("template {name:?} was not taken: {what}"));
    }
    let mut found = Vec::new();
    if template.hash_differs() {
        found.push(format!("template {name:?}: texts_hash is not that of its texts"));
    }
    let declared = [
        ("K", Some(template.shape.0)),
        ("D", Some(template.shape.1)),
        ("T_txt", template.token_count),
    ];
    for (attribute, stored) in declared {
        let says = find(&template.attributes, attribute).and_then(Attribute::integer);
        let (Some(says), Some(stored)) = (says, stored) else { continue };
        if u64::try_from(says) != Ok(stored) {
            let what = format!("attribute {attribute} says {says}, the arrays have {stored}");
            found.push(format!("template {name:?}: {what}"));
        }
    }
    Ok(found)
}

/// The prompt set of a template, and how to check that it arrived.
pub(super) fn set(context: &Context<'_>, template: Template) -> (PromptSet, PromptCheck) {
    let created = find(&template.attributes, "created_at").and_then(|a| a.text.as_deref());
    let created = created.and_then(time::parse);
    let attributes = json!({ "attributes": about::encode(&template.attributes, true) });
    let tokens = template.tokens.as_deref().unwrap_or_default();
    let check = PromptCheck::new(&template.name, &template.texts, &template.features, tokens);
    let dim = usize::try_from(template.shape.1).unwrap_or(usize::MAX);
    let mut set = PromptSet::new(&template.name, template.texts, dim)
        .features(template.features)
        .attributes(&attributes.to_string());
    if let Some(tokens) = template.tokens {
        set = set.tokens(tokens);
    }
    if template.shape.1 == context.dim {
        set = set.field(context.field);
    }
    if let Some(ms) = created {
        set = set.created_ms(ms);
    }
    let prefix = if template.name.starts_with("concept_") { "concept_" } else { "" };
    let constant = |name: &str| {
        let found = find(context.store.attributes(), &format!("{prefix}{name}"));
        found.and_then(|a| a.value.as_ref()?.as_f64()).filter(|value| value.is_finite())
    };
    if let Some(scale) = constant("logit_scale") {
        set = set.logit_scale(scale);
    }
    if let Some(bias) = constant("logit_bias") {
        set = set.logit_bias(bias);
    }
    (set, check)
}
