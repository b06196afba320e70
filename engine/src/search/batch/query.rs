//! Queries as codes, with the numbers that bound the scores of rows.
//!
//! # What is bounded
//!
//! In the terms of [`codes`](super::super::codes): `<z, y> <= <z^, y^> + |z| e + E |y^|`, `<z^, y^>
//! = s (t J + t W / 2)` with the product `J = sum w (u - 128)`, `W = sum w`. With `h` at least
//! `|y|` and `|y^|`, a row can reach the score `T` only if
//!
//! - inner product: `s (t J + t W / 2) + e |z| + h E + <q, c> - T >= 0`
//! - cosine: `... + <q, c> - T |q| |x| >= 0`
//! - l2: `... - |y|^2 / 2 + (T^2 - |z|^2) / 2 >= 0`
//!
//! which are the sums of [`QueryBounds`]. What stays is scored in full.
//!
//! # What rounding may do
//!
//! Rotations and codes have their errors in `e` and `E`. Beyond that, with `u = 2^-24` and `v = (D
//! / 64 + 16) u`:
//!
//! - A canonical product is off by at most `v |q| |x|`, `|x| <= |c| + h`; a squared distance, and
//!   `|y|^2`, by `4 v` of itself. A cosine is a canonical product divided by the same norms as
//!   here: off by `3 u` of itself, and taken for -1 when it is less.
//! - The sum: 8 operations, each off by `u` of at most the sum of all terms without signs, where
//!   `|s t J| + |s t W / 2| <= 3 |z^| h`, as `s sqrt(P) / 2 <= |y|`: [`SUM`] of each term.
//! - Underflow: queries and rows that are very short always stay. For others, [`TINY`].

use parking_lot::Mutex;

use super::super::codes::{Along, CodedQuery, CodesView, Planes, TurnedQuery, rotation};
use super::super::kernels::tiles::{CodePanels, PANEL, QueryBounds, RowBound};
use super::super::kernels::{Kernel, Row};
use super::super::parallel;
use super::super::similarity::Metric;
use super::super::sweep::mismatch;
use super::limits::Limit;
use crate::error::Result;

const U: f64 = 1.0 / 16_777_216.0;
const SUM: f64 = 64.0 * U;
const TINY: f64 = 1.0 / (1_u128 << 120) as f64;
/// Queries shorter than this always stay.
const QUERY_LEAST: f64 = 1.0 / (1_u64 << 40) as f64;
/// Rows shorter than this always stay.
const ROW_LEAST: f32 = 1.0 / (1_u64 << 60) as f32;

/// Queries for rows around one centre.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) panels: CodePanels,
    /// `None` where a query is not one for codes.
    numbers: Vec<Option<Numbers>>,
    metric: Metric,
    /// `v`.
    rounding: f64,
}

/// The numbers of a query, the limit left out.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    /// `t`.
    scale: f32,
    /// `t W / 2`.
    shift: f32,
    /// `Z` and `E`.
    by_error: f32,
    by_length: f32,
    /// `|z|^2` from below; for l2.
    squares: f64,
    /// `<q, c>` and what is added for certainty.
    base: f64,
    norm: f64,
}

impl Coded {
    /// Codes the queries for rows around a centre.
    pub(super) fn new(
        metric: Metric,
        kernel: Kernel,
        queries: &[Vec<f32>],
        centre: &[f32],
        threads: usize,
    ) -> Result<Self> {
        let turn = rotation(centre.len());
        let mut panels = CodePanels::new(kernel, turn.padded(), queries.len())?;
        let mut numbers = vec![None; queries.len()];
        let rounding = (centre.len().div_ceil(64) as f64 + 16.0) * U;
        let parts = panels.panels_mut().zip(numbers.chunks_mut(PANEL)).zip(queries.chunks(PANEL));
        let parts: Vec<_> = parts.map(|part| Mutex::new(Some(part))).collect();
        parallel::run(
            threads,
            parts.len(),
            || Ok(()),
            |(), task| {
                let part = parts.get(task).and_then(|part| part.lock().take());
                let Some(((mut panel, numbers), queries)) = part else { return Ok(()) };
                for (lane, (slot, query)) in numbers.iter_mut().zip(queries).enumerate() {
                    let norm = kernel.dot(query, Row::F32(query)).map_err(mismatch)?.sqrt();
                    let turned =
                        TurnedQuery::new(metric, query, norm, (centre, Along::Nothing), &turn);
                    let coded = turned.map(|turned| CodedQuery::new(&turned, Planes::One));
                    let Some(coded) = coded.filter(|coded| coded.query_length >= QUERY_LEAST)
                    else {
                        continue;
                    };
                    panel.set(lane, coded.bytes().1);
                    *slot = Some(Numbers::new(&coded, rounding));
                }
                Ok(())
            },
        )?;
        drop(parts);
        Ok(Self { panels, numbers, metric, rounding })
    }

    /// Sets the bounds of a query to a limit.
    pub(super) fn bound(&self, query: usize, limit: Limit, bounds: &mut QueryBounds) {
        let Some(slot) = self.numbers.get(query) else { return };
        let always = [0.0, 0.0, 0.0, 0.0, 0.0, f32::INFINITY];
        let numbers = match (slot, limit) {
            (Some(numbers), Limit::At(score)) => self.at(numbers, f64::from(score)),
            // Only what has no codes may stay, as it may be NaN.
            (Some(numbers), Limit::Closed) => [0.0, 0.0, numbers.by_error, 0.0, 0.0, f32::MIN],
            _ => always,
        };
        bounds.set(query % PANEL, numbers);
    }

    fn at(&self, of: &Numbers, limit: f64) -> [f32; 6] {
        let (by_extra, rest) = match self.metric {
            Metric::InnerProduct => (0.0, of.base - limit + SUM * limit.abs()),
            Metric::Cosine if limit <= -1.0 => (0.0, f64::INFINITY),
            Metric::Cosine => {
                let norms = limit.abs() * of.norm * (SUM + 8.0 * U);
                (up(norms - limit * of.norm), of.base)
            }
            // No distance is negative.
            Metric::L2 if limit < 0.0 => (0.0, f64::from(f32::MIN)),
            Metric::L2 => {
                let farther = limit.powi(2) * (1.0 + 4.0 * self.rounding);
                let slack = SUM * (farther + of.squares);
                (-1.0, (farther - of.squares) / 2.0 + slack + of.base)
            }
        };
        [of.scale, of.shift, of.by_error, of.by_length, by_extra, up(rest + TINY)]
    }

    /// The numbers of rows.
    pub(super) fn rows(&self, codes: &CodesView<'_>, to: &mut Vec<RowBound>) {
        to.clear();
        let facts = codes.step.iter().zip(codes.e8).zip(codes.norm).zip(codes.ynorm2);
        to.extend(facts.map(|(((step, e8), norm), ynorm2)| {
            let short = *norm > 0.0 && *norm < ROW_LEAST;
            let error = if short { f32::INFINITY } else { *e8 };
            let length = (ynorm2.sqrt() + error) * self.upward();
            let extra = match self.metric {
                Metric::InnerProduct => 0.0,
                Metric::Cosine => *norm,
                Metric::L2 => ynorm2 * self.downward() / 2.0,
            };
            RowBound { step: *step, error, length, extra }
        }));
    }

    fn upward(&self) -> f32 {
        up(1.0 + 4.0 * self.rounding + SUM)
    }

    fn downward(&self) -> f32 {
        1.0 - up(4.0 * self.rounding + SUM)
    }
}

impl Numbers {
    fn new(coded: &CodedQuery, v: f64) -> Self {
        let apart = coded.metric == Metric::L2;
        let rounding = if apart { 0.0 } else { v * coded.query_length };
        let by_length = coded.error + rounding + SUM * (coded.coded_length + coded.error);
        let base = if apart {
            0.0
        } else {
            let sizes = coded.query_length * coded.centre_length;
            coded.base + rounding * coded.centre_length + SUM * sizes
        };
        Self {
            scale: nearest(coded.scale),
            shift: nearest(coded.scale * f64::from(coded.sum()) / 2.0),
            by_error: up(coded.length * (1.0 + SUM) + TINY),
            by_length: up(by_length * (1.0 + SUM) + TINY),
            squares: coded.length.powi(2) * (1.0 - SUM),
            base,
            norm: f64::from(coded.norm),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "to the nearest")]
fn nearest(value: f64) -> f32 {
    value as f32
}

/// The least f32 that is no less.
fn up(value: f64) -> f32 {
    let near = nearest(value);
    if f64::from(near) < value { near.next_up() } else { near }
}
