//! A column: its row groups, each row live in at most one of them.

use std::sync::Arc;

use super::dead::DeadSet;
use super::group::{Group, Rows};
use super::view::MasksView;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::segment::image_of;

/// A row group of a column, with its deleted entries.
#[derive(Clone, Debug)]
pub struct GroupRef {
    first_row: u64,
    last_row: u64,
    group: Arc<Group>,
    dead: Option<Arc<DeadSet>>,
}

impl GroupRef {
    /// A row group with the entries that are dead already.
    pub fn new(group: Arc<Group>, dead: Option<Arc<DeadSet>>) -> Self {
        let (first_row, last_row) = (group.desc().first_row, group.desc().last_row);
        Self { first_row, last_row, group, dead }
    }

    /// The row group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// The row group, shared.
    pub fn shared(&self) -> &Arc<Group> {
        &self.group
    }

    /// Its deleted entries, if any.
    pub fn dead(&self) -> Option<&Arc<DeadSet>> {
        self.dead.as_ref()
    }

    /// Bitmap of its deleted entries, if any.
    pub fn dead_bits(&self) -> Result<Option<&Bitmap>> {
        self.dead.as_deref().map(DeadSet::bits).transpose()
    }

    /// Images that are alive.
    pub fn live(&self) -> u64 {
        let dead = self.dead.as_ref().map_or(0, |dead| dead.count());
        self.group.desc().count.saturating_sub(dead)
    }

    /// Whether the entry at a place is alive.
    pub fn is_live(&self, position: usize) -> Result<bool> {
        Ok(!self.dead_bits()?.is_some_and(|dead| dead.get(position as u64)))
    }

    /// The place of a live row.
    pub fn find(&self, row: u64) -> Result<Option<usize>> {
        match self.group.position(row)? {
            Some(position) if self.is_live(position)? => Ok(Some(position)),
            _ => Ok(None),
        }
    }

    /// Marks all segments of images as dead.
    fn kill_images(&mut self, images: &[u64]) -> Result<()> {
        let (first, last) = (image_of(self.first_row), image_of(self.last_row));
        let start = images.partition_point(|&image| image < first);
        let end = images.partition_point(|&image| image <= last);
        let view = MasksView::new(&self.group);
        let mut places = Vec::new();
        for &image in images.get(start..end).unwrap_or(&[]) {
            places.extend(view.of_image(image)?);
        }
        if places.is_empty() {
            return Ok(());
        }
        let fresh = Bitmap::new(self.group.desc().count);
        let mut bits = self.dead_bits()?.cloned().unwrap_or(fresh);
        for place in places {
            bits.set(place as u64);
        }
        self.dead = Some(Arc::new(DeadSet::new(bits)));
        Ok(())
    }

    /// Marks rows as dead; rows that are not here are passed over.
    fn kill(&mut self, rows: Rows<'_>) -> Result<()> {
        let mut bits: Option<Bitmap> = None;
        for row in rows.iter() {
            if row < self.first_row || row > self.last_row {
                continue;
            }
            let Some(position) = self.find(row)? else { continue };
            if bits.is_none() {
                let fresh = Bitmap::new(self.group.desc().count);
                bits = Some(self.dead_bits()?.cloned().unwrap_or(fresh));
            }
            if let Some(bits) = &mut bits {
                bits.set(position as u64);
            }
        }
        if let Some(bits) = bits {
            self.dead = Some(Arc::new(DeadSet::new(bits)));
        }
        Ok(())
    }
}

/// The row groups of one column.
#[derive(Clone, Debug, Default)]
pub struct Column {
    groups: Vec<GroupRef>,
    /// Whether the groups ascend without overlap, so that a row is found by bisection.
    disjoint: bool,
}

impl Column {
    /// A column of these row groups.
    pub fn new(groups: Vec<GroupRef>) -> Self {
        let disjoint = groups.is_sorted_by(|a, b| a.last_row < b.first_row);
        Self { groups, disjoint }
    }

    /// The row groups, older before newer.
    pub fn groups(&self) -> &[GroupRef] {
        &self.groups
    }

    /// Images that have a value here.
    pub fn live(&self) -> u64 {
        self.groups.iter().map(GroupRef::live).sum()
    }

    /// Adds a row group whose rows supersede those of the others.
    pub fn push(&mut self, group: Arc<Group>) -> Result<()> {
        self.kill(group.rows()?)?;
        let added = GroupRef::new(group, None);
        self.disjoint = self.groups.last().is_none_or(|last| {
            (self.disjoint || self.groups.len() == 1) && last.last_row < added.first_row
        });
        self.groups.push(added);
        Ok(())
    }

    /// Replaces the last `count` row groups, whose live rows `merged` holds.
    pub fn replace_last(&mut self, count: usize, merged: Option<GroupRef>) {
        let mut groups = std::mem::take(&mut self.groups);
        groups.truncate(groups.len().saturating_sub(count));
        groups.extend(merged);
        *self = Self::new(groups);
    }

    /// Marks rows, ascending, as dead.
    pub fn kill(&mut self, rows: Rows<'_>) -> Result<()> {
        let Some((first, last)) = rows.get(0).zip(rows.get(rows.len().saturating_sub(1))) else {
            return Ok(());
        };
        for group in &mut self.groups {
            if group.first_row <= last && first <= group.last_row {
                group.kill(rows)?;
            }
        }
        Ok(())
    }

    /// Marks all segments of images, ascending, as dead, in a column of masks.
    pub fn kill_images(&mut self, images: &[u64]) -> Result<()> {
        self.groups.iter_mut().try_for_each(|group| group.kill_images(images))
    }

    /// The row group and the place of a live row. O(log groups) when row groups ascend, as they do after
    /// imports and compactions; O(groups) otherwise.
    pub fn find(&self, row: u64) -> Result<Option<(&GroupRef, usize)>> {
        if self.disjoint {
            let place = self.groups.partition_point(|group| group.last_row < row);
            let Some(group) = self.groups.get(place) else { return Ok(None) };
            return Ok(group.find(row)?.map(|position| (group, position)));
        }
        for group in self.groups.iter().rev() {
            if group.first_row <= row
                && row <= group.last_row
                && let Some(position) = group.find(row)?
            {
                return Ok(Some((group, position)));
            }
        }
        Ok(None)
    }
}
