//! How many bits the next piece is read with.

/// What of a piece is read for all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The high four bits.
    #[default]
    Four,
    /// The high six.
    Six,
    /// The rows themselves.
    Whole,
}

/// What a row costs when its high four bits are read, or its high six: percent of reading the row
/// among its neighbours, as measured (768 f16, AVX-512, 35 GB/s).
const FOUR: u64 = 27;
const SIX: u64 = 40;
/// What it costs to read two bits more of all rows, or of some; to bound a row by all bits, and to
/// score it, on its own. Where only a few rows of a piece are bounded so, each costs twice as much,
/// which does not matter then.
const WIDENED_ALL: u64 = 14;
const WIDENED: u64 = 65;
const REFINED: u64 = 105;
const SCORED: u64 = 250;
/// Up to which cost a level is kept: a little more than the next one costs at least.
const FOUR_MOST: u64 = 42;
const SIX_MOST: u64 = 100;
/// Pieces until a lower level is tried again, first and at most.
const WAIT: u32 = 2;
const WAIT_MAX: u32 = 64;

/// Whether to read two bits more of all of `rows`, where so many are left that some of them count.
pub(super) fn widen_all(left: u64, rows: u64) -> bool {
    left.saturating_mul(WIDENED) > rows.saturating_mul(WIDENED_ALL)
}

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
            Level::Six => Level::Four,
            Level::Whole => Level::Six,
        };
        if self.left > 0 {
            self.left -= 1;
            return self.level;
        }
        self.wait = self.wait.saturating_mul(2).min(WAIT_MAX);
        self.left = self.wait;
        below
    }

    /// Takes note of what a level left of `rows`: how many had to be bounded by two more bits, by
    /// all of them, and scored.
    pub(super) fn learn(&mut self, level: Level, [widened, refined, scored]: [u64; 3], rows: u64) {
        let (each, most, above) = match level {
            Level::Four => (FOUR, FOUR_MOST, Level::Six),
            Level::Six => (SIX, SIX_MOST, Level::Whole),
            Level::Whole => return,
        };
        let costs = [(widened, WIDENED), (refined, REFINED), (scored, SCORED)];
        let alone = costs
            .iter()
            .fold(0_u64, |sum, (rows, each)| sum.saturating_add(rows.saturating_mul(*each)));
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
        pace.learn(Level::Four, [90, 10, 0], 100);
        assert_eq!(pace.next(), Level::Six);
        pace.learn(Level::Six, [0, 90, 0], 100);
        let seen: Vec<Level> = (0..20).map(|_| pace.next()).collect();
        assert_eq!(seen.iter().filter(|level| **level == Level::Six).count(), 3);
        pace.learn(Level::Six, [0, 1, 1], 100);
        assert_eq!(pace.next(), Level::Six);
        pace.learn(Level::Four, [5, 1, 1], 100);
        assert_eq!(pace.next(), Level::Four);
    }
}
