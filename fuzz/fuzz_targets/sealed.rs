//! Mutates a real container and mends its checksums, so that the structures behind them are reached.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::Database;
use vesalius_tests::model::read;
use vesalius_tests::reseal::{patch, sample};

fuzz_target!(|patches: Vec<(u32, u8)>| {
    let mut bytes = sample().to_vec();
    patch(&mut bytes, &patches);
    let Ok(db) = Database::from_bytes(bytes) else { return };
    let Ok(snapshot) = db.snapshot() else { return };
    drop(read(&snapshot));
    drop(db.verify(&mut |_, _| true));
});
