//! The field that is filled, and how regions of the source are numbered in it.

use std::collections::{HashMap, HashSet};

use vesalius::{Database, DefaultMetric, Dtype, Field, FieldDef, FieldKind, Provenance, WriteTxn};

use super::item::{Description, Shape};
use super::options::ImportOptions;
use crate::error::ConvertError;
use crate::regions::FeatureType;

/// Longest name of a region in bytes: the limit of the engine.
const NAME_MAX: usize = 255;

/// What the field is, or will be.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) field: String,
    pub(super) shape: Shape,
    pub(super) dtype: Dtype,
    pub(super) normalized: bool,
    /// Index in the field, by index in the source.
    pub(super) numbers: Vec<u16>,
    /// Names by index in the source.
    pub(super) names: Vec<String>,
    new_field: Option<Field>,
    new_names: Vec<String>,
    provenance: Option<Provenance>,
}

impl Target {
    /// Compares the source with the field of the container.
    pub(super) fn plan(
        db: &Database,
        description: &Description,
        options: &ImportOptions,
    ) -> Result<Self, ConvertError> {
        let snapshot = db.snapshot()?;
        let field = options.field_name(description);
        let names = unique(&description.names);
        let known = snapshot.schema().field(field);
        if let Some(def) = known {
            check(def, description, options)?;
        }
        let dtype = known.map_or_else(|| new_dtype(description, options), |def| def.dtype);
        let known_names = known.map_or(&[][..], |def| &def.regions);
        let (numbers, new_names) = match description.shape {
            Shape::Vector => (vec![0], Vec::new()),
            Shape::Regions => number(known_names, &names)?,
        };
        let metric = options.metric.or(description.metric).unwrap_or(DefaultMetric::Cosine);
        let new_field = known.is_none().then(|| {
            let made = match description.shape {
                Shape::Vector => Field::vector(field, description.dim),
                Shape::Regions => Field::regions(field, description.dim, names.clone()),
            };
            made.dtype(dtype).metric(metric)
        });
        Ok(Self {
            field: field.to_owned(),
            shape: description.shape,
            dtype,
            normalized: known.is_some_and(|def| def.normalized),
            numbers,
            names,
            new_names: if new_field.is_some() { Vec::new() } else { new_names },
            new_field,
            // What a source says of itself does not replace what the field says.
            provenance: options
                .provenance
                .clone()
                .or_else(|| description.provenance.clone().filter(|_| known.is_none())),
        })
    }

    /// Declares what the container does not have yet.
    pub(super) fn declare(&self, txn: &mut WriteTxn<'_>) -> Result<(), ConvertError> {
        if let Some(field) = &self.new_field {
            txn.add_field(field.clone())?;
        }
        if !self.new_names.is_empty() {
            txn.add_regions(&self.field, &self.new_names)?;
        }
        if let Some(provenance) = &self.provenance {
            txn.set_provenance(&self.field, provenance)?;
        }
        Ok(())
    }

    /// Index in the field of a region of the source.
    pub(super) fn number(&self, region: usize) -> Option<u16> {
        self.numbers.get(region).copied()
    }

    /// What rounding the values of the source will suffer, if any.
    pub(super) fn loss(&self, description: &Description) -> Option<String> {
        (self.dtype == Dtype::F16 && description.dtype != FeatureType::F16)
            .then(|| "features are rounded to float16, as the field stores them".to_owned())
    }
}

fn new_dtype(description: &Description, options: &ImportOptions) -> Dtype {
    let natural = match description.dtype {
        FeatureType::F16 => Dtype::F16,
        FeatureType::F32 | FeatureType::F64 => Dtype::F32,
    };
    options.dtype.unwrap_or(natural)
}

/// Refuses a field of another kind, dimension or asked type.
fn check(
    def: &FieldDef,
    description: &Description,
    options: &ImportOptions,
) -> Result<(), ConvertError> {
    let wanted = match description.shape {
        Shape::Vector => FieldKind::Vector,
        Shape::Regions => FieldKind::Regions,
    };
    let name = &def.name;
    let advice = "name another field for this source";
    let problem = if def.kind != wanted {
        format!("field {name:?} is of kind {}, the source has {wanted}", def.kind)
    } else if usize::try_from(def.dim) != Ok(description.dim) {
        format!("field {name:?} has dimension {}, the source has {}", def.dim, description.dim)
    } else if let Some(dtype) = options.dtype.filter(|dtype| *dtype != def.dtype) {
        format!("field {name:?} stores {}, {dtype} was asked for", def.dtype)
    } else {
        return Ok(());
    };
    Err(ConvertError::Refused(format!("{problem}; {advice}")))
}

/// Numbers the regions of the source: as the field does by name, then on from there. Also the names that
/// the field lacks.
fn number(known: &[String], names: &[String]) -> Result<(Vec<u16>, Vec<String>), ConvertError> {
    let places: HashMap<&String, usize> =
        known.iter().enumerate().map(|(place, name)| (name, place)).collect();
    let mut fresh = Vec::new();
    let mut numbers = Vec::with_capacity(names.len());
    for name in names {
        let place = places.get(name).copied().unwrap_or_else(|| {
            fresh.push(name.clone());
            known.len().saturating_add(fresh.len()).saturating_sub(1)
        });
        let number = u16::try_from(place).map_err(|_| {
            let what = "field and source have more than 65,535 regions together; use another field";
            ConvertError::Refused(what.to_owned())
        })?;
        numbers.push(number);
    }
    Ok((numbers, fresh))
}

/// Names that a field may have: not empty, not too long, each once. Only odd ones are changed.
fn unique(names: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut out = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let mut name = if name.is_empty() { format!("region_{index}") } else { name.clone() };
        if name.len() > NAME_MAX || seen.contains(&name) {
            let mark = format!(" ({index})");
            let room = name.floor_char_boundary(NAME_MAX.saturating_sub(mark.len()));
            name.truncate(room);
            name.push_str(&mark);
        }
        seen.insert(name.clone());
        out.push(name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn names_become_unique_and_short() {
        assert_eq!(unique(&owned(&["a", "", "a", "b"])), owned(&["a", "region_1", "a (2)", "b"]));
        let long = "\u{e9}".repeat(200);
        let made = unique(std::slice::from_ref(&long));
        assert!(made[0].len() <= NAME_MAX && made[0].ends_with(" (0)"));
    }

    #[test]
    fn regions_are_numbered_by_name() {
        let (numbers, fresh) =
            number(&owned(&["a", "b", "c"]), &owned(&["c", "x", "a", "y"])).unwrap();
        assert_eq!((numbers, fresh), (vec![2, 3, 0, 4], owned(&["x", "y"])));
        let many: Vec<String> = (0..70_000).map(|i| i.to_string()).collect();
        assert!(number(&[], &many).is_err());
    }
}
