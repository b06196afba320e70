//! Prompts as they are named on the command line: `SET/TEXT`, or the whole text alone.

mod alike;

use serde_json::{Value, json};
use vesalius::{Error, FieldDef, Probe, PromptSetRef, Snapshot};

use crate::{Failure, Result};

/// Texts that are listed when a name fits several.
const LISTED: usize = 5;

/// A text of a prompt set.
#[derive(Clone, Copy)]
pub(super) struct Prompt<'s> {
    pub(super) set: PromptSetRef<'s>,
    pub(super) place: usize,
    pub(super) text: &'s str,
}

impl<'s> Prompt<'s> {
    /// Finds `SET/TEXT`. The text is found by itself, else whatever its case, else by a beginning, else by a part,
    /// that no other text has.
    ///
    /// Where no set has that name it is a whole text, found in the sets that fit the field; those that belong to it
    /// come first.
    pub(super) fn find(snapshot: &'s Snapshot, name: &str, field: &FieldDef) -> Result<Self> {
        let Some((set, wanted)) = split(snapshot, name)? else {
            return Self::alone(snapshot, name, field);
        };
        let texts = set.texts()?;
        let place =
            place_of(&texts, wanted).map_err(|alike| unknown(set, &texts, wanted, &alike))?;
        let text = texts.get(place).copied().unwrap_or_default();
        Ok(Self { set, place, text })
    }

    fn alone(snapshot: &'s Snapshot, wanted: &str, field: &FieldDef) -> Result<Self> {
        let fits = |set: &PromptSetRef<'_>| set.dim() == field.dim as usize;
        let mut sets: Vec<_> = snapshot.prompt_sets().filter(fits).collect();
        sets.sort_by_key(|set| set.field() != Some(&field.name));
        let lower = wanted.to_lowercase();
        let tests: [&dyn Fn(&str) -> bool; 2] =
            [&|text| text == wanted, &|text| text.to_lowercase() == lower];
        let mut all = Vec::new();
        for set in &sets {
            all.push((*set, set.texts()?));
        }
        for test in tests {
            for (set, texts) in &all {
                if let Some(place) = texts.iter().position(|text| test(text)) {
                    let text = texts.get(place).copied().unwrap_or_default();
                    return Ok(Self { set: *set, place, text });
                }
            }
        }
        Err(alike::nothing(wanted, field, &all))
    }

    /// The prompt as something to look for. `named` says that the user named the field, so that a set of another
    /// field will do.
    pub(super) fn probe(&self, field: &FieldDef, named: bool) -> Result<Probe> {
        check_field(&self.set, field, named)?;
        Ok(self.set.probe(self.place)?)
    }

    pub(super) fn to_json(self) -> Value {
        json!({ "set": self.set.name(), "text": self.text })
    }
}

/// Checks that a set can be asked about a field, which is also said to be so by naming it.
pub(super) fn check_field(set: &PromptSetRef<'_>, field: &FieldDef, named: bool) -> Result<()> {
    match set.check_field(field, named) {
        Err(Error::PromptMismatch { .. }) if set.dim() == field.dim as usize => {
            let (set, own, name) = (set.name(), set.field().unwrap_or_default(), &field.name);
            Err(Failure::Message(format!(
                "prompt set {set:?} belongs to field {own:?}; where field {name:?} is of the same embedding \
                 space, say --field {name}"
            )))
        }
        checked => Ok(checked?),
    }
}

/// The set and the text, if a set is named. Both may have a slash in them: the longest name of a set counts.
fn split<'s, 'n>(
    snapshot: &'s Snapshot,
    name: &'n str,
) -> Result<Option<(PromptSetRef<'s>, &'n str)>> {
    let text_of = |set: &PromptSetRef<'s>| name.strip_prefix(set.name())?.strip_prefix('/');
    let fitting = snapshot.prompt_sets().filter_map(|set| Some((set, text_of(&set)?)));
    if let Some(found) = fitting.max_by_key(|(set, _)| set.name().len()) {
        return Ok(Some(found));
    }
    let Some(found) = snapshot.prompt_sets().find(|set| set.name() == name) else {
        return Ok(None);
    };
    let text = found.text(0)?;
    Err(Failure::Message(format!("{name:?} names no text; say it as \"{name}/{text}\"")))
}

/// The place of a text, or those that are alike.
fn place_of(texts: &[&str], wanted: &str) -> Result<usize, Vec<usize>> {
    if let Some(place) = texts.iter().position(|text| *text == wanted) {
        return Ok(place);
    }
    let lower = wanted.to_lowercase();
    let places = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let found = texts.iter().enumerate().filter(|(_, text)| fits(text));
        found.map(|(place, _)| place).collect()
    };
    let same = places(&|text| text.to_lowercase() == lower);
    let begins = places(&|text| !wanted.is_empty() && text.starts_with(wanted));
    let alike = places(&|text| !wanted.is_empty() && text.to_lowercase().starts_with(&lower));
    let part = places(&|text| !wanted.is_empty() && text.to_lowercase().contains(&lower));
    for found in [&same, &begins, &alike, &part] {
        if let [only] = found.as_slice() {
            return Ok(*only);
        }
    }
    Err(if alike.is_empty() { part } else { alike })
}

fn unknown(set: PromptSetRef<'_>, texts: &[&str], wanted: &str, alike: &[usize]) -> Failure {
    if alike.is_empty() {
        let known = texts.iter().map(|text| (*text).to_owned()).collect();
        let what = "text of the prompt set";
        return Error::NoSuch { what, name: wanted.to_owned(), known }.into();
    }
    let texts = alike.iter().take(LISTED).filter_map(|place| texts.get(*place));
    let texts: Vec<String> = texts.map(|text| format!("{text:?}")).collect();
    let more = if alike.len() > LISTED { " and more" } else { "" };
    let (set, texts) = (set.name(), texts.join(", "));
    Failure::Message(format!(
        "{wanted:?} fits several texts of {set:?}: {texts}{more}; say more of it"
    ))
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn texts_are_found_by_what_is_enough_of_them() {
        let texts = ["Lung", "lung nodule", "lung opacity", "heart"];
        assert_eq!(place_of(&texts, "Lung"), Ok(0));
        assert_eq!(place_of(&texts, "LUNG"), Ok(0));
        assert_eq!(place_of(&texts, "lung n"), Ok(1));
        assert_eq!(place_of(&texts, "HEA"), Ok(3));
        assert_eq!(place_of(&texts, "Nodule"), Ok(1));
        assert_eq!(place_of(&texts, "lung "), Err(vec![1, 2]));
        assert_eq!(place_of(&texts, "spine"), Err(vec![]));
        assert_eq!(place_of(&texts, ""), Err(vec![]));
    }
}
