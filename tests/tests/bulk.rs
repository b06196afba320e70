//! Space, bits and hostile pointers of tensors and prompt sets.
#![cfg(test)]

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use half::f16;
use vesalius::storage::{Bytes, EpochLock, MemoryStorage, Storage};
use vesalius::{CompactOptions, Database, Definition, Dtype, Error, Field, PromptSet, Result};
use vesalius_tests::vectors::surgery::{Patient, tensor_places};

const TOKENS: usize = 128;
const DIM: usize = 512;

fn tensor(seed: usize) -> Vec<f16> {
    vec![f16::from_f32((seed % 2000) as f32 + 1.0); TOKENS * DIM]
}

fn made() -> (MemoryStorage, Database) {
    let medium = MemoryStorage::new();
    let definition = Definition::new().field(Field::tokens("t", [0, 0, 128], DIM));
    let db = Database::create_on(medium.clone(), definition).unwrap();
    (medium, db)
}

fn put(db: &Database, key: &str, seed: usize) -> Result<()> {
    let mut txn = db.begin_write()?;
    txn.upsert(key)?.tokens("t", &tensor(seed)[..])?;
    txn.commit()
}

fn fill(db: &Database, images: usize) {
    let mut txn = db.begin_write().unwrap();
    for i in 0..images {
        txn.put(&format!("i{i}")).unwrap().tokens("t", &tensor(i)[..]).unwrap();
    }
    txn.commit().unwrap();
    db.checkpoint().unwrap();
}

fn delete(db: &Database, keys: impl Iterator<Item = usize>) {
    let mut txn = db.begin_write().unwrap();
    for i in keys {
        assert!(txn.delete(&format!("i{i}")).unwrap());
    }
    txn.commit().unwrap();
}

#[test]
fn a_compaction_after_one_deletion_takes_few_steps() {
    let (medium, db) = made();
    fill(&db, 200);
    delete(&db, 0..1);
    let before = db.snapshot().unwrap().epoch();
    db.compact(CompactOptions::new(), &mut |_, _| true).unwrap();
    let steps = db.snapshot().unwrap().epoch() - before;
    let len = medium.len().unwrap();
    println!("compaction: {steps} states, {len} bytes");
    let report = db.verify(&mut |_, _| true).unwrap();
    assert!(report.is_ok(), "{:?}", report.problems);
    assert!(len < 199 * 34 * 4096 + 40 * 4096, "{len} bytes");
    assert!(steps < 20, "{steps} states for one deleted image of 200");
}

#[test]
fn a_close_after_deletions_takes_few_steps() {
    let (medium, db) = made();
    fill(&db, 200);
    let before = db.snapshot().unwrap().epoch();
    delete(&db, (0..1).chain(120..200));
    // Something that the close makes a checkpoint of.
    let mut txn = db.begin_write().unwrap();
    txn.put("x").unwrap().metadata(&format!("\"{}\"", "x".repeat(300_000))).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let db = Database::open_on(medium.clone()).unwrap();
    let steps = db.snapshot().unwrap().epoch() - before;
    let len = medium.len().unwrap();
    println!("close: {steps} states, {len} bytes");
    let report = db.verify(&mut |_, _| true).unwrap();
    assert!(report.is_ok(), "{:?}", report.problems);
    assert!(len < 119 * 34 * 4096 + 40 * 4096, "{len} bytes");
    assert!(steps < 20, "{steps} states for a close");
}

#[test]
fn a_close_gives_back_tensors_that_the_log_superseded() {
    let (medium, db) = made();
    for seed in 0..50 {
        put(&db, "a", seed).unwrap();
    }
    db.close().unwrap();
    let len = medium.len().unwrap();
    assert!(len < 1 << 20, "{len} bytes for one image of 128 KiB");
}

#[test]
fn a_close_gives_back_prompt_sets_that_the_log_superseded() {
    let (medium, db) = made();
    for seed in 0..50 {
        let mut txn = db.begin_write().unwrap();
        let features = vec![seed as f32; 64 * DIM];
        let texts = (0..64).map(|i| format!("text {i}")).collect();
        txn.set_prompt_set(&PromptSet::new("p", texts, DIM).features(features)).unwrap();
        txn.commit().unwrap();
    }
    db.close().unwrap();
    let len = medium.len().unwrap();
    assert!(len < 1 << 20, "{len} bytes for one set of 128 KiB");
}

type Hook = Box<dyn FnMut() + Send>;

/// Runs something before a read.
#[derive(Clone)]
struct Racing {
    inner: MemoryStorage,
    left: Arc<AtomicI64>,
    hook: Arc<Mutex<Option<Hook>>>,
}

impl std::fmt::Debug for Racing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Racing")
    }
}

impl Storage for Racing {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 0
            && let Some(mut hook) = self.hook.lock().unwrap().take()
        {
            hook();
        }
        self.inner.read_at(offset, buf)
    }
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.inner.write_at(offset, data)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }
    fn sync(&self) -> io::Result<()> {
        self.inner.sync()
    }
    fn bytes(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        self.inner.bytes(offset, len)
    }
    fn try_lock_writer(&self) -> io::Result<bool> {
        self.inner.try_lock_writer()
    }
    fn unlock_writer(&self) {
        self.inner.unlock_writer();
    }
    fn lock_epoch(&self, epoch: u64) -> io::Result<EpochLock> {
        self.inner.lock_epoch(epoch)
    }
    fn has_reader_up_to(&self, epoch: u64) -> io::Result<bool> {
        self.inner.has_reader_up_to(epoch)
    }
    fn forked(&self) -> bool {
        false
    }
    fn writable(&self) -> bool {
        true
    }
}

/// `what` runs on a reader while a writer sets the first tokens before its read number `read`.
fn race(read: i64, what: impl Fn(&Database, Racing) -> Result<()>) -> Result<()> {
    let (medium, db) = made();
    let mut txn = db.begin_write().unwrap();
    txn.put("z").unwrap();
    txn.commit().unwrap();
    let (left, hook) = (Arc::new(AtomicI64::new(-1)), Arc::new(Mutex::new(None)));
    let racing = Racing { inner: medium.clone(), left: left.clone(), hook: hook.clone() };
    let reader = Database::open_on(racing.clone()).unwrap();
    let writer = db.clone();
    *hook.lock().unwrap() = Some(Box::new(move || {
        for key in ["a", "b"] {
            put(&writer, key, 3).unwrap();
        }
    }) as Hook);
    left.store(read, Ordering::SeqCst);
    what(&reader, racing)
}

#[test]
fn a_reader_meets_the_first_tokens() {
    let mut wrong = Vec::new();
    for read in 0..12 {
        let refreshed = race(read, |reader, _| reader.snapshot().map(drop));
        let opened = race(read, |_, racing| Database::open_on(racing).map(drop));
        let verified = race(read, |reader, _| {
            let report = reader.verify(&mut |_, _| true)?;
            match report.problems.into_iter().next() {
                Some(damage) => Err(Error::Corrupt(damage)),
                None => Ok(()),
            }
        });
        for (what, result) in [("refresh", refreshed), ("open", opened), ("verify", verified)] {
            if let Err(error) = result {
                wrong.push(format!("{what}, read {read}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A closed container of some images, all in row groups.
fn patient(images: usize) -> Patient {
    let (medium, db) = made();
    fill(&db, images);
    let mut txn = db.begin_write().unwrap();
    let texts = || vec!["one".to_owned(), "two".to_owned()];
    txn.set_prompt_set(&PromptSet::new("p", texts(), 4).features(vec![1.0; 8])).unwrap();
    txn.set_prompt_set(&PromptSet::new("q", texts(), 4).features(vec![1.0; 8])).unwrap();
    txn.commit().unwrap();
    db.checkpoint().unwrap();
    db.close().unwrap();
    Patient { bytes: medium.snapshot_bytes() }
}

#[test]
fn pointers_at_one_tensor_cost_no_more_than_the_file() {
    let medium = MemoryStorage::new();
    let definition = Definition::new().field(Field::tokens("t", [0, 0, 0], DIM));
    let db = Database::create_on(medium.clone(), definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    for i in 0..100 {
        let values = vec![f16::ONE; DIM * if i == 0 { 2000 } else { 1 }];
        txn.put(&format!("i{i}")).unwrap().tokens("t", &values[..]).unwrap();
    }
    txn.commit().unwrap();
    db.checkpoint().unwrap();
    db.close().unwrap();
    let mut patient = Patient { bytes: medium.snapshot_bytes() };
    let column = patient.manifest().schema.fields[0].column;
    patient.edit_group(column, |data, header| {
        let places: Vec<usize> = tensor_places(header).collect();
        let first = data[places[0]..places[0] + 24].to_vec();
        for place in places {
            data[place..place + 24].copy_from_slice(&first);
        }
    });
    let len = patient.bytes.len() as u64;
    let db = Database::from_bytes(patient.bytes).unwrap();
    let report = db.verify(&mut |_, _| true).unwrap();
    assert!(report.problems.iter().any(|damage| damage.to_string().contains("V007")));
    println!("{} bytes checked, file {len}, notes {:?}", report.bytes_checked, report.notes);
    assert!(report.bytes_checked < 2 * len, "{} bytes checked of {len}", report.bytes_checked);
}

#[test]
fn prompt_sets_that_share_their_data_are_found() {
    let mut patient = patient(2);
    patient.edit_manifest(|manifest| {
        let data = manifest.prompt_sets[0].data;
        manifest.prompt_sets[1].data = data;
    });
    let db = Database::from_bytes(patient.bytes).unwrap();
    let report = db.verify(&mut |_, _| true).unwrap();
    assert!(!report.is_ok(), "two prompt sets share their pages");
}

#[test]
fn tokens_of_another_type_are_not_read() {
    let mut patient = patient(2);
    patient.edit_manifest(|manifest| {
        let field = &mut manifest.schema.fields[0];
        field.dtype = Dtype::F32;
        field.dim /= 2;
    });
    let db = Database::from_bytes(patient.bytes).unwrap();
    assert!(!db.verify(&mut |_, _| true).unwrap().is_ok());
    let snapshot = db.snapshot().unwrap();
    let read = snapshot.image("i1").and_then(|image| Ok(image.tokens("t")?.unwrap().all()?.len()));
    assert!(matches!(read, Err(Error::Corrupt(_))), "{read:?}");
}

#[test]
fn nothing_deleted_is_left_after_a_secure_compaction() {
    let (medium, db) = made();
    let secret = |seed: usize| format!("secret text {seed}");
    let set = |txn: &mut vesalius::WriteTxn<'_>, seed: usize| {
        let text = vec![secret(seed)];
        txn.set_prompt_set(&PromptSet::new("p", text, 4).features(vec![1.0; 4])).unwrap();
    };
    let mut db = db;
    for round in 0..4 {
        for seed in 0..4 {
            let mut txn = db.begin_write().unwrap();
            for (n, key) in ["a", "b"].iter().enumerate() {
                let values = tensor(1000 + round * 100 + seed * 10 + n);
                txn.upsert(key).unwrap().tokens("t", &values[..]).unwrap();
            }
            set(&mut txn, round * 10 + seed);
            set(&mut txn, 500 + round * 10 + seed);
            txn.commit().unwrap();
            let mut txn = db.begin_write().unwrap();
            txn.upsert("b").unwrap().tokens("t", &tensor(1999)[..]).unwrap();
            set(&mut txn, 900 + round * 10 + seed);
            drop(txn);
        }
        if round == 1 {
            db.close().unwrap();
            db = Database::open_on(medium.clone()).unwrap();
        }
        if round == 2 {
            db.checkpoint().unwrap();
        }
    }
    let mut txn = db.begin_write().unwrap();
    txn.delete("a").unwrap();
    txn.upsert("b").unwrap().tokens("t", &tensor(5)[..]).unwrap();
    txn.delete_prompt_set("p").unwrap();
    txn.commit().unwrap();
    db.compact(CompactOptions::new().secure(), &mut |_, _| true).unwrap();
    let bytes = medium.snapshot_bytes();
    for seed in 1000..2000 {
        let values = tensor(seed);
        let part: &[u8] = bytemuck::cast_slice(&values[..64]);
        assert!(!bytes.windows(128).step_by(64).any(|w| w == part), "tensor {seed}");
    }
    assert!(!bytes.windows(11).any(|w| w == b"secret text"));
    println!("{} bytes are left", bytes.len());
}

/// A backup into a fresh medium has a hole of a page at its start.
#[test]
fn a_backup_takes_few_steps() {
    let medium = MemoryStorage::new();
    let definition = Definition::new().field(Field::tokens("t", [0, 0, 0], DIM));
    let db = Database::create_on(medium, definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    for i in 0..300 {
        txn.put(&format!("i{i}")).unwrap().tokens("t", &vec![f16::ONE; DIM][..]).unwrap();
    }
    txn.commit().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy.vsl");
    db.backup(&path, &mut |_, _| true).unwrap();
    let copy = Database::open(&path).unwrap();
    let epoch = copy.snapshot().unwrap().epoch();
    println!("backup: {epoch} states");
    assert!(epoch < 20, "{epoch} states for a backup");
    assert!(copy.verify(&mut |_, _| true).unwrap().is_ok());
}

#[test]
fn a_compaction_of_sequences_takes_few_steps() {
    let medium = MemoryStorage::new();
    let definition = Definition::new().field(Field::tokens("t", [0, 0, 0], DIM));
    let db = Database::create_on(medium.clone(), definition).unwrap();
    let mut rng = vesalius::storage::sim::SplitMix64::new(7);
    let mut live = 0;
    let mut txn = db.begin_write().unwrap();
    let mut sizes = Vec::new();
    for i in 0..1000 {
        let tokens = 1 + rng.below(100);
        sizes.push(tokens);
        txn.put(&format!("i{i}")).unwrap().tokens("t", &vec![f16::ONE; DIM * tokens][..]).unwrap();
    }
    txn.commit().unwrap();
    db.checkpoint().unwrap();
    let mut txn = db.begin_write().unwrap();
    for (i, size) in sizes.iter().enumerate() {
        if rng.chance(50) {
            txn.delete(&format!("i{i}")).unwrap();
        } else {
            live += (size * DIM * 2).div_ceil(4096) * 4096;
        }
    }
    txn.commit().unwrap();
    let before = db.snapshot().unwrap().epoch();
    db.compact(CompactOptions::new(), &mut |_, _| true).unwrap();
    let steps = db.snapshot().unwrap().epoch() - before;
    println!("sequences: {steps} states, {} bytes, {live} live", medium.len().unwrap());
    assert!(db.verify(&mut |_, _| true).unwrap().is_ok());
    assert!(steps < 40, "{steps} states");
}

#[test]
fn superseded_tensors_come_back_without_a_close() {
    let (medium, db) = made();
    db.set_checkpoint_bytes(64 << 10).unwrap();
    // A record has about 2 KiB, a tensor 128.
    for seed in 0..300 {
        put(&db, "a", seed).unwrap();
    }
    let len = medium.len().unwrap();
    println!("{len} bytes before a close");
    assert!(len < 12 << 20, "{len} bytes for one image of 128 KiB");
    assert!(db.verify(&mut |_, _| true).unwrap().is_ok());
}

/// Where a dead image points may have been cut off.
#[test]
fn a_dead_pointer_may_lead_behind_the_end() {
    let (medium, db) = made();
    fill(&db, 40);
    delete(&db, 20..40);
    let mut txn = db.begin_write().unwrap();
    txn.put("x").unwrap().metadata(&format!("\"{}\"", "x".repeat(300_000))).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let db = Database::open_on(medium.clone()).unwrap();
    assert!(db.verify(&mut |_, _| true).unwrap().is_ok());
}
