//! Files of FAISS, and what is made of them.

mod files;
mod hostile;

use std::path::PathBuf;

/// Vectors and dimensions of the small files.
const ROWS: usize = 7;
const DIM: usize = 4;

/// Files that are read.
const READ: [&str; 12] = [
    "flat_ip",
    "flat_l2",
    "flat_l1",
    "empty",
    "id_map",
    "id_map_2",
    "sq_fp16",
    "ivf_full",
    "ivf_sparse",
    "id_map_of_ivf",
    "ivf_direct",
    "hnsw",
];

fn path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/faiss");
    PathBuf::from(folder).join(format!("{name}.faiss"))
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// What `make.py` puts into row `row`.
fn vector(row: usize) -> Vec<f32> {
    (0..DIM).map(|j| ((7 * row + 3 * j) % 16) as f32 / 4.0 - 1.5).collect()
}

/// The id that it gives it.
fn id(row: usize) -> i64 {
    1000 - 7 * i64::try_from(row).unwrap()
}
