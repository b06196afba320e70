//! Against plain loops over the values.

use std::collections::BTreeSet;

use super::super::options::SearchOptions;
use super::super::sample::{Features, Random, Sample, plain_top};
use super::super::similarity::Metric;
use super::*;
use crate::error::Error;
use crate::format::schema::Dtype;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * b.abs().max(1.0)
}

fn check_features(told: &FeatureStatistics, features: &[&Vec<f32>], dim: usize) {
    assert_eq!(told.count, features.len() as u64);
    assert_eq!(told.mean.len(), dim);
    let norm = |f: &Vec<f32>| f.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let norms: Vec<f64> = features.iter().map(|f| norm(f)).collect();
    let count = features.len().max(1) as f64;
    assert!(close(told.mean_norm, norms.iter().sum::<f64>() / count));
    let empty = norms.is_empty();
    let least = norms.iter().copied().fold(f64::INFINITY, f64::min);
    let most = norms.iter().copied().fold(0.0, f64::max);
    assert!(close(f64::from(told.min_norm), if empty { 0.0 } else { least }));
    assert!(close(f64::from(told.max_norm), most));
    for (place, mean) in told.mean.iter().enumerate() {
        let sum: f64 = features.iter().map(|f| f64::from(f[place])).sum();
        assert!(close(f64::from(*mean), sum / count));
    }
}

#[test]
fn agree_with_plain_loops() {
    let mut random = Random::from_env();
    for (dtype, dim, count) in [(Dtype::F32, 5, 6), (Dtype::F16, 70, 3)] {
        let sample = Sample::random(&mut random, dtype, dim, count);
        let (state, field, images) = (&sample.state, &sample.regions, &sample.images);
        let told = regions(state, field, 1).unwrap();
        assert_eq!((told.with_value, told.images), (images.len() as u64, state.images()));
        for (n, count) in told.histogram.iter().enumerate() {
            assert_eq!(*count, images.values().filter(|image| image.len() == n).count() as u64);
        }
        assert_eq!(told.histogram.iter().sum::<u64>(), images.len() as u64);
        let sizes = || images.values().map(Features::len);
        assert_eq!(told.min_detected as usize, sizes().min().unwrap());
        assert_eq!(told.max_detected as usize, sizes().max().unwrap());
        assert!(close(told.mean_detected, sizes().sum::<usize>() as f64 / images.len() as f64));
        for region in &told.regions {
            let features: Vec<_> =
                images.values().filter_map(|image| image.get(&region.region)).collect();
            check_features(&region.features, &features, dim as usize);
            assert!(close(region.rate, features.len() as f64 / images.len() as f64));
        }
        let flat: Vec<_> = sample.flat.values().collect();
        check_features(&vectors(state, &sample.vectors).unwrap(), &flat, dim as usize);
        let pairs = cooccurrence(state, field, 1).unwrap();
        for a in 0..count {
            for b in 0..count {
                let both = images.values().filter(|i| i.contains_key(&a) && i.contains_key(&b));
                assert_eq!(pairs.count(a, b), both.count() as u64);
            }
        }
        assert_eq!((pairs.count(count, 0), pairs.count(0, count)), (0, 0));
        for threads in 2..=4 {
            assert_eq!(regions(state, field, threads).unwrap(), told);
            assert_eq!(cooccurrence(state, field, threads).unwrap(), pairs);
        }
    }
}

#[test]
fn jaccard_agrees_with_sets() {
    let mut random = Random::from_env();
    let sample = Sample::random(&mut random, Dtype::F16, 2, 9);
    let (state, field) = (&sample.state, &sample.regions);
    let rows: Vec<u64> = sample.images.keys().copied().collect();
    for round in 0..40 {
        let row = rows[random.below(rows.len() as u64) as usize];
        let from_row = random.one_in(2);
        let query = if from_row {
            RegionSetQuery::of_row(state, field, row).unwrap()
        } else {
            let regions = (0..9).filter(|_| random.one_in(2)).rev().collect();
            RegionSetQuery::new(field, regions).unwrap()
        };
        let filter = random.bitmap(state.next_row, 2);
        let set: BTreeSet<u16> = query.regions().iter().copied().collect();
        let k = random.below(30) as usize;
        let threshold = random.below(10) as f32 / 10.0;
        let options = SearchOptions::new(k).threads(1 + round % 4).threshold(threshold);
        let options = options.filter(&filter);
        let mut all = Vec::new();
        for (&other, image) in &sample.images {
            let image: BTreeSet<u16> = image.keys().copied().collect();
            let either = set.union(&image).count();
            let both = set.intersection(&image).count();
            let score = if either == 0 { 1.0 } else { (both as f64 / either as f64) as f32 };
            if filter.get(other) && score >= threshold && !(from_row && other == row) {
                all.push((other, score));
            }
        }
        let found = jaccard(state, field, &query, &options).unwrap();
        assert_eq!(found.matched, all.len() as u64);
        let hits: Vec<_> = found.hits.iter().map(|hit| (hit.row, hit.score)).collect();
        assert_eq!(hits, plain_top(Metric::Cosine, all, k));
    }
}

#[test]
fn an_empty_field_has_statistics() {
    let sample = Sample::empty(Dtype::F32, 4, 2);
    let told = regions(&sample.state, &sample.regions, 0).unwrap();
    assert_eq!((told.with_value, told.histogram.len(), told.regions.len()), (0, 0, 2));
    assert_eq!(vectors(&sample.state, &sample.vectors).unwrap().count, 0);
    assert!(matches!(vectors(&sample.state, &sample.regions), Err(Error::WrongKind { .. })));
}

#[test]
fn many_regions_have_no_matrix_of_pairs() {
    let sample = Sample::empty(Dtype::F32, 4, 2049);
    let refused = cooccurrence(&sample.state, &sample.regions, 0);
    assert!(matches!(refused, Err(Error::Limit { value: 2049, .. })));
}
