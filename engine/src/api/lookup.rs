//! Finding fields and regions by name, with errors that say what there is.

use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind, Schema};
use crate::model::{RegionKey, SegmentKey};

/// The field of a name.
pub(crate) fn field<'a>(schema: &'a Schema, name: &str) -> Result<&'a FieldDef> {
    schema.field(name).ok_or_else(|| Error::NoSuch {
        what: "field",
        name: name.to_owned(),
        known: schema.fields.iter().map(|field| field.name.clone()).collect(),
    })
}

/// The field of a name, which must be of a kind.
pub(crate) fn field_of_kind<'a>(
    schema: &'a Schema,
    name: &str,
    kind: FieldKind,
) -> Result<&'a FieldDef> {
    let found = field(schema, name)?;
    if found.kind == kind {
        return Ok(found);
    }
    let (is, wanted) = (found.kind.to_string(), kind.to_string());
    Err(Error::WrongKind { name: name.to_owned(), is, wanted })
}

/// The index of a region of a field.
pub(crate) fn region(field: &FieldDef, key: RegionKey<'_>) -> Result<u16> {
    let place = match key {
        RegionKey::Index(index) => Some(usize::from(index)).filter(|&i| i < field.regions.len()),
        RegionKey::Name(name) => field.regions.iter().position(|known| known == name),
    };
    place.and_then(|place| u16::try_from(place).ok()).ok_or_else(|| Error::NoSuch {
        what: "region",
        name: key.to_string(),
        known: field.regions.clone(),
    })
}

/// The segment that a key means among those of (group, name, something): a name alone means the one without a group,
/// or the only one of that name.
pub(crate) fn segment<T, S: AsRef<str>>(
    key: SegmentKey<'_>,
    all: Vec<(S, S, T)>,
) -> Result<(S, S, T)> {
    let (mut found, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(group, name, _)| key.means(group.as_ref(), name.as_ref()));
    let first = key.first_meant();
    let exact = found.iter().position(|(group, name, _)| (group.as_ref(), name.as_ref()) == first);
    if let Some(place) = exact.or((found.len() == 1).then_some(0)) {
        return Ok(found.swap_remove(place));
    }
    let text = |(group, name, _): &(S, S, T)| match group.as_ref() {
        "" if !name.as_ref().contains('/') => name.as_ref().to_owned(),
        group => format!("{group}/{}", name.as_ref()),
    };
    let listed = if found.is_empty() { &others } else { &found };
    let what = if found.is_empty() { "segment" } else { "segment of one group alone" };
    Err(Error::NoSuch { what, name: key.to_string(), known: listed.iter().map(text).collect() })
}
