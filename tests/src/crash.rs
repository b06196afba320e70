//! Power cuts on the simulated disk: at every operation of a workload, and again inside the recovery.
#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a test stops where it fails")]

use vesalius::storage::sim::{CrashMode, Fault, SimDisk, SplitMix64};
use vesalius::{Database, Durability, Error, Result};

use crate::indexes;
use crate::model::{Model, read};
use crate::workload::{Step, Workload, definition, maintain};

/// What a run of power cuts came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// States that were opened.
    pub states: u64,
    /// States after a second cut inside the recovery.
    pub second_cuts: u64,
    /// States with indexes, each of which was searched.
    pub indexed: u64,
    /// Operations of the workloads at which the power was cut.
    pub operations: u64,
    /// States that miss an acknowledged commit, show half of one, or show one that never was.
    pub wrong: u64,
    /// States that did not open.
    pub unopened: u64,
}

impl Tally {
    /// Adds another tally.
    pub fn add(&mut self, other: Self) {
        self.states += other.states;
        self.second_cuts += other.second_cuts;
        self.indexed += other.indexed;
        self.operations += other.operations;
        self.wrong += other.wrong;
        self.unopened += other.unopened;
    }

    /// Whether every state was as it must be.
    pub fn is_clean(&self) -> bool {
        self.wrong == 0 && self.unopened == 0
    }
}

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Steps of a workload.
    pub steps: usize,
    /// States opened at every operation.
    pub states: usize,
    /// Whether the disk lies about syncs, which the tally must show.
    pub lie: bool,
}

/// What a workload did up to the cut.
#[derive(Debug)]
pub struct History {
    /// The model after each commit that was attempted; the first is the empty container.
    pub models: Vec<Model>,
    /// Index of the last commit known to be durable.
    pub acknowledged: usize,
}

impl History {
    /// States that a container may be in after whatever happened.
    pub fn allowed(&self) -> &[Model] {
        self.models.get(self.acknowledged..).unwrap_or(&[])
    }
}

const CHECKPOINT_BYTES: u64 = 12_000;

/// Cuts the power at every operation of the workload of a seed.
pub fn power_cuts(seed: u64, plan: Plan) -> Tally {
    let mut tally = Tally::default();
    let mut rng = SplitMix64::new(seed ^ 0x5eed);
    for cut in operations(seed, plan.steps) {
        let disk = SimDisk::new();
        let history = run(&disk, seed, plan.steps, |disk| {
            disk.lie_about_sync(plan.lie);
            disk.set_trigger(cut, Fault::PowerCut);
        });
        tally.operations += 1;
        for number in 0..plan.states {
            let mode = match number % 5 {
                1 => CrashMode::Random(u8::try_from(rng.below(101)).unwrap_or(50)),
                2 => CrashMode::Garbage,
                3 if number == 3 => CrashMode::All,
                4 if number == 4 => CrashMode::None,
                _ => CrashMode::RandomReordered,
            };
            let image = disk.crash_image(rng.next_u64(), mode);
            let again = (number % 4 == 0).then(|| rng.next_u64());
            let place = format!("VESALIUS_SEED={seed} cut {cut} state {number} {mode:?}");
            check(image, &history, again, &mut tally, &place);
        }
    }
    tally
}

/// Operations of a disk that it takes to make the container, and to run the whole workload.
pub fn operations(seed: u64, steps: usize) -> std::ops::Range<u64> {
    let disk = SimDisk::new();
    drop(Database::create_on(disk.clone(), definition(seed)));
    let first = disk.ops();
    let disk = SimDisk::new();
    run(&disk, seed, steps, |_| ());
    first..disk.ops()
}

/// Runs the workload of a seed until it ends or the disk fails; `prepare` sets the faults once the container
/// is there.
pub fn run(disk: &SimDisk, seed: u64, steps: usize, prepare: impl FnOnce(&SimDisk)) -> History {
    let mut history = History { models: vec![Model::default()], acknowledged: 0 };
    let Ok(db) = Database::create_on(disk.clone(), definition(seed)) else { return history };
    prepare(disk);
    match run_steps(disk, db, seed, steps, &mut history) {
        Ok(()) | Err(Error::Io { .. } | Error::Poisoned) => {}
        Err(other) => panic!("VESALIUS_SEED={seed}: {other}"),
    }
    history
}

fn run_steps(
    disk: &SimDisk,
    mut db: Database,
    seed: u64,
    steps: usize,
    history: &mut History,
) -> Result<()> {
    let mut work = Workload::new(seed);
    db.set_checkpoint_bytes(CHECKPOINT_BYTES)?;
    for _ in 0..steps {
        match work.next_step() {
            Step::Commit(durability) => {
                let mut txn = db.begin_write()?;
                work.model = work.fill(&mut txn)?;
                history.models.push(work.model.clone());
                txn.commit_with(durability)?;
                if durability == Durability::Immediate {
                    history.acknowledged = history.models.len() - 1;
                }
            }
            Step::Abort => {
                let mut txn = db.begin_write()?;
                work.fill(&mut txn)?;
            }
            Step::Reopen => {
                db.close()?;
                history.acknowledged = history.models.len() - 1;
                db = Database::open_on(disk.clone())?;
                db.set_checkpoint_bytes(CHECKPOINT_BYTES)?;
            }
            other => {
                maintain(&db, other)?;
                history.acknowledged = history.models.len() - 1;
            }
        }
    }
    db.close()
}

/// Opens what the cut left, recovers it, cuts the power in the recovery too, and goes on writing.
fn check(image: Vec<u8>, history: &History, again: Option<u64>, tally: &mut Tally, place: &str) {
    tally.states += 1;
    let seen = match open_and_read(&SimDisk::from_image(image.clone())) {
        Ok((model, indexed)) => {
            tally.indexed += u64::from(indexed);
            model
        }
        Err(error) => {
            tally.unopened += 1;
            eprintln!("{place}: {error}");
            return;
        }
    };
    if !history.allowed().contains(&seen) {
        tally.wrong += 1;
        eprintln!("{place}: the state is none of the allowed ones");
        return;
    }
    let Some(seed) = again else { return };
    let mut rng = SplitMix64::new(seed);
    let operations = match recover(&SimDisk::from_image(image.clone()), &seen) {
        Ok(operations) => operations,
        Err(error) => {
            tally.unopened += 1;
            eprintln!("{place}: recovery: {error}");
            return;
        }
    };
    let disk = SimDisk::from_image(image);
    let cut = rng.below(usize::try_from(operations.max(1)).unwrap_or(1)) as u64;
    disk.set_trigger(cut, Fault::PowerCut);
    drop(recover(&disk, &seen));
    let second = disk.crash_image(rng.next_u64(), CrashMode::RandomReordered);
    tally.states += 1;
    tally.second_cuts += 1;
    match open_and_read(&SimDisk::from_image(second)) {
        Ok((model, indexed)) if model == seen || model == with_witness(&seen) => {
            tally.indexed += u64::from(indexed);
        }
        Ok(_) => {
            tally.wrong += 1;
            eprintln!("{place}: after a second cut at {cut} the state is another one");
        }
        Err(error) => {
            tally.unopened += 1;
            eprintln!("{place}: after a second cut at {cut}: {error}");
        }
    }
}

/// Opens a disk and reads everything. Where there are indexes, which is told, these are searched.
pub fn open_and_read(disk: &SimDisk) -> Result<(Model, bool)> {
    let db = Database::open_on(disk.clone())?;
    let snapshot = db.snapshot()?;
    let model = read(&snapshot)?;
    let indexed = !snapshot.indexes(None)?.is_empty() && indexes::check(&db)?;
    Ok((model, indexed))
}

fn with_witness(model: &Model) -> Model {
    Model { metadata: "\"witness\"".into(), ..model.clone() }
}

/// Runs `work` for each seed on all cores and adds the tallies up.
pub fn in_parallel(seeds: &[u64], work: impl Fn(u64) -> Tally + Sync) -> Tally {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let total = std::sync::Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) =
                    seeds.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let tally = work(seed);
                    total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(tally);
                }
            });
        }
    });
    total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Recovers by writing; the state must stay the same and take a commit. Returns the operations it took.
fn recover(disk: &SimDisk, seen: &Model) -> Result<u64> {
    let db = Database::open_on(disk.clone())?;
    let mut txn = db.begin_write()?;
    let before = read(&db.snapshot()?)?;
    assert_eq!(&before, seen, "recovery shows another state than reading did");
    txn.set_metadata("\"witness\"")?;
    txn.commit()?;
    assert_eq!(read(&db.snapshot()?)?, with_witness(seen), "a commit after recovery");
    if !db.snapshot()?.indexes(None)?.is_empty() {
        indexes::check(&db)?;
        indexes::check_backup(&db)?;
    }
    let operations = disk.ops();
    db.close()?;
    Ok(operations)
}
