//! What a heat map is of.

use serde_json::{Value, json};
use vesalius::{FieldDef, Probe, Snapshot};

use super::{Args, Scale};
use crate::commands::array::Array;
use crate::commands::prompt::Prompt;
use crate::{Failure, Result};

/// Something to look for.
pub(super) struct Query {
    pub(super) probe: Probe,
    /// For the picture.
    pub(super) title: String,
    /// For programs.
    pub(super) told: Value,
    pub(super) scale: f64,
    pub(super) bias: f64,
}

impl Query {
    pub(super) fn of(args: &Args, snapshot: &Snapshot, field: &FieldDef) -> Result<Self> {
        if let Some(name) = &args.prompt {
            let prompt = Prompt::find(snapshot, name, field)?;
            let probe = prompt.probe(field, args.field.is_some())?;
            let title = format!("{}: {}", args.image, prompt.text);
            let plain = Self { probe, title, told: prompt.to_json(), scale: 1.0, bias: 0.0 };
            if args.scale == Scale::Cosine {
                return Ok(Self { probe: plain.probe.cosine(), ..plain });
            }
            let set = prompt.set;
            if set.logit_scale().is_none() && set.logit_bias().is_none() {
                let text =
                    format!("prompt set {:?} has no constants; take --scale cosine", set.name());
                return Err(Failure::Message(text));
            }
            let scale = set.logit_scale().map_or(1.0, f64::exp);
            return Ok(Self { scale, bias: set.logit_bias().unwrap_or(0.0), ..plain });
        }
        if args.scale == Scale::Logit {
            let text = "--scale logit takes its constants from a prompt set; give --prompt";
            return Err(Failure::Message(text.into()));
        }
        let (probe, title, told) = match (&args.query, &args.like, args.at) {
            (Some(path), _, _) => {
                let probe = Probe::new(Array::read(path)?.feature()?);
                let path = path.display().to_string();
                (probe, format!("{}: {path}", args.image), json!({ "vector": path }))
            }
            (None, Some(key), Some(at)) => {
                let tokens = snapshot.image(key)?.tokens(&field.name)?;
                let none = || {
                    let name = &field.name;
                    Failure::Message(format!("image {key:?} has no tokens in field {name:?}"))
                };
                let probe = tokens.ok_or_else(none)?.probe(at)?;
                let [d, h, w] = at;
                let title = format!("{}: like {key} at {d},{h},{w}", args.image);
                (probe, title, json!({ "like": key, "at": at }))
            }
            _ => return Err(Failure::Message("give --prompt, --query or --like with --at".into())),
        };
        Ok(Self { probe, title, told, scale: 1.0, bias: 0.0 })
    }
}

/// Two numbers, the lower one first.
pub(in crate::commands) fn range(text: &str) -> Result<(f32, f32), String> {
    let parts: Result<Vec<f32>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match parts.as_deref() {
        Ok([low, high]) if low < high && low.is_finite() && high.is_finite() => Ok((*low, *high)),
        _ => Err("a range is two numbers, the lower one first, as -0.1,0.6".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_read() {
        assert_eq!(range("-0.5,1"), Ok((-0.5, 1.0)));
        assert!(range("1,0").is_err() && range("0,nan").is_err());
    }
}
