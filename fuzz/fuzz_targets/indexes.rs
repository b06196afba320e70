//! Changes headers and sections of indexes and mends their checksums, so that what is behind these is reached: opens,
//! verifies, searches in every way, carries the indexes over. Lists that verify as sound find what a plain scan finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius_tests::index_sample::{index_sample, open_and_ask};
use vesalius_tests::reseal::patch_indexes;

/// A part of an index, a place in it, and up to four bytes for there.
type Change = (u8, u16, u8, [u8; 4]);

fuzz_target!(|changes: Vec<Change>| {
    let sample = index_sample();
    let mut patches = Vec::new();
    for (part, place, len, values) in changes.into_iter().take(8) {
        let part = &sample.parts[usize::from(part) % sample.parts.len()];
        let first = part.start + usize::from(place) % part.len();
        let values = values.iter().take(1 + usize::from(len) % 4);
        let places = (first..part.end).zip(values);
        patches.extend(places.map(|(place, value)| (u32::try_from(place).unwrap(), *value)));
    }
    let mut bytes = sample.bytes.clone();
    patch_indexes(&mut bytes, &patches);
    drop(open_and_ask(bytes));
});
