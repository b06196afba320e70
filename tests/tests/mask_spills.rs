//! Segments changed in every order within one transaction, parts of which were written ahead of its commit.
#![cfg(test)]

use vesalius::storage::MemoryStorage;
use vesalius::storage::sim::SplitMix64;
use vesalius::{
    CompactOptions, Database, Definition, Field, Runs, Segment, SegmentValue, VoxelShape, WriteTxn,
};
use vesalius_tests::model::{Model, read};
use vesalius_tests::workload_masks::{change, space};

/// Five of these are more than a transaction keeps in memory of a column.
const LARGE: usize = 15 << 20;
const FILLER: &str = "filler";

/// Makes the transaction write what waits in the field of masks.
fn spill(txn: &mut WriteTxn<'_>, large: &str) {
    let runs = Runs::empty(VoxelShape::of_space(&space()).unwrap());
    for number in 0..5 {
        let segment = Segment { json: large.to_owned(), ..Segment::new(format!("{number}"), 1) };
        let value = SegmentValue { segment, runs: runs.clone() };
        txn.upsert(FILLER).unwrap().segment("masks", &value).unwrap();
    }
}

/// One change of an image, or of which images there are.
fn step(txn: &mut WriteTxn<'_>, model: &mut Model, rng: &mut SplitMix64) {
    let key = format!("case/{}", rng.below(3));
    if rng.chance(10) {
        txn.delete(&key).unwrap();
        model.images.remove(&key);
        return;
    }
    let writer = txn.upsert(&key).unwrap();
    change(rng, writer, model.images.entry(key).or_default()).unwrap();
}

fn check(db: &Database, model: &Model, place: &str) {
    let mut there = read(&db.snapshot().unwrap()).unwrap();
    there.images.remove(FILLER);
    let mut wanted = model.clone();
    for image in wanted.images.values_mut() {
        image.masks.retain(|_, segments| !segments.is_empty());
    }
    assert_eq!(there, wanted, "{place}");
}

fn run(seed: u64, large: &str) {
    let mut rng = SplitMix64::new(seed);
    let definition = Definition::new().space(space()).field(Field::masks("masks"));
    let db = Database::create_on(MemoryStorage::new(), definition).unwrap();
    let mut model = Model::default();
    for number in 0..3 {
        let mut txn = db.begin_write().unwrap();
        let mut next = model.clone();
        for _ in 0..3 {
            (0..8).for_each(|_| step(&mut txn, &mut next, &mut rng));
            if number > 0 {
                spill(&mut txn, large);
            }
        }
        (0..8).for_each(|_| step(&mut txn, &mut next, &mut rng));
        if number > 0 {
            txn.delete(FILLER).unwrap();
        }
        // What was written ahead is given back.
        if number == 1 && rng.chance(30) {
            drop(txn);
            continue;
        }
        txn.commit().unwrap();
        model = next;
        check(&db, &model, &format!("VESALIUS_SEED={seed} commit {number}"));
    }
    let report = db.verify(&mut |_, _| true).unwrap();
    assert!(report.is_ok(), "VESALIUS_SEED={seed}: {:?}", report.problems);
    db.checkpoint().unwrap();
    check(&db, &model, &format!("VESALIUS_SEED={seed} checkpoint"));
    db.compact(CompactOptions::new(), &mut |_, _| true).unwrap();
    check(&db, &model, &format!("VESALIUS_SEED={seed} compaction"));
}

#[test]
fn transactions_that_write_ahead_equal_their_model() {
    let large = format!("\"{}\"", "x".repeat(LARGE));
    let given = std::env::var("VESALIUS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = given.map_or_else(|| (1..4).collect(), |seed| vec![seed]);
    for seed in seeds {
        run(seed, &large);
    }
}
