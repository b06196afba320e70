//! Scores bounded by codes, and the proof.
//!
//! # What is known
//!
//! `x` is a stored row, `c` the centre, `y = R (x - c)` with the exact rotation `R` that
//! [`Rotation`] approximates, `y^` the vector that a row's code stands for, with the step `s`.
//! [`CodesView`] has `e >= |y - y^|`: measured against the vector that came out of arithmetic in
//! f32, its errors added. `z = R v` with `v = q - a c`, `a = 1` for l2; `z^ = t W`, and
//! [`CodedQuery`] has `E >= |z - z^|`, again with all errors added. As `R` keeps products, `|q -
//! x|^2 = |z|^2 + |y|^2 - 2 <z, y>` for l2, and else
//!
//! `<q, x> = <q, c> + <z, y> + a <c, x - c>`, where `<c, x - c> = (|x|^2 - |c|^2 - |x - c|^2) / 2`:
//!
//! what lies along the centre is known of each row by its two lengths, and what is off below is so
//! in proportion to `|v|` instead of `|q|`. Of rows that lie on one side, as those of many encoders
//! do, that is about half.
//!
//! # The product
//!
//! `<z, y> = <z^, y^> + <z, y - y^> + <z - z^, y^>`, so by Cauchy and Schwarz
//!
//! `|<z, y> - <z^, y^>| <= |z| e + E |y^|`.
//!
//! With the integer `C = sum W_i (2 u_i - 255)` for eight bits, `sum W_i (8 m_i - 252)` for six and
//! `sum W_i (32 h_i - 240)` for four, `<z^, y^> = s (t / 2) C`. Its size is at most `255 sum |W_i| <
//! 2^31`, as `m_i` is at most 63 and `h_i` at most 15, so it is right although sums wrap.
//!
//! An element of `y^` is at most `127.5 s`, hence `|y^| <= Y s` with `Y = 127.5 sqrt(P)`; or `|y^|
//! <= |y| + e`, which is about a third of that, and needs one more fact of the row: it is taken
//! where `E` is large, for weights of one byte.
//!
//! # The canonical score
//!
//! is not `<q, x>` but within `g |q| |x|` of it, `g = (ceil(D / 64) + 6) u` to first order, `u =
//! 2^-24` (kernels); 16 instead of 6 is room for the higher ones. `|x| <= |c| + |y^| + e`. For l2
//! its square is within a factor of `1 +- g'` of the exact one, with 8 instead of 6; so are `|x|^2`
//! and `|x - c|^2` of a row's facts, which are canonical. What underflows is below `2^-120` in all.
//! The cosine is the canonical product divided by the same f32 as here, rounded, clamped: all of
//! them monotone, so bounds go through unchanged.
//!
//! # Rounding of the bounds
//!
//! They are evaluated in f32: each is a sum of terms of which each goes through at most eight
//! roundings, so the sum is off by at most `16 u` of the sum of the sizes of its terms. [`SLACK`]
//! `= 2^-20` of each term is added to it when it is made: `s (t / 2) C` is at most `|z^| Y s`, so
//! its share goes to the coefficient of `s`. Lengths are at most `2^60`
//! ([`LENGTH_MAX`](super::LENGTH_MAX)), so nothing overflows.
//!
//! A row that is not one for codes has `e` infinite: its interval is all numbers, so that it is
//! always scored.

#![expect(clippy::inline_always, reason = "takes on the features of the kernel around it")]

use super::query::{CodedQuery, outward};
use super::{CodesView, rotation};
use crate::search::similarity::Metric;

/// See "Rounding of the bounds".
const SLACK: f64 = 1.0 / 1_048_576.0;
/// Half the distance of 1 to the next f32.
const U: f64 = 1.0 / 16_777_216.0;
/// More than what underflows.
const LOST: f64 = 1.0 / 1_329_227_995_784_915_872_903_807_060_280_344_576.0;

/// Which bits of the codes were multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `sum W_i h_i`: the high four bits alone.
    Four,
    /// `sum W_i m_i`: the high six bits.
    Six,
    /// `sum W_i u_i`: all eight.
    Eight,
}

/// Intervals of merits, from integer products. The merit of a score is itself, that of a distance
/// its negative: more is better.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    metric: Metric,
    /// What the sum of products is shifted by and less by, modulo 2^32, to be `C`.
    shift: u32,
    less: i32,
    /// `t / 2`.
    half: f32,
    /// What `s`, `e`, `|y|` and 1 are worth.
    per_step: f32,
    per_error: f32,
    per_length: f32,
    constant: f32,
    /// `<q, c> - a |c|^2 / 2`, or `|z|^2` for l2.
    base: f32,
    /// `a / 2`; 0 for l2.
    along: f32,
    /// What squares of lengths are off by, relatively, and for l2 the whole.
    relative: f32,
    whole: f32,
    norm: f32,
    side: Side,
}

/// The lowest and the highest merit that a row can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// No canonical merit of the row is below.
    pub least: f32,
    /// No canonical merit of the row is above.
    pub most: f32,
}

/// The facts of a row.
#[derive(Clone, Copy, Debug)]
struct Facts {
    step: f32,
    error: f32,
    norm: f32,
    ynorm2: f32,
}

impl Facts {
    /// The interval, and all numbers for a row that is not one for codes: its score may be none.
    #[inline(always)]
    fn bounded(self, interval: Interval) -> Interval {
        let fits = self.error < f32::INFINITY;
        Interval {
            least: if fits { interval.least } else { f32::NEG_INFINITY },
            most: if fits { interval.most } else { f32::INFINITY },
        }
    }
}

impl Bound {
    /// The bound of a query.
    pub fn new(query: &CodedQuery, side: Side) -> Self {
        let padded = rotation(query.dim).padded() as f64;
        let blocks = query.dim.div_ceil(64) as f64;
        let whole = (blocks + 32.0) * U * 1.01;
        let tight = query.bytes().0.is_empty();
        let largest = 127.5 * padded.sqrt() * (1.0 + 1e-9);
        let apart = query.metric == Metric::L2;
        // The canonical product; l2 has its rounding elsewhere.
        let rounding = if apart { 0.0 } else { (blocks + 16.0) * U * 1.01 * query.query_length };
        let loose = if tight { 0.0 } else { query.error };
        let per_step = largest * (loose + rounding + 2.0 * SLACK * query.coded_length);
        let per_error = query.length + query.error + rounding;
        let per_length = if tight { query.error * (1.0 + whole) } else { 0.0 };
        let base = if apart { query.length * query.length } else { query.base };
        let along = if apart { 0.0 } else { query.along / 2.0 };
        let centre = f64::from(along) * query.centre_length.powi(2);
        let sizes = if apart { base } else { query.query_length * query.centre_length + centre };
        let lost = query.error * LOST.sqrt() * 2.0 + LOST;
        let constant = rounding * query.centre_length + 4.0 * SLACK * sizes + lost;
        let more = |value: f64| outward(value * (1.0 + 4.0 * SLACK));
        let (shift, less) = match side {
            Side::Eight => (1, 255),
            Side::Six => (3, 252),
            Side::Four => (5, 240),
        };
        Self {
            metric: query.metric,
            shift,
            less: query.sum().wrapping_mul(less),
            half: nearest(query.scale / 2.0),
            per_step: more(per_step),
            per_error: more(per_error),
            per_length: more(per_length),
            constant: more(constant),
            base: nearest(base),
            along,
            relative: outward(whole + 4.0 * SLACK),
            whole: outward(whole + 4.0 * SLACK),
            norm: query.norm,
            side,
        }
    }

    /// The interval of a row of `codes`, from its sum of products.
    pub fn interval(&self, codes: &CodesView<'_>, row: usize, product: i32) -> Option<Interval> {
        let errors = self.errors(codes);
        let facts = Facts {
            step: *codes.step.get(row)?,
            error: *errors.get(row)?,
            norm: *codes.norm.get(row)?,
            ynorm2: *codes.ynorm2.get(row)?,
        };
        Some(match self.metric {
            Metric::InnerProduct => self.product(product, facts),
            Metric::Cosine => self.cosine(product, facts),
            Metric::L2 => self.distance(product, facts),
        })
    }

    #[inline(always)]
    /// The highest merits of the rows of `codes`, into `most`; what is at hand of all three decides how many.
    pub fn highest(&self, codes: &CodesView<'_>, products: &[i32], most: &mut [f32]) {
        match self.metric {
            Metric::InnerProduct => {
                self.each(codes, products, most, |product, facts| {
                    self.product(product, facts).most
                });
            }
            Metric::Cosine => {
                self.each(codes, products, most, |product, facts| self.cosine(product, facts).most);
            }
            Metric::L2 => {
                self.each(codes, products, most, |product, facts| {
                    self.distance(product, facts).most
                });
            }
        }
    }

    #[inline(always)]
    fn each(
        &self,
        codes: &CodesView<'_>,
        products: &[i32],
        most: &mut [f32],
        value: impl Fn(i32, Facts) -> f32,
    ) {
        let facts = codes.step.iter().zip(self.errors(codes)).zip(codes.norm).zip(codes.ynorm2);
        let rows = products.iter().zip(facts);
        for (most, (product, (((step, error), norm), ynorm2))) in most.iter_mut().zip(rows) {
            let facts = Facts { step: *step, error: *error, norm: *norm, ynorm2: *ynorm2 };
            *most = value(*product, facts);
        }
    }

    #[inline(always)]
    fn errors<'a>(&self, codes: &CodesView<'a>) -> &'a [f32] {
        match self.side {
            Side::Four => codes.e4,
            Side::Six => codes.e6,
            Side::Eight => codes.e8,
        }
    }

    /// `<z^, y^>` and what `<z, y>` is off by at most, the constant included.
    #[inline(always)]
    fn parts(&self, product: i32, facts: Facts) -> (f32, f32) {
        let centred = product.wrapping_shl(self.shift).wrapping_sub(self.less);
        let near = facts.step * (centred as f32 * self.half);
        let known = facts.step * self.per_step + facts.error * self.per_error;
        let length =
            if self.per_length > 0.0 { facts.ynorm2.sqrt() * self.per_length } else { 0.0 };
        (near, known + length + self.constant)
    }

    #[inline(always)]
    fn product(&self, product: i32, facts: Facts) -> Interval {
        let (near, off) = self.parts(product, facts);
        let square = facts.norm * facts.norm;
        let near = self.base + near + self.along * (square - facts.ynorm2);
        let off = off + self.along * (square + facts.ynorm2) * self.relative;
        facts.bounded(Interval { least: near - off, most: near + off })
    }

    #[inline(always)]
    fn cosine(&self, product: i32, facts: Facts) -> Interval {
        let Interval { least, most } = self.product(product, facts);
        let norms = self.norm * facts.norm;
        if norms == 0.0 {
            return Interval { least: 0.0, most: 0.0 };
        }
        facts.bounded(Interval { least: (least / norms).max(-1.0), most: (most / norms).min(1.0) })
    }

    #[inline(always)]
    fn distance(&self, product: i32, facts: Facts) -> Interval {
        let (near, off) = self.parts(product, facts);
        let squares = self.base + facts.ynorm2;
        let around = squares - 2.0 * near;
        let off = 2.0 * off + facts.ynorm2 * self.relative;
        let (least, most) = ((around - off).max(0.0), around + off);
        facts.bounded(Interval {
            least: -(most * (1.0 + self.whole)).sqrt(),
            most: -(least * (1.0 - self.whole)).sqrt(),
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "to the nearest")]
fn nearest(value: f64) -> f32 {
    value as f32
}
