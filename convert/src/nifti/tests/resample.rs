//! Twins that look at every cell for every voxel.

use super::Random;
use crate::nifti::resample::{CellAxis, Cells, ResampleError, Resampling, resample};
use std::convert::Infallible;

fn run(cells: &Cells<'_>, shape: [usize; 3], how: Resampling, fill: f32) -> Vec<f32> {
    let mut all = Vec::new();
    let sink = |z: usize, plane: &[f32]| {
        assert_eq!((all.len(), plane.len()), (z * plane.len(), shape[1] * shape[2]));
        all.extend_from_slice(plane);
        Ok::<(), Infallible>(())
    };
    resample(cells, shape, how, fill, sink).unwrap();
    all
}

fn voxels(shape: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    let [d, h, w] = shape;
    (0..d * h * w).map(move |i| [i / (h * w), i / w % h, i % w])
}

fn center(axis: &CellAxis, cell: usize) -> f64 {
    axis.offset + axis.stride * cell as f64 + axis.extent / 2.0
}

fn slow_nearest(cells: &Cells<'_>, shape: [usize; 3], fill: f32) -> Vec<f32> {
    let value = |voxel: [usize; 3]| {
        let mut best = (f64::INFINITY, fill);
        for (cell, value) in voxels(cells.shape).zip(cells.values) {
            let (mut distance, mut covered) = (0.0, true);
            for a in 0..3 {
                let (axis, at) = (&cells.axes[a], voxel[a] as f64 + 0.5);
                let start = axis.offset + axis.stride * cell[a] as f64;
                covered &= start <= at && at < start + axis.extent;
                distance += (center(axis, cell[a]) - at).powi(2);
            }
            if covered && distance < best.0 {
                best = (distance, *value);
            }
        }
        best.1
    };
    voxels(shape).map(value).collect()
}

/// The weight of a cell at a place: one at its centre, none at the next, and whole beyond the ends.
fn tent(axis: &CellAxis, cell: usize, count: usize, at: f64) -> f64 {
    let position = (at - center(axis, 0)) / axis.stride;
    let position = position.clamp(0.0, (count - 1) as f64);
    (1.0 - (position - cell as f64).abs()).max(0.0)
}

fn slow_linear(cells: &Cells<'_>, shape: [usize; 3]) -> Vec<f64> {
    let value = |voxel: [usize; 3]| {
        let mut sum = 0.0;
        for (cell, value) in voxels(cells.shape).zip(cells.values) {
            let weight =
                |a: usize| tent(&cells.axes[a], cell[a], cells.shape[a], voxel[a] as f64 + 0.5);
            sum += weight(0) * weight(1) * weight(2) * f64::from(*value);
        }
        sum
    };
    voxels(shape).map(value).collect()
}

fn random_axis(random: &mut Random, cells: usize, voxels: usize) -> CellAxis {
    if random.below(3) == 0 {
        return CellAxis::dividing(voxels, cells);
    }
    // Quarters are exact, so that ties and edges happen and are the same in both.
    let quarters = |random: &mut Random, n: u64| (random.below(n) + 1) as f64 / 4.0;
    let backwards = random.below(3) == 0;
    let stride = quarters(random, 12) * if backwards { -1.0 } else { 1.0 };
    let begin = if backwards { voxels as f64 } else { 0.0 };
    let offset = begin + quarters(random, 16) - 2.0;
    CellAxis { offset, stride, extent: quarters(random, 16) }
}

#[test]
fn both_agree_with_their_twins() {
    let mut random = Random::new();
    for _ in 0..600 {
        let cell_shape = [1 + random.below(4), 1 + random.below(5), 1 + random.below(5)];
        let shape = [1 + random.below(6), 1 + random.below(9), 1 + random.below(9)];
        let axes = std::array::from_fn(|a| random_axis(&mut random, cell_shape[a], shape[a]));
        let values: Vec<f32> =
            voxels(cell_shape).map(|_| random.below(1000) as f32 / 8.0).collect();
        let cells = Cells { shape: cell_shape, axes, values: &values };
        let found = run(&cells, shape, Resampling::Nearest, -1.0);
        assert_eq!(found, slow_nearest(&cells, shape, -1.0), "{cells:?} {shape:?}");
        let found = run(&cells, shape, Resampling::Linear, -1.0);
        for (found, wanted) in found.into_iter().zip(slow_linear(&cells, shape)) {
            assert!((f64::from(found) - wanted).abs() < 1e-4, "{cells:?} {shape:?}");
        }
    }
}

#[test]
fn a_nan_stays_in_its_cell_and_its_slopes() {
    let axis = CellAxis::dividing(8, 2);
    let one = CellAxis::dividing(1, 1);
    let cells = Cells { shape: [1, 1, 2], axes: [one, one, axis], values: &[1.0, f32::NAN] };
    let nearest = run(&cells, [1, 1, 8], Resampling::Nearest, 0.0);
    assert!(nearest[..4].iter().all(|v| *v <= 1.0) && nearest[4..].iter().all(|v| v.is_nan()));
    let linear = run(&cells, [1, 1, 8], Resampling::Linear, 0.0);
    assert!(linear[..2].iter().all(|v| *v <= 1.0) && linear[2..].iter().all(|v| v.is_nan()));
}

#[test]
fn grids_that_cannot_be_are_refused() {
    let axis = CellAxis::dividing(4, 2);
    let good = Cells { shape: [1, 1, 2], axes: [axis; 3], values: &[1.0, 2.0] };
    let refused = |cells: &Cells<'_>, shape| {
        let sink = |_: usize, _: &[f32]| Ok::<(), Infallible>(());
        let error = resample(cells, shape, Resampling::Linear, 0.0, sink).unwrap_err();
        println!("{error}");
        error
    };
    let shapes = [[0, 1, 1], [1, 1, usize::MAX], [1, 1 << 20, 1 << 20]];
    for shape in shapes {
        assert!(matches!(refused(&good, shape), ResampleError::Shape(_)));
    }
    let short = Cells { values: &[1.0], ..good };
    assert!(matches!(refused(&short, [1; 3]), ResampleError::Count(2, 1)));
    for bad in [
        CellAxis { stride: 0.0, ..axis },
        CellAxis { stride: f64::NAN, ..axis },
        CellAxis { extent: -1.0, ..axis },
        CellAxis { extent: f64::INFINITY, ..axis },
        CellAxis { offset: f64::NAN, ..axis },
        CellAxis { offset: 1e300, ..axis },
    ] {
        let cells = Cells { axes: [axis, bad, axis], ..good };
        assert!(matches!(refused(&cells, [1; 3]), ResampleError::Axis(_)));
    }
}
