//! Segments of masks, encoded as they come.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::container::encode::{Encoded, MasksInput, SegmentEntry};
use crate::error::Result;
use crate::format::segment::{BlockRef, SegmentRecord, VoxelFacts, image_of, slot_of};
use crate::model::{Segment, TermCode};

/// Encoded voxels: the block, which part of it, and the facts.
#[derive(Clone, Debug)]
pub(crate) struct PendingVoxels {
    pub(crate) block: Arc<[u8]>,
    pub(crate) part: Option<u32>,
    pub(crate) facts: VoxelFacts,
}

/// A segment that waits for its commit; its voxels, if it has some.
#[derive(Clone, Debug)]
pub(crate) struct PendingSegment {
    pub(crate) segment: Segment,
    pub(crate) voxels: Option<PendingVoxels>,
}

/// Where a name went in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// To the segment of a number.
    Here(u64),
    /// Away.
    Gone,
}

impl Named {
    /// The number, if the name is there.
    pub(crate) fn slot(self) -> Option<u64> {
        match self {
            Self::Here(slot) => Some(slot),
            Self::Gone => None,
        }
    }
}

/// Group and name.
type Name = (String, String);

/// Segments by row.
#[derive(Debug, Default)]
pub(crate) struct PendingMasks {
    values: BTreeMap<u64, PendingSegment>,
    /// Where the names of an image went.
    names: HashMap<u64, HashMap<Name, Named>>,
    /// The next number of an image.
    next: HashMap<u64, u64>,
    /// Numbers of an image that are free and below the next one, as far as this transaction freed them.
    free: HashMap<u64, BTreeSet<u64>>,
    bytes: usize,
}

impl PendingMasks {
    /// What this transaction says of a name, if anything.
    pub(crate) fn named(&self, image: u64, group: &str, name: &str) -> Option<Named> {
        let names = self.names.get(&image)?;
        names.get(&(group.to_owned(), name.to_owned())).copied()
    }

    /// The names that this transaction gave to segments of an image.
    pub(crate) fn names_of(&self, image: u64) -> impl Iterator<Item = (&Name, Option<u64>)> {
        self.names.get(&image).into_iter().flatten().map(|(name, to)| (name, to.slot()))
    }

    /// The segment of a row, if it waits here.
    pub(crate) fn get(&self, row: u64) -> Option<&PendingSegment> {
        self.values.get(&row)
    }

    /// The next free number of an image, if it is known here.
    pub(crate) fn next_slot(&self, image: u64) -> Option<u64> {
        self.next.get(&image).copied()
    }

    /// Sets the segment of a row.
    pub(crate) fn set(&mut self, row: u64, value: PendingSegment, next_slot: u64) {
        let image = image_of(row);
        let name = (value.segment.group.clone(), value.segment.name.clone());
        self.names.entry(image).or_default().insert(name, Named::Here(slot_of(row)));
        let next = self.next.entry(image).or_insert(next_slot);
        *next = (*next).max(next_slot).max(slot_of(row).saturating_add(1));
        if let Some(free) = self.free.get_mut(&image) {
            free.remove(&slot_of(row));
        }
        self.bytes = self.bytes.saturating_add(bytes_of(&value));
        if let Some(old) = self.values.insert(row, value) {
            self.bytes = self.bytes.saturating_sub(bytes_of(&old));
        }
    }

    /// Takes a name, and the segment if it waits here, away. The numbers at the end that become free are given again:
    /// else an image whose segments are often deleted and added would come to the last number that there is.
    pub(crate) fn remove(&mut self, row: u64, group: &str, name: &str, next_slot: u64) {
        let image = image_of(row);
        let names = self.names.entry(image).or_default();
        names.insert((group.to_owned(), name.to_owned()), Named::Gone);
        let next = self.next.entry(image).or_insert(next_slot);
        let free = self.free.entry(image).or_default();
        free.insert(slot_of(row));
        while next.checked_sub(1).is_some_and(|last| free.remove(&last)) {
            *next = next.saturating_sub(1);
        }
        if let Some(old) = self.values.remove(&row) {
            self.bytes = self.bytes.saturating_sub(bytes_of(&old));
        }
    }

    /// Whether a segment of an image waits here.
    pub(crate) fn has_image(&self, image: u64) -> bool {
        self.names.get(&image).is_some_and(|names| names.values().any(|to| *to != Named::Gone))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets the values, which were written, but not where the names went.
    pub(crate) fn forget_values(&mut self) {
        self.values.clear();
        self.bytes = 0;
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The row group, less segments that were cleared and those of deleted images.
    pub(crate) fn encode(
        &self,
        cleared: &BTreeSet<u64>,
        deleted: &BTreeSet<u64>,
    ) -> Result<Option<Encoded>> {
        let mut input = MasksInput::default();
        let mut known: HashMap<*const u8, usize> = HashMap::new();
        for (&row, value) in &self.values {
            if cleared.contains(&row) || deleted.contains(&image_of(row)) {
                continue;
            }
            let block = value.voxels.as_ref().map(|voxels| {
                *known.entry(voxels.block.as_ptr()).or_insert_with(|| {
                    input.blocks.push(&voxels.block);
                    input.blocks.len().saturating_sub(1)
                })
            });
            let segment = &value.segment;
            let place = |v: &PendingVoxels| BlockRef { offset: 0, len: 0, part: v.part };
            let record = SegmentRecord {
                voxels: value.voxels.as_ref().map(|v| (place(v), v.facts.clone())),
                priority: segment.priority,
                colour: segment.colour,
                codes: segment.codes.iter().map(|c| [&*c.scheme, &*c.value, &*c.meaning]).collect(),
                json: &segment.json,
            };
            input.rows.push(row);
            input.entries.push(SegmentEntry {
                group: &segment.group,
                name: &segment.name,
                label: segment.label,
                record,
                block,
            });
        }
        if input.rows.is_empty() {
            return Ok(None);
        }
        input.encode().map(Some)
    }
}

fn bytes_of(value: &PendingSegment) -> usize {
    let voxels = value.voxels.as_ref().map_or(0, |voxels| voxels.block.len());
    let text = |code: &TermCode| {
        let texts = [&code.scheme, &code.value, &code.meaning].map(String::len);
        texts.iter().fold(size_of::<TermCode>(), |all, &len| all.saturating_add(len))
    };
    let codes = value.segment.codes.iter().map(text).fold(0, usize::saturating_add);
    voxels.saturating_add(value.segment.json.len()).saturating_add(codes).saturating_add(256)
}

#[cfg(test)]
mod tests {
    use super::{PendingMasks, PendingSegment};
    use crate::model::{Segment, TermCode};

    #[test]
    fn terms_take_memory_too() {
        let mut pending = PendingMasks::default();
        let code = TermCode { meaning: "x".repeat(1 << 20), ..TermCode::default() };
        let segment = Segment { codes: vec![code; 3], ..Segment::new("a", 1) };
        pending.set(0, PendingSegment { segment, voxels: None }, 0);
        assert!(pending.bytes() > 3 << 20);
        pending.remove(0, "", "a", 1);
        assert_eq!(pending.bytes(), 0);
    }
}
