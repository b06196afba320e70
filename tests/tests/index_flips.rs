//! Every bit of indexes flipped, checksums on: found by a check, and before it changes an answer. All bits with
//! `VESALIUS_SOAK=1`; without, all of headers and tables and a part of the rest.
#![cfg(test)]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use vesalius::format::index::IndexHeader;
use vesalius::storage::MemoryStorage;
use vesalius::{
    Database, Definition, Dtype, Effort, Error, Field, IndexOptions, Metric, Result, ScoredRow,
    SearchOptions, Snapshot,
};
use vesalius_tests::indexes::{by_codes, search};
use vesalius_tests::vectors::surgery::{Patient, at};

/// Where not all bits are flipped, each at a multiple of this is.
const STEP: usize = 29;
const DIM: u16 = 3;

fn sample() -> Patient {
    let medium = MemoryStorage::new();
    let field = Field::vector("vector", usize::from(DIM)).dtype(Dtype::F16);
    let db = Database::create_on(medium.clone(), Definition::new().field(field)).unwrap();
    let put = |numbers: std::ops::Range<u16>| {
        let mut txn = db.begin_write().unwrap();
        for number in numbers {
            let feature: Vec<f32> =
                (0..DIM).map(|i| f32::from((number * 11 + i * 7) % 31) - 15.0).collect();
            txn.upsert(&number.to_string()).unwrap().vector("vector", &feature).unwrap();
        }
        txn.commit().unwrap();
    };
    put(0..66);
    let lists = IndexOptions::approximate().lists(2).metric(Metric::L2).threads(1);
    for options in [IndexOptions::exact(), lists] {
        db.build_index("vector", &options, &mut |_, _| true).unwrap();
    }
    // Some are beside the lists.
    put(64..90);
    db.checkpoint().unwrap();
    db.close().unwrap();
    Patient { bytes: medium.snapshot_bytes() }
}

/// What each way finds.
fn answers(snapshot: &Snapshot) -> [Result<Vec<ScoredRow>>; 4] {
    let query = [1.0, -2.0, 0.5];
    let plain = SearchOptions::new(6).metric(Metric::L2).codes(false).threads(1);
    let batch =
        snapshot
            .search_batch("vector", None, &[query.to_vec()], &by_codes(plain), &mut |_, _| true);
    let one = |options: SearchOptions<'_>| {
        search(snapshot, "vector", None, &query, &options).map(|found| found.hits)
    };
    let batch = batch.map(|found| found[0].hits.clone());
    [one(plain), one(by_codes(plain)), one(plain.approximate(Effort::All)), batch]
}

#[test]
fn every_flipped_bit_is_found_before_it_is_used() {
    let patient = sample();
    let bytes = &patient.bytes;
    let open = |bytes: Vec<u8>| Database::from_bytes(bytes).unwrap();
    let want = answers(&open(bytes.clone()).snapshot().unwrap())[0].as_ref().unwrap().clone();
    let step = if std::env::var_os("VESALIUS_SOAK").is_some() { 1 } else { STEP };
    let mut bits = Vec::new();
    for index in patient.manifest().indexes.iter().filter(|index| !index.data.is_none()) {
        let header = IndexHeader::decode(&patient.data(index.data), index.data.len, 0).unwrap();
        let table = at(IndexHeader::encoded_len(header.sections.len())) * 8;
        let first = at(index.data.offset()) * 8;
        let all = 0..at(index.data.len) * 8;
        let chosen = all.filter(|bit| *bit < table || bit.is_multiple_of(step));
        bits.extend(chosen.map(|bit| first + bit));
    }
    let (next, met) = (AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(&bit) = bits.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut bytes = bytes.clone();
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    let db = open(bytes);
                    for (way, answer) in answers(&db.snapshot().unwrap()).into_iter().enumerate() {
                        match answer {
                            Ok(hits) => assert_eq!(hits, want, "bit {bit} way {way}"),
                            Err(Error::Corrupt(_)) => _ = met.fetch_add(1, Ordering::Relaxed),
                            Err(other) => panic!("bit {bit} way {way}: {other}"),
                        }
                    }
                    let report = db.verify(&mut |_, _| true).unwrap();
                    assert!(!report.is_ok(), "bit {bit} is not found by a check");
                }
            });
        }
    });
    println!("{} bits flipped, {} searches refused", bits.len(), met.into_inner());
}
