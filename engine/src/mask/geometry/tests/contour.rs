//! Outlines against the voxels that they enclose.

use proptest::prelude::*;

use super::masks::{Dense, masks};
use crate::format::space::Space;
use crate::mask::{Neighbours, Outline, Runs, VoxelShape};

/// A slice as an image of one plane.
fn plane(dense: &Dense, frame: u64, axis: usize, index: u64) -> Dense {
    let [d, h, w] = dense.shape.zyx();
    let [rows, columns] = [[h, w], [d, w], [d, h]][axis];
    let shape = VoxelShape::new(1, [1, rows, columns]).unwrap();
    let value = |at: u64| {
        let [_, _, row, column] = shape.position(at);
        let [z, y, x] = [[index, row, column], [row, index, column], [row, column, index]][axis];
        dense.has([frame, z, y, x])
    };
    Dense { shape, values: (0..shape.voxels()).map(value).collect() }
}

/// Whether an odd number of sides lies to the right of the centre of a voxel.
fn encloses(outline: &Outline, row: f64, column: f64) -> bool {
    let mut odd = false;
    for ring in &outline.rings {
        for (from, to) in ring.points.iter().zip(ring.points.iter().cycle().skip(1)) {
            let crosses = (from[0] < row) != (to[0] < row);
            odd ^= crosses && from[1] > column;
        }
    }
    odd
}

/// Parts of the background that do not reach the border, corners joined.
fn holes(plane: &Dense) -> usize {
    let [_, h, w] = plane.shape.zyx();
    let shape = VoxelShape::new(1, [1, h + 2, w + 2]).unwrap();
    let value = |at: u64| {
        let [_, _, y, x] = shape.position(at);
        let inside = y > 0 && x > 0 && plane.has([0, 0, y - 1, x - 1]);
        !inside
    };
    let values = (0..shape.voxels()).map(value).collect();
    Dense { shape, values }.runs().components(Neighbours::Eight).len() - 1
}

proptest! {
    #[test]
    fn outlines_enclose_the_voxels_of_each_slice(dense in masks()) {
        let runs = dense.runs();
        for frame in 0..dense.shape.frames() {
            for (axis, n) in dense.shape.zyx().into_iter().enumerate() {
                for index in 0..n {
                    let outline = runs.outline(frame, axis, index).unwrap();
                    let plane = plane(&dense, frame, axis, index);
                    prop_assert_eq!(outline.area(), plane.voxels().len() as f64);
                    for at in 0..plane.shape.voxels() {
                        let [_, _, row, column] = plane.shape.position(at);
                        let inside = encloses(&outline, row as f64, column as f64);
                        prop_assert_eq!(inside, plane.has([0, 0, row, column]));
                    }
                    let inner = outline.rings.iter().filter(|ring| ring.is_hole()).count();
                    prop_assert_eq!(inner, holes(&plane));
                    let parts = plane.runs().components(Neighbours::Four);
                    prop_assert_eq!(outline.rings.len() - inner, parts.len());
                }
            }
        }
    }

    #[test]
    fn points_are_corners_in_turn(dense in masks()) {
        let runs = dense.runs();
        for z in 0..dense.shape.depth() {
            for ring in runs.outline(0, 0, z).unwrap().rings {
                let next = ring.points.iter().cycle().skip(1);
                for (place, (from, to)) in ring.points.iter().zip(next).enumerate() {
                    // Along a line first, then along a column, and so on.
                    prop_assert_eq!(from[0] == to[0], place % 2 == 0);
                    prop_assert_eq!(from[1] == to[1], place % 2 == 1);
                }
            }
        }
    }
}

#[test]
fn a_ring_with_a_hole_is_turned_as_written() {
    let shape = VoxelShape::new(1, [1, 4, 5]).unwrap();
    let picture = b"..... .###. .#.#. .###.".iter().filter(|c| **c != b' ');
    let values: Vec<u8> = picture.map(|c| u8::from(*c == b'#')).collect();
    let outline = Runs::from_dense(shape, &values).unwrap().outline(0, 0, 0).unwrap();
    let [part, hole] = outline.rings.as_slice() else { panic!("{outline:?}") };
    assert_eq!(part.points, [[0.5, 0.5], [0.5, 3.5], [3.5, 3.5], [3.5, 0.5]]);
    assert_eq!((part.area(), hole.area()), (9.0, -1.0));
    assert_eq!(outline.voxels(part)[0], [0.0, 0.5, 0.5]);
}

#[test]
fn points_lie_in_the_world_as_voxels_do() {
    let mut space = Space::new([3, 2, 2], [4.0, 2.0, 0.5]);
    space.origin = [100.0, 200.0, 300.0];
    let one = Runs::full(VoxelShape::new(1, [3, 2, 2]).unwrap());
    let upright = one.outline(0, 0, 2).unwrap().to_world(&space);
    assert_eq!(upright[0][0], [99.75, 199.0, 308.0]);
    let level = one.outline(0, 1, 1).unwrap().to_world(&space);
    assert_eq!(level[0][0], [99.75, 202.0, 298.0]);
    let sideways = one.outline(0, 2, 1).unwrap().to_world(&space);
    assert_eq!(sideways[0][0], [100.5, 199.0, 298.0]);
}
