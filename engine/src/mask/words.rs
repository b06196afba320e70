//! Equal and zero values counted eight bytes at a time.

#![deny(clippy::arithmetic_side_effects)]

use super::LabelValue;

/// The bytes of a word.
const WORD: usize = 8;
/// Words looked at together where a long way is likely.
const WORDS: usize = 4;

/// How many of the first values are `value`.
#[inline]
pub(super) fn leading_equal<T: LabelValue>(values: &[T], value: T) -> usize {
    let splat = low_bits::<T>().wrapping_mul(u64::from(value.into()));
    let (words, _) = bytemuck::cast_slice::<T, u8>(values).as_chunks::<WORD>();
    for (number, word) in words.iter().enumerate() {
        let other = u64::from_le_bytes(*word) ^ splat;
        if other != 0 {
            return lane::<T>(number, other);
        }
    }
    tail(values, words.len(), |v| v != value)
}

/// How many of the first values are zero. For long stretches.
#[inline]
pub(super) fn leading_zeros<T: LabelValue>(values: &[T]) -> usize {
    let (blocks, _) = bytemuck::cast_slice::<T, u8>(values).as_chunks::<{ WORD * WORDS }>();
    let zero = |block: &&[u8; WORD * WORDS]| {
        let words = block.as_chunks::<WORD>().0;
        words.iter().fold(0, |any, word| any | u64::from_le_bytes(*word)) == 0
    };
    let skipped = blocks.iter().take_while(zero).count();
    let before = lanes::<T>(skipped.saturating_mul(WORDS));
    let rest = values.get(before..).unwrap_or(&[]);
    before.saturating_add(leading_equal(rest, T::zeroed()))
}

/// How many of the first values are not zero.
#[inline]
pub(super) fn leading_nonzero<T: LabelValue>(values: &[T]) -> usize {
    let low = low_bits::<T>();
    let high = low.rotate_right(1);
    let (words, _) = bytemuck::cast_slice::<T, u8>(values).as_chunks::<WORD>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest mark is at the first lane of zero; a borrow spoils only lanes above (Warren, "Hacker's
        // Delight", 2nd edition, section 6-1).
        let zero = word.wrapping_sub(low) & !word & high;
        if zero != 0 {
            return lane::<T>(number, zero);
        }
    }
    tail(values, words.len(), |v| v == T::zeroed())
}

/// A one in each lane of a word.
const fn low_bits<T>() -> u64 {
    match size_of::<T>() {
        1 => 0x0101_0101_0101_0101,
        2 => 0x0001_0001_0001_0001,
        _ => 0x0000_0001_0000_0001,
    }
}

/// How many values are in so many words.
fn lanes<T>(words: usize) -> usize {
    words.wrapping_shl(6_u32.wrapping_sub(bits_shift::<T>()))
}

/// The number of the value that the lowest bit of a word is in.
fn lane<T>(number: usize, word: u64) -> usize {
    let within = word.trailing_zeros().wrapping_shr(bits_shift::<T>()) as usize;
    lanes::<T>(number).wrapping_add(within)
}

/// The logarithm of the bits of a value.
const fn bits_shift<T>() -> u32 {
    match size_of::<T>() {
        1 => 3,
        2 => 4,
        _ => 5,
    }
}

/// How many of the first values come before one that stops, when none of the first `words` words does.
fn tail<T: LabelValue>(values: &[T], words: usize, stops: impl Fn(T) -> bool) -> usize {
    let before = lanes::<T>(words);
    let rest = values.get(before..).unwrap_or(&[]);
    before.saturating_add(rest.iter().position(|v| stops(*v)).unwrap_or(rest.len()))
}
