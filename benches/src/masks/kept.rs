//! Segments in a container.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vesalius::container::open::load;
use vesalius::storage::{FileStorage, Storage};
use vesalius::{Database, Definition, Field, MaskProfile, SegmentValue, Snapshot, Space};

use super::{FIELD, KEY};
use crate::Result;

/// A container for masks.
pub(super) fn create(path: &Path, space: &Space) -> Result<Database> {
    Ok(Database::create(path, Definition::new().space(space.clone()).field(Field::masks(FIELD)))?)
}

/// A container of one image with these segments.
pub(super) fn write(
    folder: &Path,
    space: &Space,
    segments: &[SegmentValue],
    profile: MaskProfile,
) -> Result<PathBuf> {
    let path = folder.join("kept.vsl");
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    let db = create(&path, space)?;
    let mut txn = db.begin_write()?;
    txn.set_mask_profile(profile);
    txn.put(KEY)?.segments(FIELD, segments)?;
    txn.commit()?;
    db.close()?;
    Ok(path)
}

/// Bytes of the row groups of the masks column of a container.
pub(super) fn bytes(path: &Path) -> Result<u64> {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::open_read_only(path)?);
    let state = load(&storage)?.state;
    let def = state.schema.fields.iter().find(|def| def.name == FIELD);
    let column = def.and_then(|def| state.column(def.column)).ok_or("there are no masks")?;
    Ok(column.groups().iter().map(|group| group.group().len_bytes()).sum())
}

/// Its state. What is read first is verified.
pub(super) fn snapshot(path: &Path) -> Result<Snapshot> {
    Ok(Database::open_read_only(path)?.snapshot()?)
}
