//! Damaged files are refused, whatever the damage, and take no more memory than they have bytes.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{FaissError, FaissFile};
use super::{READ, bytes};

/// Opens and reads everything; an error is an answer like any other.
fn touch(bytes: Vec<u8>) -> Result<(), FaissError> {
    let size = bytes.len();
    let file = FaissFile::from_source(Arc::new(bytes))?;
    let rows = usize::try_from(file.len()).unwrap();
    // No file holds more values than it has bytes.
    assert!(rows * file.dim() * 2 <= size, "{file:?}");
    let mut values = Vec::new();
    file.read_rows_f32(0, rows, &mut values)?;
    assert_eq!(values.len(), rows * file.dim());
    assert_eq!(file.read_ids(0, rows)?.len(), rows);
    Ok(())
}

#[test]
fn every_truncation_is_refused() {
    for name in READ.into_iter().chain(["hnsw_sq"]) {
        let whole = bytes(name);
        touch(whole.clone()).unwrap();
        for len in 0..whole.len() {
            let error = touch(whole[..len].to_vec()).unwrap_err();
            let told = matches!(error, FaissError::Truncated { .. } | FaissError::Malformed { .. });
            assert!(told, "{name} {len}: {error}");
        }
    }
}

#[test]
fn bytes_behind_the_end_are_refused() {
    for name in READ {
        let mut longer = bytes(name);
        longer.push(0);
        let error = touch(longer).unwrap_err().to_string();
        assert!(error.contains("behind the end"), "{name}: {error}");
    }
}

#[test]
fn every_number_may_be_anything() {
    let evil = [u64::MAX, i64::MAX as u64, 1 << 62, 1 << 40, u64::from(u32::MAX), 1 << 20, 8, 1, 0];
    for name in READ.into_iter().chain(["hnsw_sq"]) {
        let whole = bytes(name);
        for at in 4..whole.len().saturating_sub(8) {
            for number in evil {
                let mut changed = whole.clone();
                changed[at..at + 8].copy_from_slice(&number.to_le_bytes());
                drop(touch(changed));
            }
        }
        // A count that is not the right one is never taken.
        for number in evil.into_iter().filter(|number| *number != 7) {
            let mut changed = whole.clone();
            changed[8..16].copy_from_slice(&number.to_le_bytes());
            assert_eq!(touch(changed).is_ok(), name == "empty" && number == 0, "{name} {number}");
        }
    }
}

#[test]
fn every_flipped_byte_is_an_error_or_a_value() {
    for name in READ.into_iter().chain(["hnsw_sq"]) {
        let whole = bytes(name);
        for at in 0..whole.len() {
            for flip in [0x01, 0x02, 0x10, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= flip;
                drop(touch(changed));
            }
        }
    }
}

#[test]
fn nesting_has_an_end() {
    let whole = bytes("hnsw");
    // A graph of nothing around a graph of nothing, and so on.
    let mut head = whole[..37].to_vec();
    head[8..16].fill(0);
    head.extend([0; 8 * 3]);
    head.extend(1_u64.to_le_bytes());
    head.extend([0; 8 + 8 + 20]);
    let error = touch(head.repeat(2000)).unwrap_err().to_string();
    assert!(error.contains("nested too deeply"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_values(
        name in 0..READ.len(), changes in prop::collection::vec((any::<u16>(), any::<u8>()), 1..8),
    ) {
        let mut changed = bytes(READ[name]);
        for (at, value) in changes {
            let at = usize::from(at) % changed.len();
            changed[at] = value;
        }
        drop(touch(changed));
    }

    #[test]
    fn any_tail_is_an_error_or_values(
        name in 0..READ.len(), from in any::<u16>(), tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut changed = bytes(READ[name]);
        changed.truncate(usize::from(from) % changed.len());
        changed.extend(tail);
        drop(touch(changed));
    }
}
