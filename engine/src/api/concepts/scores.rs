//! Scores of images and concepts.

/// Scores of N images for K concepts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConceptScores {
    /// The rows of the images, ascending.
    pub rows: Vec<u64>,
    /// The scores `[N, K]`, C order.
    pub scores: Vec<f32>,
    /// K.
    pub count: usize,
}

impl ConceptScores {
    pub(super) fn new(count: usize) -> Self {
        Self { count, ..Self::default() }
    }

    /// The scores `[K]` of the image at a place of `rows`.
    pub fn row(&self, place: usize) -> Option<&[f32]> {
        let start = place.checked_mul(self.count)?;
        self.scores.get(start..start.checked_add(self.count)?)
    }

    /// The scores `[K]` of the image of a row. O(log N).
    pub fn of_row(&self, row: u64) -> Option<&[f32]> {
        self.row(self.rows.binary_search(&row).ok()?)
    }

    pub(super) fn extend(&mut self, rows: &[u64], scores: &[f32]) {
        self.rows.extend_from_slice(rows);
        self.scores.extend_from_slice(scores);
    }

    /// Puts the images in the order of rows: they are not where images were replaced.
    pub(super) fn sort(&mut self) {
        if self.rows.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_unstable_by_key(|place| self.rows.get(*place));
        let mut scores = Vec::with_capacity(self.scores.len());
        for place in &order {
            scores.extend_from_slice(self.row(*place).unwrap_or(&[]));
        }
        self.scores = scores;
        self.rows.sort_unstable();
    }
}
