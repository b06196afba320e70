//! Any bytes as a file of FAISS: an error, or vectors that were in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use vesalius_convert::faiss::FaissFile;

/// Rows that are read at each end.
const ROWS: u64 = 64;

fuzz_target!(|data: &[u8]| {
    let Ok(file) = FaissFile::from_source(Arc::new(data.to_vec())) else { return };
    let values = u128::from(file.len()) * file.dim() as u128;
    assert!(values * 2 <= data.len() as u128, "{file:?} of {} bytes", data.len());
    let count = usize::try_from(file.len().min(ROWS)).unwrap_or(0);
    for first in [0, file.len().saturating_sub(ROWS)] {
        let mut out = Vec::new();
        file.read_rows_f32(first, count, &mut out).unwrap();
        assert_eq!(out.len(), count * file.dim());
        assert_eq!(file.read_ids(first, count).unwrap().len(), count);
    }
    assert!(file.read_ids(file.len(), 1).is_err());
});
