//! Rewriting a state without what is dead: compaction in place, and copies into another medium.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alloc::{Run, page_bytes};
use super::column::{Column, GroupRef};
use super::group::Group;
use super::merge::merge;
use super::state::State;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::group::GroupDesc;
use crate::format::limits::PAGE_BYTES;
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
    /// the state that they make. Row order is kept. Memory: about one row group.
    pub(super) fn rewrite(&mut self, source: &State, progress: Progress<'_>) -> Result<State> {
        let renumber = Renumber::new(source.live_rows()?);
        let total: u64 = source.columns.values().map(|column| live_bytes(column)).sum();
        let mut done = 0_u64;
        let mut next_group = self.state.next_group;
        let mut columns: BTreeMap<u32, Vec<GroupRef>> = BTreeMap::new();
        for (&number, column) in &source.columns {
            let out = columns.entry(number).or_default();
            let bytes = live_bytes(column);
            // Windows of equal numbers of images that have a value here.
            let present = Renumber::new(source.rows_of_column(number)?);
            let windows = bytes.div_ceil(GROUP_BYTES).max(1);
            let step = present.count().div_ceil(windows).max(1);
            let mut first = 0;
            while first < present.count() {
                let next = first.saturating_add(step);
                let window = present.row_at(first)..present.row_at(next);
                let map = |row| renumber.get(row);
                if let Some(encoded) = merge(column.groups(), &source.schema, &window, &map)? {
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
        let indexes = Arc::default();
        let columns = Self::columns(columns);
        Ok(State { next_row: renumber.count(), next_group, columns, indexes, ..source.clone() })
    }

    /// Drops deleted rows and merges row groups. The space comes back with
    /// [`Writer::shrink_step`] and [`Writer::finish_shrink`].
    pub fn compact(&mut self, progress: Progress<'_>) -> Result<()> {
        self.guarded(|w| {
            let source = w.state.clone();
            let next = w.rewrite(&source, progress)?;
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

    /// Moves extents into free space before them; false when none moved.
    pub(super) fn move_down(&mut self) -> Result<bool> {
        if self.tail.segment.is_some() {
            // Somebody committed meanwhile, and what is in the log has no place yet.
            return Ok(false);
        }
        let mut places: Vec<(u64, u32, usize)> = Vec::new();
        for (&number, column) in &self.state.columns {
            for (index, group) in column.groups().iter().enumerate() {
                places.push((group.group().desc().data.page, number, index));
            }
        }
        places.sort_unstable();
        let mut moved: BTreeMap<(u32, usize), GroupRef> = BTreeMap::new();
        for (page, number, index) in places {
            let column = self.state.columns.get(&number).map(Arc::clone);
            let Some(group) = column.as_ref().and_then(|c| c.groups().get(index)) else { continue };
            let desc = group.group().desc();
            let run = self.extents.alloc.take(desc.data.pages());
            if run.page >= page {
                self.extents.alloc.give_back(run);
                continue;
            }
            self.copy_pages(page, run)?;
            let data = crate::format::extent::Extent { page: run.page, ..desc.data };
            let desc = GroupDesc { data, ..desc.clone() };
            let copy = Group::in_extent(desc, &self.extents.storage);
            moved.insert((number, index), GroupRef::new(Arc::new(copy), group.dead().cloned()));
        }
        if moved.is_empty() {
            return Ok(false);
        }
        let mut next = self.state.clone();
        for (&number, column) in &self.state.columns {
            let groups = column.groups().iter().enumerate();
            let groups =
                groups.map(|(i, g)| moved.get(&(number, i)).unwrap_or(g).clone()).collect();
            next.columns.insert(number, Arc::new(Column::new(groups)));
        }
        self.install(next, false)?;
        Ok(true)
    }

    fn copy_pages(&mut self, from: u64, to: Run) -> Result<()> {
        const STEP_PAGES: u64 = 2048;
        let mut at = 0;
        while at < to.pages {
            let pages = STEP_PAGES.min(to.pages - at);
            let mut bytes = vec![0; usize::try_from(page_bytes(pages)).unwrap_or(0)];
            let storage = &self.extents.storage;
            let source = page_bytes(from.saturating_add(at));
            storage.read_at(source, &mut bytes).map_err(Error::io("moving an extent"))?;
            let target = page_bytes(to.page.saturating_add(at));
            storage.write_at(target, &bytes).map_err(Error::io("moving an extent"))?;
            at = at.saturating_add(pages);
        }
        Ok(())
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
        progress: Progress<'_>,
    ) -> Result<()> {
        let space = source.spaces.first().cloned().unwrap_or_default();
        let schema = (*source.schema).clone();
        let mut writer = Self::create(storage, &space, schema, source.metadata.to_string())?;
        let copied = writer.guarded(|w| {
            let mut next = w.rewrite(source, progress)?;
            next.uuid = w.state.uuid;
            w.install(next, false)
        });
        copied?;
        while writer.shrink_step()? {}
        writer.close()
    }
}
