//! A query as integers.

use super::super::kernels::Kernel;
use super::super::kernels::nibbles::Weights;
use super::super::rotation::Rotation;
use super::super::similarity::Metric;
use super::turn::Weigh;
use super::{LENGTH_MAX, up};

/// Lanes of sums.
const LANES: usize = 16;
/// A number of f64 around which numbers are counted in ones.
const ONES: f64 = 6_755_399_441_055_744.0;

/// How many bytes a weight of a query has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planes {
    /// One: weights from -127 to 127. The bound is about twice as wide with eight bits, and little
    /// wider with four.
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

/// The largest share of the centre that is taken from a query.
const ALONG_MOST: f64 = 2.0;

/// What is taken from a query of the inner product or the cosine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Nothing: `v = q`.
    Nothing,
    /// The share of the centre that leaves the shortest vector.
    Centre,
}

/// A query turned as the rows are: `R v`, where `v = q - a c`: `a` is 1 for l2, else what leaves the
/// shortest vector, within 0 and 2.
#[derive(Clone, Debug)]
pub struct TurnedQuery {
    metric: Metric,
    dim: usize,
    turned: Vec<f32>,
    along: f32,
    length: f64,
    query_length: f64,
    centre_length: f64,
    base: f64,
    norm: f32,
}

/// A turned query as integers: `R v` is about `scale * W`.
#[derive(Clone, Debug)]
pub struct CodedQuery {
    pub(in crate::search) metric: Metric,
    pub(in crate::search) dim: usize,
    /// The step of the weights.
    pub(in crate::search) scale: f64,
    /// At least `|R v - scale W|`.
    pub(in crate::search) error: f64,
    /// At least `|v|`.
    pub(in crate::search) length: f64,
    /// At least `|scale W|`.
    pub(in crate::search) coded_length: f64,
    /// At least `|q|`.
    pub(in crate::search) query_length: f64,
    /// At least `|c|`.
    pub(in crate::search) centre_length: f64,
    /// `a`, the share of the centre that `v` is without.
    pub(in crate::search) along: f32,
    /// `<q, c> - a |c|^2 / 2`, but for the rounding of f64.
    pub(in crate::search) base: f64,
    /// The length of the query as the canonical cosine takes it.
    pub(in crate::search) norm: f32,
    upper: Vec<i8>,
    lower: Vec<i8>,
    /// The sum of the weights.
    sum: i32,
}

impl TurnedQuery {
    /// The query `q` `[D]` for rows around a centre `[D]`; `norm` is its canonical length,
    /// `rotation` that of the codes.
    ///
    /// `None` where lengths differ or the query is not one for codes: not finite, or too long.
    pub fn new(
        metric: Metric,
        query: &[f32],
        norm: f32,
        (centre, along): (&[f32], Along),
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
        let (with_centre, square) = (product(query, centre), product(centre, centre));
        let along = match metric {
            Metric::L2 => 1.0,
            _ if square > 0.0 && along == Along::Centre => {
                nearest((with_centre / square).clamp(0.0, ALONG_MOST))
            }
            _ => 0.0,
        };
        let share = f64::from(along);
        let mut turned = vec![0.0_f32; rotation.padded()];
        // The product of two f32 is exact in f64, so a difference is off by a rounding of its own size.
        for ((value, q), c) in turned.iter_mut().zip(query).zip(centre) {
            *value = nearest(f64::from(*q) - share * f64::from(*c));
        }
        let apart = sum(query, centre, |q, c| (q - share * c) * (q - share * c));
        let length = apart.sqrt() * (1.0 + 1e-9);
        let base = with_centre - share * square / 2.0;
        let mut room = vec![0.0; rotation.padded()];
        rotation.apply(&mut turned, &mut room);
        Some(Self { metric, dim, turned, along, length, query_length, centre_length, base, norm })
    }
}

impl CodedQuery {
    /// Weights of one or two bytes.
    pub fn new(query: &TurnedQuery, planes: Planes) -> Self {
        let TurnedQuery { turned, .. } = query;
        let mut coded = Self {
            metric: query.metric,
            dim: query.dim,
            scale: scale(turned, planes),
            error: 0.0,
            length: query.length,
            coded_length: 0.0,
            query_length: query.query_length,
            centre_length: query.centre_length,
            along: query.along,
            base: query.base,
            norm: query.norm,
            upper: vec![0; if planes == Planes::Two { turned.len() } else { 0 }],
            lower: vec![0; turned.len()],
            sum: 0,
        };
        Kernel::best().widely(Weigh { query: &mut coded, turned });
        coded
    }

    /// Rounds the elements to weights and measures what is left.
    #[expect(clippy::inline_always, reason = "takes on the features of the kernel around it")]
    #[inline(always)]
    pub(super) fn weigh(&mut self, turned: &[f32]) {
        let inverse = if self.scale > 0.0 { 1.0 / self.scale } else { 0.0 };
        let mut sums = Sums::default();
        let chunks = turned.as_chunks::<LANES>().0.iter();
        let lower = self.lower.as_chunks_mut::<LANES>().0.iter_mut();
        let mut upper = self.upper.as_chunks_mut::<LANES>().0.iter_mut();
        for (values, lower) in chunks.zip(lower) {
            let upper = upper.next();
            let weights = sums.add(values, inverse, self.scale);
            *lower = weights.map(|weight| bytes(weight).1);
            if let Some(upper) = upper {
                *upper = weights.map(|weight| bytes(weight).0);
            }
        }
        let (rest, coded): (f64, f64) = (sums.rest.iter().sum(), sums.coded.iter().sum());
        self.sum = sums.weights.iter().fold(0, |sum, weight| sum.wrapping_add(*weight));
        let outward = 1.0 + 1e-9;
        // The rotation is off by so much, and the differences by a rounding each, which there is
        // room for.
        let turning = f64::from(Rotation::RELATIVE_ERROR) * 1.02 * self.length;
        self.error = rest.sqrt() * outward + turning + LOST;
        self.coded_length = coded.sqrt() * outward;
    }

    /// The weights, one an element of a rotated row.
    pub(crate) fn weights(&self) -> Weights<'_> {
        Weights { upper: &self.upper, lower: &self.lower }
    }

    /// The weights `W` of one byte `[P]`: `upper` is empty then. With two bytes the weight is `256
    /// upper + lower`.
    pub fn bytes(&self) -> (&[i8], &[i8]) {
        (&self.upper, &self.lower)
    }

    /// The sum of the weights.
    pub fn sum(&self) -> i32 {
        self.sum
    }
}

/// Sums over lanes of elements.
#[derive(Default)]
struct Sums {
    rest: [f64; LANES],
    coded: [f64; LANES],
    weights: [i32; LANES],
}

impl Sums {
    /// Rounds elements to weights.
    #[expect(clippy::inline_always, reason = "takes on the features of the kernel around it")]
    #[inline(always)]
    fn add(&mut self, values: &[f32; LANES], inverse: f64, scale: f64) -> [i32; LANES] {
        let mut rounded = [0; LANES];
        let sums = self.rest.iter_mut().zip(&mut self.coded).zip(&mut self.weights);
        for (((rest, coded), sum), (value, slot)) in sums.zip(values.iter().zip(&mut rounded)) {
            let value = f64::from(*value);
            let shifted = value * inverse + ONES;
            // A weight has at most 16 bits, and stands in the lowest of the mantissa.
            let [a, b, c, d, ..] = shifted.to_bits().to_le_bytes();
            let weight = i32::from_le_bytes([a, b, c, d]);
            let stands_for = (shifted - ONES) * scale;
            *rest += (value - stands_for) * (value - stands_for);
            *coded += stands_for * stands_for;
            *sum = sum.wrapping_add(weight);
            *slot = weight;
        }
        rounded
    }
}

/// The Euclidean length, rounded up a little.
fn length(vector: &[f32]) -> f64 {
    product(vector, vector).sqrt() * (1.0 + 1e-9)
}

/// The product, but for the rounding of f64.
fn product(a: &[f32], b: &[f32]) -> f64 {
    sum(a, b, |a, b| a * b)
}

#[inline]
fn sum(a: &[f32], b: &[f32], term: impl Fn(f64, f64) -> f64 + Copy) -> f64 {
    let mut lanes = [0.0_f64; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += term(f64::from(*a), f64::from(*b));
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| term(f64::from(*a), f64::from(*b)));
    lanes.into_iter().chain(rest).sum()
}

/// The step of the weights: the finest for which the sum of their sizes, times 255, is less than
/// 2^31. That of one byte always is, as `127 * 255 * 65,536` is. Zero for a vector that is as good
/// as zero.
fn scale(turned: &[f32], planes: Planes) -> f64 {
    let largest = f64::from(turned.iter().fold(0.0_f32, |most, value| most.max(value.abs())));
    if largest < TINY {
        return 0.0;
    }
    match planes {
        Planes::One => largest / WEIGHT_ONE,
        Planes::Two => {
            let sum = sum(turned, turned, |a, _| a.abs());
            // Rounding adds up to a half to each.
            let room = 2_147_483_647.0 / 255.0 - turned.len() as f64;
            (largest / WEIGHT_TWO).max(sum / room)
        }
    }
}

/// A weight as `256 upper + lower`.
#[inline]
fn bytes(weight: i32) -> (i8, i8) {
    let [lower, ..] = weight.to_le_bytes();
    let [upper, ..] = ((weight - i32::from(lower.cast_signed())) >> 8).to_le_bytes();
    (upper.cast_signed(), lower.cast_signed())
}

#[expect(clippy::cast_possible_truncation, reason = "to the nearest")]
fn nearest(value: f64) -> f32 {
    value as f32
}

/// Outward, as an f32.
pub(super) fn outward(value: f64) -> f32 {
    up(value)
}
