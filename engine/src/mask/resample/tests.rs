//! Resampling against the definition, voxel by voxel.

use proptest::prelude::*;

use super::*;
use crate::mask::WorldToVoxel;
use crate::mask::twin::{dense_of, masks, runs_of, shape, shapes};

/// The definition of [`Runs::resample`].
fn by_voxels(runs: &Runs, from: &Space, to: &Space) -> Runs {
    let (source, target) = (runs.shape(), VoxelShape::of_space(to).unwrap());
    let dense = dense_of(runs);
    let map = IndexMap::new(to, from).unwrap();
    let places = WorldToVoxel::new(from).unwrap();
    let inside = |voxel: u64| {
        let [t, z, y, x] = target.position(voxel);
        let index = [z as f64, y as f64, x as f64];
        let at = map.at(index);
        let through_world = places.position(to.to_world(index));
        assert!(at.iter().zip(through_world).all(|(a, b)| (a - b).abs() < 1e-5));
        let along = |place: usize| {
            let whole = (at[place] + 0.5 + 1e-6).floor();
            (0..source.zyx()[place]).find(|n| (*n as f64 - whole).abs() < 0.5)
        };
        let [Some(z), Some(y), Some(x)] = [along(0), along(1), along(2)] else { return false };
        dense[usize::try_from(source.index([t, z, y, x]).unwrap()).unwrap()]
    };
    runs_of(target, &(0..target.voxels()).map(inside).collect::<Vec<_>>())
}

/// Directions: permuted and flipped axes, turned about x, oblique.
fn directions() -> impl Strategy<Value = [[f64; 3]; 3]> {
    let (s, c) = 0.4_f64.sin_cos();
    let flips = proptest::array::uniform3(any::<bool>());
    let base = prop_oneof![
        3 => Just([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
        1 => Just([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
        1 => Just([[0.0, 0.0, 1.0], [s, c, 0.0], [c, -s, 0.0]]),
        1 => Just([[0.0, -s, c], [0.0, c, s], [1.0, 0.0, 0.0]]),
        1 => Just([[0.0, 0.0, 1.0], [0.0, 1.0, 1e-11], [1.0, 1e-12, 0.0]]),
    ];
    (base, flips).prop_map(|(base, flips)| {
        base.map(|row| {
            let signed = row.iter().zip(flips).map(|(d, flip)| if flip { -d } else { *d });
            let mut out = [0.0; 3];
            out.iter_mut().zip(signed).for_each(|(o, d)| *o = d);
            out
        })
    })
}

fn spaces(frames: u64) -> impl Strategy<Value = Space> {
    let step = || prop_oneof![Just(1.0), Just(0.5), Just(2.0), Just(1.0 / 3.0), 0.3..3.0_f64];
    let start = || prop_oneof![Just(0.0), Just(0.5), Just(-2.0), -6.0..6.0_f64];
    let steps = proptest::array::uniform3(step());
    let starts = proptest::array::uniform3(start());
    (shapes(), steps, starts, directions()).prop_map(move |(shape, spacing, origin, direction)| {
        Space { frames, origin, direction, ..Space::new(shape.zyx(), spacing) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn resampling_is_its_definition(
        (from, dense, to) in (1_u64..3).prop_flat_map(|frames| {
            (spaces(frames), spaces(frames)).prop_flat_map(|(from, to)| {
                let shape = VoxelShape::of_space(&from).unwrap();
                (Just(from), masks(shape), Just(to))
            })
        }),
    ) {
        let runs = runs_of(VoxelShape::of_space(&from).unwrap(), &dense);
        let got = runs.resample(&from, &to).unwrap();
        prop_assert!(Runs::new(got.shape(), got.as_slice().to_vec()).is_ok());
        prop_assert_eq!(&got, &by_voxels(&runs, &from, &to));
        prop_assert_eq!(runs.resample(&from, &from).unwrap(), runs);
    }
}

/// A tie goes up, whichever way the noise of a header points.
#[test]
fn ties_go_up() {
    let from = Space::new([1, 1, 8], [1.0; 3]);
    let dense: Vec<bool> = (0..8).map(|x| x % 2 == 0).collect();
    let runs = runs_of(shape(1, [1, 1, 8]), &dense);
    for noise in [0.0, 1e-9, -1e-9] {
        let mut to = Space::new([1, 1, 4], [1.0, 1.0, 2.0]);
        to.origin = [0.5 + noise, 0.0, 0.0];
        // 0.5, 2.5, 4.5, 6.5 are 1, 3, 5, 7: none of them is set.
        assert!(runs.resample(&from, &to).unwrap().is_empty(), "{noise}");
    }
}

/// Rows far outside of where voxels can be are not visited.
#[test]
fn a_vast_target_costs_what_the_set_covers() {
    let from = Space::new([4, 4, 4], [1.0; 3]);
    let runs = Runs::full(shape(1, [4, 4, 4]));
    let mut to = Space::new([1 << 16, 1 << 15, 1 << 16], [1.0; 3]);
    to.origin = [-1000.0; 3];
    let got = runs.resample(&from, &to).unwrap();
    assert_eq!((got.voxels(), got.len()), (64, 16));
    let turned = Space { direction: [[0.6, 0.0, 0.8], [0.0, 1.0, 0.0], [0.8, 0.0, -0.6]], ..to };
    assert!(!runs.resample(&from, &turned).unwrap().is_empty());
}

#[test]
fn spaces_that_do_not_fit_are_refused() {
    let from = Space::new([2, 2, 2], [1.0; 3]);
    let runs = Runs::full(shape(1, [2, 2, 2]));
    let frames = Space { frames: 2, ..from.clone() };
    let shapes = |result| matches!(result, Err(RunsError::Shapes { .. }));
    assert!(shapes(runs.resample(&from, &frames)) && shapes(runs.resample(&frames, &frames)));
    let flat = Space { direction: [[0.0; 3]; 3], ..from.clone() };
    assert!(matches!(runs.resample(&from, &flat), Err(RunsError::Space(_))));
    assert!(matches!(runs.resample(&flat, &from), Err(RunsError::Space(_))));
    assert!(runs.resample(&from, &Space::default()).is_err());
}
