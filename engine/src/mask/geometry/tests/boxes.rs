//! Boxes against all voxels.

use proptest::prelude::*;

use super::masks::{Dense, masks};
use crate::mask::{BoxOverlap, Runs, VoxelShape};

fn boxes() -> impl Strategy<Value = [f32; 6]> {
    let side = || prop_oneof![-3.0..16.0_f32, (-3..16_i16).prop_map(f32::from)];
    [side(), side(), side(), side(), side(), side()]
}

fn inside(dense: &Dense, frame: u64, sides: &[f32; 6]) -> f64 {
    let sides = sides.map(f64::from);
    let part = |at: u64, axis: usize| {
        ((at + 1) as f64).min(sides[axis + 3]) - (at as f64).max(sides[axis])
    };
    let volume =
        |at: [u64; 4]| (0..3).map(|axis| part(at[axis + 1], axis).max(0.0)).product::<f64>();
    dense.voxels().into_iter().filter(|at| at[0] == frame).map(volume).sum()
}

proptest! {
    #[test]
    fn overlaps_are_those_of_all_voxels(dense in masks(), sides in boxes()) {
        for frame in 0..dense.shape.frames() {
            let found = dense.runs().box_overlap(frame, &sides).unwrap();
            let wanted = inside(&dense, frame, &sides);
            prop_assert!((found.voxels - wanted).abs() < 1e-9);
            let volume: f64 =
                (0..3).map(|a| (f64::from(sides[a + 3]) - f64::from(sides[a])).max(0.0)).product();
            let all = dense.voxels().iter().filter(|at| at[0] == frame).count() as f64;
            let of = |whole: f64| if whole > 0.0 { wanted / whole } else { 0.0 };
            prop_assert!((found.of_box - of(volume)).abs() < 1e-9);
            prop_assert!((found.of_set - of(all)).abs() < 1e-9);
        }
    }
}

#[test]
fn half_of_a_box_in_half_of_a_set() {
    let full = Runs::full(VoxelShape::new(1, [2, 4, 4]).unwrap());
    let found = full.box_overlap(0, &[0.0, 2.0, 0.0, 2.0, 6.0, 4.0]).unwrap();
    assert_eq!(found, BoxOverlap { voxels: 16.0, of_box: 0.5, of_set: 0.5 });
    let turned = full.box_overlap(0, &[1.0, 3.0, 3.0, 0.0, 0.0, 0.0]).unwrap();
    assert_eq!(turned, BoxOverlap::default());
}
