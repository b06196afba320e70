//! How often labels are right.

use std::collections::BTreeMap;

use vesalius::Snapshot;

use super::guess::Guess;
use super::truth::{Known, Truth};
use crate::Result;
use crate::commands::rows;

/// Counts of right and wrong labels.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Images whose label is known and one of the texts.
    pub(super) images: u64,
    /// Those whose best label is right.
    pub(super) right: u64,
    /// Those whose right label is among the best.
    pub(super) in_top: u64,
    /// Images without a value of the attribute.
    pub(super) without: u64,
    /// Images whose attribute names no text, and the first such value.
    pub(super) other: u64,
    pub(super) other_example: Option<String>,
    /// Images by (known label, best label).
    pub(super) confusion: BTreeMap<(usize, usize), u64>,
}

impl Tally {
    pub(super) fn of(snapshot: &Snapshot, truth: &Truth<'_>, guesses: &[Guess]) -> Result<Self> {
        let mut tally = Self::default();
        for guess in guesses {
            match truth.known(&rows::image(snapshot, guess.row)?)? {
                Known::Label(place) => tally.count(place, guess),
                Known::Nothing => tally.without += 1,
                Known::Other(text) => {
                    tally.other += 1;
                    tally.other_example.get_or_insert(text);
                }
            }
        }
        Ok(tally)
    }

    fn count(&mut self, place: usize, guess: &Guess) {
        let Some(best) = guess.best() else { return };
        self.images += 1;
        self.right += u64::from(best == place);
        self.in_top += u64::from(guess.has(place));
        *self.confusion.entry((place, best)).or_default() += 1;
    }

    /// The share of images that are labelled right; `None` of no image.
    pub(super) fn accuracy(&self) -> Option<f64> {
        share(self.right, self.images)
    }

    /// Of a label: images that have it, images labelled with it, and those that are both.
    pub(super) fn of_label(&self, place: usize) -> (u64, u64, u64) {
        let sum = |fits: &dyn Fn(usize, usize) -> bool| {
            let all = self.confusion.iter();
            all.filter(|((known, best), _)| fits(*known, *best)).map(|(_, count)| count).sum()
        };
        let both = self.confusion.get(&(place, place)).copied().unwrap_or(0);
        (sum(&|known, _| known == place), sum(&|_, best| best == place), both)
    }

    /// The wrong label that images of a label get most often, and how often.
    pub(super) fn mistaken_for(&self, place: usize) -> Option<(usize, u64)> {
        let wrong =
            self.confusion.iter().filter(|((known, best), _)| *known == place && *best != place);
        let most = wrong.max_by_key(|((_, best), count)| (**count, std::cmp::Reverse(*best)));
        most.map(|((_, best), count)| (*best, *count))
    }
}

/// A part of a whole; `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
