//! The cascade against scoring every row.

use super::super::cascade::{Aim, Cascade, Entries, Floor, Level, Piece, Scan};
use super::super::encode;
use super::rows;
use crate::error::Result;
use crate::search::kernels::{Kernel, Matrix, Rows, Tier};
use crate::search::sample::{Random, plain_top};
use crate::search::similarity::{Metric, Scorer};
use crate::search::top_k::TopK;
use half::f16;

struct Chosen<'a> {
    first: usize,
    matrix: Matrix<'a>,
    counts: &'a [bool],
    scorer: &'a Scorer<'a>,
}

impl Entries for Chosen<'_> {
    fn eligible(&self) -> u64 {
        self.counts.iter().filter(|counts| **counts).count() as u64
    }

    fn row(&self, index: usize) -> Option<u64> {
        self.counts[index].then_some((self.first + index) as u64)
    }

    fn each(&self, each: impl FnMut(usize)) -> Result<()> {
        (0..self.counts.len()).filter(|index| self.counts[*index]).for_each(each);
        Ok(())
    }

    fn fetch(&self, _: usize) {}

    fn score(&self, index: usize) -> Result<f32> {
        assert!(self.counts[index], "a row that does not count was scored");
        Ok(self.scorer.score(self.matrix.row(self.first + index).unwrap()).unwrap())
    }
}

/// Rows with everything that makes trouble: copies, near copies by one bit, and those of [`rows`].
fn troubled(random: &mut Random, count: usize, dim: usize) -> Vec<f32> {
    let mut values = rows(random, count, dim);
    if random.one_in(2) {
        for row in 1..count {
            let from = usize::try_from(random.below(row as u64)).unwrap();
            match random.below(8) {
                0..3 => values.copy_within(from * dim..(from + 1) * dim, row * dim),
                3 => {
                    values.copy_within(from * dim..(from + 1) * dim, row * dim);
                    let place = row * dim + usize::try_from(random.below(dim as u64)).unwrap();
                    values[place] = values[place].next_up();
                }
                4 => {
                    // The same direction with another length: cosines that almost tie.
                    let by = 1.0 + random.below(9) as f32;
                    for i in 0..dim {
                        values[row * dim + i] = values[from * dim + i] * by;
                    }
                }
                _ => (),
            }
        }
    }
    if random.one_in(20) {
        let place = usize::try_from(random.below((count * dim) as u64)).unwrap();
        values[place] =
            [f32::INFINITY, f32::NEG_INFINITY, f32::NAN][usize::try_from(random.below(3)).unwrap()];
    }
    values
}

/// A case of its own for each seed.
pub(in super::super) fn case(random: &mut Random) {
    let dim = 1 + usize::try_from(random.below(150)).unwrap();
    let count = 1 + usize::try_from(random.below(700)).unwrap();
    let values = troubled(random, count, dim);
    let halves: Vec<f16> = values.iter().map(|value| f16::from_f32(*value)).collect();
    let matrix = if random.one_in(2) { Rows::F32(&values) } else { Rows::F16(&halves) };
    let matrix = Matrix::new(matrix, dim, dim, count).unwrap();
    let codes = encode(matrix, 1).unwrap();
    let one_in = [1, 1, 2, 9][usize::try_from(random.below(4)).unwrap()];
    let counts: Vec<bool> = (0..count).map(|_| random.one_in(one_in)).collect();
    let query: Vec<f32> = match random.below(3) {
        0 => rows(random, 1, dim),
        _ => values[usize::try_from(random.below(count as u64)).unwrap() * dim..][..dim].to_vec(),
    };
    if query.iter().any(|value| !value.is_finite()) {
        return;
    }
    let tiers = Tier::available();
    let tier = tiers[usize::try_from(random.below(tiers.len() as u64)).unwrap()];
    let kernel = Kernel::with_tier(tier).unwrap();
    for metric in Metric::ALL {
        let scorer = Scorer::new(metric, kernel, &query);
        let Some(cascade) = Cascade::new(&scorer, &codes.centre) else { continue };
        let mut scores = vec![0.0; count];
        scorer.score_rows(matrix, &mut scores).unwrap();
        let k = usize::try_from([0, 1, 3, 10, 1000][usize::try_from(random.below(5)).unwrap()])
            .unwrap();
        // Often a score that rows have, so that they lie on the threshold.
        let threshold = match random.below(4) {
            0 => Some(scores[usize::try_from(random.below(count as u64)).unwrap()]),
            1 => Some(random.below(300) as f32 / 100.0 - 1.5),
            _ => None,
        }
        .filter(|limit| !limit.is_nan());
        let passes = |score: f32| {
            !score.is_nan() && threshold.is_none_or(|limit| !metric.better(limit, score))
        };
        let all: Vec<(u64, f32)> = (0..count)
            .filter(|index| counts[*index] && passes(scores[*index]))
            .map(|index| (index as u64, scores[index] + 0.0))
            .collect();
        let floor = Floor::new();
        let aim = Aim { metric, k, threshold, floor: &floor };
        // Two threads in turns.
        let mut workers = [(); 2].map(|()| (Scan::default(), TopK::new(k, metric.best()).unwrap()));
        let mut matched = 0;
        let step = 1 + usize::try_from(random.below(count as u64)).unwrap();
        for first in (0..count).step_by(step) {
            let (scan, top) = &mut workers[usize::try_from(random.below(2)).unwrap()];
            let end = (first + step).min(count);
            let codes = codes.view().unwrap().slice(first..end).unwrap();
            let rows = Chosen { first, matrix, counts: &counts[first..end], scorer: &scorer };
            let level = if random.one_in(2) { Level::Four } else { Level::Six };
            let piece = Piece { cascade: &cascade, codes, rows, aim, top, matched: &mut matched };
            scan.piece(level, piece).unwrap();
        }
        let [(_, mut top), (_, other)] = workers;
        top.merge(&other);
        let hits: Vec<(u64, u32)> =
            top.into_sorted_vec().iter().map(|hit| (hit.row, hit.score.to_bits())).collect();
        assert_eq!(matched, all.len() as u64, "{metric} {threshold:?} k {k} {tier}");
        let expected = plain_top(metric, all, k);
        let expected: Vec<(u64, u32)> =
            expected.iter().map(|(row, score)| (*row, score.to_bits())).collect();
        assert_eq!(hits, expected, "{metric} {threshold:?} k {k} {tier}");
    }
}

#[test]
fn finds_what_a_plain_scan_finds() {
    let mut random = Random::from_env();
    let cases = std::env::var("VESALIUS_CASES").ok().and_then(|text| text.parse().ok());
    for number in 0..cases.unwrap_or(1500) {
        let seed = random.clone();
        let result = std::panic::catch_unwind(move || {
            let mut random = seed;
            case(&mut random);
        });
        assert!(result.is_ok(), "case {number} of {random:?}");
        random.next();
    }
}
