//! Masks as plain arrays of booleans: what every operation must agree with.

use proptest::prelude::*;

use super::{Run, Runs, VoxelShape};

/// A set that is nothing but a bool a voxel.
pub(super) type Dense = Vec<bool>;

pub(super) fn shape(frames: u64, zyx: [u64; 3]) -> VoxelShape {
    VoxelShape::new(frames, zyx).unwrap()
}

/// Runs found voxel by voxel.
pub(super) fn runs_of(shape: VoxelShape, dense: &[bool]) -> Runs {
    let mut runs: Vec<Run> = Vec::new();
    for voxel in (0_u64..).zip(dense).filter(|(_, set)| **set).map(|(voxel, _)| voxel) {
        match runs.last_mut() {
            Some(run) if run.end == voxel && !voxel.is_multiple_of(shape.width()) => run.end += 1,
            _ => runs.push(Run { start: voxel, end: voxel + 1 }),
        }
    }
    Runs::new(shape, runs).unwrap()
}

pub(super) fn dense_of(runs: &Runs) -> Dense {
    let count = usize::try_from(runs.shape().voxels()).unwrap();
    let mut dense = vec![false; count];
    for run in runs.as_slice() {
        for voxel in run.start..run.end {
            dense[usize::try_from(voxel).unwrap()] = true;
        }
    }
    dense
}

pub(super) fn zip(a: &[bool], b: &[bool], f: impl Fn(bool, bool) -> bool) -> Dense {
    a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect()
}

pub(super) fn count(dense: &[bool]) -> u64 {
    dense.iter().filter(|set| **set).count() as u64
}

/// Small shapes; every axis may be 1.
pub(super) fn shapes() -> impl Strategy<Value = VoxelShape> {
    (1_u64..4, 1_u64..5, 1_u64..6, 1_u64..23).prop_map(|(t, z, y, x)| shape(t, [z, y, x]))
}

/// Empty, full, one voxel, the border, a checkerboard, noise of every density, a block.
pub(super) fn masks(shape: VoxelShape) -> BoxedStrategy<Dense> {
    let n = usize::try_from(shape.voxels()).unwrap();
    let at = move |voxel: usize| shape.position(voxel as u64);
    let border = move |voxel: usize| {
        let ([_, z, y, x], [depth, height, width]) = (at(voxel), shape.zyx());
        [(z, depth), (y, height), (x, width)].iter().any(|(i, n)| *i == 0 || i + 1 == *n)
    };
    let one = (0..n).prop_map(move |set| (0..n).map(|v| v == set).collect::<Dense>());
    let noise = (0.0..1.0_f64).prop_flat_map(move |density| {
        proptest::collection::vec(proptest::bool::weighted(density), n)
    });
    let block = (0..n, 0..n).prop_map(move |(a, b)| {
        let (low, high) = (at(a), at(b));
        let inside = |v: usize| {
            at(v)
                .iter()
                .zip(low.iter().zip(&high))
                .all(|(i, (a, b))| a.min(b) <= i && i <= a.max(b))
        };
        (0..n).map(inside).collect::<Dense>()
    });
    prop_oneof![
        1 => Just(vec![false; n]),
        1 => Just(vec![true; n]),
        1 => Just((0..n).map(border).collect::<Dense>()),
        1 => Just((0..n).map(|v| at(v).iter().sum::<u64>() % 2 == 0).collect::<Dense>()),
        2 => one,
        3 => block,
        6 => noise,
    ]
    .boxed()
}

/// A shape and masks of it.
pub(super) fn several(most: usize) -> impl Strategy<Value = (VoxelShape, Vec<Dense>)> {
    shapes().prop_flat_map(move |shape| {
        (Just(shape), proptest::collection::vec(masks(shape), 1..=most))
    })
}

/// A shape and two masks of it.
pub(super) fn pairs() -> impl Strategy<Value = (VoxelShape, Dense, Dense)> {
    shapes().prop_flat_map(|shape| (Just(shape), masks(shape), masks(shape)))
}
