//! A container equals its model after every step, in memory, with another handle reading along.
#![cfg(test)]

use vesalius::storage::MemoryStorage;
use vesalius::{Database, Result};
use vesalius_tests::indexes;
use vesalius_tests::model::read;
use vesalius_tests::workload::{
    BULK_SEEDS, INDEX_SEEDS, MASK_SEEDS, Step, Workload, definition, maintain,
};

fn run(seed: u64, steps: usize) -> Result<()> {
    let disk = MemoryStorage::new();
    let mut db = Database::create_on(disk.clone(), definition(seed))?;
    db.set_checkpoint_bytes(20_000)?;
    let mut work = Workload::new(seed);
    let reader = Database::open_on(disk.clone())?;
    for number in 0..steps {
        let step = work.next_step();
        match step {
            Step::Commit(durability) => {
                let mut txn = db.begin_write()?;
                let next = work.fill(&mut txn)?;
                txn.commit_with(durability)?;
                work.model = next;
            }
            Step::Abort => {
                let mut txn = db.begin_write()?;
                work.fill(&mut txn)?;
            }
            Step::Reopen => {
                db.close()?;
                db = Database::open_on(disk.clone())?;
                db.set_checkpoint_bytes(20_000)?;
            }
            other => maintain(&db, other)?,
        }
        let place = format!("VESALIUS_SEED={seed} step {number} {step:?}");
        assert_eq!(read(&db.snapshot()?)?, work.model, "writer, {place}");
        if number % 10 == 0 {
            indexes::check(&db)?;
        }
        if number % 3 == 0 {
            assert_eq!(read(&reader.snapshot()?)?, work.model, "reader, {place}");
        }
    }
    Ok(())
}

#[test]
fn a_container_equals_its_model() {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok());
    let bulk = (BULK_SEEDS..).take(8);
    let masks = (MASK_SEEDS..).take(16);
    let indexes = (INDEX_SEEDS..).take(16);
    let all = (1..9).chain(bulk).chain(masks).chain(indexes);
    let seeds: Vec<u64> = seed.map_or_else(|| all.collect(), |seed| vec![seed]);
    for seed in seeds {
        run(seed, 120).unwrap_or_else(|e| panic!("VESALIUS_SEED={seed}: {e}"));
    }
}
