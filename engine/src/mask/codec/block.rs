//! The frame of a block: its first byte and its table of slabs.
#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use crate::format::varint;
use crate::mask::Bounds;

use super::error::CodecError;

/// No length of a slab needs more.
const NUMBER_MAX: u64 = u64::MAX >> 1;

/// Slices of a slab.
pub const SLAB_SLICES: u64 = 16;

/// How a block is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// Slabs of entropy coded symbols.
    Small,
    /// Slabs of plain rows.
    Fast,
    /// A bit a voxel of the box.
    Bits,
    /// LZ4 of a byte a voxel of the box.
    PackedBox,
    /// LZ4 of a byte a voxel of the array.
    PackedArray,
}

/// Set in the first byte when rows run along y.
const EXCHANGED: u8 = 8;

/// The first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) coding: Coding,
    /// Rows run along y: x and y of every slice are exchanged.
    pub(super) exchanged: bool,
}

impl Header {
    pub(super) fn byte(self) -> u8 {
        let coding = match self.coding {
            Coding::Small => 0,
            Coding::Fast => 1,
            Coding::Bits => 2,
            Coding::PackedBox => 3,
            Coding::PackedArray => 4,
        };
        coding | if self.exchanged { EXCHANGED } else { 0 }
    }

    pub(super) fn new(byte: u8) -> Result<Self, CodecError> {
        let exchanged = byte & EXCHANGED != 0;
        let coding = match byte & !EXCHANGED {
            0 => Coding::Small,
            1 if !exchanged => Coding::Fast,
            2 if !exchanged => Coding::Bits,
            3 if !exchanged => Coding::PackedBox,
            4 if !exchanged => Coding::PackedArray,
            _ => return Err(CodecError::Header { byte: Some(byte) }),
        };
        Ok(Self { coding, exchanged })
    }
}

/// A slab with runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slab {
    /// Its slices.
    pub(super) slices: Range<u64>,
    /// Its bytes in the block.
    pub(super) bytes: Range<usize>,
}

/// The slices of a slab inside of the box, `number` counted from the first slab of the box.
pub(super) fn slab_slices(bounds: &Bounds, number: u64) -> Range<u64> {
    let slab = first_slab(bounds).saturating_add(number);
    let start = slab.saturating_mul(SLAB_SLICES);
    let end = start.saturating_add(SLAB_SLICES);
    start.max(bounds.slices.start)..end.min(bounds.slices.end)
}

/// Number of slabs that the box reaches into.
pub(super) fn slab_count(bounds: &Bounds) -> u64 {
    bounds.slices.end.div_ceil(SLAB_SLICES).saturating_sub(first_slab(bounds))
}

pub(super) fn first_slab(bounds: &Bounds) -> u64 {
    bounds.slices.start.checked_div(SLAB_SLICES).unwrap_or(0)
}

/// Writes the lengths of slabs, given as number and bytes: all but the last slab of the box; a zero stands for
/// empty slabs, and the number of further ones follows it.
pub(super) fn write_table(out: &mut Vec<u8>, slabs: &[(u64, Vec<u8>)]) {
    let mut next = 0;
    let lengths = slabs.split_last().map_or(&[][..], |(_, before)| before);
    let skip = |out: &mut Vec<u8>, from: u64, to: u64| {
        if let Some(further) = to.checked_sub(from).and_then(|gap| gap.checked_sub(1)) {
            varint::put(0, out);
            varint::put(u128::from(further), out);
        }
    };
    for (number, bytes) in lengths {
        skip(out, next, *number);
        varint::put(bytes.len() as u128, out);
        next = number.saturating_add(1);
    }
    if let Some((number, _)) = slabs.last() {
        skip(out, next, *number);
    }
}

/// Reads the table; memory goes with the bytes of the block.
pub(super) fn read_table(bytes: &[u8], bounds: &Bounds) -> Result<Vec<Slab>, CodecError> {
    let count = slab_count(bounds);
    let mut rest = bytes.get(1..).unwrap_or(&[]);
    let mut lengths: Vec<(u64, usize)> = Vec::new();
    let mut number = 0_u64;
    while number.saturating_add(1) < count {
        let wrong = || CodecError::SlabTable { slab: number };
        let length = varint::take(&mut rest, NUMBER_MAX).ok_or_else(wrong)?;
        if length == 0 {
            let further = varint::take(&mut rest, NUMBER_MAX).ok_or_else(wrong)?;
            let next = number.checked_add(further).and_then(|n| n.checked_add(1));
            number = next.filter(|&next| next < count).ok_or_else(wrong)?;
        } else {
            lengths.push((number, usize::try_from(length).map_err(|_| wrong())?));
            number = number.saturating_add(1);
        }
    }
    let mut place = bytes.len().saturating_sub(rest.len());
    let mut slabs = Vec::with_capacity(lengths.len().saturating_add(1));
    for (number, length) in lengths {
        let wrong = || CodecError::SlabTable { slab: number };
        let end = place.checked_add(length).filter(|&end| end < bytes.len()).ok_or_else(wrong)?;
        slabs.push(Slab { slices: slab_slices(bounds, number), bytes: place..end });
        place = end;
    }
    if place >= bytes.len() {
        return Err(CodecError::SlabTable { slab: number });
    }
    slabs.push(Slab { slices: slab_slices(bounds, number), bytes: place..bytes.len() });
    Ok(slabs)
}
