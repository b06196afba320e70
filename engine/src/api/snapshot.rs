//! Reading a frozen state.

use std::sync::Arc;

use super::columns::StateColumns;
use super::image::Image;
use super::lookup;
use crate::container::column::{Column, GroupRef};
use crate::container::group::Rows;
use crate::container::state::State;
use crate::container::view::{FeatureMatrix, KeysView, RegionsView, VectorView};
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::ops::Cursor;
use crate::format::schema::{COLUMN_KEYS, FieldDef, FieldKind, Schema};
use crate::format::space::Space;
use crate::model::RegionKey;
use crate::search::predicate::Predicate;
use crate::storage::EpochLock;

/// A frozen state of a container. Commits, checkpoints and compactions, in this process or another, change
/// nothing in it, and it never blocks them. Cheap to clone; `Send` and `Sync`.
#[derive(Clone, Debug)]
pub struct Snapshot {
    state: Arc<State>,
    /// Keeps the pages of the state from being reused.
    _lock: Arc<EpochLock>,
}

/// A part of a vector column: features and the rows that they belong to.
#[derive(Clone, Copy, Debug)]
pub struct VectorBlock<'a> {
    /// The features, borrowed from the container.
    pub features: FeatureMatrix<'a>,
    /// The row of each feature.
    pub rows: Rows<'a>,
    /// Features to be passed over, if any.
    pub dead: Option<&'a Bitmap>,
}

/// A part of one region's features, over the images that have it.
#[derive(Clone, Copy, Debug)]
pub struct RegionBlock<'a> {
    /// The features, borrowed from the container.
    pub features: FeatureMatrix<'a>,
    /// For each feature the place of its image in `rows`.
    pub images: &'a [u32],
    /// The rows of all images of this part.
    pub rows: Rows<'a>,
    /// Places of `rows` to be passed over, if any.
    pub dead: Option<&'a Bitmap>,
}

impl RegionBlock<'_> {
    /// The row of a feature; `None` when it is deleted or superseded.
    pub fn row(&self, feature: usize) -> Option<u64> {
        let image = *self.images.get(feature)?;
        if self.dead.is_some_and(|dead| dead.get(u64::from(image))) {
            return None;
        }
        self.rows.get(image as usize)
    }
}

impl VectorBlock<'_> {
    /// The row of a feature; `None` when it is deleted or superseded.
    pub fn row(&self, feature: usize) -> Option<u64> {
        if self.dead.is_some_and(|dead| dead.get(feature as u64)) {
            return None;
        }
        self.rows.get(feature)
    }
}

impl Snapshot {
    pub(super) fn new(state: Arc<State>, lock: Arc<EpochLock>) -> Self {
        Self { state, _lock: lock }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Number of images.
    pub fn len(&self) -> u64 {
        self.state.images()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.state.schema
    }

    /// The field of a name.
    pub fn field(&self, name: &str) -> Result<&FieldDef> {
        lookup::field(&self.state.schema, name)
    }

    /// JSON metadata of the container; empty when there is none.
    pub fn metadata(&self) -> &str {
        &self.state.metadata
    }

    /// Spaces by id; space 0 is the container's own.
    pub fn spaces(&self) -> &[Space] {
        &self.state.spaces
    }

    /// All cursors.
    pub fn cursors(&self) -> impl Iterator<Item = &Cursor> {
        self.state.cursors.values()
    }

    /// How far an ingest is.
    pub fn cursor(&self, ingest: &str, split: &str) -> Option<&Cursor> {
        self.state.cursors.get(&(ingest.to_owned(), split.to_owned()))
    }

    /// Identity of the container.
    pub fn uuid(&self) -> [u8; 16] {
        self.state.uuid
    }

    /// Milliseconds since 1970 (UTC) when the container was made.
    pub fn created_ms(&self) -> u64 {
        self.state.created_ms
    }

    /// Number of the state's manifest; grows with every checkpoint.
    pub fn epoch(&self) -> u64 {
        self.state.epoch
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.state.columns.values().map(|column| column.groups().len()).sum()
    }

    /// Rows are numbered below this; deleted images leave gaps until a compaction.
    pub fn next_row(&self) -> u64 {
        self.state.next_row
    }

    /// The image of a key. O(1) expected per row group of keys.
    pub fn image(&self, key: &str) -> Result<Image<'_>> {
        let found = self.find(key)?;
        found.ok_or_else(|| Error::NoSuchImage { key: key.to_owned() })
    }

    /// The image of a key, if there is one.
    pub fn find(&self, key: &str) -> Result<Option<Image<'_>>> {
        Ok(self.state.row_of(key)?.map(|row| Image::new(&self.state, row)))
    }

    /// The image of a row, if it is alive.
    pub fn image_at(&self, row: u64) -> Result<Option<Image<'_>>> {
        Ok(self.state.key_of(row)?.map(|_| Image::new(&self.state, row)))
    }

    /// Calls `each` with every image in the order of rows until it says stop. Reads only keys.
    pub fn for_each_key(&self, mut each: impl FnMut(u64, &str) -> Result<bool>) -> Result<()> {
        let mut groups: Vec<&GroupRef> = self.column(COLUMN_KEYS).iter().collect();
        groups.sort_by_key(|group| group.group().desc().first_row);
        let overlap = groups.windows(2).any(|pair| {
            matches!(pair, [a, b] if a.group().desc().last_row >= b.group().desc().first_row)
        });
        if overlap {
            // Rows of several row groups interleave: by row, each found by bisection.
            for row in &self.state.live_rows()? {
                let Some(key) = self.state.key_of(row)? else { continue };
                if !each(row, key)? {
                    return Ok(());
                }
            }
            return Ok(());
        }
        for group in groups {
            let (view, dead) = (KeysView::new(group.group()), group.dead_bits()?);
            for (position, row) in group.group().rows()?.iter().enumerate() {
                let is_dead = dead.is_some_and(|dead| dead.get(position as u64));
                if !is_dead && !each(row, view.key(position)?)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Rows of the images that a predicate selects.
    pub fn select(&self, predicate: &Predicate) -> Result<Bitmap> {
        predicate.evaluate(&StateColumns::new(&self.state))
    }

    /// Rows of all images.
    pub fn rows(&self) -> Result<Bitmap> {
        self.state.live_rows()
    }

    /// Bytes of the values of a field, those of deleted images included until a compaction; of tokens without their
    /// tensors. O(row groups).
    pub fn field_bytes(&self, field: &str) -> Result<u64> {
        let groups = self.state().column(self.field(field)?.column).map_or(&[][..], Column::groups);
        Ok(groups.iter().map(|group| group.group().len_bytes()).sum())
    }

    /// Rows of the images that have a value in a field.
    pub fn rows_of_field(&self, field: &str) -> Result<Bitmap> {
        self.state.rows_of_column(self.field(field)?.column)
    }

    /// All vectors of a vector field, part by part, borrowed.
    pub fn vectors(&self, field: &str) -> Result<Vec<VectorBlock<'_>>> {
        let def = lookup::field_of_kind(&self.state.schema, field, FieldKind::Vector)?;
        let mut blocks = Vec::new();
        for group in self.column(def.column) {
            blocks.push(VectorBlock {
                features: VectorView::new(group.group(), def).matrix()?,
                rows: group.group().rows()?,
                dead: group.dead_bits()?,
            });
        }
        Ok(blocks)
    }

    /// One region of all images, part by part, borrowed: only that region's bytes are read.
    pub fn region<'r>(
        &self,
        field: &str,
        region: impl Into<RegionKey<'r>>,
    ) -> Result<Vec<RegionBlock<'_>>> {
        let def = lookup::field_of_kind(&self.state.schema, field, FieldKind::Regions)?;
        let region = lookup::region(def, region.into())?;
        let mut blocks = Vec::new();
        for group in self.column(def.column) {
            let view = RegionsView::new(group.group(), def);
            let Some(entry) = view.region(region)? else { continue };
            blocks.push(RegionBlock {
                features: view.matrix(entry)?,
                images: view.images(entry)?,
                rows: group.group().rows()?,
                dead: group.dead_bits()?,
            });
        }
        Ok(blocks)
    }

    fn column(&self, number: u32) -> &[GroupRef] {
        self.state.column(number).map_or(&[], Column::groups)
    }
}

#[cfg(test)]
mod tests {
    use super::Snapshot;
    use crate::api::Database;

    fn shared<T: Send + Sync + Clone + 'static>() {}

    #[test]
    fn handles_and_snapshots_are_shared_between_threads() {
        shared::<Database>();
        shared::<Snapshot>();
    }
}
