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

/// What a row costs when its high four bits are read, all eight, and when it is bounded again or
/// scored on its own: percent of reading it among its neighbours, as measured.
const FOUR: u64 = 27;
const EIGHT: u64 = 50;
const REFINED: u64 = 130;
const SCORED: u64 = 250;
/// Up to which cost a level is kept: a little more than the next one costs at least.
const FOUR_MOST: u64 = 55;
const EIGHT_MOST: u64 = 100;
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

    /// Takes note that after a level so many of `rows` were bounded again, and so many scored.
    pub(super) fn learn(&mut self, level: Level, refined: u64, scored: u64, rows: u64) {
        let (each, most, above) = match level {
            Level::Four => (FOUR, FOUR_MOST, Level::Eight),
            Level::Eight => (EIGHT, EIGHT_MOST, Level::Whole),
            Level::Whole => return,
        };
        let alone = refined.saturating_mul(REFINED).saturating_add(scored.saturating_mul(SCORED));
        let good = alone <= rows.saturating_mul(most.saturating_sub(each));
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
        pace.learn(Level::Four, 90, 0, 100);
        assert_eq!(pace.next(), Level::Eight);
        pace.learn(Level::Eight, 90, 0, 100);
        let seen: Vec<Level> = (0..20).map(|_| pace.next()).collect();
        assert_eq!(seen.iter().filter(|level| **level == Level::Eight).count(), 3);
        pace.learn(Level::Eight, 1, 1, 100);
        assert_eq!(pace.next(), Level::Eight);
        pace.learn(Level::Four, 1, 1, 100);
        assert_eq!(pace.next(), Level::Four);
    }
}
