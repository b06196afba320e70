//! Answers as attributes of the images.

use std::path::Path;

use vesalius::{AttributeType, Database, Snapshot, Value};

use crate::Result;
use crate::commands::rows;

/// An attribute, and its value for each row.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: AttributeType,
    pub(crate) values: Vec<Value>,
}

/// Sets attributes of some rows of a snapshot, all in one transaction; those that are not there are declared.
pub(crate) fn attributes(
    file: &Path,
    snapshot: &Snapshot,
    rows_of: &[u64],
    columns: &[Column],
) -> Result<()> {
    let db = Database::open(file)?;
    let mut txn = db.begin_write()?;
    for column in columns {
        if txn.schema().attribute(&column.name).is_none() {
            txn.add_attribute(&column.name, column.kind)?;
        }
    }
    for (place, row) in rows_of.iter().enumerate() {
        let mut image = txn.update(rows::image(snapshot, *row)?.key()?)?;
        for column in columns {
            if let Some(value) = column.values.get(place) {
                image = image.attribute(&column.name, value.clone())?;
            }
        }
    }
    txn.commit()?;
    db.close()?;
    Ok(())
}
