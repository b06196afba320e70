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

/// The same for machines that look up in 16 bytes: the sums over sets of the first three values,
/// and of the last three.
pub(super) type Halves = [u8; 16];

/// A query made ready for [`Kernel::bound_block`](super::Kernel::bound_block), memory that is used
/// again and again.
///
/// Each value of a table is `(sum of the values in the set + sum of the absolute values of the
/// negative ones) / step`, each half of the set rounded to a whole number: so all are in `0..=63`.
/// The product of the query with a row of signs (plus one where the bit is set, minus one
/// elsewhere) is `2 step sum + offset`, `offset` minus the sum of all absolute values; each of the
/// `2 T` halves adds a rounding of at most `step`.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryTables {
    wide: Vec<[Table; 4]>,
    halves: Vec<[Halves; 4]>,
    step: f32,
    offset: f32,
    blur: f32,
    query: Vec<f32>,
    ranges: Vec<f32>,
}

impl QueryTables {
    pub(super) fn wide(&self) -> &[[Table; 4]] {
        &self.wide
    }

    #[cfg(target_arch = "x86_64")]
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

    /// The standard deviation of a product for the rounding of the tables: each of `2 T` halves has
    /// a uniform error of up to half a step.
    pub(crate) fn blur(&self) -> f32 {
        self.blur
    }

    /// See [`Kernel::fill_tables`](super::Kernel::fill_tables).
    #[inline(always)]
    pub(super) fn fill(&mut self, query: &[f32]) {
        let count = groups(query.len());
        let tables = 4 * count;
        self.wide.resize(count, [Table([0; 64]); 4]);
        self.halves.resize(count, [[0; 16]; 4]);
        // One length for every dimension of the sets, zeros where the query has none.
        self.query.clear();
        self.query.extend_from_slice(query);
        self.query.resize(DIMS * tables, 0.0);
        self.ranges.clear();
        self.ranges.resize(tables, 0.0);
        for values in self.query.chunks(tables.max(1)) {
            for (range, value) in self.ranges.iter_mut().zip(values) {
                *range += value.abs();
            }
        }
        let (mut largest, mut all) = ([0.0_f32; 16], [0.0_f32; 16]);
        for ranges in self.ranges.chunks(16) {
            for ((range, largest), all) in ranges.iter().zip(&mut largest).zip(&mut all) {
                *largest = largest.max(*range);
                *all += range;
            }
        }
        let all: f32 = all.iter().sum();
        let step = largest.into_iter().fold(0.0, f32::max) / (LARGEST - 1.0);
        let inverse = if step > 0.0 && step.is_finite() { 1.0 / step } else { 0.0 };
        for value in &mut self.query {
            *value *= inverse;
        }
        let (a, rest) = self.query.split_at(tables);
        let (b, rest) = rest.split_at(tables);
        let (c, rest) = rest.split_at(tables);
        let (d, rest) = rest.split_at(tables);
        let (e, f) = rest.split_at(tables);
        let values = a.iter().zip(b).zip(c).zip(d).zip(e).zip(f);
        let slots = self.wide.as_flattened_mut().iter_mut().zip(self.halves.as_flattened_mut());
        for ((Table(wide), halves), (((((a, b), c), d), e), f)) in slots.zip(values) {
            *halves = sums([*a, *b, *c], [*d, *e, *f]);
            let [lower, upper]: [[u8; 8]; 2] = bytemuck::cast(*halves);
            // No sum of bytes is over 126, so that eight are added as one number.
            let lower: u64 = bytemuck::cast(lower);
            for (slots, upper) in wide.as_chunks_mut::<8>().0.iter_mut().zip(upper) {
                let same = u64::from(upper) * 0x0101_0101_0101_0101;
                *slots = bytemuck::cast(lower + same);
            }
        }
        self.step = 2.0 * step;
        self.offset = -all;
        self.blur = 2.0 * step * ((2 * tables) as f32 / 12.0).sqrt();
    }
}

/// The sums over the sets of three values, the least of them 0, rounded: of the first three and of
/// the last three.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low bits are asked for")]
fn sums(first: [f32; 3], last: [f32; 3]) -> Halves {
    let least = |values: [f32; 3]| values.map(|value| (-value).max(0.0)).iter().sum::<f32>();
    let (least_first, least_last) = (least(first), least(last));
    let mut sums: [f32; 16] =
        std::array::from_fn(|place| if place < 8 { least_first } else { least_last });
    for (bit, (first, last)) in first.into_iter().zip(last).enumerate() {
        for (place, sum) in sums.iter_mut().enumerate() {
            let value = if place < 8 { first } else { last };
            *sum += if place >> bit & 1 == 1 { value } else { 0.0 };
        }
    }
    // What is added moves the whole number, rounded to nearest, to the lowest bits.
    sums.map(|sum| (sum + 8_388_608.0).to_bits() as u8 & 63)
}
