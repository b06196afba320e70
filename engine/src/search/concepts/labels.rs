//! From scores to a label.

use crate::search::exact::rounded;

/// Turns scores into probabilities: `p[i] = exp(s[i] - m) / sum over j of exp(s[j] - m)`, `m` the
/// largest score.
///
/// The formula is that of Bridle (NATO ASI 1990); taking off `m` keeps it from overflowing and
/// changes nothing else (Blanchard, Higham and Higham, IMA J. Numer. Anal. 2021). In f64, rounded
/// once; `exp` is that of the platform, whose last bit may differ between machines. Scores must be
/// finite: with an infinite or NaN score the outcome is NaN where it is not defined.
pub fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weight = |score: f32| (f64::from(score) - f64::from(largest)).exp();
    let sum: f64 = scores.iter().map(|score| weight(*score)).sum();
    for score in scores {
        *score = rounded(weight(*score) / sum);
    }
}

/// [`softmax`] of each row of scores `[N, count]`. A `count` of 0 does nothing.
pub fn softmax_rows(scores: &mut [f32], count: usize) {
    for row in scores.chunks_mut(count.max(1)).filter(|_| count > 0) {
        softmax(row);
    }
}

/// The place of the largest score, of equal ones the first. NaN is no score; `None` where there is
/// none.
pub fn argmax(scores: &[f32]) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (place, score) in scores.iter().enumerate() {
        if !score.is_nan() && best.is_none_or(|(_, largest)| *score > largest) {
            best = Some((place, *score));
        }
    }
    best.map(|(place, _)| place)
}
