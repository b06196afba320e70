//! Whether ids can be keys.

use crate::error::ConvertError;
use crate::hdf5::Dataset;

/// Ids that are read at once.
const STEP: u64 = 1 << 16;

/// The first id that occurs twice among the first `rows`, or none. Ascending ids, the usual ones, take no
/// memory; others eight bytes a row.
pub(crate) fn repeated(ids: &Dataset, rows: u64) -> Result<Option<i64>, ConvertError> {
    let (mut last, mut row) = (None, 0_u64);
    while row < rows {
        let end = row.saturating_add(STEP).min(rows);
        for id in ids.integers(row..end)? {
            if last.is_some_and(|last| id <= last) {
                return sorted(ids, rows);
            }
            last = Some(id);
        }
        row = end;
    }
    Ok(None)
}

fn sorted(ids: &Dataset, rows: u64) -> Result<Option<i64>, ConvertError> {
    let (mut all, mut row) = (Vec::new(), 0_u64);
    while row < rows {
        let end = row.saturating_add(STEP).min(rows);
        all.extend(ids.integers(row..end)?);
        row = end;
    }
    all.sort_unstable();
    let pair = all.windows(2).find(|pair| matches!(pair, [a, b] if a == b));
    Ok(pair.and_then(|pair| pair.first().copied()))
}
