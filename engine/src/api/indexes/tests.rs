//! Indexes through the life of a container: what they find, and that they are never behind.

use super::*;
use crate::format::bitmap::Bitmap;
use crate::format::index::IndexDesc;
use crate::model::{Definition, Field, RegionValue};
use crate::search::sample::Random;
use crate::search::top_k::ScoredRow;
use crate::search::{Effort, Work};
use crate::storage::MemoryStorage;
use crate::{CompactOptions, DefaultMetric, Dtype};
use std::sync::Arc;

mod batch;
mod damage;

const DIM: usize = 40;

struct Store {
    db: Database,
    medium: MemoryStorage,
    random: Random,
}

fn key(number: usize) -> String {
    format!("image-{number}")
}

impl Store {
    fn new() -> Self {
        let vector = Field::vector("global", 40).dtype(Dtype::F16).metric(DefaultMetric::L2);
        let regions = Field::regions("regions", 40, ["a", "b"]).metric(DefaultMetric::Cosine);
        let medium = MemoryStorage::new();
        let definition = Definition::new().field(vector).field(regions);
        let db = Database::create_on(medium.clone(), definition).unwrap();
        Self { db, medium, random: Random::from_env() }
    }

    fn put(&mut self, numbers: std::ops::Range<usize>) {
        let mut txn = self.db.begin_write().unwrap();
        for number in numbers {
            let mut features = self.random.features(3, DIM);
            // Clusters, so that lists mean something.
            for feature in features.chunks_mut(DIM) {
                feature[number % 7] += 4.0;
            }
            let (global, rest) = features.split_at(DIM);
            let (a, b) = rest.split_at(DIM);
            let mut regions = vec![RegionValue::new("a", a)];
            if number % 3 == 0 {
                regions.push(RegionValue::new("b", b));
            }
            let image = txn.upsert(&key(number)).unwrap().vector("global", global).unwrap();
            image.regions("regions", &regions).unwrap();
        }
        txn.commit().unwrap();
    }

    fn delete(&self, numbers: impl Iterator<Item = usize>) {
        let mut txn = self.db.begin_write().unwrap();
        for number in numbers {
            txn.delete(&key(number)).unwrap();
        }
        txn.commit().unwrap();
    }

    fn build(&self) {
        let db = &self.db;
        for field in ["global", "regions"] {
            db.build_index(field, &IndexOptions::exact(), &mut |_, _| true).unwrap();
        }
        let lists = IndexOptions::approximate().lists(9);
        db.build_index("global", &lists, &mut |_, _| true).unwrap();
        db.build_index("regions", &lists.region("b"), &mut |_, _| true).unwrap();
    }

    /// Every index, gone through as a whole, finds what the plain scan finds.
    fn check(&mut self) {
        let snapshot = self.db.snapshot().unwrap();
        let report = self.db.verify(&mut |_, _| true).unwrap();
        assert!(report.is_ok(), "{:?}", report.problems);
        for _ in 0..5 {
            let query = self.random.features(1, DIM);
            let rows = snapshot.rows().unwrap();
            let mut filter = Bitmap::new(rows.len());
            (0..rows.len()).filter(|row| row % 2 == 0).for_each(|row| filter.set(row));
            for filter in [None, Some(&filter)] {
                let plain = SearchOptions { filter, ..SearchOptions::new(12).codes(false) };
                let all = [plain.codes(true), plain.approximate(Effort::All)];
                let want = snapshot.search_vector("global", &query, &plain).unwrap();
                let regions: [(RegionKey<'_>, &[f32]); 1] = [("b".into(), &query)];
                let want_b = snapshot.search_regions("regions", &regions, None, &plain).unwrap();
                for options in all {
                    let got = snapshot.search_vector("global", &query, &options).unwrap();
                    assert_eq!(got.hits, want.hits);
                    let got = snapshot.search_regions("regions", &regions, None, &options).unwrap();
                    assert_eq!(got.hits, want_b.hits);
                }
            }
        }
    }

    fn covered(&self) -> Vec<(IndexKind, u64, u64)> {
        let found = self.db.snapshot().unwrap().indexes(None).unwrap();
        found.iter().map(|info| (info.kind, info.covered, info.features)).collect()
    }
}

#[test]
fn indexes_are_in_step_through_the_life_of_a_container() {
    let mut store = Store::new();
    store.put(0..400);
    store.build();
    let (exact, lists) = (IndexKind::Exact, IndexKind::Approximate);
    let want = vec![(exact, 400, 400), (lists, 400, 400), (exact, 534, 534), (lists, 134, 134)];
    assert_eq!(store.covered(), want);
    store.check();
    // Rows that came later, rows that were replaced, rows that went.
    store.put(400..700);
    store.put(50..60);
    store.delete((0..400).step_by(5));
    store.check();
    store.db.checkpoint().unwrap();
    store.check();
    let covered = store.covered();
    assert_eq!(covered[0].1, covered[0].2, "a checkpoint codes what is new");
    assert_eq!(covered[1], (lists, 312, 620), "small lists are carried over");
    store.db.compact(CompactOptions::new(), &mut |_, _| true).unwrap();
    store.check();
    let after = store.covered();
    assert_eq!(after[0].1, after[0].2);
    assert_eq!(after[1], (lists, 312, 620));
    store.build();
    store.check();
    // From a copy, and opened again.
    let Store { db, medium, random } = store;
    db.close().unwrap();
    let db = Database::from_bytes(medium.snapshot_bytes()).unwrap();
    let mut store = Store { db, medium, random };
    assert_eq!(store.covered()[1], (lists, 620, 620));
    store.check();
    assert_eq!(store.db.drop_index("global", Some(lists)).unwrap(), 1);
    assert_eq!(store.db.drop_index("global", None).unwrap(), 1);
    assert_eq!(store.covered().len(), 2);
    store.check();
}

#[test]
fn a_build_that_is_stopped_leaves_the_container_as_it_was() {
    let mut store = Store::new();
    store.put(0..300);
    let lists = IndexOptions::approximate().lists(5);
    let stopped = store.db.build_index("global", &lists, &mut |_, _| false);
    assert!(matches!(stopped, Err(Error::Cancelled)));
    assert!(store.covered().is_empty());
    store.check();
    for (field, options) in [
        ("global", lists.region("a")),
        ("regions", lists),
        ("nothing", lists),
        ("regions", lists.region("c")),
    ] {
        assert!(store.db.build_index(field, &options, &mut |_, _| true).is_err());
    }
}

#[test]
fn lists_are_used_and_counted() {
    let mut store = Store::new();
    store.put(0..900);
    store.build();
    let snapshot = store.db.snapshot().unwrap();
    let query = store.random.features(1, DIM);
    let work = Work::new();
    let options = SearchOptions::new(3).approximate(Effort::Lists(2)).counting(&work);
    snapshot.search_vector("global", &query, &options).unwrap();
    assert_eq!(work.lists(), 2);
    assert!(work.scanned() < 900 && work.scored() >= 3, "{work}");
    let all = SearchOptions::new(900).threshold(9.0);
    let mut streamed = Vec::new();
    let each = |hit| {
        streamed.push(hit);
        Ok(())
    };
    let count = snapshot.search_vector_each("global", &query, &all, each).unwrap();
    streamed.sort_by(|a, b| a.score.total_cmp(&b.score).then(a.row.cmp(&b.row)));
    let found = snapshot.search_vector("global", &query, &all.codes(false)).unwrap();
    assert_eq!((count, &streamed), (found.matched, &found.hits));
    // A metric without lists is searched exactly.
    let work = Work::new();
    let options = options.metric(Metric::Cosine).counting(&work);
    let got = snapshot.search_vector("global", &query, &options).unwrap();
    let plain = SearchOptions::new(3).metric(Metric::Cosine).codes(false);
    assert_eq!(got.hits, snapshot.search_vector("global", &query, &plain).unwrap().hits);
    assert_eq!((work.lists(), work.ruled_out() + work.scored()), (0, 900));
    // Without codes each feature is scored: 900, and of regions those of the third of the images that has both.
    let work = Work::new();
    snapshot.search_vector("global", &query, &plain.counting(&work)).unwrap();
    assert_eq!((work.scanned(), work.scored()), (0, 900));
    let work = Work::new();
    let options = SearchOptions::new(3).counting(&work);
    snapshot.search_regions_like("regions", &key(0), None, &options).unwrap();
    assert_eq!((work.scanned(), work.scored()), (0, 899 + 299));
}

#[test]
fn flipped_bits_of_indexes_never_change_an_answer() {
    let mut store = Store::new();
    store.put(0..200);
    store.build();
    let query = store.random.features(1, DIM);
    let options = [
        SearchOptions::new(5).codes(false),
        SearchOptions::new(5),
        SearchOptions::new(5).approximate(Effort::All),
    ];
    let want = {
        let snapshot = store.db.snapshot().unwrap();
        snapshot.search_vector("global", &query, &options[0]).unwrap().hits
    };
    let extents: Vec<_> = {
        let snapshot = store.db.snapshot().unwrap();
        let indexes: Vec<Arc<Index>> = (*snapshot.state().indexes).clone();
        indexes.iter().map(|index| index.desc().data).filter(|data| !data.is_none()).collect()
    };
    store.db.clone().close().unwrap();
    let bytes = store.medium.snapshot_bytes();
    let mut caught = 0;
    for extent in extents {
        for step in 0..40 {
            let mut bytes = bytes.clone();
            let at = usize::try_from(extent.offset() + extent.len * step / 40).unwrap();
            bytes[at] ^= 4;
            let db = Database::from_bytes(bytes).unwrap();
            let snapshot = db.snapshot().unwrap();
            for options in &options {
                match snapshot.search_vector("global", &query, options) {
                    Ok(found) => assert_eq!(found.hits, want),
                    Err(Error::Corrupt(_)) => caught += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
    assert!(caught >= 40, "{caught}");
}

#[test]
fn codes_of_another_make_are_passed_over_and_made_again() {
    let mut store = Store::new();
    store.put(0..200);
    store.build();
    let indexes: Vec<Arc<Index>> = (*store.db.snapshot().unwrap().state().indexes).clone();
    for index in indexes.iter().filter(|index| index.desc().kind == INDEX_CODES) {
        let IndexDesc { kind, column, group, data } = *index.desc();
        if group == 0 {
            continue;
        }
        let mut bytes = index.extent().get(0..usize::try_from(data.len).unwrap()).unwrap().to_vec();
        // The seed's highest byte, as drafts of the format had it.
        bytes[39] = 0;
        let is_this = |index: &Index| (index.desc().kind, index.desc().group) == (kind, group);
        let new = NewIndex { kind, column, group, bytes };
        store.db.with_writer(|writer| writer.change_indexes(&is_this, vec![new])).unwrap();
    }
    let query = store.random.features(1, DIM);
    let search = |store: &Store, codes| {
        let work = Work::new();
        let options = SearchOptions::new(9).codes(codes).counting(&work);
        let snapshot = store.db.snapshot().unwrap();
        (snapshot.search_vector("global", &query, &options).unwrap().hits, work.scanned())
    };
    let want = search(&store, false);
    assert_eq!((search(&store, true), want.1), (want.clone(), 0));
    assert!(!store.db.verify(&mut |_, _| true).unwrap().is_ok());
    store.build();
    assert_eq!(search(&store, true), (want.0, 200));
    store.check();
}
