//! The segments of an image in a masks column.

use super::column::{Column, GroupRef};
use super::state::State;
use super::view::MasksView;
use crate::error::Result;
use crate::format::segment::slot_of;

/// A live segment: where it stands.
#[derive(Clone, Copy, Debug)]
pub struct SegmentPlace<'a> {
    /// Its number among those of its image.
    pub slot: u64,
    /// Its row group.
    pub view: MasksView<'a>,
    /// Its place there.
    pub position: usize,
}

impl State {
    /// The live segments of an image, ascending by number. O(row groups + segments).
    pub fn segments_of(&self, column: u32, image: u64) -> Result<Vec<SegmentPlace<'_>>> {
        let mut found = Vec::new();
        for group in self.groups_of(column) {
            let view = MasksView::new(group.group());
            let (dead, rows) = (group.dead_bits()?, group.group().rows()?);
            let places = view.of_image(image)?;
            view.check_records(places.clone())?;
            for position in places {
                if !dead.is_some_and(|dead| dead.get(position as u64)) {
                    let slot = slot_of(rows.get(position).unwrap_or(0));
                    found.push(SegmentPlace { slot, view, position });
                }
            }
        }
        found.sort_unstable_by_key(|place| place.slot);
        Ok(found)
    }

    /// The live segment of a name. In each row group a search for the name, then a scan of the codes of the image:
    /// four bytes a segment.
    pub fn find_segment(
        &self,
        column: u32,
        image: u64,
        group: &str,
        name: &str,
    ) -> Result<Option<SegmentPlace<'_>>> {
        for part in self.groups_of(column).iter().rev() {
            let view = MasksView::new(part.group());
            let places = view.of_image(image)?;
            if places.is_empty() {
                continue;
            }
            let Some(code) = view.code_of(group, name)? else { continue };
            let start = places.start;
            for (offset, &one) in view.codes(places)?.iter().enumerate() {
                let position = start.saturating_add(offset);
                if one == code && part.is_live(position)? {
                    let slot = slot_of(part.group().rows()?.get(position).unwrap_or(0));
                    return Ok(Some(SegmentPlace { slot, view, position }));
                }
            }
        }
        Ok(None)
    }

    /// The number behind those of all live segments of an image. O(row groups), and over what was deleted last.
    pub fn next_slot(&self, column: u32, image: u64) -> Result<u64> {
        let mut next = 0;
        for group in self.groups_of(column) {
            let (dead, rows) = (group.dead_bits()?, group.group().rows()?);
            let places = MasksView::new(group.group()).of_image(image)?;
            let live = places.rev().find(|&at| !dead.is_some_and(|dead| dead.get(at as u64)));
            if let Some(row) = live.and_then(|position| rows.get(position)) {
                next = next.max(slot_of(row).saturating_add(1));
            }
        }
        Ok(next)
    }

    /// Whether an image has a live segment.
    pub fn has_segments(&self, column: u32, image: u64) -> Result<bool> {
        Ok(self.next_slot(column, image)? > 0)
    }

    fn groups_of(&self, column: u32) -> &[GroupRef] {
        self.column(column).map_or(&[], Column::groups)
    }
}
