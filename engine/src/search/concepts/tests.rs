//! Concept scores against one search score at a time.

#![expect(clippy::float_cmp, reason = "the results are exact by definition")]

use super::*;
use crate::search::kernels::{Row, Tier};
use crate::search::sample::Random;
use crate::search::similarity::{Metric, Scorer};
use half::f16;

fn matrix(data: &[f32], dim: usize) -> Matrix<'_> {
    Matrix::new(Rows::F32(data), dim, dim, data.len() / dim).unwrap()
}

/// The slow twin: cosines by single scorers.
fn cosines(prompts: Matrix<'_>, rows: Matrix<'_>) -> Vec<f32> {
    let kernel = Kernel::with_tier(Tier::Portable).unwrap();
    let pairs = (0..rows.count()).flat_map(|n| (0..prompts.count()).map(move |k| (n, k)));
    let score = |(n, k)| {
        let Some(Row::F32(prompt)) = prompts.row(k) else { panic!("prompts are f32") };
        Scorer::new(Metric::Cosine, kernel, prompt).score(rows.row(n).unwrap()).unwrap()
    };
    pairs.map(score).collect()
}

fn same(left: &[f32], right: &[f32]) -> bool {
    left.iter().map(|x| x.to_bits()).eq(right.iter().map(|x| x.to_bits()))
}

fn scored(concepts: &Concepts, rows: Matrix<'_>) -> Vec<f32> {
    let mut out = vec![7.0; rows.count() * concepts.count()];
    concepts.score_all(rows, 1, &mut out).unwrap();
    for threads in [0, 2, 3] {
        let mut again = vec![7.0; out.len()];
        concepts.score_all(rows, threads, &mut again).unwrap();
        assert!(same(&out, &again), "{threads} threads");
    }
    out
}

#[test]
fn scores_are_scaled_cosines_of_a_search() {
    let affine = Affine::new(112.67, -12.93).unwrap();
    let mut random = Random::from_env();
    for (k, n, dim) in [(1, 9, 5), (2, 400, 33), (7, 60, 1152)] {
        let prompts = random.features(k, dim);
        let mut rows = random.features(n, dim);
        rows[..dim].fill(0.0);
        let halves: Vec<f16> = rows.iter().map(|x| f16::from_f32(*x)).collect();
        for rows in [matrix(&rows, dim), Matrix::new(Rows::F16(&halves), dim, dim, n).unwrap()] {
            let expected = cosines(matrix(&prompts, dim), rows);
            let expected: Vec<f32> = expected.iter().map(|x| 112.67 * x + -12.93).collect();
            let concepts = Concepts::new(Kernel::best(), matrix(&prompts, dim), affine).unwrap();
            assert_eq!((concepts.count(), concepts.dim()), (k, dim));
            assert!(same(&scored(&concepts, rows), &expected));
            assert!(expected[..k].iter().all(|x| *x == -12.93));
        }
    }
}

#[test]
fn templates_are_averaged() {
    let (k, n, dim) = (3, 50, 40);
    let mut random = Random::from_env();
    let sets: Vec<Vec<f32>> = (0..4).map(|_| random.features(k, dim)).collect();
    let sets: Vec<Matrix<'_>> = sets.iter().map(|set| matrix(set, dim)).collect();
    let rows = random.features(n, dim);
    let rows = matrix(&rows, dim);
    let affine = Affine::new(10.0, 1.5).unwrap();
    let of = |average| Concepts::of_templates(Kernel::best(), &sets, average, affine).unwrap();

    let each: Vec<Vec<f32>> = sets.iter().map(|set| cosines(*set, rows)).collect();
    let mean = |i: usize| each.iter().map(|c| f64::from(10.0 * c[i] + 1.5)).sum::<f64>() / 4.0;
    let expected: Vec<f32> = (0..n * k).map(|i| rounded(mean(i))).collect();
    assert!(same(&scored(&of(Average::Scores), rows), &expected));

    let features = average_features(&sets).unwrap();
    for feature in features.chunks(dim) {
        let norm: f64 = feature.iter().map(|x| f64::from(*x).powi(2)).sum();
        assert!((norm - 1.0).abs() < 1e-6 || norm == 0.0);
    }
    let expected = cosines(matrix(&features, dim), rows);
    let expected: Vec<f32> = expected.iter().map(|x| 10.0 * x + 1.5).collect();
    assert!(same(&scored(&of(Average::Features), rows), &expected));

    let one = Concepts::of_templates(Kernel::best(), &sets[..1], Average::Features, affine);
    let plain = Concepts::new(Kernel::best(), sets[0], affine).unwrap();
    assert!(same(&scored(&one.unwrap(), rows), &scored(&plain, rows)));
}

#[test]
fn a_mean_feature_is_the_direction_between() {
    let (a, b) = ([3.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0]);
    let mean = average_features(&[matrix(&a, 2), matrix(&b, 2)]).unwrap();
    let half = rounded(0.5_f64.sqrt());
    assert_eq!(mean, [half, half, 0.0, 0.0]);
    let opposed = average_features(&[matrix(&[2.0, 0.0], 2), matrix(&[-1.0, 0.0], 2)]).unwrap();
    assert_eq!(opposed, [0.0, 0.0]);
}

#[test]
fn wrong_shapes_are_errors() {
    let (kernel, affine) = (Kernel::best(), Affine::default());
    let data = [1.0; 24];
    for average in [Average::Features, Average::Scores] {
        assert!(Concepts::of_templates(kernel, &[], average, affine).is_err());
        let sets = [matrix(&data, 4), matrix(&data[..20], 4)];
        let error = Concepts::of_templates(kernel, &sets, average, affine).unwrap_err();
        assert!(error.to_string().starts_with("template 1 has another shape"), "{error}");
        let sets = [matrix(&data, 4), matrix(&data, 4)];
        let concepts = Concepts::of_templates(kernel, &sets, average, affine).unwrap();
        assert!(concepts.score_all(matrix(&data, 4), 1, &mut [0.0; 35]).is_err());
        assert!(concepts.score_all(matrix(&data, 3), 1, &mut [0.0; 48]).is_err());
        assert!(concepts.score_all(matrix(&[], 4), 1, &mut []).is_ok());
    }
    let none = Concepts::new(kernel, matrix(&[], 4), affine).unwrap();
    none.score_all(matrix(&data, 4), 2, &mut []).unwrap();
}

#[test]
fn probabilities_are_the_formula() {
    let mut random = Random::from_env();
    for count in 1..50 {
        let scores: Vec<f32> = random.features(1, count).iter().map(|x| x * 20.0).collect();
        // Without taking the largest off, f64 has room for these.
        let weights: Vec<f64> = scores.iter().map(|x| f64::from(*x).exp()).collect();
        let all: f64 = weights.iter().sum();
        let mut got = scores.clone();
        softmax(&mut got);
        for (got, weight) in got.iter().zip(&weights) {
            assert!((f64::from(*got) - weight / all).abs() <= 1e-7);
        }
        assert_eq!(argmax(&got).map(|i| got[i]), argmax(&scores).map(|i| got[i]));
    }
    let mut far = [1e38, -1e38, 1e38];
    softmax(&mut far);
    assert_eq!(far, [0.5, 0.0, 0.5]);
    let mut rows = [0.0, 0.0, 5.0, 5.0];
    softmax_rows(&mut rows, 2);
    assert_eq!(rows, [0.5; 4]);
    softmax_rows(&mut rows, 0);
    softmax(&mut []);
    assert_eq!(rows, [0.5; 4]);
}

#[test]
fn the_first_of_equal_scores_is_best() {
    assert_eq!(argmax(&[1.0, 3.0, 3.0]), Some(1));
    assert_eq!(argmax(&[f32::NAN, -1.0, f32::NAN]), Some(1));
    assert_eq!(argmax(&[f32::NEG_INFINITY]), Some(0));
    assert_eq!(argmax(&[0.0, -0.0]), Some(0));
    assert_eq!(argmax(&[f32::NAN]), None);
    assert_eq!(argmax(&[]), None);
}
