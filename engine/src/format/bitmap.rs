//! A dense set of row numbers: one bit a row, in 64-bit words.
//!
//! Bit `i` is bit `i % 64` of word `i / 64`; bits at `len` and above are always zero, so that two
//! equal sets of one length have equal words and counting needs no mask.

#![deny(clippy::arithmetic_side_effects)]

use std::iter::FusedIterator;
use std::ops::Range;

const ONES: u64 = u64::MAX;

/// A set of numbers in `0..len`, one bit each.
///
/// Memory is `len / 8` bytes, so `len` must be bounded by the caller before a bitmap is made of it.
/// No method panics on an index out of range: reading yields `false`, writing does nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: u64,
}

fn word_count(len: u64) -> usize {
    usize::try_from(len.div_ceil(64)).unwrap_or(usize::MAX)
}

/// Where bit `i` lives: the word and the mask within it.
fn locate(i: u64) -> (usize, u64) {
    (usize::try_from(i / 64).unwrap_or(usize::MAX), 1 << (i % 64))
}

/// A word whose lowest `n` bits are set, for `n` below 64.
fn low_bits(n: u64) -> u64 {
    (1_u64 << (n % 64)).wrapping_sub(1)
}

impl Bitmap {
    /// The empty set over `0..len`.
    pub fn new(len: u64) -> Self {
        Self { words: vec![0; word_count(len)], len }
    }

    /// The set of all of `0..len`.
    pub fn full(len: u64) -> Self {
        let mut full = Self { words: vec![ONES; word_count(len)], len };
        full.clear_tail();
        full
    }

    /// The set whose words are given; `None` where there are not exactly `len.div_ceil(64)` words
    /// or a bit at `len` or above is set.
    pub fn from_words(words: Vec<u64>, len: u64) -> Option<Self> {
        let bitmap = Self { words, len };
        let tail_is_clean = match (bitmap.words.last(), len % 64) {
            (Some(last), used @ 1..) => last & !low_bits(used) == 0,
            _ => true,
        };
        (bitmap.words.len() == word_count(len) && tail_is_clean).then_some(bitmap)
    }

    /// One above the largest number the set could hold.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether `len` is zero. For "holds no number" see [`Bitmap::is_empty_set`].
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bits, lowest first, `len.div_ceil(64)` words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether `i` is in the set; `false` at `len` and above.
    pub fn get(&self, i: u64) -> bool {
        let (word, mask) = locate(i);
        self.words.get(word).is_some_and(|bits| bits & mask != 0)
    }

    /// Whether each of the 64 numbers from `start` on is in the set, the first in the lowest bit.
    pub fn bits_at(&self, start: u64) -> u64 {
        let (word, _) = locate(start);
        let low = self.words.get(word).copied().unwrap_or(0);
        let high = self.words.get(word.saturating_add(1)).copied().unwrap_or(0);
        // By two shifts, as one by 64 is none.
        let shift = (start % 64) as u32;
        low.wrapping_shr(shift) | high.wrapping_shl(63_u32.saturating_sub(shift)).wrapping_shl(1)
    }

    /// Puts `i` into the set; nothing at `len` and above.
    pub fn set(&mut self, i: u64) {
        self.insert(i);
    }

    /// Takes `i` out of the set; nothing at `len` and above.
    pub fn clear(&mut self, i: u64) {
        let (word, mask) = locate(i);
        if let Some(bits) = self.words.get_mut(word) {
            *bits &= !mask;
        }
    }

    /// Puts `i` into the set and says whether it is new there; `false` at `len` and above.
    pub fn insert(&mut self, i: u64) -> bool {
        if i >= self.len {
            return false;
        }
        let (word, mask) = locate(i);
        let Some(bits) = self.words.get_mut(word) else { return false };
        let fresh = *bits & mask == 0;
        *bits |= mask;
        fresh
    }

    /// Adds every number of `range` that is below `len`. Costs one write a word.
    pub fn set_range(&mut self, range: Range<u64>) {
        let end = range.end.min(self.len);
        if range.start >= end {
            return;
        }
        let (first, _) = locate(range.start);
        let (last, _) = locate(end.saturating_sub(1));
        let head = !low_bits(range.start);
        let tail = if end.is_multiple_of(64) { ONES } else { low_bits(end) };
        let Some(words) = self.words.get_mut(first..=last) else { return };
        match words {
            [only] => *only |= head & tail,
            [low, middle @ .., high] => {
                *low |= head;
                middle.fill(ONES);
                *high |= tail;
            }
            [] => {}
        }
    }

    /// Adds `start + k` for every bit `k` of `bits`; what falls at `len` and above is dropped.
    pub fn or_bits(&mut self, start: u64, bits: u64) {
        let (word, _) = locate(start);
        let shift = start % 64;
        let turned = bits.rotate_left((start % 64) as u32);
        if let Some(low) = self.words.get_mut(word) {
            *low |= turned & !low_bits(shift);
        }
        if let Some(high) = self.words.get_mut(word.saturating_add(1)) {
            *high |= turned & low_bits(shift);
        }
        self.clear_tail();
    }

    /// Raises `len`, the new numbers absent; nothing where `len` is not above the present one.
    pub fn grow(&mut self, len: u64) {
        if len > self.len {
            self.words.resize(word_count(len), 0);
            self.len = len;
        }
    }

    /// Lowers `len`, dropping the numbers at and above it; nothing where `len` is not below the
    /// present one.
    pub fn truncate(&mut self, len: u64) {
        if len < self.len {
            self.words.truncate(word_count(len));
            self.len = len;
            self.clear_tail();
        }
    }

    /// How many numbers the set holds. Costs one pass over the words.
    pub fn count(&self) -> u64 {
        ones(&self.words)
    }

    /// Whether the set holds no number.
    pub fn is_empty_set(&self) -> bool {
        self.words.iter().all(|&bits| bits == 0)
    }

    /// How many numbers of the set are below `i`. Costs one pass over the words below.
    pub fn rank(&self, i: u64) -> u64 {
        if i >= self.len {
            return self.count();
        }
        let (word, _) = locate(i);
        let below = ones(self.words.get(..word).unwrap_or_default());
        let partial = self.words.get(word).map_or(0, |bits| bits & low_bits(i));
        below.saturating_add(u64::from(partial.count_ones()))
    }

    /// The numbers of the set, ascending.
    pub fn iter(&self) -> Ones<'_> {
        Ones { rest: &self.words, bits: 0, next_base: 0, base: 0 }
    }

    /// Keeps what is also in `other`; a number beyond `other.len()` counts as absent there.
    pub fn and(&mut self, other: &Self) {
        let others = other.words.iter().copied().chain(std::iter::repeat(0));
        for (bits, theirs) in self.words.iter_mut().zip(others) {
            *bits &= theirs;
        }
    }

    /// Adds what is in `other`; where `other` is longer the length grows to match.
    pub fn or(&mut self, other: &Self) {
        self.grow(other.len);
        for (bits, theirs) in self.words.iter_mut().zip(&other.words) {
            *bits |= theirs;
        }
    }

    /// Drops what is in `other`; a number beyond `other.len()` counts as absent there.
    pub fn and_not(&mut self, other: &Self) {
        for (bits, theirs) in self.words.iter_mut().zip(&other.words) {
            *bits &= !theirs;
        }
    }

    /// Turns the set into its complement in `0..len`.
    pub fn not(&mut self) {
        for bits in &mut self.words {
            *bits = !*bits;
        }
        self.clear_tail();
    }

    fn clear_tail(&mut self) {
        let used = self.len % 64;
        if used > 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= low_bits(used);
        }
    }
}

fn ones(words: &[u64]) -> u64 {
    words.iter().map(|bits| u64::from(bits.count_ones())).sum()
}

impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 32;
        let count = self.count();
        write!(f, "Bitmap({count} of {}) ", self.len)?;
        let mut list = f.debug_list();
        list.entries(self.iter().take(SHOWN));
        if count > SHOWN as u64 { list.finish_non_exhaustive() } else { list.finish() }
    }
}

impl<'a> IntoIterator for &'a Bitmap {
    type Item = u64;
    type IntoIter = Ones<'a>;

    fn into_iter(self) -> Ones<'a> {
        self.iter()
    }
}

/// The numbers of a [`Bitmap`], ascending. Costs one step a number and one a word.
#[derive(Debug, Clone)]
pub struct Ones<'a> {
    rest: &'a [u64],
    bits: u64,
    base: u64,
    next_base: u64,
}

impl Iterator for Ones<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        while self.bits == 0 {
            let (&bits, rest) = self.rest.split_first()?;
            self.rest = rest;
            self.bits = bits;
            self.base = self.next_base;
            self.next_base = self.next_base.saturating_add(64);
        }
        let offset = u64::from(self.bits.trailing_zeros());
        self.bits &= self.bits.wrapping_sub(1);
        Some(self.base.saturating_add(offset))
    }
}

impl FusedIterator for Ones<'_> {}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const LENGTHS: [u64; 8] = [0, 1, 63, 64, 65, 127, 128, 200];

    fn seed() -> u64 {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok());
        let seed = seed.unwrap_or(0x00b1_73a9);
        println!("VESALIUS_SEED={seed}");
        seed
    }

    fn step(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    }

    fn sample(len: u64, state: &mut u64) -> (Bitmap, BTreeSet<u64>) {
        let mut bitmap = Bitmap::new(len);
        let mut twin = BTreeSet::new();
        for i in 0..len {
            if step(state).is_multiple_of(3) {
                assert_eq!(bitmap.insert(i), twin.insert(i));
            }
        }
        (bitmap, twin)
    }

    fn check(bitmap: &Bitmap, twin: &BTreeSet<u64>) {
        assert!(bitmap.iter().eq(twin.iter().copied()));
        assert_eq!(bitmap.count(), twin.len() as u64);
        assert_eq!(bitmap.is_empty_set(), twin.is_empty());
        for i in 0..bitmap.len() + 70 {
            assert_eq!(bitmap.get(i), twin.contains(&i));
            assert_eq!(bitmap.rank(i), twin.range(..i).count() as u64);
        }
        let again = Bitmap::from_words(bitmap.words().to_vec(), bitmap.len());
        assert_eq!(again.as_ref(), Some(bitmap));
    }

    #[test]
    fn agrees_with_a_set_of_numbers() {
        let mut state = seed();
        for len in LENGTHS {
            for other_len in LENGTHS {
                let (a, ta) = sample(len, &mut state);
                let (b, tb) = sample(other_len, &mut state);
                check(&a, &ta);
                let mut got = a.clone();
                got.and(&b);
                check(&got, &ta.intersection(&tb).copied().collect());
                let mut got = a.clone();
                got.or(&b);
                assert_eq!(got.len(), len.max(other_len));
                check(&got, &ta.union(&tb).copied().collect());
                let mut got = a.clone();
                got.and_not(&b);
                check(&got, &ta.difference(&tb).copied().collect());
                let mut got = a.clone();
                got.not();
                check(&got, &(0..len).filter(|i| !ta.contains(i)).collect());
                let mut got = a.clone();
                got.truncate(other_len);
                check(&got, &ta.range(..other_len).copied().collect());
                got.grow(len);
                check(&got, &ta.range(..other_len).copied().collect());
            }
        }
    }

    #[test]
    fn ranges_are_set_as_one_by_one() {
        for len in LENGTHS {
            for start in [0, 1, 62, 63, 64, 65, 127, 128, 199, u64::MAX] {
                for end in [0, 1, 63, 64, 65, 128, 130, 200, u64::MAX] {
                    let mut bitmap = Bitmap::new(len);
                    bitmap.set_range(start..end);
                    check(&bitmap, &(start..end.min(len)).collect());
                }
            }
            check(&Bitmap::full(len), &(0..len).collect());
        }
    }

    #[test]
    fn whole_words_land_at_any_offset() {
        let mut state = seed();
        for len in LENGTHS {
            for start in (0..210).chain([u64::MAX - 63, u64::MAX]) {
                let (mut bitmap, mut twin) = sample(len, &mut state);
                let bits = step(&mut state);
                bitmap.or_bits(start, bits);
                let added = (0..64).filter(|k| bits >> k & 1 == 1);
                twin.extend(added.filter_map(|k| start.checked_add(k)).filter(|&i| i < len));
                check(&bitmap, &twin);
            }
        }
    }

    #[test]
    fn out_of_range_is_absent_and_ignored() {
        let mut bitmap = Bitmap::new(65);
        for i in [65, 66, 127, 128, u64::MAX] {
            assert!(!bitmap.insert(i));
            bitmap.set(i);
            bitmap.clear(i);
            assert!(!bitmap.get(i));
        }
        assert!(bitmap.is_empty_set());
        bitmap.set(64);
        bitmap.clear(64);
        assert!(bitmap.is_empty_set());
    }

    #[test]
    fn bits_are_those_of_the_numbers() {
        let mut random = seed();
        for len in LENGTHS {
            let mut bitmap = Bitmap::new(len);
            (0..len).filter(|_| step(&mut random).is_multiple_of(3)).for_each(|i| bitmap.set(i));
            for start in (0..=len + 70).chain([u64::MAX - 64, u64::MAX]) {
                let bit = |k: u64| start.checked_add(k).is_some_and(|i| bitmap.get(i));
                let plain = (0..64).fold(0, |word, k| word | u64::from(bit(k)) << k);
                assert_eq!(bitmap.bits_at(start), plain, "{len} {start}");
            }
        }
    }

    #[test]
    fn foreign_words_are_checked() {
        assert_eq!(Bitmap::from_words(vec![0b111], 2), None);
        assert_eq!(Bitmap::from_words(vec![0b11], 2).map(|b| b.count()), Some(2));
        assert_eq!(Bitmap::from_words(vec![0, 0], 2), None);
        assert_eq!(Bitmap::from_words(vec![], 2), None);
        assert_eq!(Bitmap::from_words(vec![ONES], 64).map(|b| b.count()), Some(64));
        assert_eq!(Bitmap::from_words(vec![], u64::MAX), None);
        assert!(Bitmap::from_words(vec![], 0).is_some());
    }

    #[test]
    fn debug_is_short() {
        let shown = format!("{:?}", Bitmap::full(1000));
        assert!(shown.starts_with("Bitmap(1000 of 1000) [0, 1, 2,"), "{shown}");
        assert!(shown.len() < 200);
    }
}
