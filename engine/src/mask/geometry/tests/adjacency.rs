//! Contacts against a look at each voxel and those around it.

use proptest::prelude::*;

use super::masks::{Dense, shapes, step, steps, two, values};
use crate::mask::{Contact, PairContact, Runs, contact, contacts};

fn looked_at(a: &Dense, b: &Dense) -> Contact {
    let mut faces = [0_u64; 3];
    let only = |one: &Dense, other: &Dense, at| one.has(at) && !other.has(at);
    for index in 0..a.shape.voxels() {
        let at = a.shape.position(index);
        for (axis, count) in faces.iter_mut().enumerate() {
            let mut by = [0; 3];
            by[axis] = 1;
            let next = step(at, by).unwrap();
            let ways = only(a, b, at) && only(b, a, next) || only(b, a, at) && only(a, b, next);
            *count += u64::from(ways);
        }
    }
    let near = |at| steps().filter_map(|by| step(at, by)).any(|other| b.has(other));
    Contact { faces, touching: a.voxels().into_iter().any(near) }
}

proptest! {
    #[test]
    fn contacts_are_those_seen((a, b) in two()) {
        let found = contact(&a.runs(), &b.runs()).unwrap();
        prop_assert_eq!(found, looked_at(&a, &b));
        prop_assert_eq!(found, contact(&b.runs(), &a.runs()).unwrap());
    }

    #[test]
    fn contacts_of_parts_are_those_seen(
        (all, cut) in shapes().prop_flat_map(|shape| (values(shape), 0..shape.voxels())),
    ) {
        // Two halves of one set have the most to do with each other.
        let (mut a, mut b) = (all.clone(), all);
        let cut = usize::try_from(cut).unwrap();
        a.values[cut..].fill(false);
        b.values[..cut].fill(false);
        prop_assert_eq!(contact(&a.runs(), &b.runs()).unwrap(), looked_at(&a, &b));
    }

    #[test]
    fn the_list_has_each_pair_that_touches(
        sets in shapes().prop_flat_map(|shape| prop::collection::vec(values(shape), 0..5)),
    ) {
        let runs: Vec<Runs> = sets.iter().map(Dense::runs).collect();
        let mut wanted = Vec::new();
        for (a, one) in sets.iter().enumerate() {
            for (b, other) in sets.iter().enumerate().skip(a + 1) {
                let contact = looked_at(one, other);
                if contact.touching {
                    wanted.push(PairContact { a, b, contact });
                }
            }
        }
        let found = contacts(&runs.iter().collect::<Vec<_>>()).unwrap();
        prop_assert_eq!(found, wanted);
    }
}

#[test]
fn areas_are_of_the_sides_of_voxels() {
    let contact = Contact { faces: [1, 10, 100], touching: true };
    assert_eq!(contact.area_mm2([2.0, 3.0, 5.0]), 15.0 + 100.0 + 600.0);
}
