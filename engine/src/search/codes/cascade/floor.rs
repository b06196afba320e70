//! Below which merit a row is no hit.

use super::super::bound::Interval;
use crate::search::similarity::Metric;
use crate::search::top_k::TopK;
use std::sync::atomic::{AtomicU32, Ordering};

/// The highest k-th best merit that any thread has; it only rises.
#[derive(Debug)]
pub(crate) struct Floor(AtomicU32);

impl Floor {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(key(f32::NEG_INFINITY)))
    }

    fn raise(&self, merit: f32) {
        self.0.fetch_max(key(merit), Ordering::Relaxed);
    }

    fn get(&self) -> f32 {
        merit(self.0.load(Ordering::Relaxed))
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

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aim<'a> {
    pub(crate) metric: Metric,
    /// Most hits.
    pub(crate) k: usize,
    /// A score that hits reach.
    pub(crate) threshold: Option<f32>,
    /// What threads share.
    pub(crate) floor: &'a Floor,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is neither a hit nor counted.
    Out,
    /// It is beyond the threshold, but no hit.
    Counted,
    /// Its interval does not tell.
    Open,
}

/// Limits of merits at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Merits that hits reach.
    pub(super) threshold: f32,
    /// The k-th best so far: what is below is no hit.
    pub(super) floor: f32,
    /// Whether rows are counted beforehand, as there is no threshold.
    pub(super) counted: bool,
}

impl Aim<'_> {
    /// The limits as they are, from what this thread has found and what others have told.
    pub(super) fn limits(&self, top: &TopK) -> Limits {
        let own = top.threshold().map_or(f32::NEG_INFINITY, |score| self.merit(score));
        let floor = if self.k == 0 { f32::INFINITY } else { own.max(self.floor.get()) };
        let threshold = self.threshold.map_or(f32::NEG_INFINITY, |score| self.merit(score));
        Limits { threshold, floor, counted: self.threshold.is_none() }
    }

    /// Tells other threads.
    pub(super) fn share(&self, top: &TopK) {
        if let Some(score) = top.threshold() {
            self.floor.raise(self.merit(score));
        }
    }

    /// Whether a score reaches the threshold.
    pub(super) fn passes(&self, score: f32) -> bool {
        !score.is_nan() && self.threshold.is_none_or(|limit| !self.metric.better(limit, score))
    }

    fn merit(&self, score: f32) -> f32 {
        if self.metric == Metric::L2 { -score } else { score }
    }
}

impl Limits {
    /// Merits below this need not be looked at, whatever else is known.
    pub(super) fn least(&self) -> f32 {
        if self.counted { self.floor } else { self.threshold }
    }

    /// Comparisons with NaN are false, so that it leaves a row open.
    pub(super) fn fate(&self, interval: Interval) -> Fate {
        if interval.most < self.threshold {
            Fate::Out
        } else if interval.most < self.floor && interval.least >= self.threshold {
            Fate::Counted
        } else {
            Fate::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_rises_only() {
        let floor = Floor::new();
        assert_eq!(floor.get().to_bits(), f32::NEG_INFINITY.to_bits());
        let mut most = f32::NEG_INFINITY;
        for merit in [-5.0, -7.0, -0.5, 0.0, 3.0, 2.0, f32::INFINITY] {
            floor.raise(merit);
            most = most.max(merit);
            assert_eq!(floor.get().to_bits(), most.to_bits());
        }
    }

    #[test]
    fn equal_merits_stay_open() {
        let limits = Limits { threshold: 0.25, floor: 0.5, counted: false };
        let fate = |least, most| limits.fate(Interval { least, most });
        assert_eq!(fate(0.1, 0.2), Fate::Out);
        assert_eq!(fate(0.1, 0.25), Fate::Open);
        assert_eq!(fate(0.25, 0.4), Fate::Counted);
        assert_eq!(fate(0.25, 0.5), Fate::Open);
        assert_eq!(fate(f32::NAN, f32::NAN), Fate::Open);
    }
}
