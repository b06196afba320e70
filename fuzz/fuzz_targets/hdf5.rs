//! Any bytes as an HDF5 file: open, list, examine and read it, all in memory.
//!
//! Run with `-rss_limit_mb=512 -timeout=10 -max_len=262144`, and the files of
//! `tests/data/hdf5` as the first corpus. Work is bounded by the limits of the reader and by the
//! counts below, so a slow input is a finding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius_convert::hdf5::bag::Bag;
use vesalius_convert::hdf5::conceptclip::ConceptClip;
use vesalius_convert::hdf5::{H5Error, H5File, lzf_decompress, salvage};

/// Objects whose values are read.
const OBJECTS: usize = 64;
/// Batches of each.
const BATCHES: usize = 16;

fuzz_target!(|data: &[u8]| {
    let decoded = lzf_decompress(data, 1 << 16).unwrap_or_default();
    assert!(decoded.len() <= 1 << 16);
    if data.len() <= 256 << 10 {
        drop(read(data));
    }
});

fn read(data: &[u8]) -> Result<(), H5Error> {
    let file = H5File::from_bytes("fuzz", data.to_vec())?;
    for attribute in file.attributes("/").unwrap_or_default() {
        drop(attribute.parsed());
    }
    for node in file.tree()?.nodes.iter().take(OBJECTS) {
        values(&file, &node.path);
    }
    if let Ok(bag) = Bag::open(&file) {
        let mut left = BATCHES;
        drop(bag.for_each_batch::<H5Error>(0, 64, |_| Ok(again(&mut left))));
    }
    let found = salvage::examine(&file)?;
    let damaged = ConceptClip::open_damaged(&file, found.rows, &[]);
    if let Ok(store) = damaged {
        // What counts as good has to be readable.
        let progress = store.for_each_batch::<H5Error>(0, 64, |_| Ok(true)).expect("good rows");
        assert_eq!(progress.next_row, store.rows());
    }
    let store = ConceptClip::open(&file)?;
    let mut left = BATCHES;
    drop(store.for_each_batch::<H5Error>(0, 64, |_| Ok(again(&mut left))));
    drop((store.split_counts(), store.repeated_rows()));
    for name in store.template_names()?.iter().take(4) {
        drop(store.template(name));
    }
    Ok(())
}

/// Stops a reading after some batches.
fn again(left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    *left > 0
}

fn values(file: &H5File, path: &str) {
    drop(file.attributes(path));
    let Ok(dataset) = file.dataset(path) else { return };
    drop((dataset.strings(0..64), dataset.integers(0..64)));
    drop(dataset.missing_chunks());
    let Ok(mut rows) = dataset.rows() else { return };
    let (mut row, mut bytes) = (0, Vec::new());
    for _ in 0..BATCHES {
        match rows.read(row, 64, &mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(got) => row += got,
        }
    }
}
