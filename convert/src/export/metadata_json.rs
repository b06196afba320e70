//! What is known of all images, as the vector database of other programs exports it.

use std::cell::RefCell;
use std::path::Path;

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::json;
use vesalius::{FieldDef, FieldKind, Snapshot};

use super::about::About;
use super::ids::Ids;
use super::output::Output;
use super::record::Record;
use super::report::ExportReport;
use super::{ExportOptions, for_each_row, ids};
use crate::error::ConvertError;

/// Writes `{"database_stats": {...}, "images": {id: record}}`, two blanks a level, as UTF-8.
pub(super) fn write(
    snapshot: &Snapshot,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let ids = ids::choose(snapshot, options.rows.as_ref(), &|_| Ok(true))?;
    let field = field(snapshot, options)?;
    let about = About::of(snapshot);
    let checkpoint = field.map(|field| field.provenance.checkpoint.as_str());
    let stats = json!({
        "total_images": ids.numbers.len(),
        "dimension": field.map(|field| field.dim),
        "model_name": about.model(field),
        "pretrained": checkpoint.filter(|checkpoint| !checkpoint.is_empty()),
        "db_path": options.path.as_ref().map(|path| path.to_string_lossy()),
        "device": null,
    });
    let images = Images { snapshot, options, ids: &ids, failed: RefCell::new(None) };
    let mut output = Output::create(out)?;
    let mut serializer = serde_json::Serializer::pretty(&mut output);
    let mut written = serializer.serialize_map(Some(2)).map_err(std::io::Error::from)?;
    let done = written.serialize_entry("database_stats", &stats);
    let done = done.and_then(|()| written.serialize_entry("images", &images));
    let done = done.and_then(|()| SerializeMap::end(written));
    if let Some(error) = images.failed.take() {
        return Err(error);
    }
    done.map_err(std::io::Error::from)?;
    output.finish()?;
    let name = field.map(|field| field.name.clone()).unwrap_or_default();
    let images = u64::try_from(ids.numbers.len()).unwrap_or(u64::MAX);
    Ok(ExportReport { field: name, images, warnings: ids.warnings, ..ExportReport::default() })
}

/// The field whose dimension and model are told: the one that is named, else the only vector field.
pub(super) fn field<'s>(
    snapshot: &'s Snapshot,
    options: &ExportOptions,
) -> Result<Option<&'s FieldDef>, ConvertError> {
    if let Some(name) = &options.field {
        return Ok(Some(snapshot.field(name)?));
    }
    let mut fields = snapshot.schema().fields.iter().filter(|f| f.kind == FieldKind::Vector);
    let first = fields.next();
    Ok(first.filter(|_| fields.next().is_none()))
}

/// The records while they are written, one at a time.
struct Images<'a> {
    snapshot: &'a Snapshot,
    options: &'a ExportOptions,
    ids: &'a Ids,
    failed: RefCell<Option<ConvertError>>,
}

impl Serialize for Images<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.ids.numbers.len()))?;
        let (mut numbers, mut refused) = (self.ids.numbers.iter(), None);
        let done = for_each_row(self.snapshot, self.options.rows.as_ref(), &mut |row, _| {
            let Some(image) = self.snapshot.image_at(row)? else { return Ok(()) };
            let (Some(id), None) = (numbers.next(), &refused) else { return Ok(()) };
            let record = Record::of(&image)?.to_json();
            refused = map.serialize_entry(&id.to_string(), &record).err();
            Ok(())
        });
        if let Err(error) = done {
            self.failed.replace(Some(error));
            return Err(S::Error::custom("the container could not be read"));
        }
        refused.map_or_else(|| map.end(), Err)
    }
}
