//! Surfaces and their distances against all pairs of voxels.

use proptest::prelude::*;

use super::masks::{At, Dense, masks, step, two};
use crate::mask::{Runs, VoxelShape, surface_distances};

fn on_surface(dense: &Dense, at: At) -> bool {
    let sides = dense.shape.zyx();
    let mut around = Vec::new();
    for axis in (0..3).filter(|&axis| sides[axis] > 1) {
        for by in [-1, 1] {
            let mut steps = [0; 3];
            steps[axis] = by;
            around.push(step(at, steps).is_some_and(|at| dense.has(at)));
        }
    }
    around.is_empty() || around.contains(&false)
}

fn surface(dense: &Dense, frame: u64) -> Vec<At> {
    let voxels = dense.voxels().into_iter().filter(|at| at[0] == frame);
    voxels.filter(|at| on_surface(dense, *at)).collect()
}

/// From each of `from`, sorted.
fn distances(from: &[At], to: &[At], spacing: [f64; 3]) -> Vec<f64> {
    let apart = |a: &At, b: &At| {
        let gap = |axis: usize| a[axis + 1].abs_diff(b[axis + 1]) as f64 * spacing[axis];
        let [z, y, x] = [gap(0), gap(1), gap(2)];
        (z * z + y * y + x * x).sqrt()
    };
    let nearest = |a: &At| to.iter().map(|b| apart(a, b)).fold(f64::INFINITY, f64::min);
    let mut all: Vec<f64> = from.iter().map(nearest).collect();
    all.sort_by(f64::total_cmp);
    all
}

fn percentile(sorted: &[f64]) -> f64 {
    // In hundredths of a rank.
    let rank = (sorted.len() - 1) * 95;
    let (low, part) = (sorted[rank / 100], (rank % 100) as f64 / 100.0);
    low + (sorted[rank.div_ceil(100)] - low) * part
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

proptest! {
    #[test]
    fn the_surface_is_that_of_each_voxel(dense in masks()) {
        let surface = Dense::of(&dense.runs().surface());
        for index in 0..dense.shape.voxels() {
            let at = dense.shape.position(index);
            prop_assert_eq!(surface.has(at), dense.has(at) && on_surface(&dense, at));
        }
    }

    #[test]
    fn distances_are_those_of_all_pairs(
        (a, b) in two(),
        spacing in prop::array::uniform3(0.1..8.0_f64),
    ) {
        for frame in 0..a.shape.frames() {
            let found = surface_distances(&a.runs(), &b.runs(), spacing, frame).unwrap();
            let (from, to) = (surface(&a, frame), surface(&b, frame));
            let (one, other) = (distances(&from, &to, spacing), distances(&to, &from, spacing));
            prop_assert_eq!(found.forward.voxels, from.len() as u64);
            prop_assert_eq!(found.backward.voxels, to.len() as u64);
            if from.is_empty() || to.is_empty() {
                let same = if from.is_empty() && to.is_empty() { 0.0 } else { f64::INFINITY };
                let all = [found.hausdorff(), found.hausdorff_95(), found.mean()];
                prop_assert_eq!(all, [same; 3]);
                continue;
            }
            let largest = one[one.len() - 1].max(other[other.len() - 1]);
            prop_assert_eq!(found.hausdorff(), largest);
            prop_assert!(close(found.hausdorff_95(), percentile(&one).max(percentile(&other))));
            let sum: f64 = one.iter().chain(&other).sum();
            prop_assert!(close(found.mean(), sum / (one.len() + other.len()) as f64));
        }
    }
}

#[test]
fn large_sets_of_many_leaves_agree() {
    let shape = VoxelShape::new(1, [24, 40, 40]).unwrap();
    let ball = |centre: [f64; 3], radius: f64| {
        let inside = |index: u64| {
            let [_, z, y, x] = shape.position(index);
            let at = [z, y, x].map(|n| n as f64);
            at.iter().zip(centre).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() < radius * radius
        };
        let values = (0..shape.voxels()).map(inside).collect();
        Dense { shape, values }
    };
    let (a, b) = (ball([11.0, 18.0, 17.0], 10.0), ball([12.5, 22.0, 20.0], 7.5));
    let spacing = [2.5, 0.7, 0.9];
    let found = surface_distances(&a.runs(), &b.runs(), spacing, 0).unwrap();
    let one = distances(&surface(&a, 0), &surface(&b, 0), spacing);
    let other = distances(&surface(&b, 0), &surface(&a, 0), spacing);
    assert_eq!(found.forward.largest, one[one.len() - 1]);
    assert_eq!(found.backward.largest, other[other.len() - 1]);
    assert!(close(found.forward.percentile_95, percentile(&one)));
    assert!(close(found.backward.mean, other.iter().sum::<f64>() / other.len() as f64));
}

#[test]
fn a_set_is_nowhere_from_itself() {
    let full = Runs::full(VoxelShape::new(1, [4, 5, 6]).unwrap());
    let found = surface_distances(&full, &full, [1.0; 3], 0).unwrap();
    assert_eq!([found.hausdorff(), found.hausdorff_95(), found.mean()], [0.0; 3]);
    assert_eq!(found.forward.voxels, 120 - 2 * 3 * 4);
}
