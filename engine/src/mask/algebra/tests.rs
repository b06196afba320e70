//! Each operation against its dense twin, and the laws of sets.

use proptest::prelude::*;

use super::*;
use crate::mask::twin::{count, dense_of, pairs, runs_of, several, shape, zip};

proptest! {
    #[test]
    fn operations_are_those_of_bools((shape, a, b) in pairs()) {
        let (x, y) = (runs_of(shape, &a), runs_of(shape, &b));
        let all = [
            (x.and(&y), zip(&a, &b, |a, b| a & b)),
            (x.or(&y), zip(&a, &b, |a, b| a | b)),
            (x.minus(&y), zip(&a, &b, |a, b| a && !b)),
            (x.xor(&y), zip(&a, &b, |a, b| a ^ b)),
            (x.complement(), a.iter().map(|a| !a).collect()),
        ];
        for (got, wanted) in all {
            let got = got.unwrap();
            prop_assert!(Runs::new(shape, got.as_slice().to_vec()).is_ok());
            prop_assert_eq!(got, runs_of(shape, &wanted));
        }
    }

    #[test]
    fn a_union_of_many_is_that_of_bools((shape, masks) in several(9)) {
        let sets: Vec<Runs> = masks.iter().map(|mask| runs_of(shape, mask)).collect();
        let empty = dense_of(&Runs::empty(shape));
        let wanted = masks.iter().fold(empty, |all, mask| zip(&all, mask, |a, b| a | b));
        let got = Runs::union(shape, &sets).unwrap();
        prop_assert!(Runs::new(shape, got.as_slice().to_vec()).is_ok());
        prop_assert_eq!(got, runs_of(shape, &wanted));
    }

    #[test]
    fn laws_hold((shape, a, b) in pairs()) {
        let (a, b) = (runs_of(shape, &a), runs_of(shape, &b));
        let not = |s: &Runs| s.complement().unwrap();
        let (both, either) = (a.and(&b).unwrap(), a.or(&b).unwrap());
        prop_assert_eq!(not(&both), not(&a).or(&not(&b)).unwrap());
        prop_assert_eq!(not(&either), not(&a).and(&not(&b)).unwrap());
        prop_assert_eq!(&a.and(&a).unwrap(), &a);
        prop_assert_eq!(&a.or(&a).unwrap(), &a);
        prop_assert_eq!(&not(&not(&a)), &a);
        prop_assert_eq!(&a.or(&both).unwrap(), &a);
        prop_assert_eq!(a.minus(&b).unwrap(), a.and(&not(&b)).unwrap());
        prop_assert_eq!(a.xor(&b).unwrap(), either.minus(&both).unwrap());
        prop_assert_eq!(&both, &b.and(&a).unwrap());
        prop_assert_eq!(a.voxels() + b.voxels(), either.voxels() + both.voxels());
        prop_assert_eq!(count(&dense_of(&a)) + not(&a).voxels(), shape.voxels());
    }
}

#[test]
fn rows_that_touch_stay_apart_and_other_shapes_are_refused() {
    let shape_a = shape(1, [2, 3, 4]);
    let full = Runs::full(shape_a);
    let empty = Runs::empty(shape_a);
    assert_eq!(empty.complement().unwrap(), full);
    assert_eq!(full.complement().unwrap(), empty);
    assert_eq!(full.or(&full).unwrap().len(), 6);
    assert_eq!(Runs::union(shape_a, []).unwrap(), empty);
    let other = Runs::full(shape(1, [2, 4, 3]));
    for result in [full.and(&other), full.or(&other), full.minus(&other), full.xor(&other)] {
        assert!(matches!(result, Err(RunsError::Shapes { .. })));
    }
    assert!(matches!(Runs::union(shape_a, [&full, &other]), Err(RunsError::Shapes { .. })));
}
