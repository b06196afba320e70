//! Lists whose rows have got other ordinals.

use super::sections::{Head, Sections};
use super::view::ListsView;
use super::super::kernels::bits::{Facts, Group, ROWS};

/// The sections of an index whose rows have moved: `new_of` gives the new ordinal of an old one, `None` for a row that is
/// gone. `rows` is the number of ordinals from now on; entries that would lie beyond are dropped too.
///
/// Recalls stay those that were measured. One pass over the index.
pub fn remap(view: &ListsView<'_>, rows: u32, new_of: impl Fn(u32) -> Option<u32>) -> Vec<Vec<u8>> {
    let mut moved = Sections {
        centre: view.centre.to_vec(),
        bytes: view.coarse.bytes.to_vec(),
        scales: view.coarse.scales.to_vec(),
        coarse_codes: view.coarse.codes.to_vec(),
        coarse_facts: view.coarse.facts.to_vec(),
        starts: vec![0],
        efforts: view.efforts.table().to_vec(),
        ..Sections::default()
    };
    let groups = view.head.groups();
    let mut entries = 0_u32;
    for list in view.lists() {
        let mut count = 0_usize;
        for (place, old) in list.ordinals.iter().take(list.count).enumerate() {
            let Some(new) = new_of(*old).filter(|new| *new < rows) else { continue };
            let row = count % ROWS;
            if row == 0 {
                moved.codes.resize(moved.codes.len() + groups, [[0; ROWS]; 3]);
                moved.facts.push([[0.0; ROWS]; 3]);
                moved.ordinals.resize(moved.facts.len() * ROWS, u32::MAX);
            }
            let block = moved.facts.len() - 1;
            if let Some(slot) = moved.ordinals.get_mut(block * ROWS + row) {
                *slot = new;
            }
            let from = list.codes.chunks(groups.max(1)).nth(place / ROWS).unwrap_or_default();
            let to = moved.codes.get_mut(block * groups..).unwrap_or_default();
            copy_codes(from, place % ROWS, to, row);
            if let (Some(from), Some(to)) = (list.facts.get(place / ROWS), moved.facts.last_mut()) {
                copy_facts(from, place % ROWS, to, row);
            }
            count += 1;
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        moved.counts.push(count);
        moved.starts.push(u32::try_from(moved.facts.len()).unwrap_or(u32::MAX));
        entries = entries.saturating_add(count);
    }
    let head = Head { rows, entries, blocks: moved.facts.len(), ..view.head };
    moved.into_bytes(&head)
}

/// The byte of a row in a plane.
fn byte(row: usize) -> usize {
    row % 32 * 2 + row / 32
}

fn copy_codes(from: &[Group], row: usize, to: &mut [Group], new_row: usize) {
    for (from, to) in from.iter().zip(to) {
        let planes = from.iter().zip(to);
        for (from, to) in planes {
            if let (Some(from), Some(to)) = (from.get(byte(row)), to.get_mut(byte(new_row))) {
                *to = *from;
            }
        }
    }
}

fn copy_facts(from: &Facts, row: usize, to: &mut Facts, new_row: usize) {
    let arrays = from.iter().zip(to);
    for (from, to) in arrays {
        if let (Some(from), Some(to)) = (from.get(row), to.get_mut(new_row)) {
            *to = *from;
        }
    }
}
