//! The manifest: the list of everything that one state is made of.

use super::group::GroupDesc;
use super::group::descriptor::GROUP_DESC_BYTES;
use super::index::{INDEX_DESC_BYTES, IndexDesc};
use super::limits::{
    CURSORS_MAX, GROUPS_MAX, JSON_BYTES_MAX, PROMPT_SETS_MAX, ROWS_MAX, SPACES_MAX,
};
use super::ops::Cursor;
use super::prompts::{PROMPT_SET_BYTES_MIN, PromptSetDef};
use super::reader::Reader;
use super::schema::Schema;
use super::space::{SPACE_BYTES, Space};
use super::writer::Writer;
use super::{Damage, Rule};

/// "VMAN".
pub const MANIFEST_MAGIC: u32 = u32::from_le_bytes(*b"VMAN");
/// Version of the manifest's layout.
pub const MANIFEST_VERSION: u32 = 1;
/// A decoded manifest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Epoch of the state.
    pub epoch: u64,
    /// Rows are numbered below this.
    pub next_row: u64,
    /// Row groups are numbered below this.
    pub next_group: u64,
    /// Live images.
    pub images: u64,
    /// Milliseconds since 1970 (UTC) when the container was made.
    pub created_ms: u64,
    /// The schema.
    pub schema: Schema,
    /// JSON metadata of the container.
    pub metadata: String,
    /// Spaces with id 1, 2, ...; space 0 is page 2.
    pub spaces: Vec<Space>,
    /// Cursors.
    pub cursors: Vec<Cursor>,
    /// Row groups, older before newer.
    pub groups: Vec<GroupDesc>,
    /// Indexes.
    pub indexes: Vec<IndexDesc>,
    /// Prompt sets.
    pub prompt_sets: Vec<PromptSetDef>,
}

impl Manifest {
    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u32(MANIFEST_MAGIC);
        w.u32(MANIFEST_VERSION);
        w.u64(self.epoch);
        w.u64(self.next_row);
        w.u64(self.next_group);
        w.u64(self.images);
        w.u64(self.created_ms);
        self.schema.encode(&mut w);
        w.text(&self.metadata);
        w.u64(self.spaces.len() as u64);
        for space in &self.spaces {
            space.encode(&mut w);
        }
        w.u64(self.cursors.len() as u64);
        for cursor in &self.cursors {
            cursor.encode(&mut w);
        }
        w.u64(self.groups.len() as u64);
        for group in &self.groups {
            group.encode(&mut w);
        }
        w.u64(self.indexes.len() as u64);
        for index in &self.indexes {
            index.encode(&mut w);
        }
        w.u64(self.prompt_sets.len() as u64);
        for set in &self.prompt_sets {
            set.encode(&mut w);
        }
        w.into_bytes()
    }

    /// Reads and checks a manifest at `at` of a file of `file_len` bytes.
    pub fn decode(bytes: &[u8], at: u64, file_len: u64) -> Result<Self, Damage> {
        let mut r = Reader::new(bytes, at, Rule::ManifestLayout);
        if r.u32()? != MANIFEST_MAGIC || r.u32()? != MANIFEST_VERSION {
            return Err(r.damage("not a manifest, or one of an unknown version"));
        }
        let mut m = Self {
            epoch: r.u64()?,
            next_row: r.u64()?,
            next_group: r.u64()?,
            images: r.u64()?,
            created_ms: r.u64()?,
            schema: Schema::decode(&mut r)?,
            metadata: r.text(JSON_BYTES_MAX)?,
            ..Self::default()
        };
        if m.next_row > ROWS_MAX || m.images > m.next_row {
            return Err(Damage::new(Rule::RowRange, at, "the number of rows is not possible"));
        }
        for _ in 0..r.count(SPACES_MAX, SPACE_BYTES as u64)? {
            m.spaces.push(Space::decode(&mut r)?);
        }
        for _ in 0..r.count(CURSORS_MAX, 20)? {
            m.cursors.push(Cursor::decode(&mut r)?);
        }
        for _ in 0..r.count(GROUPS_MAX, GROUP_DESC_BYTES)? {
            m.groups.push(GroupDesc::decode(&mut r, file_len, None)?);
        }
        for _ in 0..r.count(GROUPS_MAX, INDEX_DESC_BYTES)? {
            m.indexes.push(IndexDesc::decode(&mut r, file_len)?);
        }
        let before = r.limits(Rule::PromptSet);
        let sets = r.count(PROMPT_SETS_MAX, PROMPT_SET_BYTES_MIN)?;
        r.limits(before);
        for _ in 0..sets {
            m.prompt_sets.push(PromptSetDef::decode(&mut r, file_len)?);
        }
        r.finish()?;
        m.check(at)?;
        Ok(m)
    }

    fn check(&self, at: u64) -> Result<(), Damage> {
        let mut ids = std::collections::HashSet::new();
        for group in &self.groups {
            let bad = |what: &str| {
                let text = format!("row group {} {what}", group.id);
                Err(Damage::new(Rule::GroupDescriptor, at, text))
            };
            if group.id >= self.next_group || !ids.insert(group.id) {
                return bad("has a number that is taken or too high");
            }
            if group.last_image() >= self.next_row {
                return Err(Damage::new(Rule::RowRange, at, "a row group has rows too high"));
            }
            let layout = super::group::Layout::of_column(&self.schema, group.column);
            if layout != Some(group.layout) {
                return bad("does not have the layout of its column");
            }
        }
        let mut names = std::collections::HashSet::new();
        for cursor in &self.cursors {
            if !names.insert((&cursor.ingest, &cursor.split)) {
                return Err(Damage::new(Rule::Cursor, at, "a cursor is there twice"));
            }
        }
        let mut names = std::collections::HashSet::new();
        for set in &self.prompt_sets {
            if !names.insert(&set.name) {
                let text = format!("prompt set {:?} is there twice", set.name);
                return Err(Damage::new(Rule::PromptSet, at, text));
            }
            set.check_field(&self.schema, at)?;
        }
        Ok(())
    }
}
