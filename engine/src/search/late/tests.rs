//! `MaxSim` against a double loop over single scores.

use super::*;
use crate::search::kernels::{Row, Rows, Tier};
use crate::search::sample::Random;
use crate::search::similarity::{Metric, Scorer};
use half::f16;

fn matrix(values: &[f32], dim: usize) -> Matrix<'_> {
    Matrix::new(Rows::F32(values), dim, dim, values.len() / dim).unwrap()
}

fn matrix16(values: &[f16], dim: usize) -> Matrix<'_> {
    Matrix::new(Rows::F16(values), dim, dim, values.len() / dim).unwrap()
}

fn halves(values: &[f32]) -> Vec<f16> {
    values.iter().map(|x| f16::from_f32(*x)).collect()
}

/// The slow twin.
fn by_pairs(a: Matrix<'_>, b: Matrix<'_>) -> (Vec<Match>, f32) {
    let kernel = Kernel::with_tier(Tier::Portable).unwrap();
    let mut matches = Vec::new();
    let mut sum = 0.0_f64;
    for i in 0..a.count() {
        let query = match a.row(i).unwrap() {
            Row::F32(x) => x.to_vec(),
            Row::F16(x) => x.iter().map(|x| x.to_f32()).collect(),
        };
        let scorer = Scorer::new(Metric::Cosine, kernel, &query);
        let mut found: Option<(usize, f32)> = None;
        for j in 0..b.count() {
            let cosine = scorer.score(b.row(j).unwrap()).unwrap();
            if !cosine.is_nan() && found.is_none_or(|(_, best)| cosine > best) {
                found = Some((j, cosine));
            }
        }
        let cosine = found.map_or(0.0, |(_, cosine)| cosine);
        sum += f64::from(cosine);
        matches.push(Match { token: found.map(|(j, _)| j), cosine });
    }
    (matches, rounded(sum))
}

fn check(a: Matrix<'_>, b: Matrix<'_>) {
    let (matches, score) = by_pairs(a, b);
    let mut scratch = LateScratch::default();
    for tier in Tier::available() {
        let query = LateQuery::new(Kernel::with_tier(tier).unwrap(), a).unwrap();
        let got = query.max_sim(b, &mut scratch).unwrap();
        assert_eq!(got.to_bits(), score.to_bits(), "{tier}");
        let found = query.matches(b, &mut scratch).unwrap();
        assert_eq!(found, matches, "{tier}");
        assert_eq!(score_of(&found).to_bits(), score.to_bits());
    }
    assert_eq!(max_sim(a, b).unwrap().to_bits(), score.to_bits());
}

#[test]
fn max_sim_is_a_double_loop() {
    let mut random = Random::from_env();
    for (a, b, dim) in [(1, 1, 1), (1, 40, 9), (5, 3, 64), (33, 150, 100), (7, 80, 1152)] {
        let (a, b) = (random.features(a, dim), random.features(b, dim));
        let (a16, b16) = (halves(&a), halves(&b));
        check(matrix(&a, dim), matrix(&b, dim));
        check(matrix16(&a16, dim), matrix16(&b16, dim));
        check(matrix(&a, dim), matrix16(&b16, dim));
    }
}

/// So many query tokens that a block of cosines is less than a block of rows.
#[test]
fn long_queries_are_done_in_blocks() {
    let mut random = Random::from_env();
    let (a, b) = (random.features(3000, 3), random.features(50, 3));
    check(matrix(&a, 3), matrix(&b, 3));
}

#[test]
fn what_matches_nothing_adds_nothing() {
    let data = [1.0, 2.0, 3.0, 4.0];
    let empty = matrix(&[], 2);
    check(empty, matrix(&data, 2));
    check(matrix(&data, 2), empty);
    check(empty, empty);
    let nothing = Match { token: None, cosine: 0.0 };
    let query = LateQuery::new(Kernel::best(), matrix(&data, 2)).unwrap();
    assert_eq!(query.matches(empty, &mut LateScratch::default()).unwrap(), [nothing; 2]);
    // An infinite token makes a NaN cosine, which is no match; an opposed one is.
    let odd = [f32::INFINITY, 1.0, -1.0, -2.0];
    check(matrix(&data, 2), matrix(&odd, 2));
    check(matrix(&odd, 2), matrix(&data, 2));
    check(matrix(&data, 2), matrix(&odd[..2], 2));
}

#[test]
fn many_documents_on_any_number_of_threads() {
    let mut random = Random::from_env();
    let dim = 20;
    let query = random.features(6, dim);
    let documents: Vec<Vec<f32>> = (0..40).map(|count| random.features(count % 13, dim)).collect();
    let documents: Vec<Matrix<'_>> = documents.iter().map(|values| matrix(values, dim)).collect();
    let expected: Vec<u32> =
        documents.iter().map(|b| by_pairs(matrix(&query, dim), *b).1.to_bits()).collect();
    let late = LateQuery::new(Kernel::best(), matrix(&query, dim)).unwrap();
    for threads in [0, 1, 2, 5] {
        let scores = late.max_sim_all(&documents, threads).unwrap();
        assert!(scores.into_iter().map(f32::to_bits).eq(expected.iter().copied()), "{threads}");
    }
    let odd = [documents[1], matrix(&query, 10)];
    assert!(late.max_sim_all(&odd, 2).is_err());
    assert!(max_sim(odd[0], odd[1]).is_err());
}

/// The tokens of `[6, 27, 64]` in a data file of the project.
fn real_tokens() -> Option<Vec<f16>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = root.join("npy/tokens_f16.npy");
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    }
    let bytes = std::fs::read(path).unwrap();
    let (start, _) = bytes[8..].split_first_chunk::<2>().unwrap();
    let values = &bytes[10 + usize::from(u16::from_le_bytes(*start))..];
    let values = values.as_chunks::<2>().0;
    Some(values.iter().map(|value| f16::from_le_bytes(*value)).collect())
}

#[test]
fn max_sim_of_real_tokens_is_a_double_loop() {
    let Some(values) = real_tokens() else { return };
    assert_eq!(values.len(), 6 * 27 * 64);
    let images: Vec<_> = values.chunks(27 * 64).map(|values| matrix16(values, 64)).collect();
    for (a, b) in images.iter().zip(images.iter().skip(1)) {
        check(*a, *b);
    }
    // Each token of an image is the best match of itself.
    let query = LateQuery::new(Kernel::best(), images[0]).unwrap();
    let found = query.matches(images[0], &mut LateScratch::default()).unwrap();
    assert!(found.iter().enumerate().all(|(i, found)| found.token == Some(i)));
}
