//! Against plain loops over all images and regions.

use std::collections::BTreeSet;

use super::super::sample::{Features, Random, Sample, plain_score, plain_top, ways};
use super::*;
use crate::format::bitmap::Bitmap;
use crate::format::schema::Dtype;

/// What the twin says of one image: (score, shared, score of each region).
type Judged = (f32, u32, Vec<(u16, f32)>);

/// The formula at the head of the module, word for word.
fn judge(
    metric: Metric,
    query: &Features,
    image: &Features,
    weights: &[(u16, f64)],
    penalty: f64,
) -> Option<Judged> {
    let weight = |r: u16| weights.iter().find(|(region, _)| *region == r).map_or(1.0, |(_, w)| *w);
    let (mut scores, mut shared, mut all) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut parts = Vec::new();
    for (&region, feature) in query {
        all += weight(region);
        if let Some(other) = image.get(&region) {
            let score = plain_score(metric, feature, other);
            parts.push((region, score));
            scores += weight(region) * f64::from(score);
            shared += weight(region);
        }
    }
    if parts.is_empty() {
        return None;
    }
    let mean = scores / shared;
    let cost = penalty * ((all - shared) / all) * mean.abs();
    let score = if metric == Metric::L2 { mean + cost } else { mean - cost };
    Some((score as f32, parts.len() as u32, parts))
}

fn some_regions(random: &mut Random, count: u16) -> Vec<u16> {
    let mut regions: Vec<u16> = (0..count).filter(|_| random.one_in(3)).collect();
    regions.reverse();
    regions
}

#[derive(Debug)]
struct Case<'a> {
    query: RegionsQuery,
    regions: Option<Vec<u16>>,
    options: SearchOptions<'a>,
}

fn check(sample: &Sample, case: &Case<'_>, metric: Metric) {
    let Case { query, regions, options } = case;
    let wanted: Option<BTreeSet<u16>> = regions.as_ref().map(|set| set.iter().copied().collect());
    let features = query.features().iter().cloned();
    let features: Features =
        features.filter(|(r, _)| wanted.as_ref().is_none_or(|set| set.contains(r))).collect();
    let mut all = Vec::new();
    let judge = |image| {
        let weights = options.weights.unwrap_or(&[]);
        judge(metric, &features, image, weights, options.missing_penalty)
    };
    for (&row, image) in &sample.images {
        let Some((score, shared, _)) = judge(image) else { continue };
        let near = options
            .threshold
            .is_none_or(|limit| if metric == Metric::L2 { score <= limit } else { score >= limit });
        let counts = shared >= options.min_shared
            && options.filter.is_none_or(|filter| filter.get(row))
            && query.exclude() != Some(row);
        if near && counts {
            all.push((row, score));
        }
    }
    let found = search(&sample.state, &sample.regions, query, regions.as_deref(), options).unwrap();
    assert_eq!(found.matched, all.len() as u64, "{case:?}");
    let hits: Vec<_> = found.hits.iter().map(|hit| (hit.row, hit.score)).collect();
    assert_eq!(hits, plain_top(metric, all, options.k), "{case:?}");
    for hit in &found.hits {
        let (_, shared, parts) = judge(&sample.images[&hit.row]).unwrap();
        assert_eq!(hit.shared, shared);
        let told: Vec<_> = hit.regions.iter().map(|part| (part.region, part.score)).collect();
        assert_eq!(told, if options.explain { parts } else { Vec::new() });
    }
}

#[test]
fn agrees_with_plain_loops() {
    let mut random = Random::from_env();
    for (dtype, dim, count) in [(Dtype::F32, 5, 6), (Dtype::F16, 70, 3), (Dtype::F16, 8, 20)] {
        let sample = Sample::random(&mut random, dtype, dim, count);
        let groups = sample.state.column(sample.regions.column).unwrap().groups().len();
        assert!(groups > 1, "{groups} row groups test little");
        let rows: Vec<u64> = sample.images.keys().copied().collect();
        for (threads, tier) in ways() {
            let rare = 1 + random.below(20);
            let filter: Bitmap = random.bitmap(sample.state.next_row, rare);
            let weights: Vec<(u16, f64)> = some_regions(&mut random, count)
                .into_iter()
                .map(|region| (region, 0.1 + random.below(50) as f64 / 7.0))
                .collect();
            for metric in Metric::ALL {
                let query = if random.one_in(2) {
                    let row = rows[random.below(rows.len() as u64) as usize];
                    RegionsQuery::of_row(&sample.state, &sample.regions, row).unwrap()
                } else {
                    let mut set = some_regions(&mut random, count);
                    set.push(count - 1);
                    set.sort_unstable();
                    set.dedup();
                    let features = set.into_iter().map(|r| (r, random.feature(dim))).collect();
                    RegionsQuery::new(&sample.regions, features).unwrap()
                };
                let regions = match random.below(3) {
                    0 => None,
                    1 => Some(vec![random.below(u64::from(count)) as u16]),
                    _ => Some(some_regions(&mut random, count)),
                };
                let options = SearchOptions {
                    codes_least: None,
                    k: random.below(60) as usize,
                    threshold: random.one_in(3).then(|| random.below(20) as f32 / 20.0),
                    metric: Some(metric),
                    filter: random.one_in(2).then_some(&filter),
                    threads,
                    tier: Some(tier),
                    min_shared: random.below(4) as u32,
                    weights: random.one_in(2).then_some(&weights[..]),
                    missing_penalty: random.below(3) as f64 / 2.0,
                    explain: random.one_in(2),
                    codes: random.one_in(2),
                    effort: None,
                    work: None,
                };
                check(&sample, &Case { query, regions, options }, metric);
            }
        }
    }
}

#[test]
fn the_default_is_the_metric_of_the_field() {
    let mut random = Random::from_env();
    let sample = Sample::random(&mut random, Dtype::F32, 4, 2);
    let query = RegionsQuery::new(&sample.regions, vec![(1, vec![1.0; 4])]).unwrap();
    let case = Case { query, regions: None, options: SearchOptions::new(1000) };
    check(&sample, &case, Metric::Cosine);
}

#[test]
fn lacking_a_region_never_helps() {
    for metric in Metric::ALL {
        for (own, other) in [(1.0, 2.0), (1.0, -2.0), (3.0, 3.0)] {
            let query = Features::from([(0, vec![own]), (1, vec![1.0])]);
            let image = Features::from([(0, vec![other])]);
            let mut before = judge(metric, &query, &image, &[], 0.0).unwrap().0;
            for tenths in 1..=10 {
                let penalty = f64::from(tenths) / 10.0;
                let score = judge(metric, &query, &image, &[], penalty).unwrap().0;
                assert!(!metric.better(score, before), "{metric} {score} {before}");
                before = score;
            }
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sample = Sample::empty(Dtype::F16, 2, 2);
    let field = &sample.regions;
    let query = |features| RegionsQuery::new(field, features);
    assert!(matches!(query(vec![]), Err(Error::Invalid(_))));
    assert!(matches!(query(vec![(2, vec![0.0; 2])]), Err(Error::NoSuch { .. })));
    assert!(matches!(query(vec![(1, vec![0.0; 3])]), Err(Error::WrongDimension { .. })));
    assert!(matches!(query(vec![(1, vec![0.0, f32::NAN])]), Err(Error::NotFinite { .. })));
    let twice = query(vec![(1, vec![0.0; 2]), (1, vec![0.0; 2])]);
    assert!(matches!(twice, Err(Error::Invalid(_))));
    let good = query(vec![(1, vec![1.0; 2])]).unwrap();
    let run = |regions, options: SearchOptions<'_>| {
        search(&sample.state, field, &good, regions, &options)
    };
    assert!(run(None, SearchOptions::new(3)).unwrap().hits.is_empty());
    assert!(run(Some(&[0]), SearchOptions::new(3)).unwrap().hits.is_empty());
    assert!(matches!(run(Some(&[2]), SearchOptions::new(3)), Err(Error::NoSuch { .. })));
    for weights in [&[(0, 0.0)][..], &[(0, f64::NAN)], &[(0, -1.0)], &[(0, 1.0), (0, 1.0)]] {
        let refused = run(None, SearchOptions::new(3).weights(weights));
        assert!(matches!(refused, Err(Error::Invalid(_))), "{weights:?}");
    }
    let unknown = run(None, SearchOptions::new(3).weights(&[(9, 1.0)]));
    assert!(matches!(unknown, Err(Error::NoSuch { .. })));
    for penalty in [-0.1, 1.1, f64::NAN] {
        let refused = run(None, SearchOptions::new(3).missing_penalty(penalty));
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
}
