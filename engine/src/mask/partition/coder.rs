//! The entropy coder: range asymmetric numeral systems (Duda, arXiv:1311.2540) of binary decisions, a state of
//! 32 bits that moves 16 bits at a time. The encoder runs backwards, so that the decoder runs forwards.

use super::slots::{CHANCE_BITS, COUNT, Chances, GAP};

/// A decoder whose state is below it takes in a word, if there is one left.
const LOW: u32 = 1 << 16;
/// The state of an encoder before the last decision, and so of a decoder behind it. It is below [`LOW`], so that
/// the first word is written only when the state has outgrown it.
const FIRST: u32 = 1;
/// The sum of the chances of both outcomes.
const WHOLE: u32 = 1 << CHANCE_BITS;
/// Leaves of the tree of lengths of numbers of quiet voxels, as bits.
const GAP_BITS: u32 = 5;

/// Either direction, as the walk over the voxels sees it. What a decoder returns it has read; an encoder
/// writes the `truth` that it is told and returns it.
pub(super) trait Coder {
    /// Whether the truth comes from the stream.
    const DECODES: bool;

    /// One decision in the chance of a slot.
    fn bit(&mut self, slot: usize, truth: bool) -> bool;

    /// A number of `bits` bits, 31 at most, all alike likely.
    fn raw(&mut self, bits: u32, truth: u32) -> u32;

    /// Begins to count quiet voxels up to the next one that is not as its left neighbour.
    fn gap(&mut self, tree: usize);

    /// Passes quiet voxels, `count` at most; returns how many are as their left neighbour `label`.
    fn quiet(&mut self, truth: &[u16], label: u16, count: usize) -> usize;

    /// A number below `2^bits` by decisions from the highest bit on, in a tree of chances.
    #[inline]
    fn tree(&mut self, tree: usize, bits: u32, truth: u32) -> u32 {
        let mut node = 1_u32;
        for shift in (0..bits).rev() {
            let yes = self.bit(tree + node as usize, truth >> shift & 1 == 1);
            node = node << 1 | u32::from(yes);
        }
        node & !(1 << bits)
    }
}

/// A number of quiet voxels: none more at all, or its plus one in as many bits as it needs.
pub(super) fn code_gap<C: Coder>(coder: &mut C, tree: usize, truth: Option<u32>) -> Option<u32> {
    let plus_one = truth.map_or(0, |n| n + 1);
    let length = coder.tree(GAP + tree * 32, GAP_BITS, u32::BITS - plus_one.leading_zeros());
    let below = length.checked_sub(1)?;
    let high = 1_u32 << below;
    Some((high | coder.raw(below, plus_one & (high - 1))) - 1)
}

/// Reads decisions from bytes.
pub(super) struct BitDecoder<'a> {
    chances: Chances,
    bytes: &'a [u8],
    state: u32,
    gap: usize,
}

impl<'a> BitDecoder<'a> {
    /// `None` when there is not even a state.
    pub(super) fn new(start: &[u16; COUNT], bytes: &'a [u8]) -> Option<Self> {
        let (state, bytes) = bytes.split_first_chunk::<4>()?;
        let state = u32::from_le_bytes(*state);
        let chances = Chances::new(start);
        Some(Self { chances, bytes, state, gap: usize::MAX })
    }

    /// Whether all was read, no number of quiet voxels is left, and the state is the one that encoders begin
    /// with: a weak check on everything decoded.
    pub(super) fn is_done(&self) -> bool {
        self.bytes.is_empty() && self.state == FIRST && self.gap == usize::MAX
    }

    #[inline(always)]
    fn refill(state: &mut u32, bytes: &mut &'a [u8]) {
        if *state < LOW
            && let Some((word, rest)) = bytes.split_first_chunk::<2>()
        {
            *bytes = rest;
            *state = *state << 16 | u32::from(u16::from_le_bytes(*word));
        }
    }
}

impl Coder for BitDecoder<'_> {
    const DECODES: bool = true;

    #[inline(always)]
    fn bit(&mut self, slot: usize, _: bool) -> bool {
        let Self { chances, bytes, state, .. } = self;
        chances.decide(slot, |yes| {
            let (high, low) = (*state >> CHANCE_BITS, *state & (WHOLE - 1));
            let is = low < yes;
            *state = if is { yes * high + low } else { (WHOLE - yes) * high + low - yes };
            Self::refill(state, bytes);
            is
        })
    }

    fn raw(&mut self, bits: u32, _: u32) -> u32 {
        let mut value = 0;
        for shift in (0..bits).step_by(8) {
            let part = (bits - shift).min(8);
            value |= (self.state & ((1 << part) - 1)) << shift;
            self.state >>= part;
            Self::refill(&mut self.state, &mut self.bytes);
        }
        value
    }

    fn gap(&mut self, tree: usize) {
        self.gap = code_gap(self, tree, None).map_or(usize::MAX, |gap| gap as usize);
    }

    #[inline(always)]
    fn quiet(&mut self, _: &[u16], _: u16, count: usize) -> usize {
        if self.gap < count {
            return self.gap;
        }
        if self.gap != usize::MAX {
            self.gap -= count;
        }
        count
    }
}

/// One step of the encoder: an interval `start .. start + size` of `2^bits`.
#[derive(Clone, Copy)]
struct Step {
    start: u16,
    size: u16,
    bits: u8,
}

/// A number of quiet voxels whose place in the order is known before its value.
struct Gap {
    steps_before: usize,
    tree: usize,
    value: Option<u32>,
}

/// Collects decisions; [`BitEncoder::finish`] writes them.
pub(super) struct BitEncoder {
    chances: Chances,
    steps: Vec<Step>,
    gaps: Vec<Gap>,
    passed: u32,
}

impl BitEncoder {
    pub(super) fn new(start: &[u16; COUNT]) -> Self {
        Self { chances: Chances::new(start), steps: Vec::new(), gaps: Vec::new(), passed: 0 }
    }

    /// The bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let walked = std::mem::take(&mut self.steps);
        let gaps = std::mem::take(&mut self.gaps);
        let mut places = Vec::with_capacity(gaps.len());
        for gap in gaps {
            let from = self.steps.len();
            code_gap(&mut self, gap.tree, gap.value);
            places.push((gap.steps_before, from));
        }
        let mut words = Words { state: FIRST, words: Vec::new() };
        let mut walked = walked.as_slice();
        let mut coded = self.steps.as_slice();
        for (steps_before, from) in places.into_iter().rev() {
            let (earlier, later) = walked.split_at_checked(steps_before).unwrap_or((walked, &[]));
            let (before, gap) = coded.split_at_checked(from).unwrap_or((coded, &[]));
            words.put_all(later);
            words.put_all(gap);
            (walked, coded) = (earlier, before);
        }
        words.put_all(walked);
        words.finish()
    }
}

impl Coder for BitEncoder {
    const DECODES: bool = false;

    #[inline(always)]
    fn bit(&mut self, slot: usize, truth: bool) -> bool {
        let steps = &mut self.steps;
        self.chances.decide(slot, |yes| {
            let (start, size) = if truth { (0, yes) } else { (yes, WHOLE - yes) };
            let narrow = |n: u32| u16::try_from(n).unwrap_or(0);
            steps.push(Step { start: narrow(start), size: narrow(size), bits: 12 });
            truth
        })
    }

    fn raw(&mut self, bits: u32, truth: u32) -> u32 {
        for shift in (0..bits).step_by(8) {
            let part = (bits - shift).min(8);
            let start = u16::try_from(truth >> shift & ((1 << part) - 1)).unwrap_or(0);
            self.steps.push(Step { start, size: 1, bits: u8::try_from(part).unwrap_or(8) });
        }
        truth
    }

    fn gap(&mut self, tree: usize) {
        if let Some(last) = self.gaps.last_mut() {
            last.value = Some(self.passed);
        }
        self.passed = 0;
        self.gaps.push(Gap { steps_before: self.steps.len(), tree, value: None });
    }

    #[inline]
    fn quiet(&mut self, truth: &[u16], label: u16, count: usize) -> usize {
        let truth = truth.get(..count).unwrap_or(truth);
        let same = truth.iter().position(|&other| other != label).unwrap_or(count);
        self.passed += u32::try_from(same).unwrap_or(u32::MAX);
        same
    }
}

/// The words of an encoder, last first.
struct Words {
    state: u32,
    words: Vec<u16>,
}

impl Words {
    fn put_all(&mut self, steps: &[Step]) {
        for step in steps.iter().rev() {
            self.put(*step);
        }
    }

    fn put(&mut self, step: Step) {
        let (start, size) = (u32::from(step.start), u32::from(step.size).max(1));
        // The state must be below `size * 2^(32 - bits)` so that it stays in 32 bits.
        if u64::from(self.state) >= u64::from(size) << (32 - u32::from(step.bits)) {
            self.words.push(low_half(self.state));
            self.state >>= 16;
        }
        self.state = ((self.state / size) << step.bits) + self.state % size + start;
    }

    fn finish(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4 + 2 * self.words.len());
        out.extend_from_slice(&self.state.to_le_bytes());
        for word in self.words.iter().rev() {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out
    }
}

fn low_half(state: u32) -> u16 {
    u16::try_from(state & 0xffff).unwrap_or(0)
}
