//! The best labels of images.

use vesalius::{Bitmap, ConceptQuery, softmax};

use crate::Result;

/// The best labels of an image.
pub(super) struct Guess {
    pub(super) row: u64,
    /// Best first; of equal scores the first text.
    pub(super) labels: Vec<Labelled>,
}

/// A label, and how sure it is.
#[derive(Clone, Copy)]
pub(super) struct Labelled {
    pub(super) place: usize,
    pub(super) score: f32,
    pub(super) probability: f32,
}

impl Guess {
    /// The `top` best labels of all images with a value, by row.
    pub(super) fn all(
        query: &ConceptQuery<'_>,
        filter: Option<&Bitmap>,
        top: usize,
    ) -> Result<Vec<Self>> {
        let count = query.count().max(1);
        let mut guesses = Vec::new();
        let mut shares = Vec::new();
        let mut order: Vec<usize> = Vec::new();
        query.for_each_block(filter, |rows, scores| {
            for (row, scores) in rows.iter().zip(scores.chunks_exact(count)) {
                shares.clear();
                shares.extend_from_slice(scores);
                softmax(&mut shares);
                order.clear();
                order.extend(0..count);
                let score = |place: &usize| scores.get(*place).copied().unwrap_or(f32::NAN);
                let better =
                    |a: &usize, b: &usize| score(b).total_cmp(&score(a)).then_with(|| a.cmp(b));
                if top < count {
                    order.select_nth_unstable_by(top, better);
                    order.truncate(top);
                }
                order.sort_unstable_by(better);
                let label = |place: &usize| Labelled {
                    place: *place,
                    score: score(place),
                    probability: shares.get(*place).copied().unwrap_or(f32::NAN),
                };
                guesses.push(Self { row: *row, labels: order.iter().map(label).collect() });
            }
            Ok(true)
        })?;
        guesses.sort_unstable_by_key(|guess| guess.row);
        Ok(guesses)
    }

    /// The best label.
    pub(super) fn best(&self) -> Option<usize> {
        self.labels.first().map(|label| label.place)
    }

    /// Whether a label is among the best.
    pub(super) fn has(&self, place: usize) -> bool {
        self.labels.iter().any(|label| label.place == place)
    }
}
