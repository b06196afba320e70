//! A search among few rows: those of them that lie in near lists are scored, no bits are looked at.

use super::super::kernels::Kernel;
use super::super::similarity::Scorer;
use super::super::sweep::mismatch;
use super::super::top_k::TopK;
use super::RowSource;
use super::search::{Explain, Options, Outcome, Room, ready, wanted};
use super::sections::{ORDINALS, damage};
use super::view::ListsView;
use crate::error::{Error, Result};
use crate::search::top_k::ScoredRow;

/// Rows that are asked for before they are scored.
const AHEAD: usize = 3;
/// Ordinals for each row that is in a list: with more of them, most rows are gone.
const SPARSE: u64 = 8;

/// The list of each ordinal; `u32::MAX` of those that are in none.
#[derive(Clone, Debug)]
pub struct Membership(Vec<u32>);

impl ListsView<'_> {
    /// The list of each row, by one pass over all ordinals. `None` where there are few rows to so many ordinals.
    pub fn membership(&self) -> Result<Option<Membership>> {
        let rows = u64::from(self.rows());
        if rows > SPARSE.saturating_mul(u64::from(self.entries())) {
            return Ok(None);
        }
        let mut lists = Vec::new();
        let bytes = rows.saturating_mul(size_of::<u32>() as u64);
        let count = self.rows() as usize;
        lists.try_reserve_exact(count).map_err(|_| Error::OutOfMemory { bytes })?;
        lists.resize(count, u32::MAX);
        if !self.touch.is_none_or(|touch| touch.touch(ORDINALS, 0..size_of_val(self.ordinals))) {
            return Ok(None);
        }
        for (number, (start, count)) in (0..).zip(self.starts.iter().zip(self.counts)) {
            let start = (*start as usize).saturating_mul(64);
            let members = self.ordinals.get(start..start.saturating_add(*count as usize));
            for ordinal in members.unwrap_or_default() {
                let slot = lists.get_mut(*ordinal as usize);
                *slot.ok_or_else(|| damage(format!("the lists name row {ordinal} of {rows}")))? =
                    number;
            }
        }
        Ok(Some(Membership(lists)))
    }
}

/// The best rows of a query among `few`, ascending ordinals of eligible rows. Rows in no list are not looked at.
pub fn search_members<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    Membership(lists): &Membership,
    few: &[u32],
    query: &[f32],
    options: &Options,
    room: &mut Room,
) -> Result<Outcome> {
    ready(view, source, query, options, room)?;
    let (want, _) = wanted(view, options, room);
    let inner = view.metric() == super::super::similarity::Metric::InnerProduct;
    view.coarse.rank(options.kernel, &room.ready, inner, want, &mut room.rank);
    room.near.clear();
    room.near.resize(view.list_count(), false);
    for ranked in &room.rank.ranked {
        if let Some(near) = room.near.get_mut(ranked.list as usize) {
            *near = true;
        }
    }
    let is_near = |ordinal: &u32| {
        let list = lists.get(*ordinal as usize).map_or(usize::MAX, |list| *list as usize);
        room.near.get(list).copied().unwrap_or(false)
    };
    room.members.clear();
    room.members.extend(few.iter().copied().filter(is_near));
    let scorer = Scorer::new(view.metric(), options.kernel, query);
    let mut top = TopK::of_hits(options.k, view.metric().best())?;
    let mut scored = 0;
    for (place, ordinal) in room.members.iter().enumerate() {
        if let Some(row) = room.members.get(place + AHEAD).and_then(|later| source.row(*later)) {
            Kernel::prefetch_row(row);
        }
        let Some(row) = source.row(*ordinal) else { continue };
        let score = scorer.score(row).map_err(mismatch)?;
        scored += 1;
        let within = |limit| !view.metric().better(limit, score);
        if !score.is_nan() && options.threshold.is_none_or(within) {
            top.push(score, source.number(*ordinal));
        }
    }
    let hits: Vec<ScoredRow> = top.into_sorted_vec();
    let lists = room.rank.ranked.len() as u64;
    let explain = Explain { lists, scored, ..Explain::default() };
    Ok(Outcome { hits, explain })
}
