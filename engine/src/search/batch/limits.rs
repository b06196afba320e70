//! Below which score a row is no hit, for each query.

use std::sync::atomic::{AtomicU32, Ordering};

use super::super::options::SearchOptions;
use super::super::similarity::{Best, Metric};
use super::super::top_k::TopK;

/// For each query the best k-th best merit that any thread has; it only rises.
#[derive(Debug)]
pub(super) struct Floors(Vec<AtomicU32>);

impl Floors {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU32::new(key(f32::NEG_INFINITY))).collect())
    }

    fn raise(&self, query: usize, merit: f32) {
        if let Some(floor) = self.0.get(query) {
            floor.fetch_max(key(merit), Ordering::Relaxed);
        }
    }

    fn get(&self, query: usize) -> f32 {
        let floor = self.0.get(query).map_or(key(f32::NEG_INFINITY), |f| f.load(Ordering::Relaxed));
        merit(floor)
    }
}

/// A number that is larger where a merit is.
fn key(merit: f32) -> u32 {
    let bits = merit.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

fn merit(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

/// What a score must be for its row to matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    /// Any score.
    Open,
    /// This, or a better one.
    At(f32),
    /// None does.
    Closed,
}

impl Limit {
    /// What must be scored: with a threshold all that is counted, else what may be among the best.
    pub(super) fn of(
        options: &SearchOptions<'_>,
        metric: Metric,
        top: &TopK,
        floors: &Floors,
        query: usize,
    ) -> Self {
        if let Some(threshold) = options.threshold {
            return Self::At(threshold);
        }
        if options.k == 0 {
            return Self::Closed;
        }
        let sign = if metric.best() == Best::Smallest { -1.0 } else { 1.0 };
        if let Some(own) = top.threshold() {
            floors.raise(query, sign * own);
        }
        match floors.get(query) {
            f32::NEG_INFINITY => Self::Open,
            floor => Self::At(sign * floor),
        }
    }
}
