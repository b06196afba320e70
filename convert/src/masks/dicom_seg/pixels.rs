//! Pixels of frames as runs.

use std::borrow::Cow;

use super::element::Set;
use super::error::DicomSegError;
use super::rle;
use super::tags::{BITS_ALLOCATED, PIXEL_DATA};
use super::text::wrong;

/// The pixels of all frames.
pub(super) struct Pixels<'a> {
    bits: u64,
    /// Pixels of a frame.
    area: u64,
    width: u64,
    data: Data<'a>,
}

enum Data<'a> {
    /// One frame after another, without a gap even between bits.
    Native(&'a [u8]),
    /// A fragment of RLE for each frame.
    Rle(Vec<&'a [u8]>),
}

impl<'a> Pixels<'a> {
    pub(super) fn of(
        set: Set<'a>,
        rle: bool,
        frames: u64,
        [rows, columns]: [u64; 2],
    ) -> Result<Self, DicomSegError> {
        let bits = u64::from(set.word(BITS_ALLOCATED)?);
        if ![1, 8, 16].contains(&bits) || (rle && bits == 1) {
            return Err(wrong(BITS_ALLOCATED, format!("is {bits}; 1, 8 and 16 are read")));
        }
        let area = rows.saturating_mul(columns);
        let element = set.need(PIXEL_DATA)?;
        if element.marked != rle {
            return Err(wrong(PIXEL_DATA, "does not have the form of the transfer syntax"));
        }
        let data = if rle {
            // The first item is a table of offsets, which may be empty.
            let fragments: Result<Vec<&[u8]>, DicomSegError> =
                element.items().skip(1).map(|item| item.map(|item| item.bytes)).collect();
            let fragments = fragments?;
            if fragments.len() as u64 != frames {
                let what = format!("has {} fragments for {frames} frames", fragments.len());
                return Err(wrong(PIXEL_DATA, what));
            }
            Data::Rle(fragments)
        } else {
            let needed = frames.saturating_mul(area).saturating_mul(bits).div_ceil(8);
            if (element.value.len() as u64) < needed {
                return Err(DicomSegError::Pixels(needed, element.value.len() as u64));
            }
            Data::Native(element.value)
        };
        Ok(Self { bits, area, width: columns.max(1), data })
    }

    /// Calls `see` with the runs (value, start, end) of what `kept` makes of the pixels of each row of a frame;
    /// zeros are left out.
    pub(super) fn each_run(
        &self,
        frame: u64,
        kept: impl Fn(u16) -> u16,
        see: impl FnMut(u16, u64, u64) -> Result<(), DicomSegError>,
    ) -> Result<(), DicomSegError> {
        let bytes_each = usize::try_from(self.bits.div_ceil(8)).unwrap_or(1);
        let pixels = usize::try_from(self.area).unwrap_or(usize::MAX);
        let bytes: Cow<'_, [u8]> = match &self.data {
            Data::Native(bytes) if self.bits == 1 => return self.each_bit_run(bytes, frame, see),
            Data::Native(bytes) => {
                let length = pixels.saturating_mul(bytes_each);
                let start = usize::try_from(frame).unwrap_or(usize::MAX).saturating_mul(length);
                bytes.get(start..start.saturating_add(length)).unwrap_or(&[]).into()
            }
            Data::Rle(fragments) => {
                let fragment = usize::try_from(frame).ok().and_then(|frame| fragments.get(frame));
                let decoded = rle::decoded(fragment.copied().unwrap_or(&[]), pixels, bytes_each);
                let number = frame.saturating_add(1);
                decoded.map_err(|what| DicomSegError::Frame(number, what.into()))?.into()
            }
        };
        let width = usize::try_from(self.width).unwrap_or(usize::MAX);
        if bytes_each == 2 {
            let (pairs, _) = bytes.as_chunks();
            row_runs(pairs, width, |&pair: &[u8; 2]| kept(u16::from_le_bytes(pair)), see)
        } else {
            row_runs(&bytes, width, |&byte| kept(u16::from(byte)), see)
        }
    }

    fn each_bit_run(
        &self,
        bytes: &[u8],
        frame: u64,
        mut see: impl FnMut(u16, u64, u64) -> Result<(), DicomSegError>,
    ) -> Result<(), DicomSegError> {
        let first = frame.saturating_mul(self.area);
        let rows = self.area.checked_div(self.width).unwrap_or(0);
        for row in 0..rows {
            let start = row.saturating_mul(self.width);
            let from = first.saturating_add(start);
            let to = from.saturating_add(self.width);
            let mut at = from;
            while at < to {
                let set = next_bit(bytes, at, to, true);
                at = next_bit(bytes, set, to, false);
                if set < at {
                    see(1, set.saturating_sub(first), at.saturating_sub(first))?;
                }
            }
        }
        Ok(())
    }
}

/// Runs of equal kept values of rows.
fn row_runs<T>(
    values: &[T],
    width: usize,
    kept: impl Fn(&T) -> u16,
    mut see: impl FnMut(u16, u64, u64) -> Result<(), DicomSegError>,
) -> Result<(), DicomSegError> {
    let mut start = 0_u64;
    for run in values.chunks(width).flat_map(|row| row.chunk_by(|a, b| kept(a) == kept(b))) {
        let end = start.saturating_add(run.len() as u64);
        match run.first().map_or(0, &kept) {
            0 => {}
            value => see(value, start, end)?,
        }
        start = end;
    }
    Ok(())
}

/// The first bit of this value from `at` on, lowest bits first; `to` when there is none before.
fn next_bit(bytes: &[u8], mut at: u64, to: u64, value: bool) -> u64 {
    while at < to {
        let rest = usize::try_from(at / 8).ok().and_then(|byte| bytes.get(byte..)).unwrap_or(&[]);
        let mut word = [0; 8];
        for (out, byte) in word.iter_mut().zip(rest) {
            *out = *byte;
        }
        let word = u64::from_le_bytes(word);
        let skip = at % 8;
        let wanted = if value { word } else { !word } >> skip;
        let there = 64_u64.saturating_sub(skip);
        let found = u64::from(wanted.trailing_zeros());
        if found < there {
            return at.saturating_add(found).min(to);
        }
        at = at.saturating_add(there);
    }
    to
}
