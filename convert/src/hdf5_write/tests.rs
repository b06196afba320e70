//! Files are described by h5py and by a reader in Rust, and both descriptions compared with what
//! was to be written.

mod conceptclip;
mod copy;
mod expected;
mod h5py;
mod random;
mod reader;
mod refusals;
mod writer;

use std::path::Path;

use expected::Expected;

/// Both readers find exactly what is expected.
fn check(path: &Path, expected: &Expected) {
    let lines = expected.lines();
    let version = std::fs::read(path).unwrap()[8];
    assert_eq!(version, 0, "the superblock is of the oldest version");
    let without_filters: Vec<_> =
        lines.iter().filter(|line| !line.starts_with("C ")).cloned().collect();
    assert_eq!(reader::describe(path), without_filters, "hdf5-reader");
    if let Some(found) = h5py::describe(path) {
        assert_eq!(found, lines, "h5py");
    }
}
