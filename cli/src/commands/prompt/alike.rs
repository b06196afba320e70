//! Texts that are like one that nobody has.

use std::collections::HashSet;

use vesalius::{FieldDef, PromptSetRef};

use crate::Failure;

/// Texts that are named.
const LISTED: usize = 5;

/// That no set has a text, and which ones are like it.
pub(super) fn nothing(
    wanted: &str,
    field: &FieldDef,
    sets: &[(PromptSetRef<'_>, Vec<&str>)],
) -> Failure {
    if sets.is_empty() {
        return Failure::Message(format!(
            "there is no prompt set with features of {} values, as field {:?} has, to find {wanted:?} in; add one \
             with `vesalius prompts`",
            field.dim, field.name
        ));
    }
    let pieces = trigrams(wanted);
    let mut found: Vec<(f64, String)> = Vec::new();
    for (set, texts) in sets {
        let scored = texts.iter().map(|text| (likeness(&pieces, &trigrams(text)), text));
        let some = scored.filter(|(score, _)| *score > 0.0);
        found.extend(
            some.map(|(score, text)| (score, format!("{:?}", [set.name(), text].join("/")))),
        );
    }
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let near: Vec<String> = found.into_iter().take(LISTED).map(|(_, text)| text).collect();
    let names: Vec<&str> = sets.iter().map(|(set, _)| set.name()).collect();
    let told = if near.is_empty() {
        format!("`vesalius prompts FILE show SET` lists those of {}", names.join(", "))
    } else {
        format!("like it are {}", near.join(", "))
    };
    Failure::Message(format!(
        "no prompt set of field {:?} has the text {wanted:?}; {told}",
        field.name
    ))
}

/// Runs of three characters, in small letters, words apart.
fn trigrams(text: &str) -> HashSet<[char; 3]> {
    let lower = text.to_lowercase();
    let letters = lower.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' });
    let padded: Vec<char> = std::iter::once(' ').chain(letters).chain([' ']).collect();
    padded.array_windows::<3>().copied().collect()
}

/// The share of pieces that both have, 0 to 1 (Dice).
fn likeness(a: &HashSet<[char; 3]>, b: &HashSet<[char; 3]>) -> f64 {
    let all = a.len() + b.len();
    if all == 0 { 0.0 } else { 2.0 * a.intersection(b).count() as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::{likeness, trigrams};

    #[test]
    fn texts_are_alike_by_their_letters() {
        let score = |a: &str, b: &str| likeness(&trigrams(a), &trigrams(b));
        assert!((score("Lung nodule", "lung NODULE") - 1.0).abs() < 1e-12);
        assert!(score("lung nodul", "lung nodule") > score("lung nodul", "liver"));
        assert!(score("abc", "xyz") == 0.0 && score("", "") > 0.0);
    }
}
