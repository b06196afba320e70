//! Against a loop over all pairs.

use std::collections::BTreeMap;

use super::super::sample::{Features as Regions, Random, Sample, plain_score, ways};
use super::super::similarity::Metric;
use super::features::Features;
use super::search::Plan;
use super::*;
use crate::error::Error;
use crate::format::schema::Dtype;

type Flat = BTreeMap<u64, Vec<f32>>;

/// Random features, some of them many times over, some a little moved, chains, zeros, very long and
/// very short ones.
fn planted(random: &mut Random, count: u64, dim: u32) -> Flat {
    let mut flat = Flat::new();
    while (flat.len() as u64) < count {
        let feature: Vec<f32> = match random.below(5) {
            0 => (0..dim).map(|_| random.below(2001) as f32 / 1000.0 - 1.0).collect(),
            1 => (0..dim).map(|_| 3.0 + random.below(2001) as f32 / 5000.0).collect(),
            _ => random.feature(dim),
        };
        let copies = if random.one_in(8) { 1 + random.below(40) } else { 1 };
        let mut feature = feature;
        for copy in 0..copies {
            if random.one_in(3) && copy > 0 {
                let place = random.below(u64::from(dim)) as usize;
                feature[place] += 0.125;
            }
            let scale = if random.one_in(10) { [1e-3, 4.0, 100.0][copy as usize % 3] } else { 1.0 };
            let row = random.below(4 * count);
            flat.insert(row, feature.iter().map(|value| value * scale).collect());
        }
    }
    flat
}

fn sample(flat: &Flat, dtype: Dtype, dim: u32) -> Sample {
    let mut sample = Sample::empty(dtype, dim, 1);
    let rows: Vec<u64> = (0..=*flat.keys().last().unwrap_or(&0)).collect();
    let regions = BTreeMap::<u64, Regions>::new();
    sample.commit(&rows, regions, flat.clone());
    for feature in sample.flat.values_mut() {
        if dtype == Dtype::F16 {
            for value in feature {
                *value = half::f16::from_f32(*value).to_f32();
            }
        }
    }
    sample
}

fn near(metric: Metric, threshold: f32, score: f32) -> bool {
    if metric == Metric::L2 { score <= threshold } else { score >= threshold }
}

fn twin(
    flat: &Flat,
    metric: Metric,
    threshold: f32,
    wanted: impl Fn(u64, u64) -> bool,
) -> Vec<DuplicatePair> {
    let mut pairs = Vec::new();
    for (&first, a) in flat {
        for (&second, b) in flat.range(first + 1..) {
            if wanted(first, second) {
                let score = plain_score(metric, a, b);
                if near(metric, threshold, score) {
                    pairs.push(DuplicatePair { first, second, score });
                }
            }
        }
    }
    pairs
}

fn twin_groups(flat: &Flat, pairs: &[DuplicatePair], grouping: Grouping) -> Vec<DuplicateGroup> {
    let mut root: BTreeMap<u64, u64> = flat.keys().map(|row| (*row, *row)).collect();
    match grouping {
        Grouping::Components => {
            let mut changed = true;
            while changed {
                changed = false;
                for pair in pairs {
                    let least = root[&pair.first].min(root[&pair.second]);
                    changed |= root.insert(pair.first, least) != Some(least);
                    changed |= root.insert(pair.second, least) != Some(least);
                }
            }
        }
        Grouping::Stars => {
            for &row in flat.keys() {
                let found = pairs.iter().filter(|pair| pair.second == row);
                let first = found.map(|pair| pair.first).find(|first| root[first] == *first);
                root.insert(row, first.unwrap_or(row));
            }
        }
    }
    let mut groups: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (row, root) in root {
        groups.entry(root).or_default().push(row);
    }
    let groups = groups.into_values().filter(|rows| rows.len() > 1);
    groups.map(|rows| DuplicateGroup { rows }).collect()
}

fn threshold(random: &mut Random, metric: Metric, flat: &Flat) -> f32 {
    // Often exactly the score of a pair.
    let rows: Vec<&Vec<f32>> = flat.values().collect();
    let mut one = || rows[random.below(rows.len() as u64) as usize];
    let tie = plain_score(metric, one(), one());
    match (random.below(3), metric) {
        (0, Metric::Cosine) => 0.95,
        (0, Metric::InnerProduct) => 2.0,
        (0, Metric::L2) => 0.5,
        _ => tie,
    }
}

fn sorted(mut pairs: Vec<DuplicatePair>) -> Vec<DuplicatePair> {
    pairs.sort_by_key(|pair| (pair.first, pair.second));
    pairs
}

fn all(plan: &Plan<'_>) -> Vec<DuplicatePair> {
    let mut pairs = Vec::new();
    let (mut last, mut end) = (0, 0);
    let count = plan.pairs(
        &mut |found| {
            pairs.extend_from_slice(found);
            Ok(())
        },
        &mut |done, total| {
            assert!(done >= last && done <= total);
            (last, end) = (done, total);
            true
        },
    );
    assert_eq!(last, end);
    assert_eq!(count.unwrap(), pairs.len() as u64);
    sorted(pairs)
}

#[test]
fn pairs_and_groups_are_those_of_a_plain_loop() {
    let mut random = Random::from_env();
    for (dtype, dim, count) in [(Dtype::F32, 5, 250), (Dtype::F16, 70, 300), (Dtype::F32, 200, 210)]
    {
        let sample = sample(&planted(&mut random, count, dim), dtype, dim);
        for metric in Metric::ALL {
            let threshold = threshold(&mut random, metric, &sample.flat);
            let expected = twin(&sample.flat, metric, threshold, |_, _| true);
            let grouped = [Grouping::Components, Grouping::Stars]
                .map(|grouping| (grouping, twin_groups(&sample.flat, &expected, grouping)));
            for (threads, tier) in ways() {
                let options = DuplicateOptions::new(threshold).metric(metric);
                let options = options.threads(threads).tier(tier);
                let features =
                    Features::new(&sample.state, &sample.vectors, &options, None, true).unwrap();
                let mut plan =
                    Plan::new(&features, None, &sample.vectors, &options, false).unwrap();
                if random.one_in(2) {
                    (plan.slab_rows, plan.wave) = (64 * threads, 64);
                }
                assert!(all(&plan) == expected, "{metric} {threshold} {tier} {threads}");
                for (grouping, expected) in &grouped {
                    let groups = plan.groups(*grouping, &mut |_, _| true).unwrap();
                    assert_eq!(&groups, expected, "{metric} {threshold} {tier} {grouping:?}");
                }
            }
        }
    }
}

#[test]
fn only_across_labels_and_only_what_is_let_through() {
    let mut random = Random::from_env();
    let sample = sample(&planted(&mut random, 700, 9), Dtype::F16, 9);
    let next = sample.state.next_row;
    let labels: Vec<u32> = (0..next)
        .map(|_| if random.one_in(9) { u32::MAX } else { random.below(3) as u32 })
        .collect();
    let filter = random.bitmap(next, 2);
    let takes_part = |row: u64| filter.get(row) && labels[row as usize] != u32::MAX;
    let differ = |a: u64, b: u64| labels[a as usize] != labels[b as usize];
    let flat: Flat =
        sample.flat.iter().filter(|(r, _)| takes_part(**r)).map(|(r, f)| (*r, f.clone())).collect();
    let expected = twin(&flat, Metric::Cosine, 0.9, differ);
    assert!(expected.len() > 20);
    let given = Labels::new(labels.clone());
    for threads in 1..=3 {
        let options = DuplicateOptions::new(0.9).filter(&filter).threads(threads);
        let mut found = Vec::new();
        let mut each = |pairs: &[DuplicatePair]| {
            found.extend_from_slice(pairs);
            Ok(())
        };
        let (state, field) = (&sample.state, &sample.vectors);
        pairs(state, field, &options, Some(&given), &mut each, &mut |_, _| true).unwrap();
        assert!(sorted(found) == expected);
        for grouping in [Grouping::Components, Grouping::Stars] {
            let groups =
                groups(state, field, &options, Some(&given), grouping, &mut |_, _| true).unwrap();
            assert_eq!(groups, twin_groups(&flat, &expected, grouping), "{grouping:?}");
        }
    }
}

#[test]
fn between_two_containers() {
    let mut random = Random::from_env();
    let mut flat = planted(&mut random, 400, 20);
    let left = sample(&flat, Dtype::F16, 20);
    flat.extend(planted(&mut random, 300, 20));
    let right = sample(&flat, Dtype::F32, 20);
    for metric in Metric::ALL {
        let threshold = threshold(&mut random, metric, &left.flat);
        let mut expected = Vec::new();
        for (&first, a) in &left.flat {
            for (&second, b) in &right.flat {
                let score = plain_score(metric, a, b);
                if near(metric, threshold, score) {
                    expected.push(DuplicatePair { first, second, score });
                }
            }
        }
        for threads in 1..=2 {
            let options = DuplicateOptions::new(threshold).metric(metric).threads(threads);
            let mut found = Vec::new();
            let mut each = |pairs: &[DuplicatePair]| {
                found.extend_from_slice(pairs);
                Ok(())
            };
            let (a, b) = ((&left.state, &left.vectors), (&right.state, &right.vectors));
            let count = pairs_between(a, b, &options, &mut each, &mut |_, _| true).unwrap();
            assert_eq!(count, expected.len() as u64);
            assert!(sorted(found) == expected, "{metric}");
        }
    }
}

#[test]
fn extreme_lengths_are_compared_in_full() {
    let mut random = Random::from_env();
    let mut flat = Flat::new();
    for row in 0..150 {
        let scale = [0.0, 1e-42, 1e-30, 1e-14, 1.0, 1e14, 1e25, 1e38][random.below(8) as usize];
        let feature = random.feature(4);
        flat.insert(row, feature.iter().map(|value| value * scale).collect());
    }
    let sample = sample(&flat, Dtype::F32, 4);
    for metric in Metric::ALL {
        for threshold in [-1.0, 0.0, 1e-20, 0.5, 1.0, 1e20, f32::INFINITY, f32::NEG_INFINITY] {
            let expected = twin(&sample.flat, metric, threshold, |_, _| true);
            let options = DuplicateOptions::new(threshold).metric(metric).threads(1);
            let features =
                Features::new(&sample.state, &sample.vectors, &options, None, true).unwrap();
            let plan = Plan::new(&features, None, &sample.vectors, &options, false).unwrap();
            let found = all(&plan);
            assert_eq!(found.len(), expected.len(), "{metric} {threshold}");
            assert!(found == expected, "{metric} {threshold}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_is_nothing() {
    let mut random = Random::from_env();
    let empty = Sample::empty(Dtype::F16, 3, 2);
    let (state, options) = (&empty.state, DuplicateOptions::default());
    let run = |field: &FieldDef, options: &DuplicateOptions<'_>| {
        groups(state, field, options, None, Grouping::Stars, &mut |_, _| true)
    };
    assert_eq!(run(&empty.vectors, &options).unwrap(), []);
    assert_eq!(run(&empty.regions, &options.region(1)).unwrap(), []);
    assert!(matches!(run(&empty.regions, &options), Err(Error::Invalid(_))));
    assert!(matches!(run(&empty.vectors, &options.region(0)), Err(Error::Invalid(_))));
    assert!(run(&empty.regions, &options.region(2)).is_err());
    assert!(run(&empty.vectors, &DuplicateOptions::new(f32::NAN)).is_err());
    let sample = sample(&planted(&mut random, 500, 4), Dtype::F32, 4);
    for threads in [1, 2] {
        let options = DuplicateOptions::new(0.9).threads(threads);
        let stopped = groups(
            &sample.state,
            &sample.vectors,
            &options,
            None,
            Grouping::Components,
            &mut |_, _| false,
        );
        assert!(matches!(stopped, Err(Error::Cancelled)));
        let (state, field) = (&sample.state, &sample.vectors);
        let mut each = |_: &[DuplicatePair]| Err(Error::Cancelled);
        let stopped = pairs(state, field, &options, None, &mut each, &mut |_, _| true);
        assert!(matches!(stopped, Err(Error::Cancelled)));
    }
}

#[test]
fn regions_are_compared_as_vectors_are() {
    let mut random = Random::from_env();
    let sample = Sample::random(&mut random, Dtype::F16, 6, 3);
    for region in 0..3 {
        let flat: Flat = sample
            .images
            .iter()
            .filter_map(|(row, image)| Some((*row, image.get(&region)?.clone())))
            .collect();
        let expected = twin(&flat, Metric::Cosine, 0.8, |_, _| true);
        let options = DuplicateOptions::new(0.8).region(region);
        let features = Features::new(&sample.state, &sample.regions, &options, None, true).unwrap();
        let plan = Plan::new(&features, None, &sample.regions, &options, false).unwrap();
        assert!(all(&plan) == expected);
    }
}

/// With the score of a pair for a threshold the pair must be found, whatever its length.
#[test]
fn a_pair_at_the_threshold_is_found() {
    let mut random = Random::from_env();
    for case in 0..60 {
        let dim = 1 + random.below(if case % 8 == 0 { 600 } else { 40 }) as u32;
        let scale = [1.0, 1e-3, 1e3, 1e-9, 1e-11, 1e-13, 1e9, 1e11, 1e13][random.below(9) as usize];
        let mut flat = Flat::new();
        for row in 0..12 {
            let mut feature = random.feature(dim);
            let (own, shift) = (random.below(4), random.below(2) as f32 * 2.0);
            for value in &mut feature {
                *value = (*value + shift) * scale;
            }
            if own == 0 {
                for value in &mut feature {
                    *value *= 1e-3;
                }
            }
            flat.insert(row, feature);
        }
        let sample = sample(&flat, Dtype::F32, dim);
        for metric in Metric::ALL {
            for other in 1..12 {
                let threshold = plain_score(metric, &sample.flat[&0], &sample.flat[&other]);
                let expected = twin(&sample.flat, metric, threshold, |_, _| true);
                let options = DuplicateOptions::new(threshold).metric(metric).threads(1);
                let (state, field) = (&sample.state, &sample.vectors);
                let features = Features::new(state, field, &options, None, true).unwrap();
                let plan = Plan::new(&features, None, field, &options, false).unwrap();
                assert!(all(&plan) == expected, "{metric} {threshold}");
            }
        }
    }
}
