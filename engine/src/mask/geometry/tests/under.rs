//! Tokens and heat maps under a segment against sums over all cells.

use half::f16;
use proptest::prelude::*;

use super::cells::mappings;
use super::masks::masks;
use crate::container::view::FeatureMatrix;
use crate::mask::{CellCoverage, GeometryError, heat_under, max_under, mean_under};

const DIM: usize = 3;
const STRIDE: usize = 4;

fn close(a: f32, b: f64) -> bool {
    (f64::from(a) - b).abs() < 1e-5 * b.abs().max(1.0)
}

proptest! {
    #[test]
    fn tokens_are_averaged_by_weight(
        dense in masks(),
        (grid, mapping) in mappings(),
        least in prop_oneof![Just(0.0), 0.0..1.0],
        seed in any::<u32>(),
    ) {
        let coverage = CellCoverage::new(&dense.runs(), 0, grid, &mapping).unwrap();
        let weights = coverage.fractions();
        let mixed = |i: usize| (i as u64).wrapping_mul(2_654_435_761) ^ u64::from(seed);
        let value = |i: usize| mixed(i) % 1000;
        let values: Vec<f16> =
            (0..weights.len() * STRIDE).map(|i| f16::from_f32(value(i) as f32 - 500.0)).collect();
        let wide: Vec<f32> = values.iter().map(|v| v.to_f32()).collect();
        let narrow = FeatureMatrix::F16 { values: &values, dim: DIM, stride: STRIDE };
        let tokens = FeatureMatrix::F32 { values: &wide, dim: DIM, stride: STRIDE };
        let total: f64 = weights.iter().sum();
        let mean = mean_under(&coverage, &tokens).unwrap();
        let max = max_under(&coverage, &tokens, least).unwrap();
        prop_assert_eq!(&mean, &mean_under(&coverage, &narrow).unwrap());
        prop_assert_eq!(&max, &max_under(&coverage, &narrow, least).unwrap());
        prop_assert_eq!(mean.is_some(), total > 0.0);
        for axis in 0..DIM {
            let rows = weights.iter().zip(wide.chunks(STRIDE)).map(|(w, row)| (*w, row[axis]));
            if let Some(mean) = &mean {
                let sum: f64 = rows.clone().map(|(w, v)| w * f64::from(v)).sum();
                prop_assert!(close(mean[axis], sum / total));
            }
            let used = rows.filter(|(w, _)| *w > 0.0 && *w >= least);
            let largest = used.map(|(_, v)| v).reduce(f32::max);
            prop_assert_eq!(max.as_ref().map(|max| max[axis]), largest);
        }
    }

    #[test]
    fn heat_is_summed_by_weight(
        dense in masks(),
        (grid, mapping) in mappings(),
        threshold in -1.0..1.0_f32,
    ) {
        let coverage = CellCoverage::new(&dense.runs(), 0, grid, &mapping).unwrap();
        let weights = coverage.fractions();
        let values: Vec<f32> = (0..weights.len()).map(|i| (i as f32 * 1.7).sin()).collect();
        let found = heat_under(&coverage, &values, threshold).unwrap();
        let total: f64 = weights.iter().sum();
        prop_assert_eq!(found.is_some(), total > 0.0);
        let Some(found) = found else { return Ok(()) };
        let all = || weights.iter().copied().zip(values.iter().copied());
        let mean = all().map(|(w, v)| w * f64::from(v)).sum::<f64>() / total;
        let above: f64 = all().filter(|(_, v)| *v > threshold).map(|(w, _)| w).sum();
        prop_assert!(close(found.mean, mean));
        prop_assert!((found.above - above / total).abs() < 1e-9);
        let touched = || all().filter(|(w, _)| *w > 0.0);
        prop_assert_eq!(Some(found.max), touched().map(|(_, v)| v).reduce(f32::max));
        prop_assert_eq!(found.cells, touched().count());
    }
}

#[test]
fn there_must_be_one_value_a_cell() {
    let runs = crate::mask::Runs::full(crate::mask::VoxelShape::new(1, [1, 4, 4]).unwrap());
    let mapping = crate::format::mapping::GridMapping::regular([1.0, 2.0, 2.0]);
    let coverage = CellCoverage::new(&runs, 0, [1, 2, 2], &mapping).unwrap();
    let error = GeometryError::Values { given: 3, wanted: 4 };
    assert_eq!(heat_under(&coverage, &[0.0; 3], 0.0), Err(error.clone()));
    let tokens = FeatureMatrix::F32 { values: &[0.0; 6], dim: 2, stride: 2 };
    assert_eq!(mean_under(&coverage, &tokens), Err(error.clone()));
    assert_eq!(max_under(&coverage, &tokens, 0.0), Err(error));
}
