//! Coverage of cells against all voxels of all cells.

use proptest::prelude::*;

use super::masks::{Dense, masks};
use crate::format::mapping::GridMapping;
use crate::mask::{CellCoverage, Runs, VoxelShape};

pub(super) fn mappings() -> impl Strategy<Value = ([usize; 3], GridMapping)> {
    let axes = Just([0_u8, 1, 2]).prop_shuffle();
    let number = |low: f64, high: f64| {
        // Whole, half and any numbers.
        prop_oneof![low..high, (low..high).prop_map(|v| (v * 2.0).round() / 2.0)]
    };
    let three = move |low, high| [number(low, high), number(low, high), number(low, high)];
    let stride = prop::array::uniform3((0.3..5.0_f64, any::<bool>(), any::<bool>()).prop_map(
        |(stride, whole, back)| {
            let stride = if whole { stride.ceil() } else { stride };
            if back { -stride } else { stride }
        },
    ));
    let grid = prop::array::uniform3(1..6_usize);
    (grid, axes, three(-3.0, 9.0), stride, three(0.5, 6.0)).prop_map(
        |(grid, axes, offset, stride, extent)| {
            let extent = extent.map(|e| e.max(0.25));
            (grid, GridMapping { axes, offset, stride, extent })
        },
    )
}

/// The slow twin.
pub(super) fn added_up(
    dense: &Dense,
    frame: u64,
    grid: [usize; 3],
    mapping: &GridMapping,
) -> Vec<f64> {
    let mut cells = Vec::new();
    let voxels = dense.voxels();
    for d in 0..grid[0] {
        for h in 0..grid[1] {
            for w in 0..grid[2] {
                let (low, high) = mapping.cell([d, h, w].map(|n| u32::try_from(n).unwrap()));
                let part = |at: u64, axis: usize| {
                    ((at + 1) as f64).min(high[axis]) - (at as f64).max(low[axis])
                };
                let volume = |at: &[u64; 4]| -> f64 {
                    (0..3).map(|axis| part(at[axis + 1], axis).max(0.0)).product()
                };
                cells.push(voxels.iter().filter(|at| at[0] == frame).map(volume).sum());
            }
        }
    }
    cells
}

proptest! {
    #[test]
    fn coverage_is_that_of_each_voxel(dense in masks(), (grid, mapping) in mappings()) {
        for frame in 0..dense.shape.frames() {
            let found = CellCoverage::new(&dense.runs(), frame, grid, &mapping).unwrap();
            let wanted = added_up(&dense, frame, grid, &mapping);
            prop_assert_eq!(found.voxels().len(), wanted.len());
            for (found, wanted) in found.voxels().iter().zip(&wanted) {
                prop_assert!((found - wanted).abs() < 1e-9, "{} is not {}", found, wanted);
                prop_assert_eq!(*found > 0.0, *wanted > 0.0);
            }
            prop_assert!(found.fractions().iter().all(|f| (0.0..=1.0).contains(f)));
        }
    }

    #[test]
    fn whole_cells_have_whole_numbers_and_miss_nothing(dense in masks(), side in 1..5_u32) {
        let stride = [f64::from(side); 3];
        let grid = dense.shape.zyx().map(|n| usize::try_from(n.div_ceil(side.into())).unwrap());
        let mapping = GridMapping::regular(stride);
        let found = CellCoverage::new(&dense.runs(), 0, grid, &mapping).unwrap();
        prop_assert_eq!(found.voxels(), added_up(&dense, 0, grid, &mapping));
        let in_frame = dense.voxels().iter().filter(|at| at[0] == 0).count();
        prop_assert_eq!(found.voxels().iter().sum::<f64>(), in_frame as f64);
    }
}

#[test]
fn a_full_set_covers_all_cells() {
    let full = Runs::full(VoxelShape::new(1, [3, 512, 500]).unwrap());
    let mapping = GridMapping::covering([1, 37, 33], [3, 512, 500]);
    let found = CellCoverage::new(&full, 0, [1, 37, 33], &mapping).unwrap();
    assert!(found.fractions().iter().all(|f| (f - 1.0).abs() < 1e-12));
    assert_eq!(found.covered().count(), 37 * 33);
    assert!((found.cell_voxels() * 37.0 * 33.0 - 3.0 * 512.0 * 500.0).abs() < 1e-6);
}
