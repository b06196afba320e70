//! Searching through lists.

use super::super::kernels::Kernel;
use super::super::kernels::bits::Bounds;
use super::super::similarity::{Metric, all_finite};
use super::super::top_k::ScoredRow;
use super::RowSource;
use super::coarse::{RankRoom, Ranked, Want};
use super::efforts::{Effort, Efforts};
use super::ready::Ready;
use super::run::{Stop, Waiting, go};
use super::view::ListsView;
use crate::error::{Error, Result};

/// What a search may be told.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most hits, at most [`TopK::MAX_K`](crate::search::top_k::TopK::MAX_K).
    pub k: usize,
    /// A hit scores at least this much (cosine, inner product), or is at most this far (l2).
    pub threshold: Option<f32>,
    /// How far to go.
    pub effort: Effort,
    /// Rows that are eligible, where not nearly all are: the fewer, the farther a search goes for a
    /// recall.
    pub allowed: Option<u64>,
    /// The kernels. The outcome is the same.
    pub kernel: Kernel,
}

impl Default for Options {
    /// The ten best, at a recall of 0.99.
    fn default() -> Self {
        let kernel = Kernel::best();
        Self { k: 10, threshold: None, effort: Effort::default(), allowed: None, kernel }
    }
}

/// What a search did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explain {
    /// Lists that were looked through.
    pub lists: u64,
    /// Rows whose bits were scanned.
    pub scanned: u64,
    /// Of these, rows that their bound ruled out.
    pub ruled_out: u64,
    /// Rows that were not eligible, of those that their bound did not rule out at once.
    pub ineligible: u64,
    /// Rows that were scored as they are stored.
    pub scored: u64,
}

/// The hits of a query, best first, and what was done for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The hits.
    pub hits: Vec<ScoredRow>,
    /// What was done.
    pub explain: Explain,
}

/// Memory of a search, kept from one query to the next.
#[derive(Debug, Default)]
pub struct Room {
    pub(super) ready: Ready,
    pub(super) rank: RankRoom,
    pub(super) waiting: Vec<Waiting>,
    pub(super) bounds: Bounds,
    pub(super) stops: Vec<Stop>,
    /// Which lists are near, and which of few rows lie in them.
    pub(super) near: Vec<bool>,
    pub(super) members: Vec<u32>,
}

impl Room {
    /// The lists of the last query.
    pub(super) fn ranked(&self) -> &[Ranked] {
        &self.rank.ranked
    }

    /// What reaches are measured in.
    pub(super) fn unit(&self, metric: Metric) -> f32 {
        if metric == Metric::InnerProduct {
            self.ready.squared.sqrt().max(f32::MIN_POSITIVE)
        } else {
            1.0
        }
    }
}

/// The best rows of a query `[D]`.
///
/// Errors: [`Error::Invalid`] for a query of another dimension or with values that are not finite,
/// [`Error::Limit`] for too large a `k`, [`Error::Corrupt`] where the lists name a row that the
/// source has not.
pub fn search<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    query: &[f32],
    options: &Options,
    room: &mut Room,
) -> Result<Outcome> {
    ready(view, source, query, options, room)?;
    let (want, deviations) = wanted(view, options, room);
    let (top, explain) = go(view, source, query, options, want, deviations, room)?;
    let hits = top.into_sorted_vec().into_iter();
    let hits = hits.map(|hit| ScoredRow { score: hit.score, row: hit.row.0 }).collect();
    Ok(Outcome { hits, explain })
}

/// How far to go for a query that is ready, and by how many deviations estimates may be off.
pub(super) fn wanted(view: &ListsView<'_>, options: &Options, room: &Room) -> (Want, f32) {
    match options.effort {
        Effort::Recall(recall) => {
            let neighbours = view.neighbours(options.k, options.allowed);
            let reach = view.efforts.reach(recall, neighbours);
            (Want::Within(reach.within * room.unit(view.metric())), reach.deviations)
        }
        Effort::Lists(lists) => (Want::Count(lists.max(1)), Efforts::counted_deviations()),
        Effort::All => (Want::Count(usize::MAX), f32::INFINITY),
    }
}

/// The ordinals of the best rows, the nearer half of the lists looked through.
pub(super) fn search_lists<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    query: &[f32],
    options: &Options,
    deviations: f32,
    room: &mut Room,
) -> Result<Vec<u32>> {
    ready(view, source, query, options, room)?;
    let want = Want::Count(view.list_count().div_ceil(2));
    let (top, _) = go(view, source, query, options, want, deviations, room)?;
    Ok(top.into_sorted_vec().into_iter().map(|hit| hit.row.1).collect())
}

pub(super) fn ready<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    query: &[f32],
    options: &Options,
    room: &mut Room,
) -> Result<()> {
    if query.len() != view.dim() || source.dim() != view.dim() {
        let text = format!("the lists have dimension {}, the query {}", view.dim(), query.len());
        return Err(Error::Invalid(text));
    }
    if !all_finite(query) {
        return Err(Error::Invalid("a query must be finite".into()));
    }
    room.ready.query(options.kernel, &view.rotation, view.metric(), view.centre, query);
    Ok(())
}
