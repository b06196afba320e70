//! How many bits the next piece is read with.

/// What of a piece is read for all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The high four bits.
    #[default]
    Four,
    /// All eight.
    Eight,
    /// The rows themselves.
    Whole,
}

/// Four bits are worth it while they leave at most so many of a hundred rows; what is left costs as many bytes again, and
/// more for being scattered.
const FOUR_LEAVE: u64 = 15;
/// The same for eight bits.
const EIGHT_LEAVE: u64 = 25;
/// Pieces until a lower level is tried again, first and at most.
const WAIT: u32 = 2;
const WAIT_MAX: u32 = 64;

/// The level at hand, by what the levels left in the pieces so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    level: Level,
    left: u32,
    wait: u32,
}

impl Pace {
    /// The level of the next piece.
    pub(super) fn next(&mut self) -> Level {
        let below = match self.level {
            Level::Four => return Level::Four,
            Level::Eight => Level::Four,
            Level::Whole => Level::Eight,
        };
        if self.left > 0 {
            self.left -= 1;
            return self.level;
        }
        self.wait = self.wait.saturating_mul(2).min(WAIT_MAX);
        self.left = self.wait;
        below
    }

    /// Takes note that a level left `open` of `rows`.
    pub(super) fn learn(&mut self, level: Level, open: u64, rows: u64) {
        let (most, above) = match level {
            Level::Four => (FOUR_LEAVE, Level::Eight),
            Level::Eight => (EIGHT_LEAVE, Level::Whole),
            Level::Whole => return,
        };
        let good = open.saturating_mul(100) <= rows.saturating_mul(most);
        if good && level < self.level {
            self.level = level;
        } else if !good && level == self.level {
            self.level = above;
            (self.left, self.wait) = (WAIT, WAIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbs_and_comes_back() {
        let mut pace = Pace::default();
        assert_eq!(pace.next(), Level::Four);
        pace.learn(Level::Four, 90, 100);
        assert_eq!(pace.next(), Level::Eight);
        pace.learn(Level::Eight, 90, 100);
        let seen: Vec<Level> = (0..20).map(|_| pace.next()).collect();
        assert_eq!(seen.iter().filter(|level| **level == Level::Eight).count(), 3);
        pace.learn(Level::Eight, 1, 100);
        assert_eq!(pace.next(), Level::Eight);
        pace.learn(Level::Four, 1, 100);
        assert_eq!(pace.next(), Level::Four);
    }
}
