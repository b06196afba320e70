//! Flattening against painting in order of priority.

use proptest::prelude::*;

use super::*;
use crate::mask::twin::{runs_of, several, shape};

proptest! {
    #[test]
    fn flattening_is_painting_in_order(
        (shape, masks) in several(6),
        priorities in proptest::collection::vec(-2_i32..3, 6),
    ) {
        let sets: Vec<Runs> = masks.iter().map(|mask| runs_of(shape, mask)).collect();
        let segments: Vec<(u32, i32, &Runs)> = (1_u32..)
            .zip(&priorities)
            .zip(&sets)
            .map(|((label, priority), set)| (label, *priority, set))
            .collect();
        let mut order = segments.clone();
        order.sort_by_key(|(_, priority, _)| *priority);
        let mut wanted = vec![0_u32; masks[0].len()];
        for (label, _, set) in order {
            set.paint(&mut wanted, label).unwrap();
        }
        let flat = flatten(shape, &segments).unwrap();
        let mut painted = vec![0_u32; wanted.len()];
        flat.paint(&mut painted).unwrap();
        prop_assert_eq!(&painted, &wanted);
        let mut lost = 0;
        for (segment, (label, _, set)) in flat.segments.iter().zip(&segments) {
            prop_assert_eq!(segment.label, *label);
            prop_assert!(Runs::new(shape, segment.seen.as_slice().to_vec()).is_ok());
            let seen = wanted.iter().filter(|v| *v == label).count() as u64;
            prop_assert_eq!(segment.seen.voxels(), seen);
            prop_assert_eq!(segment.covered, set.voxels() - seen);
            lost += segment.covered;
        }
        prop_assert_eq!(flat.covered(), lost);
    }
}

#[test]
fn labels_that_do_not_fit_change_nothing() {
    let full = Runs::full(shape(1, [1, 2, 2]));
    let flat = flatten(full.shape(), &[(1, 0, &full), (300, 1, &full)]).unwrap();
    let mut bytes = [9_u8; 4];
    assert_eq!(flat.paint(&mut bytes), Err(RunsError::Label { label: 300, dtype: "u8" }));
    assert_eq!(bytes, [9; 4]);
    let mut words = [9_u16; 4];
    flat.paint(&mut words).unwrap();
    assert_eq!((words, flat.covered()), ([300; 4], 4));
    let other = Runs::full(shape(1, [1, 1, 4]));
    assert!(matches!(flatten(full.shape(), &[(1, 0, &other)]), Err(RunsError::Shapes { .. })));
}
