//! A query as tables of sums.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::groups;

/// Dimensions of a table.
const DIMS: usize = 6;
/// Largest value of a table: four of them make a byte.
const LARGEST: f32 = 63.0;
/// Groups whose sums fit 16 bits: 260 times 4 times 63.
pub(super) const GROUPS_AT_ONCE: usize = 256;

/// Sums of six values of the query over the sets of them.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Table(pub(super) [u8; 64]);

impl Table {
    /// The sum over a set; the two high bits do not count.
    #[inline(always)]
    pub(super) fn at(&self, set: u8) -> u8 {
        let Self(sums) = self;
        sums.get(usize::from(set & 63)).copied().unwrap_or(0)
    }
}

/// The same for machines that look up in 16 bytes: the sums over sets of the first three values, and of the last three.
pub(super) type Halves = [u8; 16];

/// A query made ready for [`Kernel::bound_block`](super::Kernel::bound_block), memory that is used again and again.
///
/// Each value of a table is `(sum of the values in the set + sum of the absolute values of the negative ones) / step`,
/// each half of the set rounded to a whole number: so all are in `0..=63`. The product of the query with a row of signs
/// (plus one where the bit is set, minus one elsewhere) is `2 step sum + offset`, `offset` minus the sum of all
/// absolute values; each of the `2 T` halves adds a rounding of at most `step`.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryTables {
    wide: Vec<[Table; 4]>,
    halves: Vec<[Halves; 4]>,
    step: f32,
    offset: f32,
    blur: f32,
}

impl QueryTables {
    pub(super) fn wide(&self) -> &[[Table; 4]] {
        &self.wide
    }

    pub(super) fn halves(&self) -> &[[Halves; 4]] {
        &self.halves
    }

    /// The value of one in the sums, of a row of signs.
    pub(crate) fn step(&self) -> f32 {
        self.step
    }

    /// The product of a row of signs whose sum is 0.
    pub(crate) fn offset(&self) -> f32 {
        self.offset
    }

    /// The standard deviation of a product for the rounding of the tables: each of `2 T` halves has a uniform error of up
    /// to half a step.
    pub(crate) fn blur(&self) -> f32 {
        self.blur
    }

    /// See [`Kernel::fill_tables`](super::Kernel::fill_tables).
    #[inline(always)]
    pub(super) fn fill(&mut self, query: &[f32]) {
        let count = groups(query.len());
        self.wide.resize(count, [Table([0; 64]); 4]);
        self.halves.resize(count, [[0; 16]; 4]);
        let (mut largest, mut all) = (0.0_f32, 0.0_f32);
        for six in query.chunks(DIMS) {
            let sum: f32 = six.iter().map(|value| value.abs()).sum();
            largest = largest.max(sum);
            all += sum;
        }
        let step = largest / (LARGEST - 1.0);
        let inverse = if step > 0.0 && step.is_finite() { 1.0 / step } else { 0.0 };
        let slots = self.wide.as_flattened_mut().iter_mut().zip(self.halves.as_flattened_mut());
        let mut sixes = query.chunks(DIMS);
        for (Table(wide), halves) in slots {
            let mut values = [0.0; DIMS];
            for (slot, value) in values.iter_mut().zip(sixes.next().unwrap_or_default()) {
                *slot = value * inverse;
            }
            let [a, b, c, d, e, f] = values;
            let (lower, upper) = (sums([a, b, c]), sums([d, e, f]));
            for (slots, half) in halves.as_chunks_mut::<8>().0.iter_mut().zip([lower, upper]) {
                *slots = half;
            }
            // No byte is over 63, so that eight are added as one number.
            let lower = bytemuck::cast::<[u8; 8], u64>(lower);
            for (slots, upper) in wide.as_chunks_mut::<8>().0.iter_mut().zip(upper) {
                let same = u64::from(upper) * 0x0101_0101_0101_0101;
                *slots = bytemuck::cast(lower + same);
            }
        }
        let tables = (2 * 4 * count) as f32;
        self.step = 2.0 * step;
        self.offset = -all;
        self.blur = 2.0 * step * (tables / 12.0).sqrt();
    }
}

/// The sums over the sets of three values, the least of them 0, rounded.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "in 0..=63; a NaN becomes 0")]
#[expect(clippy::cast_sign_loss, reason = "none is negative")]
fn sums(values: [f32; 3]) -> [u8; 8] {
    let mut sums = [0.5_f32; 8];
    for (bit, value) in values.into_iter().enumerate() {
        let (with, without) = (value.max(0.0), (-value).max(0.0));
        for (set, sum) in sums.iter_mut().enumerate() {
            *sum += if set >> bit & 1 == 1 { with } else { without };
        }
    }
    sums.map(|sum| sum as u8)
}
