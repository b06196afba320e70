//! Fields, regions and tokens as they are named on the command line.

use vesalius::{Error, FieldDef, FieldKind, Snapshot};

use crate::{Failure, Result};

/// The field of a name, or without a name the only field of one of the kinds.
pub(super) fn field<'s>(
    snapshot: &'s Snapshot,
    name: Option<&str>,
    kinds: &[FieldKind],
) -> Result<&'s FieldDef> {
    if let Some(name) = name {
        let field = snapshot.field(name)?;
        if kinds.contains(&field.kind) {
            return Ok(field);
        }
        let wanted: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let (is, wanted) = (field.kind.to_string(), wanted.join(" or "));
        return Err(Error::WrongKind { name: name.to_owned(), is, wanted }.into());
    }
    let mut fields = snapshot.schema().fields.iter().filter(|field| kinds.contains(&field.kind));
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    match (fields.next(), fields.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Failure::Message(format!(
            "the container has no field of kind {}",
            kinds.join(" or ")
        ))),
        (Some(a), Some(b)) => Err(Failure::Message(format!(
            "there are several fields, {:?} and {:?} among them; name one with --field",
            a.name, b.name
        ))),
    }
}

/// The index of a region by its name, or where none has that name, by its index.
pub(super) fn region(field: &FieldDef, text: &str) -> Result<u16> {
    let by_name = field.regions.iter().position(|name| name == text);
    let place = by_name.or_else(|| text.parse().ok().filter(|&i: &usize| i < field.regions.len()));
    place.and_then(|place| u16::try_from(place).ok()).ok_or_else(|| {
        let known = field.regions.clone();
        Error::NoSuch { what: "region", name: text.to_owned(), known }.into()
    })
}

/// The indexes of regions, in the order in which they are named.
pub(super) fn regions(field: &FieldDef, texts: &[String]) -> Result<Vec<u16>> {
    texts.iter().map(|text| region(field, text)).collect()
}

/// The name of a region.
pub(super) fn region_name(field: &FieldDef, region: u16) -> &str {
    field.regions.get(usize::from(region)).map_or("", String::as_str)
}

/// A place in a grid: `d,h,w`, or `h,w` for a plane.
pub(super) fn place(text: &str) -> Result<[usize; 3], String> {
    let parts: Result<Vec<usize>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match parts.as_deref() {
        Ok([d, h, w]) => Ok([*d, *h, *w]),
        Ok([h, w]) => Ok([0, *h, *w]),
        _ => Err("a place in the grid is d,h,w or h,w, as 0,7,9".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_are_read() {
        assert_eq!((place("1,2,3"), place("4, 5")), (Ok([1, 2, 3]), Ok([0, 4, 5])));
        assert!(place("1").is_err() && place("1,-2").is_err());
    }
}
