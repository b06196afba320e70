//! Limits hold, and no damage to a file makes the reader panic or run away.

use super::data::shared;
use super::reuse::Random;
use crate::pickle::{Document, Limits, PickleError, Value, parse};

fn limit(bytes: &[u8], limits: &Limits) -> &'static str {
    match parse(bytes, limits).err() {
        Some(PickleError::Limit { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_limit_is_named_when_reached() {
    let small = Limits::small();
    let with = |change: fn(&mut Limits)| {
        let mut limits = small.clone();
        change(&mut limits);
        limits
    };
    assert_eq!(limit(b"N.", &with(|l| l.input = 1)), "input");
    assert_eq!(limit(&[b"]".repeat(9), b".".to_vec()].concat(), &with(|l| l.stack = 8)), "stack");
    assert_eq!(limit(&[b"(".repeat(9), b".".to_vec()].concat(), &with(|l| l.marks = 8)), "marks");
    assert_eq!(limit(b"](]]]e.", &with(|l| l.nodes = 1032)), "nodes");
    let lists = [b"](".to_vec(), b"]".repeat(9000), b"e.".to_vec()].concat();
    assert_eq!(limit(&lists, &with(|l| l.memory = 100_000)), "memory");
    assert_eq!(limit(b"I12345678\n.", &with(|l| l.line = 4)), "line");
    let gets: Vec<u8> =
        (0..9000_u32).flat_map(|i| [vec![b'j'], i.to_le_bytes().to_vec()].concat()).collect();
    assert_eq!(limit(&[gets, b".".to_vec()].concat(), &with(|l| l.memo = 100)), "memo");
}

/// Reads everything that can be reached.
fn read_all(document: &Document<'_>) -> usize {
    document
        .walk(document.root())
        .map(|id| match document.value(id) {
            Value::Array(a) | Value::Scalar(a) => a.to_f32().map_or(1, |v| v.len()),
            Value::Dict(_) => document.duplicate_keys(id),
            Value::BigInt(big) => usize::from(big.to_i128().is_some()),
            _ => 0,
        })
        .sum()
}

#[test]
fn damaged_files_are_read_or_refused() {
    let mut random = Random::from_env();
    let limits = Limits { memory: 1 << 20, ..Limits::small() };
    let files = ["odd_p4.pkl", "py2_p2.pkl", "evil_p2.pkl", "bomb.pkl"];
    let Some(sources) =
        files.iter().map(|f| shared(&format!("pickles/{f}"))).collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..20_000 {
        let mut bytes = sources[round % sources.len()].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
                1 => bytes[at] ^= 1 << random.below(8),
                2 => bytes.truncate(at + 1),
                _ => bytes.insert(at, b"().NR0212absudlt"[random.below(16)]),
            }
        }
        match parse(&bytes, &limits) {
            Ok(document) => {
                assert!(document.memory() <= limits.memory);
                accepted += usize::from(read_all(&document) < usize::MAX);
            }
            Err(error) => refused += usize::from(!error.to_string().is_empty()),
        }
    }
    assert!(accepted > 100 && refused > 1000, "{accepted} {refused}");
}
