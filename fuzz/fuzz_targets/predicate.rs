//! Arbitrary text as a predicate; what parses prints to something that parses to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::Predicate;

fuzz_target!(|text: &str| {
    if let Ok(predicate) = Predicate::parse(text) {
        let printed = predicate.to_string();
        if printed.len() < 60_000 {
            assert_eq!(Predicate::parse(&printed).as_ref(), Ok(&predicate), "{printed}");
        }
    }
});
