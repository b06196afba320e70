//! Codes from their planes of four, two and two bits.
//!
//! In each stretch of 128 elements, the first plane has 64 bytes: byte `j` has element `j` in its
//! low four bits and element `64 + j` in its high four. The others have 32: byte `j` has elements
//! `j`, `32 + j`, `64 + j` and `96 + j`, from its lowest two bits up.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::CODES;

const HALF: usize = CODES / 2;
const QUARTER: usize = CODES / 4;

/// Codes as bytes. Lengths are a multiple of 64, 32 and 32 for planes, of 128 for `to`; what has no
/// partner is passed over.
#[inline(always)]
pub(super) fn bytes(planes: [&[u8]; 3], to: &mut [u8]) {
    let [high, middle, low] = planes;
    let twos = middle.as_chunks::<QUARTER>().0.iter().zip(low.as_chunks::<QUARTER>().0);
    let planes = high.as_chunks::<HALF>().0.iter().zip(twos);
    for ((high, (middle, low)), to) in planes.zip(to.as_chunks_mut::<CODES>().0) {
        stretch(high, middle, low, to);
    }
}

/// Codes as 16-bit integers.
#[inline(always)]
pub(super) fn words(planes: [&[u8]; 3], to: &mut [u16]) {
    let [high, middle, low] = planes;
    let twos = middle.as_chunks::<QUARTER>().0.iter().zip(low.as_chunks::<QUARTER>().0);
    let planes = high.as_chunks::<HALF>().0.iter().zip(twos);
    for ((high, (middle, low)), to) in planes.zip(to.as_chunks_mut::<CODES>().0) {
        let mut codes = [0_u8; CODES];
        stretch(high, middle, low, &mut codes);
        for (to, code) in to.iter_mut().zip(codes) {
            *to = u16::from(code);
        }
    }
}

#[inline(always)]
fn stretch(high: &[u8; HALF], middle: &[u8; QUARTER], low: &[u8; QUARTER], to: &mut [u8; CODES]) {
    let ([first, second], [a, b, c, d]) =
        (high.as_chunks::<QUARTER>().0, to.as_chunks_mut::<QUARTER>().0)
    else {
        return;
    };
    let to = a.iter_mut().zip(b).zip(c.iter_mut().zip(d));
    let highs = first.iter().zip(second);
    for (((a, b), (c, d)), ((x, y), (m, l))) in to.zip(highs.zip(middle.iter().zip(low))) {
        *a = x << 4 | (m << 2 & 0x0C) | (l & 0x03);
        *b = y << 4 | (m & 0x0C) | (l >> 2 & 0x03);
        *c = (x & 0xF0) | (m >> 2 & 0x0C) | (l >> 4 & 0x03);
        *d = (y & 0xF0) | (m >> 4 & 0x0C) | l >> 6;
    }
}
