//! Against a search for each query by itself.

use std::collections::HashMap;

use super::super::codes::{Codes, encode};
use super::super::regions::{self, RegionsQuery};
use super::super::sample::{Random, Sample, ways};
use super::super::similarity::Metric;
use super::super::vectors::{self, VectorQuery};
use super::*;
use crate::container::view::VectorView;
use crate::format::schema::Dtype;
use crate::search::series::to_kernel;

/// The codes of all features of each row group, by its number.
fn codes_of(sample: &Sample, field: &FieldDef) -> HashMap<u64, Codes> {
    let mut made = HashMap::new();
    for group in sample.state.column(field.column).unwrap().groups() {
        let stored = match field.kind {
            FieldKind::Vector => VectorView::new(group.group(), field).matrix().unwrap(),
            _ => {
                let total = usize::try_from(group.group().desc().total).unwrap();
                let section = crate::format::group::layout::section::REGION_MATRIX;
                crate::container::view::FeatureMatrix::of(group.group(), field, section, 0, total)
                    .unwrap()
            }
        };
        let matrix = to_kernel(&stored).unwrap();
        made.insert(group.group().desc().id, encode(matrix, 1).unwrap());
    }
    made
}

fn queries(random: &mut Random, sample: &Sample, count: usize, dim: u32) -> Vec<Vec<f32>> {
    let rows: Vec<&Vec<f32>> = sample.flat.values().collect();
    let one = |random: &mut Random| match random.below(4) {
        0 => rows[random.below(rows.len() as u64) as usize].clone(),
        1 => random.feature(dim).iter().map(|value| value * 1e-30).collect(),
        _ => random.feature(dim),
    };
    (0..count).map(|_| one(random)).collect()
}

#[test]
fn each_query_gets_what_a_search_of_its_own_gets() {
    let mut random = Random::from_env();
    for (dtype, dim, count) in [(Dtype::F32, 5, 3), (Dtype::F16, 70, 70), (Dtype::F16, 140, 130)] {
        let sample = Sample::random(&mut random, dtype, dim, 2);
        let field = &sample.vectors;
        let made = codes_of(&sample, field);
        for (number, (threads, tier)) in ways().enumerate() {
            let queries = queries(&mut random, &sample, count, dim);
            let rare = 1 + random.below(20);
            let filter = random.bitmap(sample.state.next_row, rare);
            for metric in Metric::ALL {
                let filter = random.one_in(2).then_some(&filter);
                let threshold = random.one_in(2).then(|| random.below(20) as f32 / 10.0);
                let k = [0, 1, 7, 40][random.below(4) as usize];
                let options = SearchOptions { threshold, filter, ..SearchOptions::new(k) };
                let options = options.metric(metric).threads(threads).tier(tier);
                // Some row groups without codes, or all.
                let codes = |group: &GroupRef| {
                    let id = group.group().desc().id;
                    let left_out = number % 3 == 1 && id % 2 == 0;
                    Ok(made.get(&id).filter(|_| !left_out).and_then(Codes::view))
                };
                let found =
                    search(&sample.state, field, None, &queries, &options, &codes).unwrap();
                let without =
                    search(&sample.state, field, None, &queries, &options, &no_codes).unwrap();
                for ((found, without), query) in found.iter().zip(&without).zip(&queries) {
                    let query = VectorQuery::new(field, query.clone()).unwrap();
                    let expected =
                        vectors::search(&sample.state, field, &query, &options).unwrap();
                    assert_eq!(found, &expected, "{metric} {threshold:?} k {k} {tier}");
                    assert_eq!(without, &expected);
                }
            }
        }
    }
}

#[test]
fn regions_too() {
    let mut random = Random::from_env();
    let sample = Sample::random(&mut random, Dtype::F16, 9, 3);
    let made = codes_of(&sample, &sample.regions);
    let codes = |group: &GroupRef| Ok(made.get(&group.group().desc().id).and_then(Codes::view));
    let queries: Vec<Vec<f32>> = (0..20).map(|_| random.feature(9)).collect();
    for region in 0..3 {
        let options = SearchOptions::new(6);
        let found =
            search(&sample.state, &sample.regions, Some(region), &queries, &options, &codes);
        for (found, query) in found.unwrap().iter().zip(&queries) {
            let query = RegionsQuery::new(&sample.regions, vec![(region, query.clone())]).unwrap();
            let expected =
                regions::search(&sample.state, &sample.regions, &query, None, &options).unwrap();
            assert_eq!(found.matched, expected.matched);
            let hits: Vec<_> = expected.hits.iter().map(|hit| (hit.row, hit.score)).collect();
            assert!(found.hits.iter().map(|hit| (hit.row, hit.score)).eq(hits));
        }
    }
}

#[test]
fn no_queries_no_rows_and_nonsense() {
    let sample = Sample::empty(Dtype::F16, 3, 1);
    let (state, field) = (&sample.state, &sample.vectors);
    let options = SearchOptions::new(5);
    let run = |queries: &[Vec<f32>], options: &SearchOptions<'_>| {
        search(state, field, None, queries, options, &no_codes)
    };
    assert_eq!(run(&[], &options).unwrap(), []);
    let found = run(&[vec![1.0; 3], vec![0.0; 3]], &options).unwrap();
    assert_eq!(found, vec![Found { hits: Vec::new(), matched: 0 }; 2]);
    assert!(run(&[vec![1.0; 2]], &options).is_err());
    assert!(run(&[vec![1.0, f32::NAN, 0.0]], &options).is_err());
    assert!(run(&[vec![1.0; 3]], &SearchOptions::new(1_000_001)).is_err());
    assert!(search(state, field, Some(0), &[], &options, &no_codes).is_err());
}
