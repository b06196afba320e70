//! Opens arbitrary bytes, reads everything, verifies: an answer or an error, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::Database;
use vesalius_tests::model::read;

fuzz_target!(|bytes: &[u8]| {
    let Ok(db) = Database::from_bytes(bytes.to_vec()) else { return };
    let Ok(snapshot) = db.snapshot() else { return };
    drop(read(&snapshot));
    drop(db.verify(&mut |_, _| true));
});
