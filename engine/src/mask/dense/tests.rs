//! Dense arrays against runs found voxel by voxel.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::mask::twin::{pairs, runs_of, shape, shapes};

/// Labels in stretches, most of them zero.
fn maps() -> impl Strategy<Value = (VoxelShape, Vec<u32>)> {
    shapes().prop_flat_map(|shape| {
        let label = prop_oneof![3 => Just(0_u32), 3 => 1_u32..4, 1 => Just(255), 1 => 0_u32..256];
        let stretch = (label, 1_usize..30);
        let n = usize::try_from(shape.voxels()).unwrap();
        let cut = move |stretches: Vec<(u32, usize)>| {
            let each = stretches.into_iter().cycle();
            each.flat_map(|(label, len)| vec![label; len]).take(n).collect::<Vec<u32>>()
        };
        (Just(shape), proptest::collection::vec(stretch, 1..60).prop_map(cut))
    })
}

fn by_voxels(shape: VoxelShape, values: &[u32]) -> Vec<(u32, Runs)> {
    let labels: BTreeSet<u32> = values.iter().copied().collect();
    let set = |label: u32| values.iter().map(|v| *v == label).collect::<Vec<bool>>();
    labels.into_iter().filter(|l| *l > 0).map(|l| (l, runs_of(shape, &set(l)))).collect()
}

fn check<T: LabelValue + std::fmt::Debug>(shape: VoxelShape, values: &[u32], scale: u32) {
    let large = |v: &u32| v * scale;
    let given: Vec<T> = values.iter().map(|v| T::try_from(large(v)).ok().unwrap()).collect();
    let wide: Vec<u32> = values.iter().map(large).collect();
    let parts = split_labels(shape, &given).unwrap();
    assert_eq!(parts, by_voxels(shape, &wide));
    let any: Vec<bool> = values.iter().map(|v| *v != 0).collect();
    assert_eq!(Runs::from_dense(shape, &given).unwrap(), runs_of(shape, &any));
    let mut painted = vec![T::zeroed(); given.len()];
    for (label, runs) in &parts {
        runs.paint(&mut painted, T::try_from(*label).ok().unwrap()).unwrap();
    }
    assert_eq!(painted, given);
}

proptest! {
    #[test]
    fn label_maps_of_all_types_go_and_come_back((shape, values) in maps()) {
        check::<u8>(shape, &values, 1);
        check::<u16>(shape, &values, 1);
        check::<u16>(shape, &values, 257);
        check::<u32>(shape, &values, 1);
        check::<u32>(shape, &values, 0x0101_0101);
    }

    #[test]
    fn bools_go_and_come_back((shape, a, _) in pairs()) {
        let runs = Runs::from_bools(shape, &a).unwrap();
        prop_assert_eq!(&runs, &runs_of(shape, &a));
        prop_assert_eq!(runs.to_bools().unwrap(), a.clone());
        let labels: Vec<u16> = a.iter().map(|set| u16::from(*set) * 300).collect();
        prop_assert_eq!(runs.to_dense(300_u16).unwrap(), labels);
    }
}

#[test]
fn wrong_lengths_and_too_much_memory_are_errors() {
    let small = shape(1, [1, 2, 3]);
    assert!(matches!(Runs::from_dense(small, &[0_u8; 5]), Err(RunsError::Length { .. })));
    assert!(matches!(split_labels(small, &[0_u32; 7]), Err(RunsError::Length { .. })));
    let vast = Runs::empty(shape(1, [1 << 8, 1 << 9, 1 << 31]));
    assert!(matches!(vast.to_dense(1_u32), Err(RunsError::Memory { .. })));
}
