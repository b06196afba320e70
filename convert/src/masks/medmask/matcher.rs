//! What repeats in label maps, for Zstandard: a run goes on, the row before, the slice before.

use super::sequences::{MATCH_MAX, Sequence};

/// How far back a match may lie, at most.
const WINDOW_MAX: usize = 4 << 20;
const WINDOW_MIN: usize = 2 << 10;
/// Bytes that are hashed to find an earlier place.
const KEY: usize = 8;
const TABLE_LOG: u32 = 16;
/// A match of this length is taken without a look at the next place.
const GOOD: usize = 64;
/// Bits of a sequence beside its distance, roughly, and those of a literal.
const SEQUENCE_BITS: usize = 15;
const LITERAL_BITS: usize = 8;
const MATCH_MIN: usize = 4;

/// Finds matches in a stream that is given block by block.
pub(super) struct Matcher {
    /// The window, and at its end the block.
    data: Vec<u8>,
    /// Position of `data[0]` in the stream.
    base: usize,
    window: usize,
    /// Distances that are tried at every place.
    steps: [usize; 3],
    table: Vec<usize>,
}

#[derive(Clone, Copy, Default)]
struct Found {
    distance: usize,
    length: usize,
    /// Bits won, roughly.
    worth: usize,
}

impl Matcher {
    /// For `bytes` in all. `steps` are the distances to the value, the row and the slice before, in bytes.
    pub(super) fn new(bytes: u64, steps: [usize; 3]) -> Self {
        let all = usize::try_from(bytes).unwrap_or(WINDOW_MAX).min(WINDOW_MAX);
        let window = all.next_power_of_two().clamp(WINDOW_MIN, WINDOW_MAX);
        Self { data: Vec::new(), base: 0, window, steps, table: vec![0; 1 << TABLE_LOG] }
    }

    /// The window that a decoder needs: a power of two.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// Takes the next block, as if there were nothing to find in it.
    pub(super) fn skip(&mut self, block: &[u8]) {
        if self.data.len() > self.window.saturating_mul(2) {
            let gone = self.data.len().saturating_sub(self.window);
            self.data.drain(..gone);
            self.base = self.base.saturating_add(gone);
        }
        self.data.extend_from_slice(block);
    }

    /// Takes the next block. Gives its matches, each with the number of literals before it, and the literals.
    pub(super) fn block(&mut self, block: &[u8], recent: usize) -> (Vec<Sequence>, Vec<u8>) {
        self.skip(block);
        let mut at = self.data.len().saturating_sub(block.len());
        let mut start = at;
        let (mut sequences, mut literals) = (Vec::new(), Vec::new());
        let mut recent = recent;
        while at < self.data.len() {
            let mut found = self.find(at, recent);
            if found.length == 0 {
                at = at.saturating_add(1);
                continue;
            }
            while found.length < GOOD {
                let next = self.find(at.saturating_add(1), recent);
                if next.worth <= found.worth.saturating_add(LITERAL_BITS) {
                    break;
                }
                at = at.saturating_add(1);
                found = next;
            }
            literals.extend_from_slice(self.data.get(start..at).unwrap_or_default());
            let Found { distance, length, .. } = found;
            sequences.push(Sequence { literals: at.saturating_sub(start), distance, length });
            recent = distance;
            at = at.saturating_add(length);
            start = at;
        }
        literals.extend_from_slice(self.data.get(start..).unwrap_or_default());
        (sequences, literals)
    }

    /// Where the bytes at `at` were last; the new place is noted.
    fn remember(&mut self, at: usize) -> Option<usize> {
        let key = u64::from_le_bytes(*self.data.get(at..)?.first_chunk::<KEY>()?);
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 64_u32.saturating_sub(TABLE_LOG);
        let slot = self.table.get_mut(usize::try_from(hash).ok()?)?;
        // Zero stands for no place.
        let here = self.base.saturating_add(at).saturating_add(1);
        let before = std::mem::replace(slot, here);
        (before != 0).then(|| here.saturating_sub(before))
    }

    /// The best match at a place of the block. `recent` is the distance of the match before.
    fn find(&mut self, at: usize, recent: usize) -> Found {
        let hashed = self.remember(at);
        let mut best = Found::default();
        for distance in [recent].into_iter().chain(self.steps).chain(hashed) {
            if distance == 0 || distance > self.window {
                continue;
            }
            let Some(from) = at.checked_sub(distance) else { continue };
            let (Some(old), Some(new)) = (self.data.get(from..), self.data.get(at..)) else {
                continue;
            };
            let length = equal(old, new).min(MATCH_MAX);
            let far = if distance == recent { 0 } else { distance.ilog2() };
            let cost = SEQUENCE_BITS.saturating_add(usize::try_from(far).unwrap_or(0));
            let worth = length.saturating_mul(LITERAL_BITS).saturating_sub(cost);
            if length >= MATCH_MIN && worth > best.worth {
                best = Found { distance, length, worth };
            }
        }
        best
    }
}

/// How many bytes at the front are equal.
fn equal(old: &[u8], new: &[u8]) -> usize {
    const STRIDE: usize = 16;
    let blocks = old.as_chunks::<STRIDE>().0.iter().zip(new.as_chunks::<STRIDE>().0);
    let whole = blocks.take_while(|(a, b)| a == b).count().saturating_mul(STRIDE);
    let tail = old.get(whole..).unwrap_or_default().iter();
    let more = tail.zip(new.get(whole..).unwrap_or_default()).take_while(|(a, b)| a == b);
    whole.saturating_add(more.count())
}
