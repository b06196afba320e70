//! Against plain loops over the values.

use std::collections::BTreeMap;

use super::super::sample::{Features, Random, Sample, plain_score, stored};
use super::super::similarity::Metric;
use super::*;
use crate::format::schema::Dtype;

/// A clean cloud, and planted faults: what comes out is what was planted.
#[test]
fn planted_faults_are_found() {
    let mut random = Random::from_env();
    for dtype in [Dtype::F32, Dtype::F16] {
        let mut sample = Sample::empty(dtype, 8, 3);
        let mut images: BTreeMap<u64, Features> = BTreeMap::new();
        let mut flat = BTreeMap::new();
        for row in 0..300 {
            let mut feature = || {
                let noise = (0..8).map(|_| random.below(1000) as f32 / 5000.0);
                noise.map(|noise| 1.0 + noise).collect::<Vec<f32>>()
            };
            images.insert(row, (0..3).map(|region| (region, feature())).collect());
            flat.insert(row, feature());
        }
        let opposite = vec![-1.0; 8];
        flat.insert(17, vec![0.0; 8]);
        flat.insert(18, vec![0.0; 8]);
        flat.insert(40, opposite.clone());
        flat.insert(250, flat[&249].clone());
        images.get_mut(&5).unwrap().insert(1, vec![0.0; 8]);
        images.get_mut(&9).unwrap().insert(2, opposite);
        let copied = images[&11][&0].clone();
        for row in [3, 200] {
            images.get_mut(&row).unwrap().insert(0, copied.clone());
        }
        images.insert(77, Features::new());
        let rows: Vec<u64> = (0..300).collect();
        sample.commit(&rows, images, flat);
        check_planted(&sample);
    }
}

/// What lies far by more than the tail of the cloud.
fn planted_far(report: &QualityReport) -> Vec<(Option<u16>, u64)> {
    let far = report.far.items.iter().filter(|found| found.z > 10.0);
    far.map(|found| (found.region, found.row)).collect()
}

fn check_planted(sample: &Sample) {
    for threads in 1..=4 {
        let report = quality(&sample.state, &sample.vectors, 10, threads).unwrap();
        assert_eq!((report.features, report.usual_counts), (300, None));
        let rows: Vec<u64> = report.short.items.iter().map(|found| found.row).collect();
        assert_eq!((report.short.count, rows), (2, vec![17, 18]));
        assert_eq!(planted_far(&report), [(None, 40)]);
        let equal = Duplicates { region: None, count: 2, rows: vec![249, 250] };
        assert_eq!(report.duplicates, Listed { count: 1, items: vec![equal] });

        let report = quality(&sample.state, &sample.regions, 2, threads).unwrap();
        let short: Vec<_> = report.short.items.iter().map(|f| (f.region, f.row, f.norm)).collect();
        assert_eq!(short, [(Some(1), 5, 0.0)]);
        assert_eq!(planted_far(&report), [(Some(2), 9)]);
        let equal = Duplicates { region: Some(0), count: 3, rows: vec![3, 11] };
        assert_eq!(report.duplicates, Listed { count: 1, items: vec![equal] });
        assert_eq!(report.usual_counts, Some((3.0, 3.0)));
        assert_eq!(report.unusual_counts.items, [UnusualCount { row: 77, regions: 0 }]);
    }
}

/// Short rows, far rows with z, groups of rows with equal features.
type Judged = (Vec<u64>, Vec<(u64, f64)>, Vec<Vec<u64>>);

/// One region by plain loops.
fn twin(features: &[(u64, &Vec<f32>)], dtype: Dtype) -> Judged {
    let norm = |f: &Vec<f32>| f.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let mut norms: Vec<f64> = features.iter().map(|(_, f)| norm(f)).collect();
    norms.sort_by(f64::total_cmp);
    let median = norms.get(norms.len().saturating_sub(1) / 2).copied().unwrap_or(0.0);
    let short = |f: &Vec<f32>| norm(f) == 0.0 || norm(f) < 1e-6 * median;
    let dim = features.first().map_or(0, |(_, f)| f.len());
    let mean = |place: usize| features.iter().map(|(_, f)| f64::from(f[place])).sum::<f64>();
    let centroid: Vec<f32> =
        (0..dim).map(|place| (mean(place) / features.len() as f64) as f32).collect();
    let distances: Vec<(u64, f64)> = features
        .iter()
        .filter(|(_, f)| !short(f))
        .map(|(row, f)| (*row, 1.0 - f64::from(plain_score(Metric::Cosine, &centroid, f))))
        .collect();
    let count = distances.len() as f64;
    let mean = distances.iter().map(|(_, d)| d).sum::<f64>() / count;
    let sd = (distances.iter().map(|(_, d)| (d - mean).powi(2)).sum::<f64>() / count).sqrt();
    let enough = distances.len() >= 8 && sd > 0.0;
    let far = distances.iter().map(|(row, d)| (*row, (d - mean) / sd));
    let far = far.filter(|(_, z)| enough && *z > 4.0).collect();
    let mut equal: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
    for (row, f) in features.iter().filter(|(_, f)| norm(f) > 0.0) {
        equal.entry(stored(f, dtype)).or_default().push(*row);
    }
    let short = features.iter().filter(|(_, f)| short(f)).map(|(row, _)| *row).collect();
    (short, far, equal.into_values().filter(|rows| rows.len() > 1).collect())
}

#[test]
fn agrees_with_plain_loops() {
    let mut random = Random::from_env();
    for (dtype, dim, count) in [(Dtype::F32, 3, 4), (Dtype::F16, 2, 2), (Dtype::F16, 70, 2)] {
        let sample = Sample::random(&mut random, dtype, dim, count);
        let report = quality(&sample.state, &sample.regions, 1_000_000, 1).unwrap();
        for threads in 2..=4 {
            let again = quality(&sample.state, &sample.regions, 1_000_000, threads).unwrap();
            assert_eq!(again, report);
        }
        for region in 0..count {
            let features = sample.images.iter();
            let features: Vec<_> =
                features.filter_map(|(row, i)| Some((*row, i.get(&region)?))).collect();
            let (short, far, mut equal) = twin(&features, dtype);
            let told = report.short.items.iter().filter(|f| f.region == Some(region));
            assert!(told.map(|f| f.row).eq(short));
            let mut told: Vec<_> =
                report.far.items.iter().filter(|f| f.region == Some(region)).collect();
            told.sort_by_key(|found| found.row);
            assert_eq!(told.len(), far.len());
            for (told, (row, z)) in told.iter().zip(far) {
                assert!(told.row == row && (told.z - z).abs() < 1e-3);
            }
            equal.sort();
            let told = report.duplicates.items.iter().filter(|f| f.region == Some(region));
            let told: Vec<_> = told.map(|found| found.rows.clone()).collect();
            assert_eq!(told, equal);
        }
        check_counts(&sample, &report);
        let cut = quality(&sample.state, &sample.regions, 1, 2).unwrap();
        assert_eq!(cut.duplicates.count, report.duplicates.count);
        assert!(cut.duplicates.items.len() <= 1 && cut.short.items.len() <= 1);
        assert_eq!(cut.short.items[..], report.short.items[..cut.short.items.len()]);
    }
}

fn check_counts(sample: &Sample, report: &QualityReport) {
    let mut sizes: Vec<f64> = sample.images.values().map(|image| image.len() as f64).collect();
    sizes.sort_by(f64::total_cmp);
    let quantile = |p: f64| {
        let place = p * (sizes.len() - 1) as f64;
        let (low, high) = (sizes[place.floor() as usize], sizes[place.ceil() as usize]);
        low + place.fract() * (high - low)
    };
    let (low, high) = (quantile(0.25), quantile(0.75));
    let fences = (low - 1.5 * (high - low), high + 1.5 * (high - low));
    assert_eq!(report.usual_counts, Some(fences));
    let outside = sample.images.iter().filter(|(_, image)| {
        let size = image.len() as f64;
        size < fences.0 || size > fences.1
    });
    assert!(report.unusual_counts.items.iter().map(|f| f.row).eq(outside.map(|(row, _)| *row)));
}

#[test]
fn an_empty_field_has_a_report() {
    let sample = Sample::empty(Dtype::F32, 4, 2);
    let report = quality(&sample.state, &sample.regions, 10, 0).unwrap();
    assert_eq!(report, QualityReport::default());
}
