//! How far a search must go for a recall, measured on rows of the column.
//!
//! Some rows are taken as queries, and their neighbours looked for in the nearer half of the lists.
//! A neighbour is found when its list is looked at, that is when the merit of its list is within so
//! much of that of the best list: the share of neighbours for which that holds is the recall that
//! this reach brings. The row itself is no neighbour.

use super::super::kernels::Row;
use super::super::kmeans::Draw;
use super::super::parallel;
use super::efforts::{FLOATS, NEIGHBOURS, RECALLS};
use super::search::{Options, Room, search_lists};
use super::sections::{Head, Sections};
use super::{Params, RowSource};
use crate::error::Result;
use half::slice::HalfFloatSliceExt;

/// Rows that are taken as queries, and the number of neighbours that is looked for from each.
const QUERIES: [(usize, usize); 3] = [(64, 1000), (192, 100), (1280, 10)];
/// Share of what a recall leaves out that the lists may leave out; the rest is for estimates that
/// are too far off, and for what so few queries cannot tell.
const LEFT_OUT: f64 = 0.5;
/// Standard deviations that estimates may be off.
const DEVIATIONS: f32 = 2.0;

/// Rows to take as queries: such that k-means has not seen, where there are any. Those that it has
/// seen are nearer to their centroids than a query is.
pub(super) fn queries(draw: &mut Draw, live: &[u32], seen: &[usize]) -> Vec<u32> {
    let wanted: usize = QUERIES.iter().map(|(queries, _)| queries).sum();
    let mut seen = seen.iter().peekable();
    let unseen: Vec<u32> = (0..)
        .zip(live)
        .filter(|(place, _)| seen.next_if_eq(&place).is_none())
        .map(|(_, ordinal)| *ordinal)
        .collect();
    let among = if unseen.len() < live.len() / 16 { live } else { &unseen };
    let mut chosen = draw.choose(wanted, among.len());
    // By chance, so that the first ones are not those of the first rows.
    for last in (1..chosen.len()).rev() {
        let other = draw.next() % (last as u64 + 1);
        chosen.swap(last, usize::try_from(other).unwrap_or(last));
    }
    chosen.into_iter().filter_map(|place| among.get(place).copied()).collect()
}

/// What one query tells: for each number of neighbours, how far their lists are; and how far all
/// lists are.
struct Told {
    neighbours: Vec<f32>,
    /// By merit, with the rows up to there.
    lists: Vec<(f32, f32)>,
}

/// Makes the table.
pub(super) fn calibrate<S: RowSource + ?Sized>(
    head: &Head,
    sections: &Sections,
    source: &S,
    assignment: &[u32],
    queries: &[u32],
    params: &Params,
) -> Result<Vec<f32>> {
    let blank = [0.0; FLOATS];
    let view = sections.view(*head, &blank)?;
    let threads = parallel::threads(params.threads, u64::MAX);
    let told = parallel::map(threads, queries.len(), |task| {
        let mut left = task;
        let most = QUERIES.iter().find(|(queries, _)| {
            let here = left < *queries;
            left = left.saturating_sub(*queries);
            here
        });
        let most = most.map_or(1, |(_, neighbours)| *neighbours);
        let mut told = Told { neighbours: Vec::new(), lists: Vec::new() };
        let ordinal = queries.get(task).copied().unwrap_or(u32::MAX);
        let Some(row) = source.row(ordinal) else { return Ok(told) };
        let query = floats(row);
        if query.iter().any(|value| !value.is_finite()) {
            return Ok(told);
        }
        let mut room = Room::default();
        let options = Options { k: most + 1, kernel: params.kernel, ..Options::default() };
        let found = search_lists(&view, source, &query, &options, DEVIATIONS, &mut room)?;
        let unit = room.unit(params.metric);
        let mut merits = vec![f32::INFINITY; head.lists];
        let best = room.ranked().first().map_or(0.0, |list| list.merit);
        let mut rows = 0.0;
        for list in room.ranked() {
            let reach = (list.merit - best) / unit;
            // Of features too long to have a distance nothing is known: no reach finds them.
            let reach = if reach.is_nan() { f32::INFINITY } else { reach.max(0.0) };
            rows += view.counts.get(list.list as usize).map_or(0.0, |count| *count as f32);
            told.lists.push((reach, rows));
            if let Some(slot) = merits.get_mut(list.list as usize) {
                *slot = reach;
            }
        }
        let others = found.into_iter().filter(|hit| *hit != ordinal).take(most);
        told.neighbours = others
            .filter_map(|hit| merits.get(*assignment.get(hit as usize)? as usize).copied())
            .collect();
        Ok(told)
    })?;
    let mut table = Vec::with_capacity(FLOATS);
    for recall in RECALLS {
        for count in NEIGHBOURS {
            let within = within(&told, recall, count);
            table.extend([within, rows(&told, within)]);
        }
    }
    Ok(table)
}

fn floats(row: Row<'_>) -> Vec<f32> {
    match row {
        Row::F32(row) => row.to_vec(),
        Row::F16(row) => row.to_f32_vec(),
    }
}

/// The reach that finds this share of so many neighbours.
fn within(told: &[Told], recall: f32, count: usize) -> f32 {
    // Of a query that was asked for fewer, the neighbours are all too near.
    let whole = told.iter().map(|told| told.neighbours.len()).max().unwrap_or(0).min(count);
    let told = told.iter().filter(|told| told.neighbours.len() >= whole);
    let mut reaches: Vec<f32> =
        told.flat_map(|told| told.neighbours.iter().take(count)).copied().collect();
    let share = 1.0 - (1.0 - f64::from(recall)) * LEFT_OUT;
    let last = reaches.len().saturating_sub(1);
    let place = (0..=last).find(|place| (place + 1) as f64 >= share * reaches.len() as f64);
    if reaches.is_empty() {
        return f32::INFINITY;
    }
    *reaches.select_nth_unstable_by(place.unwrap_or(last), f32::total_cmp).1
}

/// The rows that are scanned within a reach, on average.
fn rows(told: &[Told], within: f32) -> f32 {
    let mut sum = 0.0;
    for told in told {
        let end = told.lists.partition_point(|(reach, _)| *reach <= within);
        sum += told.lists.get(end.wrapping_sub(1)).map_or(0.0, |(_, rows)| *rows);
    }
    sum / told.len().max(1) as f32
}
