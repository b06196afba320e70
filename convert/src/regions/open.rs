use std::path::Path;

use super::RegionSource;
use super::bytes::SourceBytes;
use super::database::{Opening, root};
use super::grouped::GroupedSource;
use super::survey::survey;
use super::{knowledge, parts, region_text};
use crate::error::ConvertError;
use crate::pickle::{Document, Limits, Plan, Value};

/// How to read a source.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Take features with NaN or infinity as they are instead of refusing their image. Such a feature has
    /// no place in any ranking.
    pub allow_not_finite: bool,
    /// Bounds on the pickles.
    pub limits: Limits,
}

/// Opens a region database: a pickle, an `.npz` or `.npy` of one, a folder of parts, or the list of the
/// parts' names. Which it is, and how it is laid out, is read from the content.
///
/// Cost: one pass over the opcodes of every file (features are not touched), and for deflated archives
/// their inflation into a temporary file.
///
/// # Errors
/// A file that is missing, damaged, or asks to run code; no known layout; an image or region that could not
/// be imported, by name.
pub fn open(path: &Path, options: &Options) -> Result<Box<dyn RegionSource>, ConvertError> {
    let files = parts::resolve(path)?;
    if let [file] = files.as_slice() {
        return open_file(file, options);
    }
    let mut opening = Opening::default();
    for file in &files {
        let (bytes, plan) = load(file, options)?;
        let added = opening.add(file, &bytes, &plan, options);
        if let Some(other) = added.map_err(|error| error.in_file(file))? {
            return Err(unknown(file, &other));
        }
    }
    Ok(Box::new(checked(path, opening.finish(options, None))?))
}

fn load(file: &Path, options: &Options) -> Result<(SourceBytes, Plan), ConvertError> {
    let bytes = SourceBytes::open(file)?;
    let plan = bytes.plan(options).map_err(|error| error.in_file(file))?;
    Ok((bytes, plan))
}

fn open_file(file: &Path, options: &Options) -> Result<Box<dyn RegionSource>, ConvertError> {
    let bytes = SourceBytes::open(file)?;
    let (opening, plan, rest) = survey(file, &bytes, options).map_err(|e| e.in_file(file))?;
    let Some(rest) = rest else {
        return Ok(Box::new(checked(file, opening.finish(options, Some((bytes, plan))))?));
    };
    let has = |key| rest.get(root(&rest), key).is_some();
    let format = if has(region_text::EMBEDDINGS) {
        &region_text::FORMAT
    } else if has(knowledge::ENTRIES) {
        &knowledge::FORMAT
    } else {
        return Err(unknown(file, &rest));
    };
    let (summary, path) = (GroupedSource::summarise(file, format, &rest)?, file.to_owned());
    drop(rest);
    let source = GroupedSource::new(path, bytes, format, summary, options.clone());
    Ok(Box::new(checked(file, source)?))
}

/// Refuses a source that has nothing to import.
fn checked<S: RegionSource>(path: &Path, source: S) -> Result<S, ConvertError> {
    if source.is_empty() {
        return Err(ConvertError::layout(
            path,
            "there is no image in it; check that it is the right file",
        ));
    }
    if source.dim() == 0 {
        return Err(ConvertError::layout(
            path,
            "no image in it has a region; there is nothing to import",
        ));
    }
    Ok(source)
}

fn unknown(path: &Path, document: &Document<'_>) -> ConvertError {
    const SHOWN: usize = 5;
    let found = match document.value(root(document)) {
        Value::Dict(pairs) => {
            let keys: Vec<_> =
                pairs.take(SHOWN).filter_map(|(key, _)| document.text(key)).collect();
            format!("a dictionary with the keys {keys:?}")
        }
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Array(array) => format!("an array of {} {:?}", array.dtype().name(), array.shape()),
        _ => "some other object".to_owned(),
    };
    let wanted = "expected {id: {\"regions\": {index: {\"region_name\", \"feature\"}}}}";
    let others = "or the keys `image_region_embeddings` or `knowledge_base`";
    ConvertError::layout(path, format!("the pickle holds {found}; {wanted}, {others}"))
}
