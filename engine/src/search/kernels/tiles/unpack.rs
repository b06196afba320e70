//! Codes from their two planes of nibbles.
//!
//! In each stretch of 128 elements, a plane has 64 bytes: byte `j` has element `j` in its low four
//! bits and element `64 + j` in its high four.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::CODES;

const HALF: usize = CODES / 2;

/// Codes as bytes. Lengths are a multiple of 64 for planes, of 128 for `to`; what has no partner is
/// passed over.
#[inline(always)]
pub(super) fn bytes(high: &[u8], low: &[u8], to: &mut [u8]) {
    let planes = high.as_chunks::<HALF>().0.iter().zip(low.as_chunks::<HALF>().0);
    let to = to.as_chunks_mut::<HALF>().0.as_chunks_mut::<2>().0;
    for ((high, low), [first, second]) in planes.zip(to) {
        for (((high, low), first), second) in high.iter().zip(low).zip(first).zip(second) {
            *first = (high & 0x0F) << 4 | (low & 0x0F);
            *second = (high & 0xF0) | low >> 4;
        }
    }
}

/// Codes as 16-bit integers.
#[inline(always)]
pub(super) fn words(high: &[u8], low: &[u8], to: &mut [u16]) {
    let planes = high.as_chunks::<HALF>().0.iter().zip(low.as_chunks::<HALF>().0);
    for ((high, low), to) in planes.zip(to.as_chunks_mut::<CODES>().0) {
        let mut codes = [0_u8; CODES];
        bytes(high, low, &mut codes);
        for (to, code) in to.iter_mut().zip(codes) {
            *to = u16::from(code);
        }
    }
}
