//! Texts beside an index, with their features: `prompts.json` and `prompts.npy`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Value as Json, json};
use vesalius::PromptSet;

use crate::error::ConvertError;
use crate::import::h5::check::PromptCheck;
use crate::import::options::ImportOptions;
use crate::npy::NpyFile;

const TEXTS: &str = "prompts.json";
const FEATURES: &str = "prompts.npy";
/// The set of texts that say of no family.
const DEFAULT: &str = "prompts";
/// Longest list of texts, in bytes.
const BYTES_MAX: u64 = 64 << 20;
/// Most values of features.
const VALUES_MAX: u64 = 1 << 28;

/// A prompt set that is to be.
#[derive(Debug, Default)]
pub(super) struct Prompts {
    pub(super) name: String,
    dim: usize,
    texts: Vec<String>,
    features: Vec<f32>,
    /// Everything else that the list says of each text.
    notes: Vec<Json>,
}

impl Prompts {
    /// The set, of a field that has vectors of `dim` values.
    pub(super) fn set(&self, field: &str, dim: usize) -> PromptSet {
        let notes = json!({ "source": TEXTS, "texts": self.notes }).to_string();
        let set = PromptSet::new(&self.name, self.texts.clone(), self.dim);
        let set = set.features(self.features.clone()).attributes(&notes);
        if self.dim == dim { set.field(field) } else { set }
    }

    /// How to check that it arrived.
    pub(super) fn check(&self) -> PromptCheck {
        PromptCheck::new(&self.name, &self.texts, &self.features, &[])
    }
}

/// The sets of a folder, one for each family of texts in the order of their first one, and what is odd.
pub(super) fn open(
    folder: &Path,
    dim: usize,
    options: &ImportOptions,
) -> Result<(Vec<Prompts>, Vec<String>), ConvertError> {
    let (texts, features) = (folder.join(TEXTS), folder.join(FEATURES));
    match (texts.is_file(), features.is_file()) {
        (true, true) => match read(&texts, &features) {
            Err(error) if options.salvage => Ok((Vec::new(), vec![error.to_string()])),
            sets => sets.map(|sets| {
                let other = sets.iter().find(|set| set.dim != dim);
                let told = other.map(|set| {
                    format!("{FEATURES} has features of {} values, the index {dim}", set.dim)
                });
                (sets, told.into_iter().collect())
            }),
        },
        (false, false) => Ok((Vec::new(), Vec::new())),
        (has_texts, _) => {
            let (there, lacking) = if has_texts { (TEXTS, FEATURES) } else { (FEATURES, TEXTS) };
            Ok((
                Vec::new(),
                vec![format!("{there} was not imported: there is no {lacking} beside it")],
            ))
        }
    }
}

fn read(texts: &Path, features: &Path) -> Result<Vec<Prompts>, ConvertError> {
    let wrong = |what: String| ConvertError::layout(texts, what);
    let mut bytes = Vec::new();
    let read = File::open(texts).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes));
    read.map_err(|error| ConvertError::from(error).in_file(texts))?;
    let list: Vec<Json> = serde_json::from_slice(&bytes)
        .map_err(|error| wrong(format!("no list of texts in JSON: {error}")))?;
    let array = NpyFile::open(features)?;
    let count = u64::try_from(list.len()).unwrap_or(u64::MAX);
    let dim = match *array.shape() {
        [rows, dim] if rows == count && dim > 0 && array.header().elements <= VALUES_MAX => dim,
        _ => {
            let shape = array.shape();
            return Err(wrong(format!("{count} texts do not fit {FEATURES} of shape {shape:?}")));
        }
    };
    let dim = usize::try_from(dim).unwrap_or(usize::MAX);
    let mut values = Vec::new();
    array.read_rows_f32(0, list.len(), &mut values)?;
    let by_family = list.iter().all(|entry| family(entry).is_some());
    let mut sets: Vec<Prompts> = Vec::new();
    for (place, (entry, feature)) in list.into_iter().zip(values.chunks_exact(dim)).enumerate() {
        let name = family(&entry).filter(|_| by_family).unwrap_or(DEFAULT).to_owned();
        let told = || {
            wrong(format!("entry {place} is neither a text nor an object with one under \"text\""))
        };
        let (text, note) = split(entry).ok_or_else(told)?;
        let known = sets.iter().position(|set| set.name == name);
        if known.is_none() {
            sets.push(Prompts { name, dim, ..Prompts::default() });
        }
        let last = sets.len().saturating_sub(1);
        if let Some(set) = sets.get_mut(known.unwrap_or(last)) {
            set.texts.push(text);
            set.notes.push(note);
            set.features.extend_from_slice(feature);
        }
    }
    Ok(sets)
}

fn family(entry: &Json) -> Option<&str> {
    entry.get("family").and_then(Json::as_str).filter(|family| !family.is_empty())
}

/// The text of an entry, and the rest of it.
fn split(entry: Json) -> Option<(String, Json)> {
    match entry {
        Json::String(text) => Some((text, Json::Null)),
        Json::Object(mut entry) => match entry.shift_remove("text") {
            Some(Json::String(text)) => Some((text, Json::Object(entry))),
            _ => None,
        },
        _ => None,
    }
}
