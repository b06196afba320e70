//! One state of the container: immutable once published, cheap to clone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::column::{Column, GroupRef};
use super::dead::DeadSet;
use super::group::{Group, Rows};
use super::index::{Index, sorted};
use super::prompt_set::PromptSet;
use super::tiers;
use super::view::KeysView;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::extent::Extent;
use crate::format::group::{GroupDesc, Layout};
use crate::format::limits::{CURSORS_MAX, PROMPT_SETS_MAX, SPACES_MAX};
use crate::format::manifest::Manifest;
use crate::format::ops::{Cursor, Op};
use crate::format::prompts::PromptSetDef;
use crate::format::schema::{COLUMN_KEYS, Schema};
use crate::format::segment::image_of;
use crate::format::space::Space;
use crate::format::superblock::{INCOMPAT_PROMPT_SETS, Superblock};
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
    /// Indexes, by kind, column and row group.
    pub indexes: Arc<Vec<Arc<Index>>>,
    /// Prompt sets by name.
    pub prompt_sets: Arc<BTreeMap<String, Arc<PromptSet>>>,
    /// Incompatible features of the file: what may be in this state.
    pub incompat: u32,
    /// The medium that it is on.
    pub storage: Arc<dyn Storage>,
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
    ///
    /// # Errors
    ///
    /// [`crate::Error::Corrupt`] when it holds what the feature word of its superblock does not allow.
    pub fn from_manifest(
        manifest: Manifest,
        superblock: &Superblock,
        space: Space,
        storage: &Arc<dyn Storage>,
    ) -> Result<Self> {
        let extent = superblock.manifest;
        let allowed = superblock.incompat;
        for group in &manifest.groups {
            allow(allowed, group.layout, extent.offset())?;
        }
        if !manifest.prompt_sets.is_empty() {
            allow_prompt_sets(allowed, extent.offset())?;
        }
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
        let sets = manifest.prompt_sets.into_iter();
        let indexes = manifest.indexes.into_iter();
        let indexes = indexes.map(|desc| Arc::new(Index::new(desc, storage)));
        let sets = sets.map(|def| (def.name.clone(), Arc::new(PromptSet::new(def, storage))));
        Ok(Self {
            uuid: superblock.uuid,
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
            indexes: sorted(indexes.collect()),
            prompt_sets: Arc::new(sets.collect()),
            incompat: allowed,
            storage: Arc::clone(storage),
        })
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
            indexes: self.indexes.iter().map(|index| index.desc().clone()).collect(),
            prompt_sets: self.prompt_sets.values().map(|set| set.def().clone()).collect(),
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
        if Layout::of_column(&self.schema, number) == Some(Layout::Masks) {
            self.images_of_segments(number, &mut rows)?;
            return Ok(rows);
        }
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

    /// Marks the images that have a live segment in a column.
    fn images_of_segments(&self, number: u32, rows: &mut Bitmap) -> Result<()> {
        for group in self.column(number).map_or(&[][..], Column::groups) {
            let dead = group.dead_bits()?;
            for (position, row) in group.group().rows()?.iter().enumerate() {
                if !dead.is_some_and(|dead| dead.get(position as u64)) {
                    rows.set(image_of(row));
                }
            }
        }
        Ok(())
    }

    /// Applies one operation.
    pub fn apply(&mut self, op: Op, payload: Payload<'_>) -> Result<()> {
        match op {
            Op::AddGroup(desc) => self.add_group(desc, payload)?,
            Op::DeleteRows(rows) => {
                for (&number, column) in &mut self.columns {
                    let column = Arc::make_mut(column);
                    if Layout::of_column(&self.schema, number) == Some(Layout::Masks) {
                        column.kill_images(&rows)?;
                    } else {
                        column.kill(Rows::List(&rows))?;
                    }
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
            Op::SetPromptSet(def) => self.set_prompt_set(*def, payload)?,
            Op::DeletePromptSet(name) => {
                Arc::make_mut(&mut self.prompt_sets).remove(&name);
            }
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
                    (old.dtype, old.dim, old.grid) == (new.dtype, new.dim, new.grid)
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
        for set in self.prompt_sets.values() {
            set.def().check_field(&schema, 0)?;
        }
        self.schema = Arc::new(schema);
        Ok(())
    }

    fn set_prompt_set(&mut self, def: PromptSetDef, payload: Payload<'_>) -> Result<()> {
        allow_prompt_sets(self.incompat, 0)?;
        def.check_field(&self.schema, 0)?;
        let set = PromptSet::new(def, payload.storage);
        // A header that disagrees would be found only when the set is used.
        set.view()?;
        Arc::make_mut(&mut self.prompt_sets).insert(set.def().name.clone(), Arc::new(set));
        refuse_over(Rule::PromptSet, self.prompt_sets.len(), PROMPT_SETS_MAX)
    }

    fn add_group(&mut self, desc: GroupDesc, payload: Payload<'_>) -> Result<()> {
        if Layout::of_column(&self.schema, desc.column) != Some(desc.layout) {
            let text = format!("row group {} does not have the layout of its column", desc.id);
            return Err(Damage::new(Rule::GroupDescriptor, 0, text).into());
        }
        allow(self.incompat, desc.layout, 0)?;
        if desc.id < self.next_group || desc.id == u64::MAX {
            let text = format!("the number of row group {} is taken or too high", desc.id);
            return Err(Damage::new(Rule::GroupDescriptor, 0, text).into());
        }
        if desc.column == COLUMN_KEYS {
            self.next_row = self.next_row.max(desc.last_row.saturating_add(1));
        } else if desc.last_image() >= self.next_row {
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
            Group::in_memory(desc, bytes.ok_or_else(outside)?, payload.storage)
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

/// Refuses a layout whose feature bit the file does not have.
fn allow(incompat: u32, layout: Layout, at: u64) -> Result<()> {
    if incompat & layout.incompat() == layout.incompat() {
        return Ok(());
    }
    let text = format!("a row group of layout {layout:?} without its feature bit");
    Err(Damage::new(Rule::GroupDescriptor, at, text).into())
}

/// Refuses prompt sets without their feature bit.
fn allow_prompt_sets(incompat: u32, at: u64) -> Result<()> {
    if incompat & INCOMPAT_PROMPT_SETS != 0 {
        return Ok(());
    }
    Err(Damage::new(Rule::PromptSet, at, "a prompt set without its feature bit").into())
}

fn refuse_over(rule: Rule, count: usize, limit: u64) -> Result<()> {
    if count as u64 <= limit {
        return Ok(());
    }
    Err(Damage::new(rule, 0, format!("{count} are over the limit of {limit}")).into())
}
