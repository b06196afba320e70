//! Whether bits and facts are those of the rows: the slow twin of the encoder.

use super::super::kernels::bits::{Facts, Group, ROWS, bit};
use super::super::kernels::{Kernel, Row};
use super::super::similarity::Metric;
use super::coarse::Coarse;
use super::ready::Ready;
use super::view::ListsView;
use half::slice::HalfFloatSliceExt;

/// What two ways of rounding may differ by, relative to the lengths of what a difference is made of.
const ROUNDING: f64 = 1.0 / 65_536.0;
/// What two sums may differ by, relative to what they are made of.
const SUMS: f64 = 1.0 / 1024.0;
/// Lengths beyond this have no square in f32; shorter ones lose theirs.
const LONGEST: f64 = (1_u64 << 56) as f64;
const SHORTEST: f64 = 1.0 / (1_u64 << 40) as f64;

/// Compares lists with the rows that they are of.
pub(super) struct Audit<'a> {
    view: &'a ListsView<'a>,
    centre: f64,
    ready: Ready,
    centroid: Vec<f32>,
    differences: Vec<f64>,
}

/// A vector `o = y - c` and what is kept of it.
struct Kept<'a> {
    /// `o`.
    o: &'a [f64],
    /// `c`.
    c: &'a [f32],
    /// The lengths of all that `o` is the difference of.
    lengths: f64,
    codes: &'a [Group],
    place: usize,
    facts: [f32; 3],
    /// Whether what is added is that of an inner product, of a distance, or without a centroid.
    inner: bool,
}

impl<'a> Audit<'a> {
    pub(super) fn new(view: &'a ListsView<'a>) -> Self {
        let (ready, centroid, differences) = (Ready::default(), Vec::new(), Vec::new());
        Self { view, centre: length(view.centre), ready, centroid, differences }
    }

    /// Whether the centre is finite, and the centroids are what their bits and facts say.
    pub(super) fn centroids(&mut self) -> bool {
        let Coarse { scales, codes, facts, groups, .. } = self.view.coarse;
        let (scales, squares) = scales.split_at(self.view.list_count());
        let finite = self.view.centre.iter().all(|value| value.is_finite());
        finite
            && scales.iter().zip(squares).enumerate().all(|(number, (scale, square))| {
                let start = (number / ROWS).saturating_mul(groups);
                let block = codes.get(start..start.saturating_add(groups)).unwrap_or_default();
                let Some(facts) = facts.get(number / ROWS) else { return false };
                let right = scale.is_finite() && *scale >= 0.0 && self.centroid(number);
                let measured = self.differences.iter().map(|c| c * c).sum::<f64>();
                let off = (f64::from(*square) - measured).abs();
                right
                    && (off <= SUMS * measured + SHORTEST * SHORTEST || measured > LONGEST.powi(2))
                    && kept(&Kept {
                        o: &self.differences,
                        c: &[],
                        lengths: measured.sqrt(),
                        codes: block,
                        place: number % ROWS,
                        facts: facts_of(facts, number % ROWS),
                        inner: false,
                    })
            })
    }

    /// Takes the centroid of a list; false where there is none.
    pub(super) fn centroid(&mut self, list: usize) -> bool {
        self.centroid.clear();
        self.centroid.extend(self.view.coarse.centroid(list));
        self.differences.clear();
        self.differences.extend(self.centroid.iter().map(|c| f64::from(*c)));
        list < self.view.list_count()
    }

    /// Whether a row of the list of the centroid is what its bits and facts say.
    pub(super) fn row(
        &mut self,
        row: Row<'_>,
        codes: &[Group],
        facts: &Facts,
        place: usize,
    ) -> bool {
        let (view, metric) = (self.view, self.view.metric());
        let values = match row {
            Row::F32(row) => row.to_vec(),
            Row::F16(row) => row.to_f32_vec(),
        };
        let mut own = length(&values);
        let facts = facts_of(facts, place);
        if metric == Metric::Cosine {
            if !(SHORTEST..LONGEST).contains(&own) {
                return facts[2] >= 0.0 || facts[2].is_nan();
            }
            own = 1.0;
        }
        let kernel = Kernel::best();
        self.ready.row(kernel, &view.rotation, metric, view.centre, Row::F32(&values));
        self.differences.clear();
        let pairs = self.ready.turned.iter().zip(&self.centroid);
        self.differences.extend(pairs.map(|(y, c)| f64::from(*y) - f64::from(*c)));
        kept(&Kept {
            o: &self.differences,
            c: &self.centroid,
            lengths: own + self.centre + length(&self.centroid),
            codes,
            place,
            facts,
            inner: metric == Metric::InnerProduct,
        })
    }
}

/// Whether bits and facts are those of a vector. What f32 cannot hold is not looked at, but that no
/// error is negative: a search through all lists then rules nothing out.
fn kept(kept: &Kept<'_>) -> bool {
    let Kept { o, c, lengths, codes, place, facts: [add, scale, error], inner } = *kept;
    if error < 0.0 {
        return false;
    }
    let rounding = ROUNDING * lengths;
    if lengths >= LONGEST || lengths.is_nan() {
        return true;
    }
    let (mut square, mut along, mut with, mut dot) = (0.0, 0.0, 0.0, 0.0);
    for (element, o) in o.iter().enumerate() {
        let set = bit(codes, place, element);
        if o.abs() > rounding && set != (*o > 0.0) {
            return false;
        }
        let sign = if set { 1.0 } else { -1.0 };
        let c = c.get(element).map_or(0.0, |c| f64::from(*c));
        square += o * o;
        along += sign * o;
        with += sign * c;
        dot += o * c;
    }
    let length = square.sqrt();
    let count = o.len() as f64;
    if length < (64.0 * rounding).max(SHORTEST) || along <= 0.0 {
        return true;
    }
    let off = SUMS + 4.0 * rounding * (count.sqrt() / along + 1.0 / length);
    if off > 0.25 {
        return true;
    }
    let (want, share) = (2.0 * square / along, along * along / (square * count));
    let sum = want * with + if inner { -2.0 * dot } else { square };
    let centroid = self::length(c);
    let about = square + 2.0 * length * centroid + want * count.sqrt() * centroid;
    let missing = (f64::from(error) / (2.0 * length)).powi(2) * (count - 1.0) * share;
    (f64::from(scale) - want).abs() <= off * want
        && (f64::from(add) - sum).abs() <= off * about
        && (missing - (1.0 - share)).abs() <= 4.0 * off
}

fn length(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

fn facts_of(facts: &Facts, place: usize) -> [f32; 3] {
    facts.map(|fact| fact.get(place).copied().unwrap_or(f32::NAN))
}
