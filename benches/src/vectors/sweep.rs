//! Settings tried one after another, round by round.

use std::time::Instant;

use vesalius::Bitmap;

use super::contest::{Contest, recall};
use super::data::Set;
use super::front::{Point, front};
use super::ours::{Effort, Ours};
use crate::Result;

/// Recalls that ours is asked for.
const RECALLS: [f32; 10] = [0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9997];
/// From here on a setting that costs more shows nothing.
const ENOUGH: f64 = 0.9998;
/// A setting of the first round is tried again when it is so near to the front.
const NEAR: f64 = 1.3;

/// Questions and what they must find.
#[derive(Clone, Copy)]
pub(super) struct Questions<'a> {
    pub(super) set: &'a Set,
    /// The ten best of each, of the first queries of the set.
    pub(super) truth: &'a [Vec<u64>],
    pub(super) among: Option<&'a Bitmap>,
}

/// A peer and the settings that are tried.
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) settings: Vec<String>,
}

impl Peer {
    /// Inverted lists with product-quantised codes, scanned fast, and exact distances for a multiple of the hits.
    pub(super) fn ivfpq() -> Self {
        let mut settings = Vec::new();
        for lists in [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256] {
            for factor in [1, 2, 4, 8, 16, 32] {
                settings.push(format!("{lists} {factor}"));
            }
        }
        Self { name: "ivfpq", settings }
    }

    /// A graph.
    pub(super) fn graph(name: &'static str) -> Self {
        let efforts = [10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];
        Self { name, settings: efforts.iter().map(ToString::to_string).collect() }
    }

    /// Inverted lists of the rows as they are.
    pub(super) fn ivfflat() -> Self {
        let lists = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];
        Self { name: "ivfflat", settings: lists.iter().map(ToString::to_string).collect() }
    }

    /// All rows, in f16.
    pub(super) fn flat() -> Self {
        Self { name: "faiss16", settings: vec![String::new()] }
    }

    /// Tries all settings; `task` is what the peer is asked, without setting. Those that are far from the front are
    /// not tried again.
    pub(super) fn sweep(
        &mut self,
        contest: &mut Contest<'_>,
        task: &str,
        truth: &[Vec<u64>],
    ) -> std::result::Result<Vec<Point>, String> {
        let (mut points, mut tried) = (Vec::new(), Vec::new());
        for setting in &self.settings {
            let (seconds, found) = contest.ask(&format!("{task} {setting}"))?;
            points.push(Point { recall: recall(truth, &found), seconds });
            tried.push(setting.clone());
        }
        let front = front(&points);
        let near = |point: &Point| {
            let as_good = front.iter().find(|best| best.recall >= point.recall);
            as_good.is_none_or(|best| point.seconds <= NEAR * best.seconds)
        };
        let kept = tried.into_iter().zip(&points).filter(|(_, point)| near(point));
        self.settings = kept.map(|(setting, _)| setting).collect();
        Ok(points)
    }
}

/// Tries ours, from little effort to more; `None` when it is not built.
pub(super) fn ours(ours: &Ours, questions: Questions<'_>) -> Result<Option<Vec<Point>>> {
    let mut points = Vec::new();
    for recall in RECALLS {
        let point = together(ours, questions, Effort::Recall(recall))?;
        points.push(point);
        if point.recall >= ENOUGH {
            break;
        }
    }
    Ok(Some(points))
}

/// What ours reaches with some effort, all queries in one call as the peers have them.
pub(super) fn together(ours: &Ours, questions: Questions<'_>, effort: Effort) -> Result<Point> {
    let Questions { set, truth, among } = questions;
    let queries: Vec<Vec<f32>> = set.some(truth.len()).map(<[f32]>::to_vec).collect();
    let start = Instant::now();
    let found = ours.approximate_all(&queries, effort, among)?;
    Ok(point(truth, found, start))
}

/// What ours reaches with some effort; one call for each query.
pub(super) fn one(ours: &Ours, questions: Questions<'_>, effort: Effort) -> Result<Option<Point>> {
    let Questions { set, truth, among } = questions;
    let mut found = Vec::new();
    let start = Instant::now();
    for query in set.some(truth.len()) {
        let Some(rows) = ours.approximate(query, effort, among)? else { return Ok(None) };
        found.push(rows);
    }
    Ok(Some(point(truth, found, start)))
}

fn point(truth: &[Vec<u64>], found: Vec<Vec<u64>>, start: Instant) -> Point {
    let seconds = start.elapsed().as_secs_f64() / truth.len().max(1) as f64;
    // Less than ten where there are no more.
    let none = std::iter::repeat(u64::MAX);
    let flat: Vec<u64> = found
        .into_iter()
        .flat_map(|rows| rows.into_iter().chain(none.clone()).take(super::ours::K))
        .collect();
    Point { recall: recall(truth, &flat), seconds }
}

/// The ten best of the first `count` queries, by exact search.
pub(super) fn truth(
    ours: &Ours,
    set: &Set,
    count: usize,
    among: Option<&Bitmap>,
) -> Result<Vec<Vec<u64>>> {
    let search = |query| match among {
        Some(among) => ours.exact_among(query, among),
        None => ours.exact(query, 0),
    };
    set.some(count).map(search).collect()
}
