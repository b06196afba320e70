//! Real sets, from the files that they come in.

use std::path::Path;

use half::f16;
use vesalius_convert::npy::NpyFile;
use vesalius_convert::npz::Archive;

use super::generate::Files;
use crate::Result;

/// Queries of the benchmark, which lead its order.
const FASHION_QUERIES: usize = 1_000;
/// Bytes before the values of a flat FAISS index.
const FLAT_HEADER: usize = 45;

/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) in the order of the file: queries first, then rows.
pub(super) fn fashion(path: &Path, rows: u64, files: &Files<'_>) -> Result<()> {
    let mut archive = Archive::open(path)?;
    let (mut values, mut order) = (Vec::new(), Vec::new());
    let images = archive.open_npy("images")?;
    let dim = images.row_len();
    images.read_rows_f32(0, usize::try_from(images.rows())?, &mut values)?;
    let file = archive.open_npy("perm_query1000_then_base69000")?;
    file.read_rows_i64(0, usize::try_from(file.rows())?, &mut order)?;
    let image = |number: &i64| -> &[f32] {
        let start =
            usize::try_from(*number).map_or(usize::MAX, |number| number.saturating_mul(dim));
        values.get(start..start.saturating_add(dim)).unwrap_or(&[])
    };
    let (queries, base) = order.split_at_checked(FASHION_QUERIES).ok_or("too few images")?;
    let queries: Vec<f32> = queries.iter().flat_map(image).copied().collect();
    files.queries(dim, &queries)?;
    let base = base.get(..usize::try_from(rows)?).ok_or("too few images")?;
    // Whole numbers up to 255, so f16 has them as they are.
    let pieces = base.chunks(4096).map(|some| {
        some.iter().flat_map(image).map(|value| f16::from_f32(*value)).collect::<Vec<_>>()
    });
    files.rows(rows, dim, pieces)
}

/// The vectors of a flat FAISS index, and prompts as queries.
pub(super) fn pathology(folder: &Path, files: &Files<'_>) -> Result<()> {
    let file = NpyFile::open(&folder.join("prompts.npy"))?;
    let (dim, mut queries) = (file.row_len(), Vec::new());
    file.read_rows_f32(0, usize::try_from(file.rows())?, &mut queries)?;
    files.queries(dim, &queries)?;
    let bytes = std::fs::read(folder.join("index.faiss"))?;
    let (head, values) = bytes.split_at_checked(FLAT_HEADER).ok_or("no flat FAISS index")?;
    if !head.starts_with(b"IxFI") || !values.len().is_multiple_of(4 * dim.max(1)) {
        return Err(format!("index.faiss is no flat index of {dim} values").into());
    }
    let (words, _) = values.as_chunks::<4>();
    let halves = words.iter().map(|word| f16::from_f32(f32::from_le_bytes(*word))).collect();
    files.rows((words.len() / dim) as u64, dim, std::iter::once(halves))
}
