//! Against plain loops in f64, on random features and on real ones.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::kernels::Kernel;
use super::super::sample::{Random, Sample, plain_score, plain_top, ways};
use super::super::similarity::Metric;
use super::neighbours::distance;
use super::*;
use crate::error::Error;
use crate::format::bitmap::Bitmap;
use crate::format::schema::{DefaultMetric, Dtype};

pub(super) type Flat = BTreeMap<u64, Vec<f32>>;

pub(super) fn on() -> impl FnMut(u64, u64) -> bool {
    |_, _| true
}

/// A container of these features, of f32.
pub(super) fn container(flat: &Flat, dim: u32) -> Sample {
    let mut sample = Sample::empty(Dtype::F32, dim, 1);
    let rows: Vec<u64> = (0..=*flat.keys().last().unwrap_or(&0)).collect();
    sample.commit(&rows, BTreeMap::new(), flat.clone());
    sample
}

/// Heaps around far points: row `i` is of heap `i % heaps`.
fn heaps(random: &mut Random, heaps: usize, each: usize, dim: usize) -> Flat {
    let centres = random_rows(random, heaps, dim, 20.0);
    let row = |random: &mut Random, heap: usize| -> Vec<f32> {
        centres[heap].iter().map(|x| x + random.below(1000) as f32 / 1000.0).collect()
    };
    (0..heaps * each).map(|i| (i as u64, row(random, i % heaps))).collect()
}

pub(super) fn random_rows(
    random: &mut Random,
    count: usize,
    dim: usize,
    most: f32,
) -> Vec<Vec<f32>> {
    let value = |random: &mut Random| (random.below(20_001) as f32 / 10_000.0 - 1.0) * most;
    (0..count).map(|_| (0..dim).map(|_| value(random)).collect()).collect()
}

fn f64s(row: &[f32]) -> Vec<f64> {
    row.iter().map(|x| f64::from(*x)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(row: &[f32]) -> Vec<f64> {
    let row = f64s(row);
    let norm = dot(&row, &row).sqrt();
    if norm == 0.0 { row } else { row.iter().map(|x| x / norm).collect() }
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn near(a: f64, b: f64, size: f64) {
    assert!((a - b).abs() <= 1e-4 * size.max(1e-9), "{a} is not {b}");
}

/// What must hold of a clustering, whatever it is.
fn check_clusters(flat: &Flat, made: &Clustering, cosine: bool) {
    let rows: Vec<Vec<f64>> =
        flat.values().map(|row| if cosine { unit(row) } else { f64s(row) }).collect();
    let dim = rows.first().map_or(1, Vec::len);
    let centroids: Vec<Vec<f64>> = made.centroids.chunks(dim).map(f64s).collect();
    assert!(made.rows.iter().eq(flat.keys()));
    assert_eq!(made.sizes.iter().sum::<u64>(), rows.len() as u64);
    let mut inertia = 0.0;
    for ((row, cluster), stated) in rows.iter().zip(&made.assignment).zip(&made.squared) {
        let all: Vec<f64> = centroids.iter().map(|centroid| squared(row, centroid)).collect();
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let size = dot(row, row).max(1.0);
        near(all[*cluster as usize], least, size);
        near(f64::from(*stated), least, size);
        inertia += all[*cluster as usize];
    }
    near(made.inertia, inertia, inertia.max(1e-3));
}

#[test]
fn clusters_are_those_of_a_plain_loop_whole_or_by_a_sample() {
    let mut random = Random::from_env();
    for (metric, dim) in [(Metric::L2, 12), (Metric::Cosine, 70), (Metric::InnerProduct, 3)] {
        let flat = heaps(&mut random, 5, 120, dim);
        let sample = container(&flat, dim as u32);
        let field = &sample.vectors;
        for memory in [1 << 30, 4 * dim * 150] {
            let params = ClusterParams::new(5).memory(memory);
            let mut first = None;
            for (threads, tier) in ways() {
                let options = AnalysisOptions::new().metric(metric).threads(threads).tier(tier);
                let made = cluster(&sample.state, field, &params, &options, &mut on()).unwrap();
                assert_eq!(made, *first.get_or_insert_with(|| made.clone()));
            }
            let made = first.unwrap();
            check_clusters(&flat, &made, metric == Metric::Cosine);
            assert_eq!(made.sampled, if memory > 1 << 20 { 600 } else { 150 });
            if metric == Metric::L2 {
                for (row, cluster) in made.rows.iter().zip(&made.assignment) {
                    assert_eq!(*cluster, made.assignment[(row % 5) as usize]);
                }
            }
        }
    }
}

#[test]
fn neighbours_tell_outliers_and_classes_as_a_plain_loop_does() {
    let mut random = Random::from_env();
    let sample = Sample::random(&mut random, Dtype::F16, 9, 2);
    let state = &sample.state;
    for (round, (threads, tier)) in ways().enumerate() {
        let region = (round % 2 == 1).then_some(1);
        let field = if region.is_some() { &sample.regions } else { &sample.vectors };
        let rare = 1 + random.below(5);
        let filter = random.bitmap(state.next_row, rare);
        let filter = random.one_in(2).then_some(&filter);
        let metric = Metric::ALL[round % 3];
        let all: Flat = match region {
            None => sample.flat.clone(),
            Some(region) => sample
                .images
                .iter()
                .filter_map(|(row, image)| Some((*row, image.get(&region)?.clone())))
                .collect(),
        };
        let through = |row: u64| filter.is_none_or(|filter: &Bitmap| filter.get(row));
        let flat: Flat = all.into_iter().filter(|(row, _)| through(*row)).collect();
        let options =
            AnalysisOptions { region, filter, metric: Some(metric), threads, tier: Some(tier) };
        let among = Among { state, field };
        let best = |row: u64, of: &dyn Fn(u64) -> bool, k| {
            let others = flat.iter().filter(|(other, _)| **other != row && of(**other));
            let scored = others.map(|(other, x)| (*other, plain_score(metric, &flat[&row], x)));
            plain_top(metric, scored.collect(), k)
        };

        let k = 1 + random.below(6) as usize;
        let found = outliers(among, k, &options, &mut on()).unwrap();
        assert!(found.rows.iter().eq(flat.keys()));
        for (row, score) in found.rows.iter().zip(&found.scores) {
            let best = best(*row, &|_| true, k);
            let sum: f64 = best.iter().map(|(_, score)| distance(metric, *score)).sum();
            near(f64::from(*score), sum / best.len() as f64, 10.0);
        }
        let top = found.top(3);
        assert!(top.len() == 3.min(flat.len()) && top.is_sorted_by(|a, b| a.score >= b.score));

        let by_row: Vec<u32> = (0..state.next_row).map(|_| random.below(4) as u32).collect();
        // The last one is none.
        let classes = Classes::new(by_row, 3);
        let references = random.bitmap(state.next_row, 2);
        let references = random.one_in(2).then_some(&references);
        let labelled = |row| {
            classes.get(row).is_some() && references.is_none_or(|some: &Bitmap| some.get(row))
        };
        // References beyond the filter count too; the twin knows those within only.
        let known = |row: u64| through(row) && labelled(row);
        let within = Bitmap::clone(&{
            let mut within = Bitmap::new(state.next_row);
            (0..state.next_row).filter(|row| known(*row)).for_each(|row| within.set(row));
            within
        });
        let said = |row| {
            let best = best(row, &known, k);
            let mut votes: Vec<(u32, usize)> = Vec::new();
            for (other, _) in &best {
                let class = classes.get(*other).unwrap();
                match votes.iter_mut().find(|vote| vote.0 == class) {
                    Some(vote) => vote.1 += 1,
                    None => votes.push((class, 1)),
                }
            }
            let most = votes.iter().map(|vote| vote.1).max();
            votes.into_iter().find(|vote| Some(vote.1) == most).map(|vote| vote.0)
        };
        let mut expected = Accuracy::default();
        let mut guesses = Vec::new();
        for row in flat.keys().copied() {
            match (classes.get(row), said(row)) {
                (None, Some(said)) => guesses.push((row, said)),
                (None, None) => {}
                (Some(_), None) => {
                    (expected.images, expected.alone) = (expected.images + 1, expected.alone + 1);
                }
                (Some(is), Some(said)) => {
                    expected.images += 1;
                    expected.right += u64::from(is == said);
                    *expected.confusion.entry((is, said)).or_default() += 1;
                }
            }
        }
        let found = accuracy(among, &classes, k, Some(&within), &options, &mut on()).unwrap();
        assert_eq!(found, expected);
        let of_all: u64 = (0..3).map(|class| found.of_class(class).0).sum();
        assert_eq!(of_all + found.alone, found.images);
        let found = predict(among, &classes, k, Some(&within), &options, &mut on()).unwrap();
        assert!(found.iter().map(|one| (one.row, one.class)).eq(guesses));
        assert!(found.iter().all(|one| one.share > 0.0 && one.share <= 1.0));
    }
}

#[test]
fn medoids_and_means_are_those_of_a_plain_loop() {
    let mut random = Random::from_env();
    for (round, (threads, tier)) in ways().enumerate() {
        let dim = 1 + random.below(80) as usize;
        let count = 1 + random.below(150) as usize;
        let mut flat: Flat = if round % 2 == 0 {
            heaps(&mut random, 1 + count % 4, count, dim)
        } else {
            (0..).step_by(3).zip(random_rows(&mut random, count, dim, 4.0)).collect()
        };
        flat.insert(1000, vec![0.0; dim]);
        flat.insert(1001, flat[&0].clone());
        let sample = container(&flat, dim as u32);
        let (state, field) = (&sample.state, &sample.vectors);
        for metric in Metric::ALL {
            let options = AnalysisOptions::new().metric(metric).threads(threads).tier(tier);
            let score = |a: &Vec<f32>, b: &Vec<f32>| match metric {
                Metric::Cosine => 1.0 - dot(&unit(a), &unit(b)),
                Metric::InnerProduct => -dot(&f64s(a), &f64s(b)),
                Metric::L2 => squared(&f64s(a), &f64s(b)).sqrt(),
            };
            let sums: BTreeMap<u64, f64> = flat
                .iter()
                .map(|(row, x)| {
                    let others = flat.iter().filter(|(other, _)| *other != row);
                    (*row, others.map(|(_, y)| score(x, y)).sum())
                })
                .collect();
            let found = medoid(state, field, &options, &mut on()).unwrap().unwrap();
            let least = sums.values().copied().fold(f64::INFINITY, f64::min);
            let size = sums.values().map(|sum| sum.abs()).fold(1.0, f64::max) * 0.05;
            near(sums[&found.row], least, size);
            near(found.sum, least, size);
            assert_eq!(found.count, flat.len() as u64);
            assert!(found.tried <= found.count);

            let by_row: Vec<u32> = (0..state.next_row).map(|row| (row % 4) as u32).collect();
            // Rows of the fourth have none, the fifth has no rows.
            let classes =
                Classes::new(by_row.iter().map(|c| if *c == 3 { 9 } else { *c }).collect(), 5);
            let means = class_means(state, field, &classes, &options).unwrap();
            for class in 0..5_usize {
                let of = flat.iter().filter(|(row, _)| classes.get(**row) == Some(class as u32));
                let of: Vec<Vec<f64>> = of
                    .map(|(_, x)| if metric == Metric::Cosine { unit(x) } else { f64s(x) })
                    .collect();
                assert_eq!(means.sizes[class], of.len() as u64);
                for d in 0..dim {
                    let mean = of.iter().map(|x| x[d]).sum::<f64>() / of.len().max(1) as f64;
                    near(f64::from(means.centroids[class * dim + d]), mean, 20.0);
                }
            }
        }
    }
}

#[test]
fn little_and_odd_data() {
    let one: Flat = [(0, vec![3.0, 4.0])].into();
    let equal: Flat = (0..5).map(|row| (row, vec![1.0, 2.0])).collect();
    let zeros: Flat = (0..4).map(|row| (row, vec![0.0, 0.0])).collect();
    let thin: Flat = (0..7).map(|row| (row, vec![row as f32])).collect();
    let huge: Flat = (0..3).map(|row| (row, vec![f32::MAX, -f32::MAX])).collect();
    for flat in [Flat::new(), one, equal, zeros, thin, huge] {
        let dim = flat.values().next().map_or(2, Vec::len);
        let sample = container(&flat, dim as u32);
        let (state, field) = (&sample.state, &sample.vectors);
        let among = Among { state, field };
        for metric in Metric::ALL {
            let options = AnalysisOptions::new().metric(metric);
            for clusters in [1, 3, 50] {
                for memory in [0, 1 << 20] {
                    let params = ClusterParams::new(clusters).memory(memory);
                    let made = cluster(state, field, &params, &options, &mut on()).unwrap();
                    assert_eq!(made.sizes.len(), clusters.min(flat.len()));
                    assert!(made.assignment.iter().all(|c| (*c as usize) < made.sizes.len()));
                    assert_eq!(made.rows.len(), flat.len());
                }
            }
            let scores = outliers(among, 3, &options, &mut on()).unwrap().scores;
            assert_eq!(scores.len(), flat.len());
            assert!(scores.iter().all(|score| !score.is_nan()));
            let found = medoid(state, field, &options, &mut on()).unwrap();
            assert_eq!(found.is_some(), !flat.is_empty());
            let made = pca(state, field, 2, &options, &mut on()).unwrap();
            assert_eq!(made.len(), 2.min(dim));
            assert!(made.components.iter().all(|x| x.is_finite()));
            let placed = project(state, field, &made, &options, &mut on()).unwrap();
            assert_eq!(placed.values.len(), flat.len() * made.len());
            let classes = Classes::new(vec![0; 9], 1);
            let found = accuracy(among, &classes, 2, None, &options, &mut on()).unwrap();
            assert_eq!(found.images, flat.len() as u64);
            let found = accuracy(among, &Classes::default(), 2, None, &options, &mut on()).unwrap();
            assert_eq!((found.share(), found), (None, Accuracy::default()));
        }
    }
}

#[test]
fn nonsense_and_stops_are_errors() {
    let flat: Flat = (0..9).map(|row| (row, vec![row as f32, 1.0])).collect();
    let sample = container(&flat, 2);
    let (state, field) = (&sample.state, &sample.vectors);
    let (among, options) = (Among { state, field }, AnalysisOptions::new());
    let params = |clusters| ClusterParams::new(clusters);
    let invalid = |error: Error| matches!(error, Error::Invalid(_));
    let limit = |error: Error| matches!(error, Error::Limit { .. });
    let stopped = |error: Error| matches!(error, Error::Cancelled);
    let run = |clusters| cluster(state, field, &params(clusters), &options, &mut on());
    assert!(invalid(run(0).unwrap_err()) && limit(run(1 << 17).unwrap_err()));
    assert!(invalid(outliers(among, 0, &options, &mut on()).unwrap_err()));
    assert!(limit(outliers(among, 10_001, &options, &mut on()).unwrap_err()));
    assert!(invalid(pca(state, field, 0, &options, &mut on()).unwrap_err()));
    assert!(limit(pca(state, field, 257, &options, &mut on()).unwrap_err()));
    let organs = &sample.regions;
    assert!(invalid(cluster(state, organs, &params(2), &options, &mut on()).unwrap_err()));
    assert!(cluster(state, field, &params(2), &options.region(0), &mut on()).is_err());
    assert!(medoid(state, organs, &options.region(5), &mut on()).is_err());
    let stop: Progress<'_> = &mut |_, _| false;
    assert!(stopped(cluster(state, field, &params(2), &options, stop).unwrap_err()));
    let few = params(2).memory(0);
    for after in 0..60 {
        let mut left = after;
        let mut count_down = |_, _| {
            left -= 1;
            left >= 0
        };
        let made = cluster(state, field, &few, &options, &mut count_down);
        assert!(made.map_or_else(stopped, |made| made.sizes.len() == 2));
    }
    assert!(stopped(outliers(among, 1, &options, stop).unwrap_err()));
    assert!(stopped(pca(state, field, 1, &options, stop).unwrap_err()));
    assert!(stopped(medoid(state, field, &options, stop).unwrap_err()));
}

/// The 1,000 vectors of a real store: f32 `[N, D]` behind a header of 45 bytes.
pub(super) fn real() -> Option<(Flat, u32)> {
    let path = "../../shared/data/vector_db/pathmnist_clip/index.faiss";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    };
    let dim = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
    let values: Vec<f32> =
        bytes[45..].chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect();
    Some(((0..).zip(values.chunks_exact(dim as usize).map(<[f32]>::to_vec)).collect(), dim))
}

#[test]
fn real_features() {
    let Some((flat, dim)) = real() else { return };
    let mut sample = container(&flat, dim);
    sample.vectors.metric = DefaultMetric::Cosine;
    let (state, field) = (&sample.state, &sample.vectors);
    let (among, options) = (Among { state, field }, AnalysisOptions::new());
    assert_eq!(Kernel::best(), options.kernel().unwrap());
    let whole = cluster(state, field, &ClusterParams::new(9), &options, &mut on()).unwrap();
    check_clusters(&flat, &whole, true);
    let params = ClusterParams::new(9).memory(4 * dim as usize * 400);
    let part = cluster(state, field, &params, &options, &mut on()).unwrap();
    check_clusters(&flat, &part, true);
    assert_eq!(part.sampled, 400);
    assert!(part.inertia < whole.inertia * 1.05, "{} {}", part.inertia, whole.inertia);
    println!("inertia {} of all, {} of a sample", whole.inertia, part.inertia);
    for metric in [Metric::Cosine, Metric::L2] {
        let options = options.metric(metric);
        let found = outliers(among, 10, &options, &mut on()).unwrap();
        let middle = medoid(state, field, &options, &mut on()).unwrap().unwrap();
        let units: Vec<Vec<f64>> = flat.values().map(|x| unit(x)).collect();
        let mut least = (f64::INFINITY, 0);
        for (row, x) in units.iter().enumerate() {
            let distance = |(other, y): (usize, &Vec<f64>)| match metric {
                Metric::Cosine => 1.0 - dot(x, y),
                _ => squared(&f64s(&flat[&(row as u64)]), &f64s(&flat[&(other as u64)])).sqrt(),
            };
            let others = units.iter().enumerate().filter(|(other, _)| *other != row);
            let mut all: Vec<f64> = others.map(distance).collect();
            let sum: f64 = all.iter().sum();
            all.sort_by(f64::total_cmp);
            near(f64::from(found.scores[row]), all[..10].iter().sum::<f64>() / 10.0, 1.0);
            least = if sum < least.0 { (sum, row) } else { least };
        }
        assert_eq!(middle.row, least.1 as u64);
        println!("{metric}: medoid {} of {} tried", middle.tried, middle.count);
    }
    // The clusters are told by their neighbours, nearly always.
    let classes = Classes::new(whole.assignment.clone(), 9);
    let found = accuracy(among, &classes, 5, None, &options, &mut on()).unwrap();
    assert!(found.images == 1000 && found.share().unwrap() > 0.8, "{found:?}");
}
