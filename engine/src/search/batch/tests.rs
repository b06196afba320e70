//! Against a search for each query by itself.

use std::collections::HashMap;
use std::ops::Range;

use super::super::codes::{CodeSource, Codes, CodesView, encode};
use super::super::regions::{self, RegionsQuery};
use super::super::sample::{Random, Sample, ways};
use super::super::similarity::Metric;
use super::super::vectors::{self, VectorQuery};
use super::*;
use crate::container::view::FeatureMatrix;
use crate::format::group::layout::section;
use crate::format::schema::Dtype;
use crate::search::series::to_kernel;

/// The codes of all features of each row group, by its number.
#[derive(Debug)]
struct Memory {
    made: HashMap<u64, Codes>,
    /// Row groups of even numbers have none.
    half: bool,
}

impl CodeSource for Memory {
    fn codes(&self, group: u64, features: Range<usize>) -> Result<Option<CodesView<'_>>> {
        let codes = self.made.get(&group).filter(|_| !(self.half && group.is_multiple_of(2)));
        Ok(codes.and_then(Codes::view).and_then(|codes| codes.slice(features)))
    }
}

fn codes_of(sample: &Sample, field: &FieldDef) -> Memory {
    let mut made = HashMap::new();
    for group in sample.state.column(field.column).unwrap().groups() {
        let (section, total) = match field.kind {
            FieldKind::Regions => (section::REGION_MATRIX, group.group().desc().total),
            _ => (section::VECTOR_MATRIX, group.group().desc().count),
        };
        let total = usize::try_from(total).unwrap();
        let stored = FeatureMatrix::of(group.group(), field, section, 0, total).unwrap();
        let matrix = to_kernel(&stored).unwrap();
        made.insert(group.group().desc().id, encode(matrix, 1).unwrap());
    }
    Memory { made, half: false }
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
        let mut made = codes_of(&sample, field);
        for (number, (threads, tier)) in ways().enumerate() {
            made.half = number % 3 == 1;
            let queries = queries(&mut random, &sample, count, dim);
            let rare = 1 + random.below(20);
            let filter = random.bitmap(sample.state.next_row, rare);
            for metric in Metric::ALL {
                let filter = random.one_in(2).then_some(&filter);
                let threshold = random.one_in(2).then(|| random.below(20) as f32 / 10.0);
                let k = [0, 1, 7, 40][random.below(4) as usize];
                let options = SearchOptions { threshold, filter, ..SearchOptions::new(k) };
                let options = options.metric(metric).threads(threads).tier(tier);
                let found = search_by(
                    &sample.state,
                    field,
                    None,
                    &queries,
                    (&options, &made),
                    &mut |_, _| true,
                )
                .unwrap();
                let without =
                    search(&sample.state, field, None, &queries, &options, &mut |_, _| true)
                        .unwrap();
                for ((found, without), query) in found.iter().zip(&without).zip(&queries) {
                    let query = VectorQuery::new(field, query.clone()).unwrap();
                    let expected = vectors::search(&sample.state, field, &query, &options).unwrap();
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
    let queries: Vec<Vec<f32>> = (0..20).map(|_| random.feature(9)).collect();
    for region in 0..3 {
        let options = SearchOptions::new(6);
        let (state, field) = (&sample.state, &sample.regions);
        let found =
            search_by(state, field, Some(region), &queries, (&options, &made), &mut |_, _| true);
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
        search(state, field, None, queries, options, &mut |_, _| true)
    };
    assert_eq!(run(&[], &options).unwrap(), []);
    let found = run(&[vec![1.0; 3], vec![0.0; 3]], &options).unwrap();
    assert_eq!(found, vec![Found { hits: Vec::new(), matched: 0 }; 2]);
    assert!(run(&[vec![1.0; 2]], &options).is_err());
    assert!(run(&[vec![1.0, f32::NAN, 0.0]], &options).is_err());
    assert!(run(&[vec![1.0; 3]], &SearchOptions::new(1_000_001)).is_err());
    assert!(search(state, field, Some(0), &[], &options, &mut |_, _| true).is_err());
}

/// Rows and queries of every length, some equal, some zero.
fn wild(random: &mut Random, count: usize, dim: usize) -> Vec<Vec<f32>> {
    let scales = [1.0, 1.0, 1.0, 1e-3, 1e3, 1e-9, 1e-13, 1e-20, 1e-38, 1e-42, 1e9, 1e17, 1e25];
    let scale = scales[random.below(13) as usize];
    let shift = if random.one_in(3) { 3.0 } else { 0.0 };
    let mut rows: Vec<Vec<f32>> = Vec::new();
    for _ in 0..count {
        let mut row = match rows.last() {
            Some(last) if random.one_in(6) => last.clone(),
            _ => random.features(1, dim).iter().map(|value| (value + shift) * scale).collect(),
        };
        match random.below(20) {
            0 => row.fill(0.0),
            1 => row[0] *= 1e6,
            2 => row = row.iter().map(|value| value * 1e-6).collect(),
            3 => row[dim / 2] = f32::MAX,
            4 => row = row.iter().map(|value| -value).collect(),
            _ => (),
        }
        rows.push(row);
    }
    rows
}

/// No limit is NaN.
fn number_of(score: f32) -> f32 {
    if score.is_nan() { 0.0 } else { score }
}

/// With the score of a pair for a limit the pair must stay: nothing is ruled out on equality, or by
/// rounding.
#[test]
fn a_pair_at_its_limit_stays() {
    use super::super::kernels::tiles::{CodeRows, PANEL, QueryBounds};
    use super::super::kernels::{Kernel, Row};
    use super::super::similarity::Scorer;
    let mut random = Random::from_env();
    let (mut pairs, mut ruled_out) = (0_u64, 0_u64);
    for case in 0..300 {
        let dim = 1 + random.below(if case % 10 == 0 { 900 } else { 70 }) as usize;
        let rows = wild(&mut random, 20, dim);
        let mut queries = wild(&mut random, 6, dim);
        queries.extend_from_slice(&rows[..6]);
        let values = rows.concat();
        let codes = encode(packed(&values, dim).unwrap(), 1).unwrap();
        let view = codes.view().unwrap();
        let kernel = Kernel::best();
        for metric in Metric::ALL {
            let coded = query::Coded::new(metric, kernel, &queries, view.centre, 1).unwrap();
            let mut block = CodeRows::for_panels(&coded.panels);
            assert!(block.unpack(rows.len(), view.planes()));
            let (mut sums, mut numbers) = (vec![[0; PANEL]; rows.len()], Vec::new());
            assert!(block.products(&coded.panels, 0, &mut sums));
            coded.rows(&view, &mut numbers);
            let scores: Vec<Vec<f32>> = rows
                .iter()
                .map(|row| {
                    let score = |q: &Vec<f32>| Scorer::new(metric, kernel, q).score(Row::F32(row));
                    queries.iter().map(|query| score(query).unwrap()).collect()
                })
                .collect();
            for own in &scores {
                let mut bounds = QueryBounds::default();
                for (query, score) in own.iter().enumerate() {
                    coded.bound(query, limits::Limit::At(number_of(*score)), &mut bounds);
                }
                let mut hits = Vec::new();
                block.screen(&bounds, &numbers, &sums, &mut hits);
                let mut lanes = vec![0; rows.len()];
                for hit in &hits {
                    lanes[hit.row] = hit.lanes;
                }
                for (query, limit) in own.iter().enumerate() {
                    // Rows that are no worse must stay; worse ones may be ruled out.
                    for (other, scores) in scores.iter().enumerate() {
                        let stays = lanes[other] >> query & 1 == 1;
                        let (limit, score) = (number_of(*limit), scores[query]);
                        let worse = metric.better(limit, score);
                        assert!(stays || worse, "{metric} {case} {score} at {limit}");
                        (pairs, ruled_out) = (pairs + 1, ruled_out + u64::from(!stays));
                    }
                }
            }
        }
    }
    assert!(ruled_out > pairs / 20, "{ruled_out} of {pairs}");
}
