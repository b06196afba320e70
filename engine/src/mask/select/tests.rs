//! Parts against voxels picked one by one.

use proptest::prelude::*;

use super::*;
use crate::format::space::Space;
use crate::mask::twin::{dense_of, pairs, runs_of, shape};

/// The bools of the voxels of a box, in order.
fn picked(whole: VoxelShape, dense: &[bool], part: &VoxelBox) -> Vec<bool> {
    let inside = |p: [u64; 4]| (0..4).all(|a| part.start[a] <= p[a] && p[a] < part.end[a]);
    let each = (0_u64..).zip(dense);
    each.filter(|(voxel, _)| inside(whole.position(*voxel))).map(|(_, set)| *set).collect()
}

fn boxes(whole: VoxelShape, a: u64, b: u64) -> VoxelBox {
    let (a, b) = (whole.position(a % whole.voxels()), whole.position(b % whole.voxels()));
    let axes = [0, 1, 2, 3];
    VoxelBox {
        start: axes.map(|i: usize| a[i].min(b[i])),
        end: axes.map(|i: usize| a[i].max(b[i]) + 1),
    }
}

proptest! {
    #[test]
    fn parts_are_picked_voxels((whole, a, _) in pairs(), low: u64, high: u64) {
        let runs = runs_of(whole, &a);
        let part = boxes(whole, low, high);
        let cropped = runs.crop(&part).unwrap();
        let wanted = picked(whole, &a, &part);
        prop_assert_eq!(&cropped, &runs_of(part.shape().unwrap(), &wanted));
        let within = runs.within(&part).unwrap();
        prop_assert_eq!(within.shape(), whole);
        prop_assert_eq!(picked(whole, &dense_of(&within), &part), wanted.clone());
        prop_assert_eq!(within.voxels(), cropped.voxels());
        let mut painted = vec![0_u8; wanted.len()];
        runs.paint_box(&part, &mut painted, 7).unwrap();
        let labels: Vec<u8> = wanted.iter().map(|set| u8::from(*set) * 7).collect();
        prop_assert_eq!(painted, labels);
        for t in 0..whole.frames() {
            let mut frame = VoxelBox::of_shape(whole);
            (frame.start[0], frame.end[0]) = (t, t + 1);
            let wanted = runs_of(shape(1, whole.zyx()), &picked(whole, &a, &frame));
            prop_assert_eq!(runs.frame(t).unwrap(), wanted);
        }
    }

    #[test]
    fn slices_are_picked_voxels((whole, a, _) in pairs()) {
        let runs = runs_of(whole, &a);
        let [depth, height, width] = whole.zyx();
        let axes = [
            (Axis::Z, 1, [height, width]),
            (Axis::Y, 2, [depth, width]),
            (Axis::X, 3, [depth, height]),
        ];
        for (axis, place, flat) in axes {
            for t in 0..whole.frames() {
                let count = VoxelBox::of_shape(whole).end[place];
                for at in 0..count {
                    let mut part = VoxelBox::of_shape(whole);
                    (part.start[0], part.end[0]) = (t, t + 1);
                    (part.start[place], part.end[place]) = (at, at + 1);
                    let wanted = picked(whole, &a, &part);
                    let got = runs.slice(t, axis, at).unwrap();
                    prop_assert!(Runs::new(got.shape(), got.as_slice().to_vec()).is_ok());
                    prop_assert_eq!(&got, &runs_of(shape(1, [1, flat[0], flat[1]]), &wanted));
                    let mut painted = vec![false; wanted.len()];
                    runs.paint_slice([t, at], axis, &mut painted, true).unwrap();
                    prop_assert_eq!(painted, wanted);
                }
                prop_assert!(runs.slice(t, axis, count).is_err());
            }
            prop_assert!(runs.slice(whole.frames(), axis, 0).is_err());
        }
    }

    #[test]
    fn points_are_voxels((whole, a, _) in pairs()) {
        let runs = runs_of(whole, &a);
        let mut space = Space::new(whole.zyx(), [1.5, 0.75, 2.0]);
        space.origin = [3.0, -4.0, 5.0];
        let places = WorldToVoxel::new(&space).unwrap();
        for (voxel, set) in (0_u64..).zip(&a) {
            let position = whole.position(voxel);
            prop_assert_eq!(runs.contains(voxel), *set);
            prop_assert_eq!(runs.contains_at(position), *set);
            let [t, z, y, x] = position;
            let near = [z as f64 + 0.49, y as f64 - 0.49, x as f64 - 0.5];
            let world = space.to_world(near);
            prop_assert_eq!(places.voxel(world), Some([z, y, x]));
            prop_assert_eq!(runs.contains_point(&places, t, world), *set);
        }
        prop_assert!(!runs.contains(whole.voxels()) && !runs.contains(u64::MAX));
        let outside = space.to_world([-0.6, 0.0, 0.0]);
        prop_assert!(!runs.contains_point(&places, 0, outside));
        prop_assert!(!runs.contains_point(&places, 0, [f64::NAN; 3]));
    }
}

#[test]
fn impossible_parts_are_refused() {
    let runs = Runs::full(shape(2, [2, 2, 2]));
    let part = |start, end| runs.crop(&VoxelBox { start, end });
    let outside = |result| matches!(result, Err(RunsError::Outside { .. }));
    assert!(outside(part([0; 4], [2, 2, 2, 0])));
    assert!(outside(part([0; 4], [2, 2, 3, 2])));
    assert!(outside(part([1, 0, 0, 0], [0, 2, 2, 2])));
    assert!(outside(runs.frame(2)) && outside(runs.frame(u64::MAX)));
    assert!(outside(runs.slice(0, Axis::Y, u64::MAX)));
    let singular = Space { direction: [[1.0, 0.0, 1.0]; 3], ..Space::new([2; 3], [1.0; 3]) };
    assert!(matches!(WorldToVoxel::new(&singular), Err(RunsError::Space(_))));
}

/// The work depends on runs, not on slices without any.
#[test]
fn a_part_of_a_vast_and_almost_empty_array_is_quick() {
    let vast = shape(1 << 16, [1 << 31, 1, 1]);
    let last = vast.voxels() - 1;
    let runs = vec![Run { start: 5, end: 6 }, Run { start: last, end: last + 1 }];
    let runs = Runs::new(vast, runs).unwrap();
    assert_eq!(runs.within(&VoxelBox::of_shape(vast)).unwrap(), runs);
    assert_eq!(runs.measures_of_frames().len(), 2);
}
