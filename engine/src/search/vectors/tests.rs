//! Against a loop over all vectors and a sort.

use super::super::options::SearchOptions;
use super::super::sample::{Random, Sample, plain_score, plain_top, ways};
use super::super::similarity::Metric;
use super::*;
use crate::format::bitmap::Bitmap;
use crate::format::schema::Dtype;

fn twin(
    sample: &Sample,
    query: &VectorQuery,
    metric: Metric,
    threshold: Option<f32>,
    filter: Option<&Bitmap>,
) -> Vec<(u64, f32)> {
    let mut all = Vec::new();
    for (&row, feature) in &sample.flat {
        let score = plain_score(metric, &query.feature, feature);
        let near = match (threshold, metric) {
            (None, _) => true,
            (Some(limit), Metric::L2) => score <= limit,
            (Some(limit), _) => score >= limit,
        };
        if near && filter.is_none_or(|f| f.get(row)) && query.exclude != Some(row) {
            all.push((row, score));
        }
    }
    all
}

#[test]
fn agrees_with_a_plain_loop() {
    let mut random = Random::from_env();
    for (dtype, dim) in [(Dtype::F32, 5), (Dtype::F16, 70), (Dtype::F32, 64)] {
        let sample = Sample::random(&mut random, dtype, dim, 3);
        let field = &sample.vectors;
        let groups = sample.state.column(field.column).unwrap().groups().len();
        assert!(groups > 1, "{groups} row groups test little");
        for (threads, tier) in ways() {
            let rows: Vec<u64> = sample.flat.keys().copied().collect();
            let row = rows[random.below(rows.len() as u64) as usize];
            let query = if random.one_in(2) {
                VectorQuery::of_row(&sample.state, field, row).unwrap()
            } else {
                VectorQuery::new(field, random.feature(dim)).unwrap()
            };
            let (rare, short) = (1 + random.below(20), random.below(9));
            let filter = random.bitmap(sample.state.next_row - short, rare);
            for metric in Metric::ALL {
                let filter = random.one_in(2).then_some(&filter);
                let threshold = random.one_in(2).then(|| random.below(20) as f32 / 10.0);
                let k = random.below(40) as usize;
                let options = SearchOptions { threshold, filter, ..SearchOptions::new(k) };
                let options = options.metric(metric).threads(threads).tier(tier);
                let found = search(&sample.state, field, &query, &options).unwrap();
                let all = twin(&sample, &query, metric, threshold, filter);
                assert_eq!(found.matched, all.len() as u64);
                let hits: Vec<_> = found.hits.iter().map(|hit| (hit.row, hit.score)).collect();
                assert_eq!(hits, plain_top(metric, all, k));
            }
        }
    }
}

#[test]
fn an_empty_field_has_no_hits() {
    let sample = Sample::empty(Dtype::F16, 3, 1);
    let query = VectorQuery::new(&sample.vectors, vec![1.0; 3]).unwrap();
    let found = search(&sample.state, &sample.vectors, &query, &SearchOptions::new(5)).unwrap();
    assert_eq!(found, Found { hits: Vec::new(), matched: 0 });
    assert!(matches!(
        VectorQuery::of_row(&sample.state, &sample.vectors, 0),
        Err(Error::Invalid(_))
    ));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sample = Sample::empty(Dtype::F16, 3, 1);
    let field = &sample.vectors;
    let wrong = VectorQuery::new(field, vec![1.0; 2]);
    assert!(matches!(wrong, Err(Error::WrongDimension { given: 2, dim: 3, .. })));
    let nan = VectorQuery::new(field, vec![1.0, f32::NAN, 0.0]);
    assert!(matches!(nan, Err(Error::NotFinite { .. })));
    let kind = VectorQuery::new(&sample.regions, vec![1.0; 3]);
    assert!(matches!(kind, Err(Error::WrongKind { .. })));
    let query = VectorQuery::new(field, vec![1.0; 3]).unwrap();
    let limit = search(&sample.state, field, &query, &SearchOptions::new(1_000_001));
    assert!(matches!(limit, Err(Error::Limit { .. })));
    let options = SearchOptions::new(1).threshold(f32::NAN);
    assert!(matches!(search(&sample.state, field, &query, &options), Err(Error::Invalid(_))));
}
