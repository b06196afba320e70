//! Counts against counts of bools.

use proptest::prelude::*;

use super::*;
use crate::mask::twin::{count, pairs, runs_of, several, shape, zip};

proptest! {
    #[test]
    fn counts_are_those_of_bools((shape, a, b) in pairs()) {
        let got = runs_of(shape, &a).overlap(&runs_of(shape, &b)).unwrap();
        let both = count(&zip(&a, &b, |a, b| a & b));
        prop_assert_eq!(got, Overlap { left: count(&a), right: count(&b), both });
        prop_assert_eq!(got.either(), count(&zip(&a, &b, |a, b| a | b)));
        prop_assert!((0.0..=1.0).contains(&got.iou()) && got.iou() <= got.dice());
        // Dice and IoU of one pair are functions of each other.
        prop_assert!((got.dice() - 2.0 * got.iou() / (1.0 + got.iou())).abs() < 1e-12);
        prop_assert_eq!(got.left_in_right().to_bits(), got.swapped().right_in_left().to_bits());
        prop_assert_eq!((got.iou() - 1.0).abs() < f64::EPSILON, a == b);
    }

    #[test]
    fn a_matrix_is_all_pairs((shape, masks) in several(7)) {
        let sets: Vec<Runs> = masks.iter().map(|mask| runs_of(shape, mask)).collect();
        let matrix = OverlapMatrix::new(&sets.iter().collect::<Vec<_>>()).unwrap();
        for i in 0..sets.len() {
            for j in 0..sets.len() {
                let wanted = sets[i].overlap(&sets[j]).unwrap();
                prop_assert_eq!(matrix.get(i, j).unwrap(), wanted);
            }
        }
        prop_assert!(matrix.get(0, sets.len()).is_none());
        let boxes = |a: usize, b: usize| {
            sets[a].bounds().zip(sets[b].bounds()).is_some_and(|(a, b)| a.overlaps(&b))
        };
        prop_assert!(matrix.pairs().iter().all(|(i, j, _)| i < j && boxes(*i, *j)));
    }
}

/// Long enough to be counted in two halves, with a long run over the cut.
#[test]
fn halves_count_no_voxel_twice() {
    let width = 1000;
    let shape = shape(1, [1, 1, width]);
    let every = |step: u64, len: u64| {
        let dense: Vec<bool> = (0..width).map(|x| x % step < len).collect();
        runs_of(shape, &dense)
    };
    let long = Runs::full(shape);
    for (step, len) in [(2, 1), (3, 2), (5, 1), (7, 6), (13, 5), (500, 499)] {
        let set = every(step, len);
        assert_eq!(set.intersection_voxels(&long).unwrap(), set.voxels());
        assert_eq!(long.intersection_voxels(&set).unwrap(), set.voxels());
        for (other, width) in [(3, 1), (11, 10), (4, 3)] {
            let other = every(other, width);
            let both = set.and(&other).unwrap().voxels();
            assert_eq!(set.intersection_voxels(&other).unwrap(), both);
        }
    }
}

#[test]
fn empty_sets_are_equal() {
    let (none, one) =
        (Overlap { left: 0, right: 0, both: 0 }, Overlap { left: 0, right: 5, both: 0 });
    let of = |o: Overlap| [o.iou(), o.jaccard(), o.dice(), o.left_in_right(), o.right_in_left()];
    assert_eq!(of(none).map(f64::to_bits), [1.0_f64; 5].map(f64::to_bits));
    assert_eq!(of(one).map(f64::to_bits), [0.0, 0.0, 0.0, 1.0, 0.0_f64].map(f64::to_bits));
    let half = Overlap { left: 4, right: 4, both: 2 };
    assert!((half.iou() - 1.0 / 3.0).abs() < 1e-15 && (half.dice() - 0.5).abs() < 1e-15);
}
