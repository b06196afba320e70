//! The functions a predicate can call.

use super::ast::{Argument, Call, Literal, Value};
use super::columns::Columns;
use super::error::PredicateError;
use crate::format::bitmap::Bitmap;

const SIGNATURES: &str = "has_field('field'), has_region('region'), has_region('field', 'region')";

/// A known function with its arguments.
#[derive(Debug, Clone, Copy)]
pub(super) enum Function<'p> {
    /// Has the image anything in a field?
    HasField(&'p str),
    /// Has the image a region, in a field or in the only field there is?
    HasRegion { field: Option<&'p str>, region: &'p str },
}

impl<'p> Function<'p> {
    /// Finds the function that `call` names and checks its arguments.
    pub(super) fn of(source: &str, call: &'p Call) -> Result<Self, PredicateError> {
        let known = matches!(call.name.as_str(), "has_field" | "has_region");
        if !known {
            let message = format!("unknown function {:?}, known are: {SIGNATURES}", call.name);
            return Err(PredicateError::new(source, call.at.0, message));
        }
        let texts = texts(source, call)?;
        match (call.name.as_str(), texts.as_slice()) {
            ("has_field", &[field]) => Ok(Self::HasField(field)),
            ("has_region", &[region]) => Ok(Self::HasRegion { field: None, region }),
            ("has_region", &[field, region]) => Ok(Self::HasRegion { field: Some(field), region }),
            (name, given) => {
                let message = format!(
                    "{name} does not take {} arguments, the functions are: {SIGNATURES}",
                    given.len()
                );
                Err(PredicateError::new(source, call.at.0, message))
            }
        }
    }

    /// The rows for which the function is true. Functions are never unknown.
    pub(super) fn rows<C: Columns + ?Sized>(
        self,
        columns: &C,
    ) -> Result<Result<Bitmap, String>, C::Error> {
        match self {
            Self::HasField(field) => columns.has_field(field),
            Self::HasRegion { field, region } => columns.has_region(field, region),
        }
    }
}

fn texts<'p>(source: &str, call: &'p Call) -> Result<Vec<&'p str>, PredicateError> {
    let text = |argument: &'p Argument| match argument {
        Argument::Literal(Literal { value: Value::Str(text), .. }) => Ok(text.as_str()),
        other => {
            let message = format!("{} takes names in single quotes, not {other}", call.name);
            Err(PredicateError::new(source, other.at().0, message))
        }
    };
    call.args.iter().map(text).collect()
}
