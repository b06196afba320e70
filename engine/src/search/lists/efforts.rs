//! How far a search goes, and what that brings.

use super::sections::damage;
use super::view::ListsView;
use crate::format::Damage;

/// Recalls that were measured.
pub(super) const RECALLS: [f32; 10] =
    [0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9997];
/// Numbers of neighbours that were measured.
pub(super) const NEIGHBOURS: [usize; 4] = [1, 10, 100, 1000];
/// Floats of the table: for each recall and number of neighbours, how far, and the rows that are
/// scanned.
pub(super) const FLOATS: usize = RECALLS.len() * NEIGHBOURS.len() * 2;

/// By how many standard deviations estimates may be off, for each recall.
const DEVIATIONS: [f32; RECALLS.len()] = [0.8, 1.0, 1.2, 1.35, 1.5, 1.7, 1.9, 2.3, 2.6, 3.0];
/// The same where lists are counted.
const COUNTED_DEVIATIONS: f32 = 2.0;

/// What a filter lets pass need not be spread evenly: so many times the neighbours are counted on.
const FILTERED: f64 = 1.5;

/// Nanoseconds of one thread, about: a row or a centroid by its bits; an element of a row that is
/// scored.
const BITS_NS: f64 = 3.0;
const ELEMENT_NS: f64 = 0.11;
/// Nanoseconds to look up the list of a row, and to make a query ready for that.
const MEMBER_NS: f64 = 2.0;
const READY_NS: f64 = 4000.0;

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effort {
    /// As far as finds this share of the true answer on average, as it was measured when the lists
    /// were built, with rows of the field as queries. More than 0.9997 is an exact search.
    Recall(f32),
    /// So many lists, the nearest ones.
    Lists(usize),
    /// Every row of every list: exact.
    All,
}

impl Default for Effort {
    /// A recall of 0.99.
    fn default() -> Self {
        Self::Recall(0.99)
    }
}

/// What costs less for a filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Advice {
    /// The lists; about so many rows of them are looked at.
    Probe {
        /// Rows.
        rows: f64,
    },
    /// To score those of the rows that the filter lets pass that lie in near lists.
    Members,
    /// To score the rows that the filter lets pass.
    Scan,
}

impl Effort {
    /// Whether it is more than lists are measured for.
    pub fn is_exact(self) -> bool {
        let [.., most] = RECALLS;
        matches!(self, Self::Recall(recall) if recall > most)
    }
}

/// How far to go for a recall: the table of an index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Efforts<'a>(&'a [f32]);

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reach {
    /// Lists whose merit is within so much of the best.
    pub(super) within: f32,
    /// Rows that are scanned on average.
    pub(super) rows: f32,
    /// Standard deviations that estimates may be off.
    pub(super) deviations: f32,
}

impl<'a> Efforts<'a> {
    pub(super) fn new(table: &'a [f32]) -> Result<Self, Damage> {
        if table.len() != FLOATS || table.iter().any(|value| value.is_nan() || *value < 0.0) {
            return Err(damage("the table of recalls is not one of distances"));
        }
        Ok(Self(table))
    }

    /// For a recall among so many neighbours; a number between two that were measured is taken on
    /// the line between their logarithms.
    pub(super) fn reach(&self, recall: f32, neighbours: f64) -> Reach {
        let found = RECALLS.iter().position(|measured| *measured >= recall);
        let number = found.unwrap_or(RECALLS.len() - 1);
        let row = self.0.as_chunks::<{ NEIGHBOURS.len() * 2 }>().0.get(number);
        let cells = row.map_or(&[][..], |row| row.as_chunks::<2>().0);
        let place = neighbours.max(1.0).log10();
        let mut reach = (0.0, 0.0);
        for (lower, pair) in cells.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            let share = place - lower as f64;
            if lower == 0 || share > 0.0 {
                reach = (between(a[0], b[0], share), between(a[1], b[1], share));
            }
        }
        let deviations = DEVIATIONS.get(number).copied().unwrap_or(COUNTED_DEVIATIONS);
        Reach { within: reach.0, rows: reach.1, deviations }
    }

    pub(super) fn table(&self) -> &'a [f32] {
        self.0
    }

    pub(super) fn counted_deviations() -> f32 {
        COUNTED_DEVIATIONS
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a rounding to f32")]
fn between(a: f32, b: f32, share: f64) -> f32 {
    (f64::from(a) + (f64::from(b) - f64::from(a)) * share) as f32
}

impl ListsView<'_> {
    /// What costs least to find the best of `allowed` rows.
    pub fn advise(&self, k: usize, allowed: u64, effort: Effort) -> Advice {
        let rows = match effort {
            Effort::Recall(recall) => {
                f64::from(self.efforts.reach(recall, self.neighbours(k, Some(allowed))).rows)
            }
            Effort::Lists(lists) => {
                f64::from(self.entries()) * lists as f64 / self.list_count().max(1) as f64
            }
            Effort::All => f64::from(self.entries()),
        };
        let rows = rows.min(f64::from(self.entries()));
        let (score, allowed) = (ELEMENT_NS * self.dim() as f64, allowed as f64);
        let rank = READY_NS + BITS_NS * self.list_count() as f64;
        let probe = rank + BITS_NS * rows + 2.0 * score * (2.0 * k as f64 + 10.0);
        let share = rows / f64::from(self.entries()).max(1.0);
        let members = rank + allowed * (MEMBER_NS + share * score);
        let scan = allowed * score;
        if scan <= probe.min(members) {
            Advice::Scan
        } else if members <= probe {
            Advice::Members
        } else {
            Advice::Probe { rows }
        }
    }

    /// The neighbours among all rows of which the `k` best allowed ones are about the last.
    pub(super) fn neighbours(&self, k: usize, allowed: Option<u64>) -> f64 {
        let all = f64::from(self.entries()).max(1.0);
        let k = k.max(1) as f64;
        let Some(allowed) = allowed else { return k.min(all) };
        (FILTERED * k * all / (allowed as f64).clamp(1.0, all)).min(all)
    }
}
