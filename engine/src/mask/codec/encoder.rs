//! Runs to a block.
#![deny(clippy::arithmetic_side_effects)]

use crate::mask::rans::Encoder;
use crate::mask::{Bounds, Run, Runs};

use super::Profile;
use super::block::{Coding, Header, SLAB_SLICES, first_slab, slab_slices, write_table};
use super::exchange::{EXCHANGE_AXIS_MAX, Exchange, runs_along_y};
use super::model::MODEL;
use super::plain_write;
use super::raw;
use super::sink::Coded;
use super::slice::{NO_RESIDUALS, Piece, Slice};
use super::write::write_slab;

/// A slab's number, counted from the first of the box, with its slices.
pub(super) type SlabSlices = (u64, Vec<Slice>);

/// Runs along x may be so many times those along y, and [`EXCHANGE_MORE`] more in a slab, that a block of
/// exchanged axes is no way to make much of little.
pub(super) const EXCHANGE_TIMES: usize = 32;
/// See [`EXCHANGE_TIMES`].
pub(super) const EXCHANGE_MORE: usize = 65_536;

/// Codes a mask, without a checksum: the smallest block that is tried, with [`Profile::Fast`] plain rows unless LZ4 of
/// the dense array is smaller. No voxels give no bytes.
///
/// The box that the decoder needs is [`Runs::bounds`]. O(runs), and for masks that are nearly noise O(voxels).
pub fn encode(runs: &Runs, profile: Profile) -> Vec<u8> {
    let Some(bounds) = runs.bounds() else { return Vec::new() };
    let mut slabs: Vec<SlabSlices> = slabs_of(runs, &bounds);
    let rows = span(&bounds.rows);
    let columns = span(&bounds.columns);
    if profile == Profile::Fast {
        let block = code(&mut slabs, Coding::Fast, false, rows);
        return raw::bounded(runs, &bounds, block);
    }
    let exchanged = exchange_all(&slabs, [rows, columns], runs.len());
    let mut block = code(&mut slabs, Coding::Small, false, rows);
    if let Some(mut slabs) = exchanged {
        let other = code(&mut slabs, Coding::Small, true, columns);
        // Decoding exchanged axes takes longer; it must be worth it.
        if other.len().saturating_mul(10) < block.len().saturating_mul(9) {
            block = other;
        }
    }
    raw::smaller(runs, &bounds, block)
}

fn span(range: &std::ops::Range<u64>) -> u32 {
    u32::try_from(range.end.saturating_sub(range.start)).unwrap_or(u32::MAX)
}

fn code(slabs: &mut [SlabSlices], coding: Coding, exchanged: bool, rows: u32) -> Vec<u8> {
    let code = |slices: &mut [Slice]| match coding {
        Coding::Fast => plain_write::write_slab(slices),
        _ => code_slab(slices, rows),
    };
    let coded: Vec<(u64, Vec<u8>)> =
        slabs.iter_mut().map(|(number, slices)| (*number, code(slices))).collect();
    let mut block = vec![Header { coding, exchanged }.byte()];
    write_table(&mut block, &coded);
    block.extend(coded.iter().flat_map(|(_, bytes)| bytes));
    block
}

fn code_slab(slices: &mut [Slice], rows: u32) -> Vec<u8> {
    let mut sink = Coded { model: &MODEL, encoder: Encoder::new() };
    write_slab(&mut sink, slices, rows);
    sink.encoder.finish()
}

/// The slabs with runs, relative to the box.
pub(super) fn slabs_of(runs: &Runs, bounds: &Bounds) -> Vec<SlabSlices> {
    let shape = runs.shape();
    let mut slabs: Vec<SlabSlices> = Vec::new();
    let of = |a: u64, n: u64| (a.checked_div(n).unwrap_or(0), a.checked_rem(n).unwrap_or(0));
    let relative = |a: u64, b: u64| u32::try_from(a.saturating_sub(b)).unwrap_or(u32::MAX);
    let line = |run: &Run| of(run.start, shape.width()).0;
    for row in runs.as_slice().chunk_by(|a, b| line(a) == line(b)) {
        let Some((slice, y)) = row.first().map(|run| of(line(run), shape.height())) else {
            continue;
        };
        let number = (slice / SLAB_SLICES).saturating_sub(first_slab(bounds));
        if slabs.last().is_none_or(|(last, _)| *last != number) {
            let slices = slab_slices(bounds, number);
            let count = usize::try_from(slices.end.saturating_sub(slices.start)).unwrap_or(0);
            slabs.push((number, vec![Slice::default(); count]));
        }
        let Some((_, slices)) = slabs.last_mut() else { continue };
        let place = slice.saturating_sub(slab_slices(bounds, number).start);
        let Some(target) = usize::try_from(place).ok().and_then(|p| slices.get_mut(p)) else {
            continue;
        };
        let first = target.pieces.len();
        target.pieces.extend(row.iter().map(|run| {
            let (_, x) = of(run.start, shape.width());
            let start = relative(x, bounds.columns.start);
            let end = relative(x.saturating_add(run.len()), bounds.columns.start);
            Piece { start, end, residuals: NO_RESIDUALS }
        }));
        target.close(relative(y, bounds.rows.start), first);
    }
    slabs
}

/// The slabs with x and y exchanged, if runs are clearly fewer so.
fn exchange_all(
    slabs: &[SlabSlices],
    [rows, columns]: [u32; 2],
    runs: usize,
) -> Option<Vec<SlabSlices>> {
    if rows > EXCHANGE_AXIS_MAX || columns > EXCHANGE_AXIS_MAX {
        return None;
    }
    // Fewer by a quarter or more: blocks shrink by less than runs do.
    let most = runs.saturating_sub(runs / 4);
    let along_y = slabs.iter().flat_map(|(_, slices)| slices).map(runs_along_y).sum::<u64>();
    if along_y > most as u64 {
        return None;
    }
    let mut exchange = Exchange::default();
    let mut all = Vec::with_capacity(slabs.len());
    let mut total = 0_usize;
    for (number, slices) in slabs {
        let mut out = vec![Slice::default(); slices.len()];
        let (mut along_x, mut along_y) = (0_usize, 0_usize);
        for (slice, out) in slices.iter().zip(&mut out) {
            exchange.exchange(slice, columns, most.checked_sub(total)?, out)?;
            total = total.saturating_add(out.pieces.len());
            along_x = along_x.saturating_add(slice.pieces.len());
            along_y = along_y.saturating_add(out.pieces.len());
        }
        if along_x > exchange_most(along_y) {
            return None;
        }
        all.push((*number, out));
    }
    Some(all)
}

/// Most runs along x of a slab that has so many along y.
pub(super) fn exchange_most(along_y: usize) -> usize {
    along_y.saturating_mul(EXCHANGE_TIMES).saturating_add(EXCHANGE_MORE)
}
