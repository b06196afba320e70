//! Searches for a text, for tokens, and by late interaction.

use vesalius::{FieldDef, FieldKind, Metric, Probe, SearchOptions, Snapshot, TokenHit};

use super::Args;
use super::answer::Answer;
use crate::commands::array::Array;
use crate::commands::prompt::Prompt;
use crate::{Failure, Result};

/// The kinds of fields that the command line is about.
pub(super) fn kinds(args: &Args) -> &'static [FieldKind] {
    if args.tokens || args.maxsim {
        return &[FieldKind::Tokens];
    }
    if args.text.is_some() {
        return &[FieldKind::Vector];
    }
    &[FieldKind::Regions, FieldKind::Vector]
}

/// The images of a vector field that a text is most like.
pub(super) fn vectors(
    snapshot: &Snapshot,
    field: &FieldDef,
    name: &str,
    args: &Args,
    options: &SearchOptions<'_>,
) -> Result<Answer> {
    let probe = Prompt::find(snapshot, name, field)?.probe(field, args.field.is_some())?;
    Ok(Answer::of_vectors(snapshot.search_vector(&field.name, probe.feature(), options)?))
}

/// The tokens that are most like a text, a vector or a token.
pub(super) fn tokens<'s>(
    snapshot: &'s Snapshot,
    field: &FieldDef,
    args: &Args,
    options: &SearchOptions<'_>,
) -> Result<Vec<TokenHit<'s>>> {
    let probe = match (&args.text, &args.vector, &args.like, args.at) {
        (Some(name), _, _, _) => {
            Prompt::find(snapshot, name, field)?.probe(field, args.field.is_some())?.cosine()
        }
        (_, Some(path), _, _) => Probe::new(Array::read(path)?.feature()?),
        (_, _, Some(key), Some(at)) => {
            let tokens = snapshot.image(key)?.tokens(&field.name)?;
            let none = || {
                Failure::Message(format!("image {key:?} has no tokens in field {:?}", field.name))
            };
            tokens.ok_or_else(none)?.probe(at)?
        }
        _ => {
            let text = "--tokens with --like needs the place of a token: add --at d,h,w, or --maxsim for all";
            return Err(Failure::Message(text.into()));
        }
    };
    Ok(snapshot.search_tokens(&field.name, &probe, options)?)
}

/// The images whose tokens match those of a text or an image.
pub(super) fn late(
    snapshot: &Snapshot,
    field: &FieldDef,
    args: &Args,
    options: &SearchOptions<'_>,
) -> Result<Answer> {
    let found = match (&args.text, &args.like) {
        (Some(name), _) => {
            let prompt = Prompt::find(snapshot, name, field)?;
            crate::commands::prompt::check_field(&prompt.set, field, args.field.is_some())?;
            if prompt.set.tokens_of_text() == 0 {
                let text = format!(
                    "prompt set {:?} has no tokens, which --maxsim needs; search with its features",
                    prompt.set.name()
                );
                return Err(Failure::Message(text));
            }
            let tokens = prompt.set.tokens(prompt.place)?;
            snapshot.search_max_sim(&field.name, &tokens, options)?
        }
        (None, Some(key)) => snapshot.search_max_sim_like(&field.name, key, options)?,
        (None, None) => {
            return Err(Failure::Message(
                "--maxsim needs tokens to match: give --like or --text".into(),
            ));
        }
    };
    Ok(Answer::of_vectors(found))
}

/// The metric, for people and programs.
pub(super) fn metric<'a>(args: &Args, field: &'a FieldDef) -> &'a str {
    if args.maxsim {
        return "maxsim";
    }
    if args.tokens || (args.text.is_some() && args.metric.is_none()) {
        return Metric::Cosine.as_str();
    }
    args.metric.map_or(field.metric.as_str(), Metric::as_str)
}
