//! One dataset of an HDF5 file of no known layout, with columns beside it.

use std::path::Path;

use serde_json::{Map, json};
use vesalius::{AttributeType, Value};

use super::about::encode;
use super::concept::{ID, LABEL, SPLIT, fingerprint, is_integer, is_text, source_fields};
use super::keys;
use super::rows::{FieldPlan, Kind, Plan, Row, RowBatch, RowSource, Visit};
use crate::error::ConvertError;
use crate::hdf5::{Dataset, ElementType, H5File};
use crate::import::findings::SourceFindings;
use crate::import::ids::Ids;
use crate::import::options::ImportOptions;

pub(super) struct Single {
    dataset: Dataset,
    keys: Keys,
    labels: Option<Dataset>,
    splits: Option<Dataset>,
    plan: Plan,
}

enum Keys {
    Rows,
    File(Ids),
    /// With these ids as an attribute too.
    Integers {
        ids: Dataset,
        unique: bool,
    },
    Texts(Dataset),
}

pub(super) fn open(
    path: &Path,
    file: &H5File,
    wanted: &str,
    options: &ImportOptions,
) -> Result<Single, ConvertError> {
    let dataset = file.dataset(&absolute(wanted))?;
    let field = field(path, &dataset, options)?;
    let rows = dataset.row_count();
    if dataset.missing_chunks()? > 0 && !options.salvage {
        let what = "chunks of the dataset were never written and would read as its fill value; \
                    use --salvage if that is what they should be";
        return Err(ConvertError::layout(path, what));
    }
    let side = |name: &Option<String>| {
        name.as_ref().map(|name| column(path, file, name, rows)).transpose()
    };
    let (labels, splits) = (side(&options.labels)?, side(&options.split)?);
    if splits.as_ref().is_some_and(|splits| !is_text(splits.element())) {
        return Err(ConvertError::layout(path, "the dataset of splits holds no texts"));
    }
    let mut warnings = Vec::new();
    let keys = keys_of(path, file, rows, options, &mut warnings)?;
    let mut attributes = Vec::new();
    if matches!(keys, Keys::Integers { .. }) {
        attributes.push((ID.to_owned(), AttributeType::I64));
    }
    if let Some(labels) = &labels {
        let text = is_text(labels.element());
        let kind = if text { AttributeType::Text } else { AttributeType::I64 };
        attributes.push((LABEL.to_owned(), kind));
    }
    if splits.is_some() {
        attributes.push((SPLIT.to_owned(), AttributeType::Text));
    }
    let mut about = Map::new();
    about.insert("layout".into(), json!("h5"));
    about.insert("dataset".into(), json!(dataset.path()));
    about.insert("attributes".into(), encode(&dataset.attributes()?, true));
    let fields = vec![field];
    let fingerprint = fingerprint(path, &fields)?;
    let findings = SourceFindings { fields: source_fields(&fields), ..SourceFindings::default() };
    let layout = format!("h5 dataset {}", dataset.path());
    let plan = Plan { layout, fields, attributes, rows, fingerprint, about, warnings, findings };
    Ok(Single { dataset, keys, labels, splits, plan })
}

fn absolute(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

fn field(
    path: &Path,
    dataset: &Dataset,
    options: &ImportOptions,
) -> Result<FieldPlan, ConvertError> {
    let element = dataset.element();
    let what = || {
        format!(
            "{} is {} {:?}, not [N, D], [N, T, D], [N, h, w, D] or [N, d, h, w, D] of floats",
            dataset.path(),
            element.name(),
            dataset.shape()
        )
    };
    let refused = || ConvertError::layout(path, what());
    let size = |side: u64| u32::try_from(side).ok().filter(|&side| side > 0).ok_or_else(refused);
    if !matches!(element, ElementType::F16 | ElementType::F32 | ElementType::F64) {
        return Err(refused());
    }
    let (kind, dim) = match *dataset.shape() {
        [_, dim] => (Kind::Vector, dim),
        [_, tokens, dim] => (Kind::Tokens([0, 0, size(tokens)?]), dim),
        [_, h, w, dim] => (Kind::Tokens([0, size(h)?, size(w)?]), dim),
        [_, d, h, w, dim] => (Kind::Tokens([size(d)?, size(h)?, size(w)?]), dim),
        _ => return Err(refused()),
    };
    let dim = usize::try_from(size(dim)?).map_err(|_| refused())?;
    let name = options.field.clone().unwrap_or_else(|| "features".to_owned());
    Ok(FieldPlan { name, dataset: dataset.path().to_owned(), kind, dim, element })
}

/// A dataset `[rows]` of integers or texts.
fn column(path: &Path, file: &H5File, name: &str, rows: u64) -> Result<Dataset, ConvertError> {
    let found = file.dataset(&absolute(name))?;
    let readable = is_text(found.element()) || is_integer(found.element());
    if found.shape() == [rows] && readable {
        return Ok(found);
    }
    let (element, shape) = (found.element().name(), found.shape());
    let what = format!("{name} is {element} {shape:?}, not {rows} integers or texts");
    Err(ConvertError::layout(path, what))
}

fn keys_of(
    path: &Path,
    file: &H5File,
    rows: u64,
    options: &ImportOptions,
    warnings: &mut Vec<String>,
) -> Result<Keys, ConvertError> {
    let Some(given) = &options.ids else {
        warnings.push("no keys were given: images are called by their row".to_owned());
        return Ok(Keys::Rows);
    };
    let name = given.to_string_lossy();
    if !file.has_dataset(&absolute(&name))? {
        return Ids::open(given, rows).map(Keys::File);
    }
    let ids = column(path, file, &name, rows)?;
    if is_text(ids.element()) {
        return Ok(Keys::Texts(ids));
    }
    let repeated = keys::repeated(&ids, rows)?;
    if let Some(id) = repeated {
        warnings.push(format!("id {id} occurs more than once: images are called by their row"));
    }
    Ok(Keys::Integers { ids, unique: repeated.is_none() })
}

impl RowSource for Single {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn for_each(&self, from: u64, most: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        let (mut reader, mut bytes, mut row) = (self.dataset.rows()?, Vec::new(), from);
        while row < self.plan.rows {
            let got = reader.read(row, most, &mut bytes)?.max(1);
            let rows = self.rows(row, got)?;
            if !visit(RowBatch { rows, values: vec![Some(&bytes)] })? {
                return Ok(());
            }
            row = row.saturating_add(got);
        }
        Ok(())
    }
}

impl Single {
    fn rows(&self, first: u64, count: u64) -> Result<Vec<Row>, ConvertError> {
        let range = first..first.saturating_add(count);
        let length = usize::try_from(count).unwrap_or(usize::MAX);
        let mut rows = vec![Row::default(); length];
        let numbers = || range.clone().map(|number| number.to_string()).collect();
        let (keys, ids): (Vec<String>, Vec<i64>) = match &self.keys {
            Keys::Rows => (numbers(), Vec::new()),
            Keys::File(ids) => (ids.read(first, length)?, Vec::new()),
            Keys::Texts(texts) => (texts.strings(range.clone())?, Vec::new()),
            Keys::Integers { ids, unique } => {
                let ids = ids.integers(range.clone())?;
                (if *unique { ids.iter().map(i64::to_string).collect() } else { numbers() }, ids)
            }
        };
        for (row, key) in rows.iter_mut().zip(keys) {
            row.key = key;
        }
        for (row, id) in rows.iter_mut().zip(ids) {
            row.attributes.push((ID, Value::I64(id)));
        }
        if let Some(labels) = &self.labels {
            for (row, label) in rows.iter_mut().zip(values(labels, &range)?) {
                row.attributes.push((LABEL, label));
            }
        }
        if let Some(splits) = &self.splits {
            let texts = splits.strings(range.clone())?;
            for ((row, split), number) in rows.iter_mut().zip(texts).zip(range) {
                row.set_split(&split, number)?;
            }
        }
        Ok(rows)
    }
}

fn values(column: &Dataset, range: &std::ops::Range<u64>) -> Result<Vec<Value>, ConvertError> {
    Ok(if is_text(column.element()) {
        column.strings(range.clone())?.into_iter().map(Value::Text).collect()
    } else {
        column.integers(range.clone())?.into_iter().map(Value::I64).collect()
    })
}
