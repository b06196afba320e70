//! What is good of a damaged store.

use std::path::Path;

use vesalius::Value;

use super::concept::{ID, LABEL};
use super::keys;
use super::rows::Row;
use crate::error::ConvertError;
use crate::hdf5::conceptclip::ConceptClip;
use crate::hdf5::salvage::{Column, examine};
use crate::hdf5::{Dataset, H5File};

const FEATURES: &str = "image_features";
const TOKENS: &str = "image_token_features";

/// A store that is opened as far as it is good.
pub(super) struct Found {
    pub(super) store: ConceptClip,
    pub(super) sides: Sides,
    /// Rows that the file declares.
    pub(super) declared: u64,
    pub(super) problems: Vec<String>,
}

/// Side columns that end before the features do, and how many of their rows are good.
#[derive(Default)]
pub(super) struct Sides {
    pub(super) ids: Option<(Dataset, u64)>,
    pub(super) labels: Option<(Dataset, u64)>,
    pub(super) splits: Option<(Dataset, u64)>,
}

/// Reads the whole file once to see what is good, and opens that. Features and tokens decide how many rows
/// there are; side columns may end earlier.
pub(super) fn open(path: &Path, file: &H5File) -> Result<Found, ConvertError> {
    let examined = examine(file)?;
    let of = |name: &str| examined.columns.iter().find(|column| column.name == name);
    let mut problems: Vec<String> = examined.columns.iter().filter_map(stopped).collect();
    let features = of(FEATURES).map_or(0, |column| column.good);
    let no_tokens = of(TOKENS).is_some_and(|column| column.good == 0);
    let rows = if no_tokens { features } else { examined.rows_of(&[FEATURES, TOKENS]) };
    if rows == 0 {
        problems.insert(0, "no row of image_features is good, there is nothing to take".to_owned());
        return Err(ConvertError::layout(path, problems.join("; ")));
    }
    let mut without: Vec<&str> = if no_tokens { vec![TOKENS] } else { Vec::new() };
    let mut sides = Sides::default();
    for (name, place) in
        [("ids", &mut sides.ids), ("labels", &mut sides.labels), ("split", &mut sides.splits)]
    {
        let Some(column) = of(name).filter(|column| column.good < rows) else { continue };
        if name == "ids" && own_ids(file, column, rows) {
            problems.retain(|problem| !problem.starts_with("ids "));
            continue;
        }
        without.push(column.name);
        let dataset = file.dataset(&format!("/{name}")).ok().filter(|_| column.good > 0);
        *place = dataset.map(|dataset| (dataset.lenient(), column.good));
    }
    let store = ConceptClip::open_damaged(file, rows, &without)?;
    problems.extend(store.problems().iter().cloned());
    let declared = of(FEATURES).map_or(0, |column| column.declared);
    Ok(Found { store, sides, declared, problems })
}

/// Whether ids that are not 0, 1, 2, ... are whole nevertheless: all there, and none twice.
fn own_ids(file: &H5File, column: &Column, rows: u64) -> bool {
    let Ok(ids) = file.dataset("/ids") else { return false };
    column.declared >= rows
        && ids.missing_chunks().is_ok_and(|missing| missing == 0)
        && keys::repeated(&ids, rows).is_ok_and(|repeated| repeated.is_none())
}

fn stopped(column: &Column) -> Option<String> {
    let why = column.stopped.as_ref()?;
    let Column { name, good, declared, .. } = column;
    Some(format!("{name} is good for {good} of {declared} rows: {why}"))
}

impl Sides {
    pub(super) fn has(&self, name: &str) -> bool {
        match name {
            "ids" => self.ids.is_some(),
            "labels" => self.labels.is_some(),
            "split" => self.splits.is_some(),
            _ => false,
        }
    }

    /// Adds what these columns have to rows from number `first` on.
    pub(super) fn fill(&self, first: u64, rows: &mut [Row]) -> Result<(), ConvertError> {
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let range = |good: u64| first..first.saturating_add(count).min(good).max(first);
        for (name, column) in [(ID, &self.ids), (LABEL, &self.labels)] {
            let Some((dataset, good)) = column else { continue };
            let values = dataset.integers(range(*good))?;
            for (row, value) in rows.iter_mut().zip(values) {
                row.attributes.push((name, Value::I64(value)));
            }
        }
        let Some((dataset, good)) = &self.splits else { return Ok(()) };
        let texts = dataset.strings(range(*good))?;
        for ((row, text), number) in rows.iter_mut().zip(texts).zip(first..) {
            row.set_split(&text, number)?;
        }
        Ok(())
    }
}
