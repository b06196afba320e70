//! Containers with tensors, prompt sets and masks, changed at random where something stands: refused, or read,
//! written and compacted without a panic; what verifies as sound stays so.
#![cfg(test)]

use vesalius::storage::MemoryStorage;
use vesalius::{CompactOptions, Database, Result};
use vesalius_tests::vectors::surgery::Patient;
use vesalius_tests::workload::{BULK_SEEDS, MASK_SEEDS, Workload, definition};

/// A container with tensors and prompt sets in row groups and in the log, or with masks as well.
fn sample_of(kind: u64, closed: bool) -> Vec<u8> {
    let disk = MemoryStorage::new();
    let db = Database::create_on(disk.clone(), definition(kind)).unwrap();
    let mut work = Workload::new(kind + 7);
    for number in 0..40 {
        let mut txn = db.begin_write().unwrap();
        work.model = work.fill(&mut txn).unwrap();
        txn.commit().unwrap();
        if number == 20 {
            db.checkpoint().unwrap();
        }
    }
    if closed {
        db.checkpoint().unwrap();
        db.close().unwrap();
    }
    disk.snapshot_bytes()
}

#[test]
fn mutants_are_refused_or_read() {
    use vesalius::storage::sim::SplitMix64;
    let seeds = 300;
    for (what, sample) in [
        ("closed", sample_of(BULK_SEEDS, true)),
        ("open", sample_of(BULK_SEEDS, false)),
        ("log", sample_of(BULK_SEEDS, false)),
        ("closed", sample_of(MASK_SEEDS, true)),
        ("log", sample_of(MASK_SEEDS, false)),
    ] {
        // Where something stands: most of an open container is zeros.
        let places: Vec<u32> = (8192..sample.len())
            .filter(|&at| sample[at] != 0 || sample.get(at + 1).is_some_and(|&b| b != 0))
            .map(|at| u32::try_from(at).unwrap())
            .collect();
        let (mut opened, mut written, mut sound) = (0, 0, 0);
        for seed in 0..seeds {
            let mut rng = SplitMix64::new(seed);
            let mut bytes = sample.clone();
            let patches: Vec<(u32, u8)> = (0..=rng.below(3))
                .map(|_| {
                    let at = places[rng.below(places.len())];
                    let old = sample[at as usize];
                    let new = match rng.below(4) {
                        0 => 255,
                        1 => old.wrapping_add(1),
                        2 => old ^ (1 << rng.below(8)),
                        _ => u8::try_from(rng.below(256)).unwrap(),
                    };
                    (at, new)
                })
                .collect();
            if what == "log" {
                let mut patient = Patient { bytes };
                let salt = rng.next_u64();
                patient.edit_log(|index, header, payload| {
                    let mut rng = SplitMix64::new(salt ^ index as u64);
                    if rng.chance(10) {
                        let at = rng.below(payload.len().min(4000));
                        payload[at] = match rng.below(3) {
                            0 => payload[at].wrapping_add(1),
                            1 => payload[at] ^ (1 << rng.below(8)),
                            _ => payload[at.saturating_sub(8)],
                        };
                    }
                    if salt.is_multiple_of(2) {
                        header.synced_seq = header.synced_seq.min(3);
                    }
                });
                bytes = patient.bytes;
            } else {
                vesalius_tests::reseal::patch(&mut bytes, &patches);
            }
            let result = std::panic::catch_unwind(|| {
                let medium = MemoryStorage::from_bytes(bytes.clone());
                let Ok(db) = Database::open_on(medium.clone()) else { return (0, 0, 0) };
                let ok = db.verify(&mut |_, _| true).is_ok_and(|report| report.is_ok());
                if let Ok(snapshot) = db.snapshot() {
                    drop(vesalius_tests::model::read(&snapshot));
                }
                let step = || -> Result<()> {
                    let mut txn = db.begin_write()?;
                    txn.upsert("new")?;
                    txn.commit()?;
                    db.checkpoint()?;
                    db.compact(CompactOptions::new(), &mut |_, _| true)?;
                    db.clone().close()
                };
                let done = step();
                let good = Database::open_on(medium)
                    .and_then(|db| db.verify(&mut |_, _| true))
                    .is_ok_and(|report| report.is_ok());
                assert!(!(ok && (done.is_err() || !good)), "sound, then {done:?} {good}");
                (1, u64::from(done.is_ok()), u64::from(ok))
            });
            match result {
                Ok((a, b, c)) => {
                    opened += a;
                    written += b;
                    sound += c;
                }
                Err(panic) => panic!("{what}: seed {seed} {patches:?}: {panic:?}"),
            }
        }
        println!("{what}: {seeds} mutants, {opened} opened, {sound} sound, {written} written");
    }
}
