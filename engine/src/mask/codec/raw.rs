//! Dense blocks, for masks that are nearly noise or a small pattern again and again.
#![deny(clippy::arithmetic_side_effects)]

use crate::mask::{Bounds, Runs};

use super::block::{Coding, Header};

/// LZ4 makes at most so many bytes of one.
pub(super) const LZ4_TIMES: u64 = 255;
/// Longest input of LZ4.
pub(super) const LZ4_BYTES_MAX: u64 = 0x7E00_0000;

/// The smallest of a block and the dense ones.
pub(super) fn smaller(runs: &Runs, bounds: &Bounds, mut block: Vec<u8>) -> Vec<u8> {
    let voxels = box_voxels(bounds);
    let beats = |bytes: u64, block: &[u8]| bytes.saturating_add(1) < block.len() as u64;
    if beats(voxels.div_ceil(8), &block) {
        block = bits(runs, bounds, voxels);
    }
    // What LZ4 could reach at best decides whether it is tried.
    if voxels <= LZ4_BYTES_MAX && beats(voxels / LZ4_TIMES, &block) {
        let packed = packed(Coding::PackedBox, &box_bytes(runs, bounds, voxels));
        block = if packed.len() < block.len() { packed } else { block };
    }
    let larger = runs.shape().voxels() > voxels;
    if let Some(bytes) = larger.then(|| array_bytes(runs, &block)).flatten() {
        let packed = packed(Coding::PackedArray, &bytes);
        block = if packed.len() < block.len() { packed } else { block };
    }
    block
}

/// The block, unless it is larger than LZ4 of the array and a hundredth; then the smallest of it and the dense ones,
/// which take longer to decode.
pub(super) fn bounded(runs: &Runs, bounds: &Bounds, block: Vec<u8>) -> Vec<u8> {
    let array = array_bytes(runs, &block);
    let most = array.map(|bytes| lz4_flex::block::compress(&bytes).len().saturating_mul(101));
    let is_larger = most.is_some_and(|most| block.len().saturating_mul(100) > most);
    if is_larger { smaller(runs, bounds, block) } else { block }
}

/// A byte a voxel of the array, if LZ4 of it could be smaller than a block.
fn array_bytes(runs: &Runs, block: &[u8]) -> Option<Vec<u8>> {
    let voxels = runs.shape().voxels();
    if voxels > LZ4_BYTES_MAX || voxels / LZ4_TIMES >= block.len() as u64 {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(voxels).ok()?];
    runs.paint(&mut bytes, 1).ok()?;
    Some(bytes)
}

/// Voxels of a box.
pub(super) fn box_voxels(bounds: &Bounds) -> u64 {
    let span = |range: &std::ops::Range<u64>| range.end.saturating_sub(range.start);
    let rows = span(&bounds.slices).saturating_mul(span(&bounds.rows));
    rows.saturating_mul(span(&bounds.columns))
}

fn packed(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![Header { coding, exchanged: false }.byte()];
    out.extend(lz4_flex::block::compress(bytes));
    out
}

/// Calls `see` with the voxels of each run, numbered in C order of the box.
fn in_box(runs: &Runs, bounds: &Bounds, mut see: impl FnMut(u64, u64)) {
    let (width, height) = (runs.shape().width(), runs.shape().height());
    let of = |a: u64, n: u64| (a.checked_div(n).unwrap_or(0), a.checked_rem(n).unwrap_or(0));
    let columns = bounds.columns.end.saturating_sub(bounds.columns.start);
    let rows = bounds.rows.end.saturating_sub(bounds.rows.start);
    for run in runs.as_slice() {
        let (line, x) = of(run.start, width);
        let (slice, y) = of(line, height);
        let line = slice.saturating_sub(bounds.slices.start).saturating_mul(rows);
        let line = line.saturating_add(y.saturating_sub(bounds.rows.start));
        let x = x.saturating_sub(bounds.columns.start);
        let start = line.saturating_mul(columns).saturating_add(x);
        see(start, start.saturating_add(run.len()));
    }
}

fn box_bytes(runs: &Runs, bounds: &Bounds, voxels: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(voxels).unwrap_or(0)];
    in_box(runs, bounds, |start, end| {
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        if let Some(part) = range.and_then(|(start, end)| bytes.get_mut(start..end)) {
            part.fill(1);
        }
    });
    bytes
}

fn bits(runs: &Runs, bounds: &Bounds, voxels: u64) -> Vec<u8> {
    let len = usize::try_from(voxels.div_ceil(8)).unwrap_or(0);
    let mut bytes = vec![0_u8; len.saturating_add(1)];
    if let Some(first) = bytes.first_mut() {
        *first = Header { coding: Coding::Bits, exchanged: false }.byte();
    }
    in_box(runs, bounds, |start, end| {
        for voxel in start..end {
            let place = usize::try_from(voxel / 8).unwrap_or(usize::MAX).saturating_add(1);
            if let Some(byte) = bytes.get_mut(place) {
                *byte |= 1 << (voxel % 8);
            }
        }
    });
    bytes
}
