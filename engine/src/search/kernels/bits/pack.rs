//! Bits of a row to their places in a block.

use super::{Group, SETS, groups};

/// Memory of [`pack_row`], kept from one row to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackRoom(Vec<u8>);

/// Sets the bits of row `row` of a block: that of dimension `i` where `values[i]` is over 0.
pub(crate) fn pack_row(values: &[f32], row: usize, block: &mut [Group], room: &mut PackRoom) {
    let tables = SETS * groups(values.len());
    let PackRoom(sets) = room;
    sets.clear();
    sets.resize(tables, 0);
    for (bit, values) in values.chunks(tables.max(1)).enumerate() {
        for (set, value) in sets.iter_mut().zip(values) {
            *set |= u8::from(*value > 0.0) << bit;
        }
    }
    let byte = row % 32 * 2 + row / 32;
    for (group, sets) in block.iter_mut().zip(sets.as_chunks::<SETS>().0) {
        let [first @ .., last] = sets;
        for (number, (plane, set)) in group.iter_mut().zip(first).enumerate() {
            if let Some(slot) = plane.get_mut(byte) {
                *slot = set | last >> (2 * number) << 6;
            }
        }
    }
}

/// The bit of element `i` of row `row` of a block, as [`pack_row`] puts it.
pub(crate) fn bit(block: &[Group], row: usize, element: usize) -> bool {
    let tables = (SETS * block.len()).max(1);
    let (table, bit) = (element % tables, element / tables);
    let (plane, shift) = match table % SETS {
        set if set < SETS - 1 => (set, bit),
        _ => (bit / 2, 6 + bit % 2),
    };
    let byte = row % 32 * 2 + row / 32;
    let plane = block.get(table / SETS).and_then(|group| group.get(plane));
    plane.and_then(|plane| plane.get(byte)).is_some_and(|byte| byte >> shift & 1 == 1)
}
