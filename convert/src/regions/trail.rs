//! Letting go of what was read.

use std::ops::Range;

/// Bytes that a pass leaves behind before it lets go of them: few enough to count for nothing, and enough
/// that the system is asked seldom.
const STEP: u64 = 4 << 20;
/// Bytes that may lie between two readings of them: Python writes a thousand images at a time.
const AHEAD: u64 = 32 << 20;

/// Follows a pass over a file and gives every stretch of it to `release` once, soon after it was read.
pub(super) struct Trail<F> {
    release: F,
    released: u64,
}

impl<F: FnMut(Range<u64>)> Trail<F> {
    pub(super) fn new(release: F) -> Self {
        Self { release, released: 0 }
    }

    /// Everything before `position` was read.
    pub(super) fn passed(&mut self, position: u64) {
        if position.saturating_sub(self.released) >= STEP {
            self.finish(position);
        }
    }

    /// Everything before `position` was read and is going to be read again. It is let go of too where it is
    /// too much to be kept.
    pub(super) fn ahead(&mut self, position: u64) {
        if position.saturating_sub(self.released) >= AHEAD {
            self.finish(position);
        }
    }

    /// What follows `position` is read again.
    pub(super) fn again(&mut self, position: u64) {
        self.released = self.released.min(position);
    }

    /// As [`Self::passed`], however little it is.
    pub(super) fn finish(&mut self, position: u64) {
        if position > self.released {
            (self.release)(self.released..position);
            self.released = position;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_released_once_and_not_in_crumbs() {
        let mut ranges = Vec::new();
        let mut trail = Trail::new(|range| ranges.push(range));
        let end = 3 * STEP + 5;
        (0..end).step_by(4096).for_each(|position| trail.passed(position));
        trail.passed(7);
        trail.finish(end);
        trail.finish(end);
        assert_eq!(ranges, [0..STEP, STEP..2 * STEP, 2 * STEP..3 * STEP, 3 * STEP..end]);
    }

    #[test]
    fn what_is_read_again_is_kept_unless_it_is_much_and_released_again() {
        let mut ranges = Vec::new();
        let mut trail = Trail::new(|range| ranges.push(range));
        trail.ahead(AHEAD - 1);
        trail.again(0);
        trail.passed(AHEAD - 1);
        trail.ahead(2 * AHEAD);
        trail.again(AHEAD - 1);
        trail.finish(2 * AHEAD);
        assert_eq!(ranges, [0..AHEAD - 1, AHEAD - 1..2 * AHEAD, AHEAD - 1..2 * AHEAD]);
    }
}
