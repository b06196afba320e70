//! The first walk over the opcodes: which memo entries does the pickle ever fetch?

use super::error::PickleError;
use super::limits::Limits;
use super::opcode::{Cursor, Instruction};

/// What one walk over the opcodes of a pickle tells: the memo entries that it fetches. Pickles put nearly
/// every object into the memo and fetch a few dozen; only those need to be kept for later.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Sorted, without repetition.
    fetched: Vec<u32>,
    consumed: u64,
}

impl Plan {
    /// Walks `input` up to its STOP. Payloads are skipped.
    ///
    /// # Errors
    /// What can be seen without executing: truncation, unknown or refused opcodes, limits.
    pub fn scan(input: &[u8], limits: &Limits) -> Result<Self, PickleError> {
        Self::scan_with(input, limits, &mut |_| {})
    }

    /// As [`Self::scan`]; `passed` is told now and then how many bytes were walked, so that a map can let go
    /// of them.
    ///
    /// # Errors
    /// As [`Self::scan`].
    pub fn scan_with(
        input: &[u8],
        limits: &Limits,
        passed: &mut dyn FnMut(u64),
    ) -> Result<Self, PickleError> {
        Self::walk(input, limits, &mut |position| {
            passed(position);
            true
        })
    }

    /// A plan from the first `bytes` of `input` alone, for a pickle that fetches nothing else later on: nearly
    /// every pickle of many alike objects. Reading any other by it ends in an error, never in other objects.
    ///
    /// # Errors
    /// As [`Self::scan`], for those bytes.
    pub fn guess(input: &[u8], limits: &Limits, bytes: u64) -> Result<Self, PickleError> {
        Self::walk(input, limits, &mut |position| position < bytes)
    }

    /// Asks `on` every now and then whether to go on.
    fn walk(
        input: &[u8],
        limits: &Limits,
        on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Self, PickleError> {
        /// Bytes from one question to the next.
        const STRETCH: u64 = 1 << 20;
        if input.len() as u64 > limits.input {
            return Err(PickleError::Limit { offset: 0, what: "input", limit: limits.input });
        }
        let mut fetched = Fetched::default();
        let mut cursor = Cursor::new(input, limits.line);
        let mut next = STRETCH;
        loop {
            match cursor.next()? {
                Instruction::Stop => break,
                Instruction::Get(index) => fetched.add(index, limits.memo, cursor.offset())?,
                _ => {}
            }
            if cursor.position() >= next {
                next = cursor.position().saturating_add(STRETCH);
                if !on(cursor.position()) {
                    break;
                }
            }
        }
        fetched.settle();
        Ok(Self { fetched: fetched.indices, consumed: cursor.position() })
    }

    /// Bytes from the start up to and including STOP, or those that a guess is made from.
    pub fn consumed(&self) -> u64 {
        self.consumed
    }

    pub(super) fn fetched(&self) -> &[u32] {
        &self.fetched
    }
}

/// Collects indices and removes repetitions whenever their number has doubled.
#[derive(Default)]
struct Fetched {
    indices: Vec<u32>,
    settled: usize,
}

impl Fetched {
    fn add(&mut self, index: u32, limit: usize, offset: u64) -> Result<(), PickleError> {
        /// Below this, sorting more often would cost more than it saves.
        const SMALL: usize = 4096;
        self.indices.push(index);
        if self.indices.len() > self.settled.saturating_mul(2).saturating_add(SMALL) {
            self.settle();
            if self.settled > limit {
                return Err(PickleError::Limit { offset, what: "memo", limit: limit as u64 });
            }
        }
        Ok(())
    }

    fn settle(&mut self) {
        self.indices.sort_unstable();
        self.indices.dedup();
        self.settled = self.indices.len();
    }
}

#[cfg(test)]
impl Plan {
    /// As if the pickle fetched every memo entry below `n`.
    pub(super) fn with_everything_fetched(mut self, n: u32) -> Self {
        self.fetched.extend(0..n);
        self.fetched.sort_unstable();
        self.fetched.dedup();
        self
    }
}
