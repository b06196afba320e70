//! The fields of a container that fit the layout.

use vesalius::{FieldDef, FieldKind, Snapshot};

use crate::error::ConvertError;
use crate::export::{ExportOptions, ExportReport};

/// One vector and, where there is one, one field of tokens.
pub(super) struct Fields<'s> {
    pub(super) vector: &'s FieldDef,
    pub(super) tokens: Option<&'s FieldDef>,
    pub(super) token_count: Option<u64>,
}

pub(super) fn fields<'s>(
    snapshot: &'s Snapshot,
    options: &ExportOptions,
    report: &mut ExportReport,
) -> Result<Fields<'s>, ConvertError> {
    let Some(vector) = one(snapshot, FieldKind::Vector, options.field.as_deref(), "--field")?
    else {
        let what = "there is no vector field, and the layout needs one; \
                    a regions field is written as npz, pkl or npy";
        return Err(ConvertError::Refused(what.to_owned()));
    };
    let wanted = options.token_field.as_deref();
    let mut tokens = one(snapshot, FieldKind::Tokens, wanted, "--token-field")?;
    if let Some(field) = tokens
        && (field.grid == [0; 3] || field.dim != vector.dim)
    {
        let why = if field.dim == vector.dim {
            "its images have different numbers of tokens".to_owned()
        } else {
            format!("its dimension is {}, that of the vectors {}", field.dim, vector.dim)
        };
        let what = format!("tokens field {:?} has no place in the layout: {why}", field.name);
        if wanted.is_some() {
            return Err(ConvertError::Refused(what));
        }
        report.warnings.push(format!("not written: {what}"));
        tokens = None;
    }
    let token_count = tokens.map(|field| {
        field.grid.iter().fold(1, |all: u64, side| all.saturating_mul(u64::from(*side).max(1)))
    });
    let written = [Some(vector), tokens];
    let written = written.iter().flatten().map(|field| &field.name);
    let left: Vec<&String> = snapshot.schema().fields.iter().map(|field| &field.name).collect();
    let written: Vec<&String> = written.collect();
    let left: Vec<&&String> = left.iter().filter(|name| !written.contains(name)).collect();
    if !left.is_empty() {
        report.warnings.push(format!("fields that have no place in the layout: {left:?}"));
    }
    Ok(Fields { vector, tokens, token_count })
}

/// The named field of a kind, or the only one.
fn one<'s>(
    snapshot: &'s Snapshot,
    kind: FieldKind,
    wanted: Option<&str>,
    option: &str,
) -> Result<Option<&'s FieldDef>, ConvertError> {
    if let Some(name) = wanted {
        let def = snapshot.field(name)?;
        if def.kind == kind {
            return Ok(Some(def));
        }
        let text = format!("field {name:?} is of kind {}, {option} wants {kind}", def.kind);
        return Err(ConvertError::Refused(text));
    }
    let all: Vec<&FieldDef> =
        snapshot.schema().fields.iter().filter(|def| def.kind == kind).collect();
    if all.len() > 1 {
        let names: Vec<&str> = all.iter().map(|def| def.name.as_str()).collect();
        let text = format!("there are several {kind} fields; name one of {names:?} with {option}");
        return Err(ConvertError::Refused(text));
    }
    Ok(all.first().copied())
}
