//! The metadata beside an index: `{"metadata": {id: {"image_path", "metadata", "added_at"}}, ...}`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use vesalius::storage::{Bytes, FileStorage, Storage};

use super::images::ID;
use crate::error::ConvertError;
use crate::import::ids::hash;
use crate::pickle::{self, Document, Id, Limits};
use crate::regions::json::{self, Budget};
use crate::regions::{Attribute, Extras};

/// The entry of the pickle with the records.
const RECORDS: &str = "metadata";
/// Entries of a record.
const PATH: &str = "image_path";
const OWN: &str = "metadata";
const ADDED: &str = "added_at";
/// The attribute with the id of a record.
pub(crate) const IMAGE_ID: &str = "image_id";
/// Attributes that the layout has places of their own for.
pub(crate) const RESERVED: [&str; 3] = [IMAGE_ID, PATH, ADDED];
/// Where the metadata of an image keeps what its record has besides.
pub(crate) const REST: &str = "vector_db_record";

/// The file, mapped.
pub(super) struct Records {
    path: PathBuf,
    bytes: Bytes,
    /// Whether an image is called by its path instead of its id.
    by_path: bool,
}

/// What is known of all records.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) count: u64,
    /// Everything that the pickle says besides records.
    pub(super) about: Map<String, Json>,
    /// Records whose id is not their place; the first one's place and id.
    pub(super) moved: u64,
    pub(super) first_moved: Option<(u64, String)>,
    /// What could not be kept.
    pub(super) left_out: Vec<String>,
}

/// One record.
pub(super) struct Record {
    pub(super) key: String,
    pub(super) attributes: Vec<(String, Attribute)>,
    pub(super) metadata: Map<String, Json>,
}

impl Records {
    pub(super) fn open(path: &Path, by_path: bool) -> Result<Self, ConvertError> {
        let map = || {
            let storage = FileStorage::open_read_only(path)?;
            let len = usize::try_from(storage.len()?).map_err(std::io::Error::other)?;
            storage.bytes(0, len)
        };
        let bytes =
            map().map_err(|error: std::io::Error| ConvertError::from(error).in_file(path))?;
        Ok(Self { path: path.to_owned(), bytes, by_path })
    }

    /// Reads the pickle. Cost: a pass over it; memory for its objects, about 300 bytes an image.
    pub(super) fn parse(&self) -> Result<Document<'_>, ConvertError> {
        pickle::parse(&self.bytes, &Limits::default())
            .map_err(|error| ConvertError::from(error).in_file(&self.path))
    }

    /// Looks at all records.
    pub(super) fn survey(&self) -> Result<Summary, ConvertError> {
        let document = self.parse()?;
        let records = self.records(&document)?;
        let mut found = Summary::default();
        let mut keys = HashSet::new();
        let pairs = document.pairs(records).into_iter().flatten();
        for (place, (id, record)) in (0_u64..).zip(pairs) {
            let name = self.id(&document, id, place)?;
            if document.int(id).and_then(|id| u64::try_from(id).ok()) != Some(place) {
                found.moved = found.moved.saturating_add(1);
                found.first_moved.get_or_insert((place, name.clone()));
            }
            let key = self.key(&document, record, name)?;
            if !keys.insert(hash(&key)) {
                let advice = if self.by_path { "; call images by their ids" } else { "" };
                return Err(self.wrong(format!("two images are called {key:?}{advice}")));
            }
            found.count = found.count.saturating_add(1);
        }
        let mut budget = Budget::default();
        for (name, value) in document.pairs(document.root()).into_iter().flatten() {
            if let Some(name) = document.text(name).filter(|name| *name != RECORDS) {
                found.about.insert(name.to_owned(), json::value(&document, value, &mut budget));
            }
        }
        found.left_out = budget.left_out;
        Ok(found)
    }

    /// The dictionary of records.
    pub(super) fn records(&self, document: &Document<'_>) -> Result<Id, ConvertError> {
        let found = document.get(document.root(), RECORDS);
        found.filter(|id| document.pairs(*id).is_some()).ok_or_else(|| {
            let what = "the pickle is no dictionary with the records of images under \"metadata\"";
            self.wrong(what.to_owned())
        })
    }

    fn id(&self, document: &Document<'_>, id: Id, place: u64) -> Result<String, ConvertError> {
        let text = || document.text(id).map(str::to_owned);
        document.int(id).map(|id| id.to_string()).or_else(text).ok_or_else(|| {
            self.wrong(format!("the id of record {place} is neither an integer nor a text"))
        })
    }

    fn key(&self, document: &Document<'_>, record: Id, id: String) -> Result<String, ConvertError> {
        if !self.by_path {
            return Ok(id);
        }
        let path = document.get(record, PATH).and_then(|path| document.text(path));
        let path = path.filter(|path| !path.is_empty()).map(str::to_owned);
        path.ok_or_else(|| {
            self.wrong(format!("image {id} has no path to call it by; call images by their ids"))
        })
    }

    /// Reads a record.
    pub(super) fn read(
        &self,
        document: &Document<'_>,
        (id, record): (Id, Id),
        place: u64,
    ) -> Result<Record, ConvertError> {
        let key = self.key(document, record, self.id(document, id, place)?)?;
        let (mut extras, mut rest) = (Extras::default(), Map::new());
        if let Some(id) = document.int(id) {
            extras.attributes.push((IMAGE_ID.to_owned(), Attribute::I64(id)));
        }
        let Some(entries) = document.pairs(record) else {
            return Err(self.wrong(format!("the record of image {key:?} is no dictionary")));
        };
        for (name, value) in entries {
            let name = document.text(name).unwrap_or_default();
            let own = document.pairs(value).filter(|_| name == OWN);
            let is_text = document.text(value).is_some();
            match own {
                Some(own) => own.for_each(|(name, value)| keep(document, &mut extras, name, value)),
                None if is_text && [PATH, ADDED].contains(&name) => {
                    extras.keep(document, name, value);
                }
                None => {
                    rest.insert(name.to_owned(), json::value(document, value, &mut extras.budget));
                }
            }
        }
        let Extras { attributes, mut metadata, budget } = extras;
        if !budget.left_out.is_empty() {
            metadata.insert("not_imported".to_owned(), budget.left_out.into());
        }
        if !rest.is_empty() {
            metadata.insert(REST.to_owned(), Json::Object(rest));
        }
        Ok(Record { key, attributes, metadata })
    }

    fn wrong(&self, what: String) -> ConvertError {
        ConvertError::layout(&self.path, what)
    }
}

/// Keeps an entry of what the user said of an image.
fn keep(document: &Document<'_>, extras: &mut Extras, name: Id, value: Id) {
    let number = || document.int(name).map(|number| number.to_string());
    let name = document.text(name).map(str::to_owned).or_else(number).unwrap_or_default();
    if RESERVED.contains(&name.as_str()) || name == ID {
        let value = json::value(document, value, &mut extras.budget);
        extras.metadata.insert(name, value);
    } else {
        extras.keep(document, &name, value);
    }
}
