//! Measures against sums over voxels.

use proptest::prelude::*;

use super::*;
use crate::mask::twin::{pairs, runs_of, shape};

fn positions(shape: VoxelShape, dense: &[bool]) -> Vec<[u64; 4]> {
    let set = (0_u64..).zip(dense).filter(|(_, set)| **set);
    set.map(|(voxel, _)| shape.position(voxel)).collect()
}

fn by_voxels(positions: &[[u64; 4]]) -> Measures {
    let axis = |a: usize| positions.iter().map(move |p| p[a]);
    let axes = [0, 1, 2, 3];
    let start = axes.map(|a| axis(a).min().unwrap_or(0));
    let end = axes.map(|a| axis(a).max().map_or(0, |last| last + 1));
    Measures {
        voxels: positions.len() as u64,
        bounds: (!positions.is_empty()).then_some(VoxelBox { start, end }),
        sums: axes.map(|a| axis(a).map(u128::from).sum()),
    }
}

proptest! {
    #[test]
    fn measures_are_sums_over_voxels((shape, a, _) in pairs()) {
        let runs = runs_of(shape, &a);
        let all = positions(shape, &a);
        prop_assert_eq!(runs.measures(), by_voxels(&all));
        let frames: Vec<(u64, Measures)> = (0..shape.frames())
            .map(|t| (t, all.iter().copied().filter(|p| p[0] == t).collect::<Vec<_>>()))
            .filter(|(_, part)| !part.is_empty())
            .map(|(t, part)| (t, by_voxels(&part)))
            .collect();
        prop_assert_eq!(runs.measures_of_frames(), frames);
        let slices = all.iter().map(|p| p[0] * shape.depth() + p[1]);
        let bounds = runs.bounds();
        prop_assert_eq!(bounds.is_none(), all.is_empty());
        if let Some((bounds, part)) = bounds.zip(runs.measures().bounds) {
            let ([_, _, y0, x0], [_, _, y1, x1]) = (part.start, part.end);
            prop_assert_eq!((bounds.rows, bounds.columns), (y0..y1, x0..x1));
            prop_assert_eq!(Some(bounds.slices.start), slices.clone().min());
            prop_assert_eq!(Some(bounds.slices.end), slices.max().map(|last| last + 1));
        }
    }
}

#[test]
fn world_measures_follow_the_space() {
    let space = Space {
        shape: [4, 5, 6],
        spacing: [2.0, 0.5, 0.25],
        origin: [10.0, -20.0, 30.0],
        // z along L, y against P, x along S.
        direction: [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]],
        ..Space::default()
    };
    let shape = shape(1, [4, 5, 6]);
    let block = VoxelBox { start: [0, 1, 2, 3], end: [1, 3, 3, 6] };
    let set = Runs::full(shape).within(&block).unwrap();
    let measures = set.measures();
    assert_eq!((measures.voxels, measures.bounds), (6, Some(block)));
    assert!((measures.volume_mm3(&space) - 6.0 * 0.25).abs() < 1e-12);
    assert!((set.volume_mm3(&space) - measures.volume_mm3(&space)).abs() < 1e-12);
    assert_eq!(measures.centroid(), Some([0.0, 1.5, 2.0, 4.0]));
    assert_eq!(measures.centroid_world(&space), Some([13.0, -21.0, 31.0]));
    let centres = block.world_of_centres(&space);
    assert_eq!((centres.min, centres.max), ([12.0, -21.0, 30.75], [14.0, -21.0, 31.25]));
    let whole = block.world(&space);
    assert_eq!((whole.min, whole.max), ([11.0, -21.25, 30.625], [15.0, -20.75, 31.375]));
    assert_eq!(Runs::empty(shape).measures().centroid_world(&space), None);
}

/// A sheared voxel has the volume of its parallelepiped.
#[test]
fn volumes_of_sheared_voxels() {
    let mut space = Space::new([1, 1, 1], [2.0, 3.0, 4.0]);
    space.direction[0][1] = 0.5;
    assert!((voxel_mm3(&space) - 24.0).abs() < 1e-12);
}

/// Sums of coordinates at the far end of the largest arrays do not overflow.
#[test]
fn the_largest_arrays_are_measured_exactly() {
    let shape = shape(1, [1 << 8, 1 << 9, 1 << 31]);
    let runs = Runs::full(shape);
    let n = u128::from(shape.voxels());
    let [t, z, y, x] = runs.measures().sums;
    assert_eq!((t, z), (0, n * 255 / 2));
    assert_eq!((y, x), (n * 511 / 2, n * u128::from((1_u64 << 31) - 1) / 2));
}
