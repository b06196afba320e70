//! Components against a flood of voxels.

use proptest::prelude::*;

use super::masks::{At, Dense, masks, step, steps};
use crate::mask::{Neighbours, Runs, VoxelShape};

const ALL: [Neighbours; 5] = [
    Neighbours::Four,
    Neighbours::Eight,
    Neighbours::Six,
    Neighbours::Eighteen,
    Neighbours::TwentySix,
];

fn are_neighbours(kind: Neighbours, [dz, dy, dx]: [i64; 3]) -> bool {
    let moved = dz.abs() + dy.abs() + dx.abs();
    match kind {
        Neighbours::Four => dz == 0 && moved == 1,
        Neighbours::Eight => dz == 0 && moved > 0,
        Neighbours::Six => moved == 1,
        Neighbours::Eighteen => moved == 1 || moved == 2,
        Neighbours::TwentySix => moved > 0,
    }
}

/// The slow twin: voxels reached from each voxel, sorted by number, then by first voxel.
fn flooded(dense: &Dense, kind: Neighbours) -> Vec<Runs> {
    let mut left = dense.clone();
    let mut parts: Vec<Dense> = Vec::new();
    let place = |at: At| usize::try_from(dense.shape.index(at).unwrap()).unwrap();
    for at in dense.voxels() {
        let mut part = Dense { shape: dense.shape, values: vec![false; dense.values.len()] };
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            if !left.has(at) {
                continue;
            }
            left.values[place(at)] = false;
            part.values[place(at)] = true;
            let around = steps().filter(|by| are_neighbours(kind, *by));
            open.extend(around.filter_map(|by| step(at, by)));
        }
        parts.push(part);
    }
    let mut sets: Vec<Runs> = parts.iter().map(Dense::runs).filter(|r| !r.is_empty()).collect();
    sets.sort_by_key(|set| (std::cmp::Reverse(set.voxels()), set.as_slice()[0].start));
    sets
}

proptest! {
    #[test]
    fn components_are_those_of_a_flood(dense in masks()) {
        for kind in ALL {
            prop_assert_eq!(dense.runs().components(kind), flooded(&dense, kind), "{:?}", kind);
        }
    }
}

#[test]
fn a_chain_over_many_rows_is_one_component() {
    let shape = VoxelShape::new(1, [1, 400, 401]).unwrap();
    // A comb: all teeth are joined by the last row only.
    let teeth = |index: u64| {
        let [_, _, y, x] = shape.position(index);
        u8::from(x % 2 == 0 || y == 399)
    };
    let values: Vec<u8> = (0..shape.voxels()).map(teeth).collect();
    let comb = Runs::from_dense(shape, &values).unwrap();
    assert_eq!(comb.components(Neighbours::Four), [comb]);
}
