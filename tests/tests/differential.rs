//! Random collections through every index: `VESALIUS_CASES` for more of them, `VESALIUS_SEED` for one again;
//! `cargo soak indexes 100000` runs them in release.
#![cfg(test)]

use vesalius_tests::differential::run;

#[test]
fn indexes_find_what_a_plain_scan_finds() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (seed, cases) = (number("VESALIUS_SEED").unwrap_or(1), number("VESALIUS_CASES"));
    let outcome = run(seed, cases.unwrap_or(400));
    println!("VESALIUS_SEED={seed}: {outcome:?}");
    assert_eq!(outcome.wrong, 0);
}
