//! Rounds in which we and a peer take turns, and what comes of them.

use std::time::Instant;

use crate::Result;

/// Median and extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The middle value.
    pub(crate) median: f64,
    /// The least.
    pub(crate) least: f64,
    /// The greatest.
    pub(crate) most: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (&least, &most) = (sorted.first()?, sorted.last()?);
        let (upper, lower) = (sorted.len() / 2, sorted.len().saturating_sub(1) / 2);
        let median = f64::midpoint(*sorted.get(lower)?, *sorted.get(upper)?);
        Some(Self { median, least, most })
    }
}

/// One figure of two contestants, round by round: seconds, or bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    /// Ours and the peer's.
    pairs: Vec<(f64, f64)>,
}

impl Rounds {
    /// Adds a round.
    pub(crate) fn push(&mut self, ours: f64, peer: f64) {
        self.pairs.push((ours, peer));
    }

    /// Runs `count` rounds. Whoever goes first goes second in the next round.
    pub(crate) fn run(
        count: usize,
        mut ours: impl FnMut() -> Result<f64>,
        mut peer: impl FnMut() -> Result<f64>,
    ) -> Result<Self> {
        let mut rounds = Self::default();
        for round in 0..count {
            let (a, b);
            if round % 2 == 0 {
                a = ours()?;
                b = peer()?;
            } else {
                b = peer()?;
                a = ours()?;
            }
            rounds.push(a, b);
        }
        Ok(rounds)
    }

    /// Our figures.
    pub(crate) fn ours(&self) -> Option<Spread> {
        Spread::of(self.pairs.iter().map(|(ours, _)| *ours))
    }

    /// The peer's figures.
    pub(crate) fn peer(&self) -> Option<Spread> {
        Spread::of(self.pairs.iter().map(|(_, peer)| *peer))
    }

    /// The ratios ours / peer, of each round.
    pub(crate) fn share(&self) -> Option<Spread> {
        Spread::of(self.pairs.iter().map(|(ours, peer)| ours / peer))
    }

    /// The ratios peer / ours, of each round: of times, how many times as fast we are.
    pub(crate) fn speedup(&self) -> Option<Spread> {
        Spread::of(self.pairs.iter().map(|(ours, peer)| peer / ours))
    }
}

/// Seconds that a step takes, and what it returns.
pub(crate) fn timed<T>(step: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let value = step()?;
    Ok((start.elapsed().as_secs_f64(), value))
}

#[cfg(test)]
mod tests {
    use super::{Rounds, Spread};

    #[test]
    fn the_median_is_the_middle() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied());
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0]).map(|s| s.median), Some(2.5));
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let mut rounds = Rounds::default();
        rounds.push(1.0, 2.0);
        rounds.push(10.0, 30.0);
        rounds.push(2.0, 8.0);
        assert_eq!(rounds.speedup().map(|s| s.median), Some(3.0));
        assert_eq!(rounds.share().map(|s| s.most), Some(0.5));
    }

    #[test]
    fn contestants_take_turns_at_going_first() {
        let order = std::cell::RefCell::new(String::new());
        let run = |name| {
            order.borrow_mut().push(name);
            Ok(1.0)
        };
        Rounds::run(3, || run('o'), || run('p')).unwrap();
        assert_eq!(*order.borrow(), "oppoop");
    }
}
