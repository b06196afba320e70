//! Keys, attributes and metadata of images, an object a line.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value as Json};
use vesalius::Snapshot;

use super::output::Output;
use super::{ExportOptions, for_each_row};
use crate::error::ConvertError;

/// Writes the rows that are taken: `{"key": ..., attribute: value, ..., entry of metadata: value, ...}`.
pub(super) fn write(
    snapshot: &Snapshot,
    options: &ExportOptions,
    out: &Path,
    takes: &dyn Fn(u64) -> Result<bool, ConvertError>,
) -> Result<(), ConvertError> {
    let mut output = Output::create(out)?;
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, key| {
        let (true, Some(image)) = (takes(row)?, snapshot.image_at(row)?) else { return Ok(()) };
        let mut line = Map::from_iter([("key".to_owned(), Json::from(key))]);
        for (name, value) in image.attributes()? {
            line.entry(name).or_insert_with(|| value.to_json());
        }
        match image.metadata()?.map(serde_json::from_str).transpose().unwrap_or_default() {
            Some(Json::Object(metadata)) => {
                for (name, value) in metadata {
                    line.entry(name).or_insert(value);
                }
            }
            Some(other) => {
                line.entry("metadata").or_insert(other);
            }
            None => {}
        }
        serde_json::to_writer(&mut output, &Json::Object(line)).map_err(std::io::Error::from)?;
        Ok(output.write_all(b"\n")?)
    })?;
    output.finish()
}
