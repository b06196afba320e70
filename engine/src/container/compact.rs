//! Rewriting a state without what is dead: compaction in place, and copies into another medium.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alloc::{Run, page_bytes};
use super::column::{Column, GroupRef};
use super::index::Derive;
use super::merge::merge;
use super::relocate::{Copier, relocate, tokens_field};
use super::state::State;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::limits::PAGE_BYTES;
use crate::format::schema::FieldDef;
use crate::storage::Storage;

/// Row groups are merged up to about this many bytes.
const GROUP_BYTES: u64 = 64 << 20;

/// Told (bytes done, bytes in all); stops the work by returning false.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;

/// New row numbers: live rows, counted.
struct Renumber {
    live: Bitmap,
    /// Live rows before each word of the bitmap.
    before: Vec<u64>,
}

impl Renumber {
    fn new(live: Bitmap) -> Self {
        let mut sum = 0_u64;
        let mut before = Vec::with_capacity(live.words().len());
        for word in live.words() {
            before.push(sum);
            sum = sum.saturating_add(u64::from(word.count_ones()));
        }
        Self { live, before }
    }

    fn get(&self, row: u64) -> Option<u64> {
        if !self.live.get(row) {
            return None;
        }
        let word = usize::try_from(row / 64).ok()?;
        let below = self.live.words().get(word)? & (1_u64 << (row % 64)).wrapping_sub(1);
        Some(self.before.get(word)?.saturating_add(u64::from(below.count_ones())))
    }

    fn count(&self) -> u64 {
        self.live.count()
    }

    /// The row that becomes `number`, or the end of all rows.
    fn row_at(&self, number: u64) -> u64 {
        let word = self.before.partition_point(|&before| before <= number).saturating_sub(1);
        let mut left = number.saturating_sub(self.before.get(word).copied().unwrap_or(0));
        let mut bits = self.live.words().get(word).copied().unwrap_or(0);
        while left > 0 && bits != 0 {
            bits &= bits.wrapping_sub(1);
            left = left.saturating_sub(1);
        }
        if bits == 0 {
            return u64::MAX;
        }
        (word as u64).saturating_mul(64).saturating_add(u64::from(bits.trailing_zeros()))
    }
}

impl Writer {
    /// Writes the live rows of `source`, renumbered without gaps, into this container's medium and returns
    /// the state that they make. Row order is kept. Memory: about one row group. Tensors and prompt sets stay where
    /// they are, unless they lie on a `foreign` medium.
    fn rewrite(
        &mut self,
        source: &State,
        foreign: Option<&Arc<dyn Storage>>,
        progress: Progress<'_>,
    ) -> Result<State> {
        let renumber = Renumber::new(source.live_rows()?);
        let mut copier = foreign.map(Copier::new);
        let total: u64 = source
            .columns
            .iter()
            .map(|(&number, column)| moved_bytes(source, number, column, foreign.is_some()))
            .sum();
        let mut done = 0_u64;
        let mut next_group = self.state.next_group;
        let mut columns: BTreeMap<u32, Vec<GroupRef>> = BTreeMap::new();
        for (&number, column) in &source.columns {
            let out = columns.entry(number).or_default();
            let bytes = moved_bytes(source, number, column, foreign.is_some());
            let tokens = tokens_field(&source.schema, number);
            // Windows of equal numbers of images that have a value here.
            let present = Renumber::new(source.rows_of_column(number)?);
            let windows = bytes.div_ceil(GROUP_BYTES).max(1);
            let step = present.count().div_ceil(windows).max(1);
            let mut first = 0;
            while first < present.count() {
                let next = first.saturating_add(step);
                let window = present.row_at(first)..present.row_at(next);
                let map = |row| renumber.get(row);
                if let Some(mut encoded) = merge(column.groups(), &source.schema, &window, &map)? {
                    if let (Some(copier), Some(field)) = (&mut copier, tokens) {
                        let storage = copier.source();
                        let mut place = |extent| copier.copy(&mut self.extents, extent);
                        encoded = relocate(&encoded, field, &storage, &mut place)?;
                    }
                    out.push(self.write_group(number, &encoded, &mut next_group)?);
                }
                first = next;
                done = done.saturating_add(bytes / windows);
                if !progress(done.min(total), total) {
                    return Err(Error::Cancelled);
                }
            }
        }
        columns.retain(|_, groups| !groups.is_empty());
        let mut next = State {
            next_row: renumber.count(),
            next_group,
            columns: Self::columns(columns),
            indexes: Arc::default(),
            storage: Arc::clone(&self.extents.storage),
            ..source.clone()
        };
        if let Some(copier) = &mut copier {
            for set in source.prompt_sets.values() {
                let data = copier.copy(&mut self.extents, set.def().data)?;
                self.place_prompt_set(&mut next, set, data);
            }
        }
        self.carry_indexes(source, &mut next, &|row| renumber.get(row))?;
        Ok(next)
    }

    /// Drops deleted rows and merges row groups. The space comes back with
    /// [`Writer::shrink_step`] and [`Writer::finish_shrink`].
    pub fn compact(&mut self, progress: Progress<'_>) -> Result<()> {
        self.guarded(|w| {
            let source = w.state.clone();
            let next = w.rewrite(&source, None, progress)?;
            drop(source);
            w.install(next, false)
        })
    }

    /// After a compaction and the release of the old state: moves extents towards the start of the file. True
    /// when that made a new state, which must be published before the next call.
    pub fn shrink_step(&mut self) -> Result<bool> {
        self.guarded(|w| {
            w.reclaim()?;
            w.move_down()
        })
    }

    /// Gives free space at the end back. What readers of older states still need stays. With `secure` every
    /// byte that is not part of the state is overwritten with zeros, or nothing is done while there are such
    /// readers.
    pub fn finish_shrink(&mut self, secure: bool) -> Result<()> {
        self.guarded(|w| {
            w.reclaim()?;
            if secure {
                w.overwrite_free()?;
            }
            w.truncate()
        })
    }

    /// Overwrites every free byte of the file with zeros, and syncs.
    fn overwrite_free(&mut self) -> Result<()> {
        if !self.extents.alloc.waits_for().is_empty() {
            return Err(Error::ReadersActive);
        }
        let storage = Arc::clone(&self.extents.storage);
        let len = storage.len().map_err(Error::io("reading the length of the container"))?;
        let end = page_bytes(self.extents.alloc.end());
        let tail =
            Run { page: end / PAGE_BYTES, pages: len.saturating_sub(end).div_ceil(PAGE_BYTES) };
        let runs: Vec<Run> = self.extents.alloc.free_runs().chain([tail]).collect();
        for run in runs {
            overwrite(&storage, page_bytes(run.page), page_bytes(run.end()).min(len))?;
        }
        storage.sync().map_err(Error::io("syncing overwritten space"))
    }
}

fn overwrite(storage: &Arc<dyn Storage>, from: u64, to: u64) -> Result<()> {
    let zeros = vec![0; 1 << 20];
    let mut at = from;
    while at < to {
        let len = usize::try_from(to - at).unwrap_or(usize::MAX).min(zeros.len());
        let part = zeros.get(..len).unwrap_or(&[]);
        storage.write_at(at, part).map_err(Error::io("overwriting free space"))?;
        at = at.saturating_add(len as u64);
    }
    Ok(())
}

/// Bytes that rewriting a column moves.
fn moved_bytes(state: &State, number: u32, column: &Column, foreign: bool) -> u64 {
    let tokens = tokens_field(&state.schema, number).filter(|_| foreign);
    let tensor = tokens.and_then(FieldDef::tensor_bytes).unwrap_or(0);
    live_bytes(column).saturating_add(column.live().saturating_mul(tensor))
}

fn live_bytes(column: &Column) -> u64 {
    let bytes = |g: &GroupRef| {
        let desc = g.group().desc();
        let live = u128::from(g.group().len_bytes()) * u128::from(g.live());
        u64::try_from(live / u128::from(desc.count.max(1))).unwrap_or(u64::MAX)
    };
    column.groups().iter().map(bytes).sum()
}

impl Writer {
    /// Makes a new container on an empty medium out of a state.
    pub fn copy_of(
        source: &State,
        storage: &Arc<dyn Storage>,
        derive: Arc<dyn Derive>,
        progress: Progress<'_>,
    ) -> Result<()> {
        let space = source.spaces.first().cloned().unwrap_or_default();
        let schema = (*source.schema).clone();
        let mut writer = Self::create(storage, &space, schema, source.metadata.to_string())?;
        writer.superblock.incompat = source.incompat;
        writer.set_derive(derive);
        let copied = writer.guarded(|w| {
            let mut next = w.rewrite(source, Some(&source.storage), progress)?;
            next.uuid = w.state.uuid;
            w.install(next, false)
        });
        copied?;
        while writer.shrink_step()? {}
        writer.close()
    }
}
