//! Against sums in f64, and by what makes an eigenvector one.

use super::super::super::sample::{Random, ways};
use super::super::AnalysisOptions;
use super::super::tests::{Flat, container, on, random_rows, real};
use super::*;

/// The covariance in f64, one pair of dimensions at a time.
fn plain_covariance(flat: &Flat, unit: bool) -> (Vec<f64>, Vec<Vec<f64>>) {
    let rows: Vec<Vec<f64>> = flat
        .values()
        .map(|row| {
            let row: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
            let norm = if unit { dot(&row, &row).sqrt() } else { 1.0 };
            row.iter().map(|x| if norm > 0.0 { x / norm } else { 0.0 }).collect()
        })
        .collect();
    let (n, dim) = (rows.len() as f64, rows[0].len());
    let mean: Vec<f64> = (0..dim).map(|d| rows.iter().map(|row| row[d]).sum::<f64>() / n).collect();
    let entry = |a: usize, b: usize| {
        rows.iter().map(|row| (row[a] - mean[a]) * (row[b] - mean[b])).sum::<f64>() / (n - 1.0)
    };
    let all = (0..dim).map(|a| (0..dim).map(|b| entry(a, b)).collect()).collect();
    (mean, all)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Components are eigenvectors of the covariance, and no direction left has more variance than the last one.
fn check(flat: &Flat, made: &Pca, slack: f64) {
    let (mean, covariance) = plain_covariance(flat, made.unit);
    let dim = mean.len();
    let total: f64 = (0..dim).map(|d| covariance[d][d]).sum();
    assert!((made.total_variance - total).abs() <= 1e-5 * total, "{} {total}", made.total_variance);
    assert!(made.variances.is_sorted_by(|a, b| a >= b));
    let size = mean.iter().fold(1e-30, |most: f64, x| most.max(x.abs()));
    assert!(made.mean.iter().zip(&mean).all(|(a, b)| (a - b).abs() <= 1e-5 * size));
    let components: Vec<&[f64]> = made.components.chunks(dim).collect();
    for (place, (component, variance)) in components.iter().zip(&made.variances).enumerate() {
        for (other, one) in components.iter().enumerate() {
            let expected = if other == place { 1.0 } else { 0.0 };
            assert!((dot(component, one) - expected).abs() < 1e-9);
        }
        let off =
            covariance.iter().zip(*component).map(|(row, x)| dot(row, component) - variance * x);
        let off = off.map(|x| x * x).sum::<f64>().sqrt();
        assert!(off <= slack * total, "component {place} is off by {off} of {total}");
        let most = component.iter().fold(0.0, |m: f64, x| if x.abs() > m.abs() { *x } else { m });
        assert!(most > 0.0);
    }
    // What is left after the components: its largest eigenvalue by plain power iteration.
    let mut left = covariance.clone();
    for (component, variance) in components.iter().zip(&made.variances) {
        for (row, x) in left.iter_mut().zip(*component) {
            row.iter_mut().zip(*component).for_each(|(entry, y)| *entry -= variance * x * y);
        }
    }
    let mut v: Vec<f64> = (0..dim).map(|d| 1.0 + (d % 7) as f64).collect();
    let mut most = 0.0;
    for _ in 0..300 {
        let norm = dot(&v, &v).sqrt().max(1e-300);
        for x in &mut v {
            *x /= norm;
        }
        let image: Vec<f64> = left.iter().map(|row| dot(row, &v)).collect();
        (most, v) = (dot(&image, &v), image);
    }
    let last = made.variances.last().copied().unwrap_or(0.0);
    assert!(most <= last + 10.0 * slack * total, "{most} is left after {last}");
}

/// Rows with a spectrum that falls off, some dimensions equal.
fn stretched(random: &mut Random, count: usize, dim: usize, offset: f32) -> Flat {
    let mut rows = random_rows(random, count, dim, 1.0);
    for row in &mut rows {
        let shared = row[0];
        for (d, x) in row.iter_mut().enumerate() {
            *x = *x * 4.0 / (1.0 + (d / 3) as f32) + shared * (d % 5) as f32 + offset;
        }
    }
    (0..).zip(rows).collect()
}

#[test]
fn components_are_eigenvectors_of_the_covariance() {
    let mut random = Random::from_env();
    for (count, dim, wanted, offset) in
        [(40, 3, 2, 0.0), (300, 64, 10, 5.0), (2100, 130, 50, -2.0), (50, 150, 20, 100.0)]
    {
        let flat = stretched(&mut random, count, dim, offset);
        let sample = container(&flat, dim as u32);
        let mut first = None;
        for (threads, tier) in ways() {
            let options = AnalysisOptions::new().threads(threads).tier(tier);
            let made = pca(&sample.state, &sample.vectors, wanted, &options, &mut on()).unwrap();
            assert_eq!(made, *first.get_or_insert_with(|| made.clone()));
        }
        let made = first.unwrap();
        assert!(made.residual < 1e-9, "{}", made.residual);
        check(&flat, &made, 1e-5);
        let unit = AnalysisOptions::new().metric(Metric::Cosine);
        let made = pca(&sample.state, &sample.vectors, wanted, &unit, &mut on()).unwrap();
        assert!(made.unit && made.len() == wanted);
        check(&flat, &made, 1e-5);
    }
}

#[test]
fn equal_variances_and_flat_spectra() {
    let mut random = Random::from_env();
    // Plus and minus each axis: all variances are equal.
    let axes: Flat = (0..240_u64)
        .map(|i| {
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            (i, (0..120).map(|d| if d == i / 2 { sign } else { 0.0 }).collect())
        })
        .collect();
    let flat: Flat = (0..).zip(random_rows(&mut random, 900, 140, 1.0)).collect();
    for flat in [axes, flat] {
        let dim = flat[&0].len();
        let sample = container(&flat, dim as u32);
        let options = AnalysisOptions::new();
        let made = pca(&sample.state, &sample.vectors, 20, &options, &mut on()).unwrap();
        assert!(made.residual < 1e-9, "{}", made.residual);
        check(&flat, &made, 1e-5);
        assert!(
            (made.ratios().iter().sum::<f64>()
                - made.variances.iter().sum::<f64>() / made.total_variance)
                .abs()
                < 1e-12
        );
    }
}

#[test]
fn very_long_and_very_short_features() {
    let mut random = Random::from_env();
    for scale in [1e-35_f32, 1e-20, 1e18, 1e37] {
        let mut flat = stretched(&mut random, 60, 8, 0.5);
        flat.values_mut().flatten().for_each(|x| *x *= scale);
        let sample = container(&flat, 8);
        let options = AnalysisOptions::new();
        let made = pca(&sample.state, &sample.vectors, 3, &options, &mut on()).unwrap();
        check(&flat, &made, 1e-5);
    }
}

#[test]
fn projections_are_products_with_the_components() {
    let mut random = Random::from_env();
    let flat = stretched(&mut random, 500, 30, 3.0);
    let sample = container(&flat, 30);
    let options = AnalysisOptions::new().threads(3);
    let made = pca(&sample.state, &sample.vectors, 4, &options, &mut on()).unwrap();
    let placed = project(&sample.state, &sample.vectors, &made, &options, &mut on()).unwrap();
    assert!(placed.rows.iter().eq(flat.keys()));
    let mut squares = [0.0; 4];
    for (row, values) in flat.values().zip(placed.values.chunks(4)) {
        for ((component, value), square) in made.components.chunks(30).zip(values).zip(&mut squares)
        {
            let terms = row.iter().zip(&made.mean).zip(component);
            let expected: f64 = terms.map(|((x, m), c)| (f64::from(*x) - m) * c).sum();
            assert!((f64::from(*value) - expected).abs() < 1e-4);
            *square += expected * expected;
        }
    }
    for (square, variance) in squares.iter().zip(&made.variances) {
        assert!((square / 499.0 - variance).abs() < 1e-4 * variance);
    }
    let other = container(&Flat::new(), 7);
    assert!(project(&other.state, &other.vectors, &made, &options, &mut on()).is_err());
}

#[test]
fn real_features() {
    let Some((flat, dim)) = real() else { return };
    let sample = container(&flat, dim);
    let options = AnalysisOptions::new();
    let mut rounds = 0;
    let made = pca(&sample.state, &sample.vectors, 50, &options, &mut |done, total| {
        rounds = if total == 200 { done } else { rounds };
        true
    });
    let made = made.unwrap();
    println!(
        "residual {:e} after {rounds} rounds, ratios {:?}",
        made.residual,
        &made.ratios()[..5]
    );
    assert!(made.residual < 1e-9);
    check(&flat, &made, 1e-5);
}
