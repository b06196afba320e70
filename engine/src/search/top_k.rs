//! The k best of any number of scored rows.

use super::similarity::Best;
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A row and its score. What a row is called is up to the user: a number, or a part of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored<R> {
    /// The score. A zero is always `+0.0`.
    pub score: f32,
    /// The row.
    pub row: R,
}

/// A numbered row and its score.
pub type ScoredRow = Scored<u64>;

/// Keeps the `k` best of the rows pushed into it: better score first, of equal scores the smaller
/// row. The outcome does not depend on the order of the pushes.
///
/// `-0.0` and `+0.0` are equal scores; NaN is no score and never enters. A push that does not
/// enter costs one comparison, one that does `O(log k)`. Memory grows with what is kept.
#[derive(Clone, Debug)]
pub struct TopK<R = u64> {
    k: usize,
    best: Best,
    /// The worst kept on top.
    kept: BinaryHeap<Entry<R>>,
    /// Merit of the worst kept once there are k; until then minus infinity.
    floor: f32,
}

impl TopK {
    /// The largest `k`.
    pub const MAX_K: usize = 1_000_000;

    /// Offers the rows `first_row`, `first_row + 1`, ... with their scores. Rows past `u64::MAX`
    /// do not exist and are not taken.
    pub fn push_rows(&mut self, first_row: u64, scores: &[f32]) {
        for (row, score) in (first_row..=u64::MAX).zip(scores) {
            self.push(*score, row);
        }
    }
}

impl<R: Copy + Ord> TopK<R> {
    /// A collector of the `k` best. `None` if `k` is over [`TopK::MAX_K`]; 0 keeps nothing.
    pub fn new(k: usize, best: Best) -> Option<Self> {
        let floor = f32::NEG_INFINITY;
        (k <= TopK::MAX_K).then(|| Self { k, best, kept: BinaryHeap::new(), floor })
    }

    /// A collector of the `k` best hits of a search.
    ///
    /// Errors: [`Error::Limit`] where `k` is over [`TopK::MAX_K`].
    pub fn of_hits(k: usize, best: Best) -> Result<Self> {
        let (value, limit) = (k as u64, TopK::MAX_K as u64);
        Self::new(k, best).ok_or(Error::Limit { what: "hits of a search", value, limit })
    }

    /// Offers a row. Each row should be offered once: a second time counts as another row.
    #[inline]
    pub fn push(&mut self, score: f32, row: R) {
        let merit = self.merit(score);
        if merit >= self.floor {
            self.insert(Entry { merit, row });
        }
    }

    /// The score of the k-th best so far, once k are kept; what is worse cannot enter. `None`
    /// before, and for `k` 0.
    pub fn threshold(&self) -> Option<f32> {
        let full = self.kept.len() >= self.k;
        self.kept.peek().filter(|_| full).map(|worst| self.score(worst.merit))
    }

    /// Number of rows kept, at most `k`.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether no row is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Offers all that another collector has kept: afterwards this one is as if both had been
    /// one, provided that the other's `k` is not smaller and its better end the same.
    pub fn merge(&mut self, other: &Self) {
        for entry in &other.kept {
            self.push(other.score(entry.merit), entry.row);
        }
    }

    /// The rows kept, best first.
    pub fn into_sorted_vec(self) -> Vec<Scored<R>> {
        let best = self.best;
        let sorted = self.kept.into_sorted_vec().into_iter();
        sorted.map(|entry| Scored { score: oriented(entry.merit, best), row: entry.row }).collect()
    }

    fn merit(&self, score: f32) -> f32 {
        oriented(score, self.best)
    }

    fn score(&self, merit: f32) -> f32 {
        oriented(merit, self.best)
    }

    fn insert(&mut self, entry: Entry<R>) {
        if self.kept.len() < self.k {
            self.kept.push(entry);
        } else if let Some(mut worst) = self.kept.peek_mut() {
            if entry >= *worst {
                return;
            }
            *worst = entry;
        }
        if self.kept.len() == self.k {
            self.floor = self.kept.peek().map_or(f32::NEG_INFINITY, |worst| worst.merit);
        }
    }
}

/// The score as a merit, of which more is better, and back; without the sign of zero.
#[inline]
fn oriented(score: f32, best: Best) -> f32 {
    match best {
        Best::Largest => score + 0.0,
        Best::Smallest => 0.0 - score,
    }
}

/// Ordered best first, so the greatest is the worst. The merit is not NaN.
#[derive(Clone, Copy, Debug)]
struct Entry<R> {
    merit: f32,
    row: R,
}

impl<R: Ord> Ord for Entry<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.merit.total_cmp(&self.merit).then(self.row.cmp(&other.row))
    }
}

impl<R: Ord> PartialOrd for Entry<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: Ord> PartialEq for Entry<R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<R: Ord> Eq for Entry<R> {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow twin: sort everything.
    fn by_sorting(k: usize, best: Best, rows: &[(f32, u64)]) -> Vec<ScoredRow> {
        let mut rows: Vec<_> = rows.iter().filter(|(score, _)| !score.is_nan()).copied().collect();
        rows.sort_by(|a, b| best.compare(a.0, b.0).unwrap().then(a.1.cmp(&b.1)));
        rows.truncate(k);
        rows.into_iter().map(|(score, row)| ScoredRow { score, row }).collect()
    }

    fn random(state: &mut u64) -> u64 {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    }

    /// Few different scores, so that ties decide; zeros of both signs, infinities and NaN.
    fn random_rows(state: &mut u64, count: u64) -> Vec<(f32, u64)> {
        let special = [0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN];
        let mut rows: Vec<(f32, u64)> = (0..count)
            .map(|row| match random(state) % 30 {
                n @ 0..6 => (special[usize::try_from(n).unwrap()], row),
                _ => ((random(state) % 50) as f32 - 25.0, row),
            })
            .collect();
        for i in (1..rows.len()).rev() {
            rows.swap(i, usize::try_from(random(state) % (i as u64 + 1)).unwrap());
        }
        rows
    }

    #[test]
    fn is_a_sort_cut_short_in_any_order_and_partition() {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let mut state: u64 = seed.unwrap_or(20_261_120);
        println!("top_k: VESALIUS_SEED={state}");
        for _ in 0..300 {
            let count = random(&mut state) % 200;
            let rows = random_rows(&mut state, count);
            for (k, best) in [0, 1, 2, 10, 100, 500]
                .into_iter()
                .flat_map(|k| [(k, Best::Largest), (k, Best::Smallest)])
            {
                let expected = by_sorting(k, best, &rows);
                let cut = usize::try_from(random(&mut state)).unwrap() % (rows.len() + 1);
                let mut whole = TopK::new(k, best).unwrap();
                let mut parts = [TopK::new(k, best).unwrap(), TopK::new(k, best).unwrap()];
                for (i, (score, row)) in rows.iter().enumerate() {
                    whole.push(*score, *row);
                    parts[usize::from(i < cut)].push(*score, *row);
                }
                assert_eq!(whole.len(), expected.len());
                let full = k > 0 && expected.len() == k;
                assert_eq!(whole.threshold(), expected.last().filter(|_| full).map(|x| x.score));
                assert_eq!(whole.into_sorted_vec(), expected);
                let [mut left, right] = parts;
                left.merge(&right);
                assert_eq!(left.into_sorted_vec(), expected);
            }
        }
    }

    #[test]
    fn takes_rows_in_a_run() {
        let mut top = TopK::new(2, Best::Smallest).unwrap();
        assert!(top.is_empty());
        top.push_rows(100, &[3.0, 1.0, f32::NAN, 2.0]);
        let rows: Vec<u64> = top.into_sorted_vec().iter().map(|scored| scored.row).collect();
        assert_eq!(rows, [101, 103]);
        let mut top = TopK::new(4, Best::Largest).unwrap();
        top.push_rows(u64::MAX, &[1.0, 2.0]);
        assert_eq!(top.into_sorted_vec(), [ScoredRow { score: 1.0, row: u64::MAX }]);
    }

    #[test]
    fn zeros_lose_their_sign() {
        for best in [Best::Largest, Best::Smallest] {
            let mut top = TopK::new(2, best).unwrap();
            top.push(0.0, 1);
            top.push(-0.0, 0);
            let zeros = top.into_sorted_vec();
            assert!(zeros.iter().map(|zero| zero.row).eq([0, 1]));
            assert!(zeros.iter().all(|zero| zero.score.to_bits() == 0));
        }
    }

    #[test]
    fn k_has_a_limit() {
        assert!(TopK::<u64>::new(TopK::MAX_K, Best::Largest).is_some());
        assert!(TopK::<u64>::new(TopK::MAX_K + 1, Best::Largest).is_none());
    }

    #[test]
    fn large_k_is_a_sort_cut_short() {
        let mut state = 7;
        let rows: Vec<(f32, u64)> =
            (0..300_000).map(|row| ((random(&mut state) % 100_000) as f32, row)).collect();
        for k in [100_000, TopK::MAX_K] {
            let mut top = TopK::new(k, Best::Largest).unwrap();
            for (score, row) in &rows {
                top.push(*score, *row);
            }
            assert!(top.into_sorted_vec() == by_sorting(k, Best::Largest, &rows));
        }
    }
}
