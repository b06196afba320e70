//! All images beyond a threshold, best first, however many they are.

use vesalius::search::top_k::TopK;
use vesalius::{FieldDef, Metric, ScoredRow, SearchOptions, Snapshot};

use super::Hit;
use super::query::{Feature, Query};
use super::show::Shown;
use super::{text, way};
use crate::output::Out;
use crate::output::json::ListWriter;
use crate::{Failure, Result};

/// Hits that are held at once.
const HELD: usize = TopK::MAX_K;

/// What gets hits, and is told how many there are in all; false ends the search.
type Each<'e> = &'e mut dyn FnMut(u64, &[ScoredRow]) -> Result<bool>;

/// Searches, and shows what is found as it is found.
pub(super) fn show(
    snapshot: &Snapshot,
    field: &FieldDef,
    query: &Query<'_>,
    out: &mut Out,
) -> Result<()> {
    let metric = text::metric(query.args, field).parse::<Metric>();
    let metric = metric.map_err(|error| Failure::Message(error.to_string()))?;
    let feature = query.feature(snapshot, field)?;
    query.with_options(snapshot, |options| {
        let all = All { snapshot, field, feature: &feature, metric, options, held: HELD };
        let shown = Shown::new(snapshot, field, query.args, None);
        if out.is_json() {
            as_json(&all, &shown, query, out)
        } else {
            table(&all, &shown, query, out)
        }
    })
}

fn as_json(all: &All<'_>, shown: &Shown<'_>, query: &Query<'_>, out: &mut Out) -> Result<()> {
    let (mut rank, mut list) = (0_u64, None);
    let mut out = Some(out);
    all.each(&mut |matched, hits| {
        if let Some(out) = out.take() {
            list = Some(ListWriter::begin(out, &shown.about(None, matched), "hits")?);
        }
        let Some(list) = &mut list else { return Ok(false) };
        for hit in hits {
            rank += 1;
            if !list.push(&shown.json(rank, &Hit::from(*hit))?)? {
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    let work = query.args.explain.then(|| ("work".to_owned(), way::work_json(&query.work)));
    list.map_or(Ok(()), |list| list.end_with(&work.into_iter().collect()))
}

fn table(all: &All<'_>, shown: &Shown<'_>, query: &Query<'_>, out: &mut Out) -> Result<()> {
    let (mut rank, mut in_all, mut table) = (0_u64, 0, shown.table());
    all.each(&mut |matched, hits| {
        in_all = matched;
        for hit in hits {
            rank += 1;
            table.row(out, shown.cells(rank, &Hit::from(*hit))?)?;
        }
        Ok(!out.is_closed())
    })?;
    table.end(out)?;
    shown.below((rank, in_all), &query.work, out)
}

/// A search for all images beyond a threshold.
struct All<'a> {
    snapshot: &'a Snapshot,
    field: &'a FieldDef,
    feature: &'a Feature,
    metric: Metric,
    options: &'a SearchOptions<'a>,
    held: usize,
}

impl All<'_> {
    /// Hands out all hits, best first, as many together as may be held. Each time costs a search.
    fn each(&self, each: Each<'_>) -> Result<()> {
        let (mut last, mut told, mut options) = (None, 0_u64, *self.options);
        loop {
            let over = || Failure::Message(format!("{} hits cannot be held", self.held));
            let mut best = TopK::new(self.held, self.metric.best()).ok_or_else(over)?;
            let mut matched = 0_u64;
            let take = |hit: ScoredRow| {
                if self.feature.own != Some(hit.row) {
                    matched += 1;
                    if last.is_none_or(|last| self.follows(hit, last)) {
                        best.push(hit.score, hit.row);
                    }
                }
                Ok(())
            };
            let (field, values) = (&self.field.name, &self.feature.values);
            self.snapshot.search_vector_each(field, values, &options, take)?;
            let hits = best.into_sorted_vec();
            told += hits.len() as u64;
            last = hits.last().copied();
            if !each(matched, &hits)? || last.is_none() || told >= matched {
                return Ok(());
            }
            // The work of a search is told once.
            options.work = None;
        }
    }

    /// Whether a hit comes behind another.
    fn follows(&self, hit: ScoredRow, other: ScoredRow) -> bool {
        let same = hit.score.total_cmp(&other.score).is_eq() && hit.row > other.row;
        same || self.metric.better(other.score, hit.score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vesalius::storage::MemoryStorage;
    use vesalius::{Database, Definition, Field};

    #[test]
    fn all_are_handed_out_in_order_however_few_are_held() {
        let definition = Definition::new().field(Field::vector("x", 2));
        let db = Database::create_on(MemoryStorage::new(), definition).unwrap();
        let mut txn = db.begin_write().unwrap();
        for number in 0..50_u8 {
            // Equal scores among them.
            let vector = [1.0, f32::from(number / 4)];
            txn.put(&number.to_string()).unwrap().vector("x", &vector).unwrap();
        }
        txn.commit().unwrap();
        let snapshot = db.snapshot().unwrap();
        let field = snapshot.field("x").unwrap();
        for metric in Metric::ALL {
            for threshold in [0.2, 0.9, 50.0] {
                for own in [None, Some(7)] {
                    let options = SearchOptions::new(50).metric(metric).threshold(threshold);
                    let feature = Feature { values: vec![1.0, 0.5], own };
                    let found = snapshot.search_vector("x", &feature.values, &options).unwrap();
                    let mut want = found.hits;
                    want.retain(|hit| Some(hit.row) != own);
                    for held in [1, 7, 1000] {
                        let (feature, options) = (&feature, &options);
                        let all =
                            All { snapshot: &snapshot, field, feature, metric, options, held };
                        let (mut got, mut calls) = (Vec::new(), 0);
                        all.each(&mut |matched, hits| {
                            assert_eq!(matched, want.len() as u64);
                            got.extend_from_slice(hits);
                            calls += 1;
                            Ok(true)
                        })
                        .unwrap();
                        assert_eq!(got, want, "{metric} {threshold} {own:?} {held}");
                        assert_eq!(calls, want.len().div_ceil(held).max(1));
                    }
                }
            }
        }
    }
}
