//! Batches of approximate searches against searches for each query by itself.

use super::*;
use crate::format::bitmap::Bitmap;
use crate::search::{Effort, Found, Work};

const EFFORTS: [Option<Effort>; 4] =
    [None, Some(Effort::All), Some(Effort::Recall(0.9)), Some(Effort::Lists(2))];

/// A store with lists for every metric, rows that are in no list, rows beside the lists and gaps.
fn store() -> Store {
    let mut store = Store::new();
    store.put(0..300);
    for metric in Metric::ALL {
        let lists = IndexOptions::approximate().lists(9).metric(metric);
        store.db.build_index("global", &lists, &mut |_, _| true).unwrap();
        store.db.build_index("regions", &lists.region("b"), &mut |_, _| true).unwrap();
    }
    store.put(300..380);
    store.db.checkpoint().unwrap();
    store.put(380..420);
    store.put(20..30);
    store.delete((0..420).step_by(9));
    store
}

/// Each query by itself.
fn one_by_one(
    snapshot: &Snapshot,
    region: Option<&str>,
    queries: &[Vec<f32>],
    options: &SearchOptions<'_>,
) -> Vec<Found<ScoredRow>> {
    let one = |query: &Vec<f32>| {
        let Some(region) = region else {
            return snapshot.search_vector("global", query, options).unwrap();
        };
        let features: [(RegionKey<'_>, &[f32]); 1] = [(region.into(), query)];
        let found = snapshot.search_regions("regions", &features, None, options).unwrap();
        let hits = found.hits.into_iter().map(|hit| ScoredRow { row: hit.row, score: hit.score });
        Found { hits: hits.collect(), matched: found.matched }
    };
    queries.iter().map(one).collect()
}

#[test]
fn a_batch_finds_what_each_query_finds_by_itself() {
    let mut store = store();
    let snapshot = store.db.snapshot().unwrap();
    let infos = snapshot.indexes(Some("global")).unwrap();
    assert!(infos.iter().all(|info| info.covered < info.features), "{infos:?}");
    let queries: Vec<Vec<f32>> = (0..37).map(|_| store.random.features(1, DIM)).collect();
    let rows = snapshot.rows().unwrap().len();
    let filters: Vec<Option<Bitmap>> = [None, Some(2), Some(100)]
        .map(|step| {
            let mut filter = Bitmap::new(rows);
            (0..rows).step_by(step?).for_each(|row| filter.set(row));
            Some(filter)
        })
        .into();
    let mut lists = 0;
    for metric in Metric::ALL {
        for filter in &filters {
            for (number, effort) in EFFORTS.into_iter().enumerate() {
                for (k, threshold) in [(7, None), (0, None), (5, Some(2.0)), (900, Some(0.2))] {
                    let plain = SearchOptions { threshold, effort, ..SearchOptions::new(k) };
                    let plain = SearchOptions { filter: filter.as_ref(), ..plain.metric(metric) };
                    for (field, region) in [("global", None), ("regions", Some("b"))] {
                        let (work, each) = (Work::new(), Work::new());
                        let want = one_by_one(&snapshot, region, &queries, &plain.counting(&each));
                        let options = plain.threads(1 + number % 3).counting(&work);
                        let key = region.map(RegionKey::from);
                        let got = snapshot
                            .search_batch(field, key, &queries, &options, &mut |_, _| true)
                            .unwrap();
                        assert_eq!(got, want, "{metric} {effort:?} k {k} {threshold:?} {field}");
                        assert_eq!(work.lists(), each.lists());
                        lists += work.lists();
                        assert!(work.scored() > 0 || k == 0);
                    }
                }
            }
        }
    }
    assert!(lists > 0);
}

#[test]
fn a_batch_counts_its_work_and_can_be_stopped() {
    let mut store = store();
    let snapshot = store.db.snapshot().unwrap();
    let queries: Vec<Vec<f32>> = (0..100).map(|_| store.random.features(1, DIM)).collect();
    let live = snapshot.len();
    for effort in EFFORTS {
        for threads in [1, 3] {
            let work = Work::new();
            let options = SearchOptions { effort, ..SearchOptions::new(3) };
            let options = options.threads(threads).counting(&work);
            let search = |progress: Progress<'_>| {
                snapshot.search_batch("global", None, &queries, &options, progress)
            };
            let mut told = Vec::new();
            let all: Progress<'_> = &mut |done, total| {
                told.push((done, total));
                true
            };
            search(all).unwrap();
            assert!(told.is_sorted() && !told.is_empty());
            assert!(told.iter().all(|(done, total)| done <= total));
            if effort.is_none() {
                // Without codes every pair is scored.
                assert_eq!((work.scored(), work.scanned()), (live * 100, 0));
            } else {
                assert!(work.scanned() > 0);
            }
            let stopped = search(&mut |_, _| false);
            assert!(matches!(stopped, Err(Error::Cancelled)), "{effort:?} {threads}");
        }
    }
    store.build();
    let snapshot = store.db.snapshot().unwrap();
    let work = Work::new();
    let options = SearchOptions::new(3).counting(&work);
    snapshot.search_batch("global", None, &queries, &options, &mut |_, _| true).unwrap();
    assert!(work.ruled_out() > 0 && work.scored() >= work.scanned() - work.ruled_out());
    assert!(work.scored() >= 300 && work.scored() < live * 100);
}
