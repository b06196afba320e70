//! A query as integers.

use super::super::kernels::Kernel;
use super::super::kernels::nibbles::Weights;
use super::super::rotation::Rotation;
use super::super::similarity::Metric;
use super::{LENGTH_MAX, up};

/// How many bytes a weight of a query has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planes {
    /// One: weights from -127 to 127. The bound is about twice as wide with eight bits, and little wider with four.
    One,
    /// Two, of which as much is used as the sums have room for: about 15 bits.
    Two,
}

/// The largest weight of one byte.
const WEIGHT_ONE: f64 = 127.0;
/// The largest weight of two bytes that both are within -128 to 127.
const WEIGHT_TWO: f64 = 127.0 * 256.0;
/// Elements all below this are taken for zero.
const TINY: f64 = 1.0 / (1_u64 << 60) as f64;
/// More than what squares and products lose that are too small for an f32, over 65,536 elements.
const LOST: f64 = 1.0 / 18_446_744_073_709_551_616.0;

/// A query, turned and as integers, for rows around one centre: `R v` is about `scale * W`, where `v` is the query `q`,
/// and `q - c` for l2.
#[derive(Clone, Debug)]
pub struct CodedQuery {
    pub(in crate::search) metric: Metric,
    pub(in crate::search) dim: usize,
    /// The step of the weights.
    pub(in crate::search) scale: f64,
    /// At least `|R v - scale W|`.
    pub(in crate::search) error: f64,
    /// At least `|v|`, and less than that by its rounding.
    pub(in crate::search) length: f64,
    /// At least `|scale W|`.
    pub(in crate::search) coded_length: f64,
    /// At least `|q|`.
    pub(in crate::search) query_length: f64,
    /// At least `|c|`.
    pub(in crate::search) centre_length: f64,
    /// `<q, c>`, but for the rounding of f64.
    pub(in crate::search) base: f64,
    /// The length of the query as the canonical cosine takes it.
    pub(in crate::search) norm: f32,
    upper: Vec<i8>,
    lower: Vec<i8>,
    /// The sum of the weights.
    sum: i32,
}

impl CodedQuery {
    /// The query `q` `[D]` for rows around a centre `[D]`; `norm` is its canonical length, `rotation` that of the codes.
    ///
    /// `None` where lengths differ or the query is not one for codes: not finite, or too long.
    pub fn new(
        metric: Metric,
        planes: Planes,
        query: &[f32],
        norm: f32,
        centre: &[f32],
        rotation: &Rotation,
    ) -> Option<Self> {
        let dim = query.len();
        if centre.len() != dim || rotation.dim() != dim || dim == 0 {
            return None;
        }
        let (query_length, centre_length) = (length(query), length(centre));
        let most = f64::from(LENGTH_MAX);
        let fits = query_length <= most && centre_length <= most;
        if !fits || norm.is_nan() {
            return None;
        }
        let base = query.iter().zip(centre).map(|(q, c)| f64::from(*q) * f64::from(*c)).sum();
        let mut turned = vec![0.0_f32; rotation.padded()];
        let apart = metric == Metric::L2;
        for ((value, q), c) in turned.iter_mut().zip(query).zip(centre) {
            *value = if apart { q - c } else { *q };
        }
        let vector_length = if apart { difference(query, centre) } else { query_length };
        let mut room = vec![0.0; rotation.padded()];
        Kernel::best().widely(|| rotation.apply(&mut turned, &mut room));
        let scale = scale(&turned, planes);
        let mut coded = Self {
            metric,
            dim,
            scale,
            error: 0.0,
            length: vector_length,
            coded_length: 0.0,
            query_length,
            centre_length,
            base,
            norm,
            upper: Vec::with_capacity(turned.len()),
            lower: Vec::with_capacity(turned.len()),
            sum: 0,
        };
        coded.weigh(&turned);
        if planes == Planes::One {
            coded.upper.clear();
        }
        Some(coded)
    }

    /// Rounds the elements to weights and measures what is left.
    fn weigh(&mut self, turned: &[f32]) {
        let inverse = if self.scale > 0.0 { 1.0 / self.scale } else { 0.0 };
        let (mut rest, mut coded) = (0.0_f64, 0.0_f64);
        for &value in turned {
            let weight = whole(f64::from(value) * inverse);
            let (upper, lower) = bytes(weight);
            self.upper.push(upper);
            self.lower.push(lower);
            self.sum = self.sum.wrapping_add(weight);
            let stands_for = f64::from(weight) * self.scale;
            rest += (f64::from(value) - stands_for).powi(2);
            coded += stands_for.powi(2);
        }
        let outward = 1.0 + 1e-9;
        // The rotation is off by so much, and with l2 the differences by a rounding each, which there is room for.
        let turning = f64::from(Rotation::RELATIVE_ERROR) * 1.02 * self.length;
        self.error = rest.sqrt() * outward + turning + LOST;
        self.coded_length = coded.sqrt() * outward;
    }

    /// The weights, one an element of a rotated row.
    pub(crate) fn weights(&self) -> Weights<'_> {
        Weights { upper: &self.upper, lower: &self.lower }
    }

    /// The weights `W` of one byte `[P]`: `upper` is empty then. With two bytes the weight is `256 upper + lower`.
    pub fn bytes(&self) -> (&[i8], &[i8]) {
        (&self.upper, &self.lower)
    }

    /// The sum of the weights.
    pub fn sum(&self) -> i32 {
        self.sum
    }
}

/// The Euclidean length, rounded up a little.
fn length(vector: &[f32]) -> f64 {
    let sum: f64 = vector.iter().map(|value| f64::from(*value).powi(2)).sum();
    sum.sqrt() * (1.0 + 1e-9)
}

fn difference(a: &[f32], b: &[f32]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    sum.sqrt() * (1.0 + 1e-9)
}

/// The step of the weights: the finest for which the sum of their sizes, times 255, is less than 2^31. That of one byte
/// always is, as `127 * 255 * 65,536` is. Zero for a vector that is as good as zero.
fn scale(turned: &[f32], planes: Planes) -> f64 {
    let largest = f64::from(turned.iter().fold(0.0_f32, |most, value| most.max(value.abs())));
    if largest < TINY {
        return 0.0;
    }
    match planes {
        Planes::One => largest / WEIGHT_ONE,
        Planes::Two => {
            let sum: f64 = turned.iter().map(|value| f64::from(value.abs())).sum();
            // Rounding adds up to a half to each.
            let room = 2_147_483_647.0 / 255.0 - turned.len() as f64;
            (largest / WEIGHT_TWO).max(sum / room)
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 127 times 256 by its scale")]
fn whole(value: f64) -> i32 {
    value.round() as i32
}

/// A weight as `256 upper + lower`.
fn bytes(weight: i32) -> (i8, i8) {
    let [lower, ..] = weight.to_le_bytes();
    let [upper, ..] = ((weight - i32::from(lower.cast_signed())) >> 8).to_le_bytes();
    (upper.cast_signed(), lower.cast_signed())
}

/// Outward, as an f32.
pub(super) fn outward(value: f64) -> f32 {
    up(value)
}
