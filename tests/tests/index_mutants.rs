//! Indexes changed at random, checksums right again: refused, or asked in every way without a panic; lists that verify
//! as sound find what a plain scan finds. `VESALIUS_CASES` for more.
#![cfg(test)]

use vesalius::Error;
use vesalius::storage::sim::SplitMix64;
use vesalius_tests::index_sample::{index_sample, open_and_ask};
use vesalius_tests::reseal::patch_indexes;

#[test]
fn mutants_of_indexes_are_refused_or_asked() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (first, cases) = (number("VESALIUS_SEED").unwrap_or(1), number("VESALIUS_CASES"));
    let cases = cases.unwrap_or(600);
    let sample = index_sample();
    assert!(sample.parts.len() > 50, "the sample has its indexes");
    assert!(open_and_ask(sample.bytes.clone()).unwrap());
    let (mut sound, mut refused) = (0, 0);
    for seed in first..first + cases {
        let mut rng = SplitMix64::new(seed);
        let mut patches = Vec::new();
        for _ in 0..=rng.below(4) {
            let part = &sample.parts[rng.below(sample.parts.len())];
            let place = part.start + rng.below(part.len());
            let old = sample.bytes[place];
            let values = [
                0,
                0xff,
                0x80,
                old ^ 1 << rng.below(8),
                old.wrapping_add(1),
                u8::try_from(rng.below(256)).unwrap(),
            ];
            patches.push((u32::try_from(place).unwrap(), values[rng.below(values.len())]));
        }
        let mut bytes = sample.bytes.clone();
        patch_indexes(&mut bytes, &patches);
        let outcome = std::panic::catch_unwind(|| open_and_ask(bytes));
        match outcome {
            Ok(Ok(true)) => sound += 1,
            Ok(Ok(false) | Err(Error::Corrupt(_))) => refused += 1,
            other => panic!("VESALIUS_SEED={seed} VESALIUS_CASES=1 {patches:?}: {other:?}"),
        }
    }
    println!("VESALIUS_SEED={first}: {cases} mutants, {sound} sound, {refused} refused");
}
