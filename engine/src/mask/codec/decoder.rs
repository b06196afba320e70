//! A block to runs.
#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use crate::mask::{Bounds, Run, Runs, VoxelShape, rans};

use super::block::{Coding, Header, Slab, read_table};
use super::encoder::exchange_most;
use super::error::{CodecError, Flaw};
use super::exchange::{EXCHANGE_AXIS_MAX, Exchange};
use super::model::MODEL;
use super::plain_read::{Place, PlainReader};
use super::raw_read::Dense;
use super::read::SlabReader;
use super::slice::Slice;
use super::source::Coded;

/// Decodes a block.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    shape: VoxelShape,
    bounds: Bounds,
    header: Header,
    slabs: Vec<Slab>,
}

impl<'a> Decoder<'a> {
    /// Reads the head of a block of a mask of `shape` in the box `bounds`. O(slabs).
    ///
    /// # Errors
    ///
    /// [`CodecError`] for a box outside of the shape, a coding that is not known, and a table of slabs that does
    /// not go with the box and the bytes.
    pub fn new(bytes: &'a [u8], shape: VoxelShape, bounds: &Bounds) -> Result<Self, CodecError> {
        if !bounds.is_inside(shape) {
            return Err(CodecError::Bounds);
        }
        let byte = bytes.first().ok_or(CodecError::Header { byte: None })?;
        let header = Header::new(*byte)?;
        let slabs = match header.coding {
            Coding::Small | Coding::Fast => read_table(bytes, bounds)?,
            _ => Vec::new(),
        };
        let wide =
            |axis: &Range<u64>| axis.end.saturating_sub(axis.start) > u64::from(EXCHANGE_AXIS_MAX);
        if header.exchanged && (wide(&bounds.rows) || wide(&bounds.columns)) {
            return Err(CodecError::Header { byte: Some(*byte) });
        }
        Ok(Self { bytes, shape, bounds: bounds.clone(), header, slabs })
    }

    /// All runs. O(runs).
    ///
    /// # Errors
    ///
    /// [`CodecError`] for a damaged block.
    pub fn runs(&self) -> Result<Runs, CodecError> {
        self.runs_of_slices(self.bounds.slices.clone())
    }

    /// The runs of slices `t * depth + z`. Only the slabs of 16 that they lie in are decoded; dense blocks whole.
    ///
    /// # Errors
    ///
    /// [`CodecError`] for a damaged block.
    pub fn runs_of_slices(&self, slices: Range<u64>) -> Result<Runs, CodecError> {
        let width = self.shape.width();
        let mut runs = Vec::new();
        self.for_each(slices, |row, from, to| {
            let start = row.wrapping_mul(width);
            runs.push(Run { start: start.wrapping_add(from), end: start.wrapping_add(to) });
        })?;
        Ok(Runs::from_canonical(self.shape, runs))
    }

    /// Calls `sink` with row (`slice * height + y`), first x and the x behind the last of every run of `slices`,
    /// in order. Damage behind what is asked for is not found.
    ///
    /// # Errors
    ///
    /// [`CodecError`] for a damaged block; runs before the damage were given to `sink`.
    pub fn for_each(
        &self,
        slices: Range<u64>,
        mut sink: impl FnMut(u64, u64, u64),
    ) -> Result<(), CodecError> {
        let body = self.bytes.get(1..).unwrap_or(&[]);
        if !matches!(self.header.coding, Coding::Small | Coding::Fast) {
            let dense = Dense { shape: self.shape, bounds: &self.bounds };
            return dense.for_each(self.header.coding, body, &slices, sink);
        }
        let mut rows = PlainReader::new(self.place());
        let mut reader = SlabReader::default();
        let mut exchange = Exchanger::default();
        for slab in &self.slabs {
            if slab.slices.end <= slices.start || slab.slices.start >= slices.end {
                continue;
            }
            let bytes = self.bytes.get(slab.bytes.clone()).unwrap_or(&[]);
            let part = Part { decoder: self, slab, slices: &slices };
            let done = if self.header.coding == Coding::Fast {
                rows.read(bytes, slab.slices.clone(), &slices, &mut sink)
            } else if self.header.exchanged {
                part.exchanged(&mut reader, &mut exchange, bytes, &mut sink)
            } else {
                part.plain(&mut reader, bytes, &mut sink)
            };
            done.map_err(|flaw| CodecError::Slab { slice: slab.slices.start, flaw })?;
        }
        Ok(())
    }
}

impl Decoder<'_> {
    fn place(&self) -> Place {
        let bounds = &self.bounds;
        Place {
            rows: span(&bounds.rows),
            columns: span(&bounds.columns),
            top: bounds.rows.start,
            left: bounds.columns.start,
            height: self.shape.height(),
        }
    }
}

#[derive(Debug, Default)]
struct Exchanger {
    exchange: Exchange,
    slice: Slice,
}

/// A slab of which some slices are wanted.
struct Part<'a> {
    decoder: &'a Decoder<'a>,
    slab: &'a Slab,
    slices: &'a Range<u64>,
}

impl Part<'_> {
    fn plain(
        &self,
        reader: &mut SlabReader,
        bytes: &[u8],
        sink: &mut impl FnMut(u64, u64, u64),
    ) -> Result<(), Flaw> {
        let place = self.decoder.bounds.clone();
        let axes = [span(&place.rows), span(&place.columns)];
        self.slab(reader, bytes, axes, |slice_number, slice| {
            self.give(slice_number, slice, sink);
            Ok(())
        })
    }

    fn exchanged(
        &self,
        reader: &mut SlabReader,
        exchanger: &mut Exchanger,
        bytes: &[u8],
        sink: &mut impl FnMut(u64, u64, u64),
    ) -> Result<(), Flaw> {
        let bounds = &self.decoder.bounds;
        let (rows, columns) = (span(&bounds.rows), span(&bounds.columns));
        let (mut along_x, mut along_y) = (0_usize, 0_usize);
        self.slab(reader, bytes, [columns, rows], |slice_number, slice| {
            let Exchanger { exchange, slice: out } = exchanger;
            along_y = along_y.saturating_add(slice.pieces.len());
            let most = exchange_most(along_y).saturating_sub(along_x);
            exchange.exchange(slice, rows, most, out).ok_or(Flaw::Exchange)?;
            along_x = along_x.saturating_add(out.pieces.len());
            self.give(slice_number, out, sink);
            Ok(())
        })
    }

    /// Reads as many slices as are wanted; to the end of the slab, its end is checked.
    fn slab(
        &self,
        reader: &mut SlabReader,
        bytes: &[u8],
        axes: [u32; 2],
        see: impl FnMut(u64, &Slice) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        let Range { start, end } = self.slab.slices;
        let all = span(&self.slab.slices);
        let count = span(&(start..self.slices.end.min(end)));
        let decoder = rans::Decoder::new(bytes).map_err(Flaw::Symbols)?;
        let mut coded = Coded { model: &MODEL, decoder };
        reader.read(&mut coded, start, count, axes, see)?;
        if count == all { coded.decoder.finish().map_err(Flaw::Symbols) } else { Ok(()) }
    }

    #[inline]
    fn give(&self, number: u64, slice: &Slice, sink: &mut impl FnMut(u64, u64, u64)) {
        if !self.slices.contains(&number) {
            return;
        }
        let bounds = &self.decoder.bounds;
        let first = number.wrapping_mul(self.decoder.shape.height());
        let first = first.wrapping_add(bounds.rows.start);
        let left = bounds.columns.start;
        slice.for_each(|y, piece| {
            let x = |x: u32| left.wrapping_add(u64::from(x));
            sink(first.wrapping_add(u64::from(y)), x(piece.start), x(piece.end));
        });
    }
}

/// Length of an axis of a box or of a slab: 2^31 at most.
fn span(range: &Range<u64>) -> u32 {
    u32::try_from(range.end.saturating_sub(range.start)).unwrap_or(u32::MAX)
}
