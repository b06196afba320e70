//! One state of the container: immutable once published, cheap to clone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::column::{Column, GroupRef};
use super::dead::DeadSet;
use super::group::{Group, Rows};
use super::tiers;
use super::view::KeysView;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::extent::Extent;
use crate::format::group::{GroupDesc, Layout};
use crate::format::limits::{CURSORS_MAX, SPACES_MAX};
use crate::format::manifest::{IndexDesc, Manifest};
use crate::format::ops::{Cursor, Op};
use crate::format::schema::{COLUMN_KEYS, Schema};
use crate::format::space::Space;
use crate::format::{Damage, Rule};
use crate::storage::{Bytes, Storage};

/// Everything that a snapshot sees.
#[derive(Clone, Debug)]
pub struct State {
    /// Identity of the file.
    pub uuid: [u8; 16],
    /// Number of the state's manifest.
    pub epoch: u64,
    /// Sequence number behind the last commit.
    pub next_seq: u64,
    /// Rows are numbered below this.
    pub next_row: u64,
    /// Row groups are numbered below this.
    pub next_group: u64,
    /// Milliseconds since 1970 when the container was made.
    pub created_ms: u64,
    /// The manifest's own extent.
    pub manifest: Extent,
    /// The schema.
    pub schema: Arc<Schema>,
    /// JSON metadata of the container.
    pub metadata: Arc<str>,
    /// Spaces by id.
    pub spaces: Arc<Vec<Space>>,
    /// Cursors by ingest and split.
    pub cursors: Arc<BTreeMap<(String, String), Cursor>>,
    /// Columns by number.
    pub columns: BTreeMap<u32, Arc<Column>>,
    /// Indexes.
    pub indexes: Arc<Vec<IndexDesc>>,
}

/// The payload of a log record, and where its extents are.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// The bytes.
    pub bytes: &'a Bytes,
    /// The medium.
    pub storage: &'a Arc<dyn Storage>,
}

impl State {
    /// The state of a manifest.
    pub fn from_manifest(
        manifest: Manifest,
        uuid: [u8; 16],
        extent: Extent,
        space: Space,
        storage: &Arc<dyn Storage>,
    ) -> Self {
        let mut columns: BTreeMap<u32, Vec<GroupRef>> = BTreeMap::new();
        for desc in manifest.groups {
            let dead = (desc.dead_count > 0).then(|| {
                Arc::new(DeadSet::stored(desc.dead, storage, desc.count, desc.dead_count))
            });
            let column = columns.entry(desc.column).or_default();
            column.push(GroupRef::new(Arc::new(Group::in_extent(desc, storage)), dead));
        }
        let mut spaces = vec![space];
        spaces.extend(manifest.spaces);
        let key = |c: &Cursor| (c.ingest.clone(), c.split.clone());
        Self {
            uuid,
            epoch: manifest.epoch,
            next_seq: 0,
            next_row: manifest.next_row,
            next_group: manifest.next_group,
            created_ms: manifest.created_ms,
            manifest: extent,
            schema: Arc::new(manifest.schema),
            metadata: manifest.metadata.into(),
            spaces: Arc::new(spaces),
            cursors: Arc::new(manifest.cursors.into_iter().map(|c| (key(&c), c)).collect()),
            columns: columns
                .into_iter()
                .map(|(n, groups)| (n, Arc::new(Column::new(groups))))
                .collect(),
            indexes: Arc::new(manifest.indexes),
        }
    }

    /// The manifest of this state; every row group must be in an extent.
    pub fn to_manifest(&self, epoch: u64) -> Manifest {
        let mut groups = Vec::new();
        for group in self.columns.values().flat_map(|column| column.groups()) {
            let dead = group.dead();
            groups.push(GroupDesc {
                dead_count: dead.map_or(0, |dead| dead.count()),
                dead: dead.and_then(|dead| dead.extent()).unwrap_or_default(),
                ..group.group().desc().clone()
            });
        }
        Manifest {
            epoch,
            next_row: self.next_row,
            next_group: self.next_group,
            images: self.images(),
            created_ms: self.created_ms,
            schema: (*self.schema).clone(),
            metadata: self.metadata.to_string(),
            spaces: self.spaces.get(1..).unwrap_or(&[]).to_vec(),
            cursors: self.cursors.values().cloned().collect(),
            groups,
            indexes: (*self.indexes).clone(),
        }
    }

    /// Live images.
    pub fn images(&self) -> u64 {
        self.columns.get(&COLUMN_KEYS).map_or(0, |keys| keys.live())
    }

    /// The column of a number, if it has row groups.
    pub fn column(&self, number: u32) -> Option<&Column> {
        self.columns.get(&number).map(|column| &**column)
    }

    /// The row of a live image. One interpolation search per row group of keys, of which there are few.
    pub fn row_of(&self, key: &str) -> Result<Option<u64>> {
        let groups = self.column(COLUMN_KEYS).map_or(&[][..], Column::groups);
        for group in groups.iter().rev() {
            let live = |position| group.is_live(position);
            if let Some(position) = KeysView::new(group.group()).find(key, live)? {
                return Ok(group.group().rows()?.get(position));
            }
        }
        Ok(None)
    }

    /// The key of a live row.
    pub fn key_of(&self, row: u64) -> Result<Option<&str>> {
        let Some(column) = self.column(COLUMN_KEYS) else { return Ok(None) };
        let Some((group, position)) = column.find(row)? else { return Ok(None) };
        KeysView::new(group.group()).key(position).map(Some)
    }

    /// Rows of live images as a bitmap.
    pub fn live_rows(&self) -> Result<Bitmap> {
        self.rows_of_column(COLUMN_KEYS)
    }

    /// Rows that have a value in a column, as a bitmap.
    pub fn rows_of_column(&self, number: u32) -> Result<Bitmap> {
        let mut rows = Bitmap::new(self.next_row);
        for group in self.column(number).map_or(&[][..], Column::groups) {
            let dead = group.dead_bits()?;
            match group.group().rows()? {
                Rows::Dense { first, count } if dead.is_none() => {
                    rows.set_range(first..first.saturating_add(count));
                }
                list => {
                    for (position, row) in list.iter().enumerate() {
                        if !dead.is_some_and(|dead| dead.get(position as u64)) {
                            rows.set(row);
                        }
                    }
                }
            }
        }
        Ok(rows)
    }

    /// Applies one operation.
    pub fn apply(&mut self, op: Op, payload: Payload<'_>) -> Result<()> {
        match op {
            Op::AddGroup(desc) => self.add_group(desc, payload)?,
            Op::DeleteRows(rows) => {
                for column in self.columns.values_mut() {
                    Arc::make_mut(column).kill(Rows::List(&rows))?;
                }
            }
            Op::ClearRows { column, rows } => {
                if let Some(column) = self.columns.get_mut(&column) {
                    Arc::make_mut(column).kill(Rows::List(&rows))?;
                }
            }
            Op::SetCursor(cursor) => {
                let key = (cursor.ingest.clone(), cursor.split.clone());
                Arc::make_mut(&mut self.cursors).insert(key, cursor);
                refuse_over(Rule::Cursor, self.cursors.len(), CURSORS_MAX)?;
            }
            Op::SetSchema(schema) => self.set_schema(schema)?,
            Op::AddSpace(space) => {
                Arc::make_mut(&mut self.spaces).push(space);
                refuse_over(Rule::LogOps, self.spaces.len(), SPACES_MAX)?;
            }
            Op::SetMetadata(json) => self.metadata = json.into(),
        }
        Ok(())
    }

    /// A schema may grow; a column that had row groups keeps its layout, its features keep their shape, and
    /// its regions their numbers.
    fn set_schema(&mut self, schema: Schema) -> Result<()> {
        for &number in self.columns.keys() {
            let field = |of: &Schema| of.fields.iter().find(|f| f.column == number).cloned();
            let same_field = match (field(&self.schema), field(&schema)) {
                (Some(old), Some(new)) => {
                    (old.dtype, old.dim) == (new.dtype, new.dim)
                        && new.regions.starts_with(&old.regions)
                }
                _ => true,
            };
            let layout = |of: &Schema| Layout::of_column(of, number);
            if layout(&self.schema) != layout(&schema) || !same_field {
                let text = format!("a new schema changes column {number}, which has row groups");
                return Err(Damage::new(Rule::SchemaValues, 0, text).into());
            }
        }
        self.schema = Arc::new(schema);
        Ok(())
    }

    fn add_group(&mut self, desc: GroupDesc, payload: Payload<'_>) -> Result<()> {
        if Layout::of_column(&self.schema, desc.column) != Some(desc.layout) {
            let text = format!("row group {} does not have the layout of its column", desc.id);
            return Err(Damage::new(Rule::GroupDescriptor, 0, text).into());
        }
        if desc.id < self.next_group || desc.id == u64::MAX {
            let text = format!("the number of row group {} is taken or too high", desc.id);
            return Err(Damage::new(Rule::GroupDescriptor, 0, text).into());
        }
        if desc.column == COLUMN_KEYS {
            self.next_row = self.next_row.max(desc.last_row.saturating_add(1));
        } else if desc.last_row >= self.next_row {
            let text = format!("row group {} has rows of no image", desc.id);
            return Err(Damage::new(Rule::RowRange, 0, text).into());
        }
        self.next_group = self.next_group.max(desc.id.saturating_add(1));
        let group = if desc.inline {
            let start = usize::try_from(desc.data.page).unwrap_or(usize::MAX);
            let len = usize::try_from(desc.data.len).unwrap_or(usize::MAX);
            let bytes = payload.bytes.slice(start..start.saturating_add(len));
            let outside =
                || Damage::new(Rule::GroupDescriptor, 0, "an inline row group is cut short");
            Group::in_memory(desc, bytes.ok_or_else(outside)?)
        } else {
            Group::in_extent(desc, payload.storage)
        };
        let number = group.desc().column;
        group.check_field(self.schema.fields.iter().find(|field| field.column == number))?;
        let column = Arc::make_mut(self.columns.entry(number).or_default());
        column.push(Arc::new(group))?;
        tiers::fold(column, &self.schema)
    }
}

fn refuse_over(rule: Rule, count: usize, limit: u64) -> Result<()> {
    if count as u64 <= limit {
        return Ok(());
    }
    Err(Damage::new(rule, 0, format!("{count} are over the limit of {limit}")).into())
}
