//! Several handles on one medium: the writer moves between them, snapshots are held across everything.
#![cfg(test)]

use vesalius::storage::sim::SplitMix64;
use vesalius::storage::{FileStorage, MemoryStorage, Storage};
use vesalius::{Database, Error, Result, Snapshot, WriteTxn};
use vesalius_tests::model::{Model, read};
use vesalius_tests::workload::{Step, Workload, definition, kinds, maintain};

const HANDLES: usize = 4;

/// Values too large for the log.
fn put_big(rng: &mut SplitMix64, txn: &mut WriteTxn<'_>, model: &mut Model) -> Result<()> {
    let key = format!("big-{}", rng.below(4));
    if rng.chance(20) {
        model.images.remove(&key);
        return txn.delete(&key).map(drop);
    }
    let json = format!("\"{}{}\"", rng.below(1000), "y".repeat(100_000 + rng.below(500_000)));
    model.images.entry(key.clone()).or_default().metadata = Some(json.clone());
    txn.upsert(&key)?.metadata(&json).map(drop)
}

fn step(db: &Database, what: Step, work: &mut Workload, rng: &mut SplitMix64) -> Result<()> {
    match what {
        Step::Commit(durability) => {
            let mut txn = db.begin_write()?;
            let mut model = work.fill(&mut txn)?;
            if rng.chance(15) {
                put_big(rng, &mut txn, &mut model)?;
            }
            txn.commit_with(durability)?;
            work.model = model;
            Ok(())
        }
        Step::Abort => work.fill(&mut db.begin_write()?).map(drop),
        other => match maintain(db, other) {
            Err(Error::ReadersActive) => Ok(()),
            done => done,
        },
    }
}

fn run<S: Storage + 'static>(seed: u64, steps: usize, make: &dyn Fn() -> S) -> Result<()> {
    let mut rng = SplitMix64::new(seed);
    let [plain, bulk, masks, indexes] = kinds(seed ^ 0x77);
    let work_seed = match seed % 4 {
        0 => bulk,
        1 => plain,
        2 => masks,
        _ => indexes,
    };
    let mut work = Workload::new(work_seed);
    let mut handles = vec![Database::create_on(make(), definition(work_seed))?];
    for _ in 1..HANDLES {
        handles.push(Database::open_on(make())?);
    }
    let mut writer = 0;
    let mut held: Vec<(Snapshot, Model, usize)> = Vec::new();
    for number in 0..steps {
        if rng.chance(8) {
            handles[writer].clone().close()?;
            writer = rng.below(HANDLES);
        }
        if rng.chance(5) {
            let bytes = [0, 2000, 100_000, 16 << 20][rng.below(4)];
            handles[writer].set_checkpoint_bytes(bytes)?;
        }
        let what = work.next_step();
        step(&handles[writer], what, &mut work, &mut rng)?;
        for (index, handle) in handles.iter().enumerate() {
            if !rng.chance(30) {
                continue;
            }
            let snapshot = handle.snapshot()?;
            let place = format!("VESALIUS_SEED={seed} step {number} {what:?} handle {index}");
            assert!(read(&snapshot)? == work.model, "{place}, writer {writer}");
            if rng.chance(30) {
                held.push((snapshot, work.model.clone(), number));
            }
        }
        while held.len() > 6 || (!held.is_empty() && rng.chance(15)) {
            held.swap_remove(rng.below(held.len()));
        }
        for (snapshot, model, since) in &held {
            let place = format!("VESALIUS_SEED={seed} step {number}: held since {since}");
            assert!(read(snapshot)? == *model, "{place}");
        }
    }
    let report = handles[writer].verify(&mut |_, _| true)?;
    assert!(report.is_ok(), "VESALIUS_SEED={seed}: {:?}", report.problems);
    Ok(())
}

fn seeds() -> std::ops::Range<u64> {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok());
    seed.map_or(1..7, |seed: u64| seed..seed + 1)
}

#[test]
fn handles_in_memory_agree_and_snapshots_stay() {
    for seed in seeds() {
        let medium = MemoryStorage::new();
        run(seed, 150, &|| medium.clone()).unwrap_or_else(|e| panic!("VESALIUS_SEED={seed}: {e}"));
    }
}

#[test]
fn handles_on_a_file_agree_and_snapshots_stay() {
    for seed in seeds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.vsl");
        let open = || FileStorage::open(&path).unwrap();
        let make = || if path.exists() { open() } else { FileStorage::create(&path).unwrap() };
        run(seed, 60, &make).unwrap_or_else(|e| panic!("VESALIUS_SEED={seed}: {e}"));
    }
}
