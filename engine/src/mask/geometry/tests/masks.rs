//! Random sets, and dense arrays to compare with.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::mask::{Runs, VoxelShape};

pub(super) type At = [u64; 4];

/// A set as one bool a voxel.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    pub(super) shape: VoxelShape,
    pub(super) values: Vec<bool>,
}

impl Dense {
    pub(super) fn runs(&self) -> Runs {
        let bytes: Vec<u8> = self.values.iter().map(|v| u8::from(*v)).collect();
        Runs::from_dense(self.shape, &bytes).unwrap()
    }

    pub(super) fn of(runs: &Runs) -> Self {
        let shape = runs.shape();
        let mut values = vec![false; usize::try_from(shape.voxels()).unwrap()];
        runs.paint(&mut values, true).unwrap();
        Self { shape, values }
    }

    pub(super) fn has(&self, at: At) -> bool {
        let index = self.shape.index(at);
        index.is_some_and(|index| self.values[usize::try_from(index).unwrap()])
    }

    /// The places of the voxels.
    pub(super) fn voxels(&self) -> Vec<At> {
        let all = self.values.iter().zip(0_u64..).filter(|(value, _)| **value);
        all.map(|(_, index)| self.shape.position(index)).collect()
    }
}

/// The place a step of (z, y, x) away, inside of the array or not; none before its start.
pub(super) fn step([t, z, y, x]: At, [dz, dy, dx]: [i64; 3]) -> Option<At> {
    let at = |n: u64, d: i64| n.checked_add_signed(d);
    Some([t, at(z, dz)?, at(y, dy)?, at(x, dx)?])
}

/// All 27 steps.
pub(super) fn steps() -> impl Iterator<Item = [i64; 3]> {
    let one = || -1..=1_i64;
    one().flat_map(move |z| one().flat_map(move |y| one().map(move |x| [z, y, x])))
}

pub(super) fn shapes() -> impl Strategy<Value = VoxelShape> {
    let side = || prop_oneof![1 => Just(1_u64), 3 => 2..8_u64];
    let width = prop_oneof![1 => Just(1_u64), 4 => 2..14_u64];
    (1..3_u64, side(), side(), width)
        .prop_map(|(t, z, y, x)| VoxelShape::new(t, [z, y, x]).unwrap())
}

/// Values of all kinds for one shape: nothing, everything, one voxel, a checkerboard, a border,
/// boxes, noise.
pub(super) fn values(shape: VoxelShape) -> impl Strategy<Value = Dense> {
    let count = usize::try_from(shape.voxels()).unwrap();
    let by = move |keep: Box<dyn Fn(At) -> bool>| {
        let values = (0..shape.voxels()).map(|index| keep(shape.position(index))).collect();
        Dense { shape, values }
    };
    let corner = || [0..8_u64, 0..8_u64, 0..14_u64];
    let boxes = vec((corner(), corner(), any::<bool>()), 1..5);
    prop_oneof![
        1 => Just(by(Box::new(|_| false))),
        1 => Just(by(Box::new(|_| true))),
        1 => (0..shape.voxels()).prop_map(move |one| {
            by(Box::new(move |at| shape.index(at) == Some(one)))
        }),
        1 => any::<bool>().prop_map(move |odd| {
            by(Box::new(move |[_, z, y, x]| (z + y + x) % 2 == u64::from(odd)))
        }),
        1 => Just(by(Box::new(move |[_, z, y, x]| {
            let [d, h, w] = shape.zyx();
            z == 0 || y == 0 || x == 0 || z == d - 1 || y == h - 1 || x == w - 1
        }))),
        3 => boxes.prop_map(move |boxes| {
            by(Box::new(move |[_, z, y, x]| {
                let inside = |(a, b, _): &([u64; 3], [u64; 3], bool)| {
                    let ends = a.iter().zip(b).zip([z, y, x]);
                    ends.into_iter().all(|((a, b), v)| *a.min(b) <= v && v <= *a.max(b))
                };
                boxes.iter().rev().find(|each| inside(each)).is_some_and(|(_, _, keep)| *keep)
            }))
        }),
        6 => (1..10_u32).prop_flat_map(move |tenths| vec(0..10_u32, count).prop_map(move |dice| {
            Dense { shape, values: dice.into_iter().map(|n| n < tenths).collect() }
        })),
    ]
}

pub(super) fn masks() -> impl Strategy<Value = Dense> {
    shapes().prop_flat_map(values)
}

/// Two sets of one shape.
pub(super) fn two() -> impl Strategy<Value = (Dense, Dense)> {
    shapes().prop_flat_map(|shape| (values(shape), values(shape)))
}
