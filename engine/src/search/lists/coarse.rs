//! Which lists are near: bits first, then bytes.

use super::super::kernels::bits::{Bounds, Facts, Group, PackRoom, Probe, ROWS, groups, pack_row};
use super::super::kernels::Kernel;
use super::ready::{Ready, squared, to_bytes};

/// By how many standard deviations an estimate of a distance from a centroid may be off.
const DEVIATIONS: f32 = 2.0;

/// Centroids, turned about the centre of the column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coarse<'a> {
    /// `[L, P]`; these are what the centroids are from here on.
    pub(super) bytes: &'a [i8],
    /// `[2, L]`: what a byte is worth, and the squared length.
    pub(super) scales: &'a [f32],
    pub(super) codes: &'a [Group],
    pub(super) facts: &'a [Facts],
    pub(super) padded: usize,
    pub(super) groups: usize,
}

/// The same, owned.
#[derive(Clone, Debug, Default)]
pub(super) struct Centroids {
    pub(super) bytes: Vec<i8>,
    pub(super) scales: Vec<f32>,
    pub(super) codes: Vec<Group>,
    pub(super) facts: Vec<Facts>,
    padded: usize,
}

/// A list as seen from a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    /// The squared distance from the centroid; under the inner product, minus two of it.
    pub(super) merit: f32,
    /// The inner product with the centroid.
    pub(super) dot: f32,
    /// The list.
    pub(super) list: u32,
}

/// How many lists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Want {
    /// So many.
    Count(usize),
    /// Those whose merit is within so much of the best.
    Within(f32),
}

impl Centroids {
    /// From turned centroids `[L, P]`.
    pub(super) fn new(kernel: Kernel, centroids: &[f32], padded: usize) -> Self {
        let count = centroids.len() / padded.max(1);
        let blocks = count.div_ceil(ROWS);
        let groups = groups(padded);
        let mut made = Self {
            bytes: Vec::with_capacity(centroids.len()),
            scales: vec![0.0; 2 * count],
            codes: vec![[[0; ROWS]; 3]; blocks * groups],
            facts: vec![[[0.0; ROWS]; 3]; blocks],
            padded,
        };
        let (scales, squares) = made.scales.split_at_mut(count);
        let (mut bytes, mut room) = (Vec::new(), PackRoom::default());
        let mut back = vec![0.0; padded];
        let lists = centroids.chunks(padded.max(1)).zip(scales).zip(squares);
        for (number, ((centroid, scale), square)) in lists.enumerate() {
            *scale = to_bytes(kernel, centroid, &mut bytes);
            for (value, byte) in back.iter_mut().zip(&bytes) {
                *value = *scale * f32::from(*byte);
            }
            *square = squared(kernel, &back);
            made.bytes.extend_from_slice(&bytes);
            let (block, row) = (number / ROWS, number % ROWS);
            let codes = made.codes.get_mut(block * groups..(block + 1) * groups);
            pack_row(&back, row, codes.unwrap_or_default(), &mut room);
            if let Some(facts) = made.facts.get_mut(block) {
                let signs = super::encode::signs(&back, None);
                super::encode::put(facts, row, [*square, signs.scale, signs.error]);
            }
        }
        made
    }

    pub(super) fn view(&self) -> Coarse<'_> {
        Coarse {
            bytes: &self.bytes,
            scales: &self.scales,
            codes: &self.codes,
            facts: &self.facts,
            padded: self.padded,
            groups: groups(self.padded),
        }
    }
}

impl Coarse<'_> {
    /// Number of lists.
    pub(super) fn count(&self) -> usize {
        self.scales.len() / 2
    }

    /// The elements of a centroid.
    pub(super) fn centroid(&self, list: usize) -> impl Iterator<Item = f32> {
        let start = list.saturating_mul(self.padded);
        let bytes = self.bytes.get(start..start.saturating_add(self.padded)).unwrap_or_default();
        let scale = self.scales.get(list).copied().unwrap_or(0.0);
        bytes.iter().map(move |byte| scale * f32::from(*byte))
    }

    /// The lists that are wanted, the nearest first.
    pub(super) fn rank(
        &self,
        kernel: Kernel,
        ready: &Ready,
        inner: bool,
        want: Want,
        blocks: &mut Vec<Bounds>,
        ranked: &mut Vec<Ranked>,
    ) {
        ranked.clear();
        let share = if inner { 0.0 } else { 1.0 };
        let probe = Probe {
            step: ready.tables.step(),
            offset: ready.tables.offset(),
            base: share * ready.squared,
            share,
            spread: DEVIATIONS * ready.squared.sqrt(),
            blur: DEVIATIONS * ready.tables.blur(),
            limit: f32::INFINITY,
        };
        blocks.resize_with(self.facts.len(), Bounds::default);
        let parts = self.codes.chunks(self.groups.max(1)).zip(self.facts).zip(&mut *blocks);
        for (number, ((codes, facts), bounds)) in parts.enumerate() {
            let ahead = self.codes.get((number + 1) * self.groups..).unwrap_or_default();
            let _ = kernel.bound_block(&ready.tables, codes, facts, &probe, ahead, bounds);
        }
        let limit = match want {
            Want::Within(within) => within + self.nearest(kernel, ready, inner, blocks),
            Want::Count(count) if count < self.count() => self.nth(count, blocks),
            Want::Count(_) => f32::INFINITY,
        };
        for (first, bounds) in (0_u32..).step_by(ROWS).zip(&*blocks) {
            for (list, low) in (first..).zip(&bounds.low) {
                if !(*low > limit) && (list as usize) < self.count() {
                    ranked.push(self.exactly(kernel, ready, inner, list));
                }
            }
        }
        if let Want::Within(within) = want {
            let best = ranked.iter().fold(f32::INFINITY, |best, list| best.min(list.merit));
            ranked.retain(|list| !(list.merit > best + within));
        }
        ranked.sort_unstable_by(|a, b| a.merit.total_cmp(&b.merit).then(a.list.cmp(&b.list)));
        if let Want::Count(count) = want {
            ranked.truncate(count);
        }
    }

    /// The list of the nearest centroid.
    pub(super) fn nearest_list(
        &self,
        kernel: Kernel,
        ready: &Ready,
        blocks: &mut Vec<Bounds>,
        ranked: &mut Vec<Ranked>,
    ) -> Option<Ranked> {
        self.rank(kernel, ready, false, Want::Within(0.0), blocks, ranked);
        ranked.first().copied()
    }

    /// The merit of the list that seems the best.
    fn nearest(&self, kernel: Kernel, ready: &Ready, inner: bool, blocks: &[Bounds]) -> f32 {
        let mut best = (f32::INFINITY, 0);
        for (first, bounds) in (0_u32..).step_by(ROWS).zip(blocks) {
            for (list, estimate) in (first..).zip(&bounds.estimate) {
                if *estimate < best.0 && (list as usize) < self.count() {
                    best = (*estimate, list);
                }
            }
        }
        self.exactly(kernel, ready, inner, best.1).merit
    }

    /// The estimate that so many lists do not exceed.
    fn nth(&self, count: usize, blocks: &[Bounds]) -> f32 {
        let all = blocks.iter().flat_map(|bounds| bounds.estimate).take(self.count());
        let mut all: Vec<f32> = all.collect();
        let place = count.saturating_sub(1).min(all.len().saturating_sub(1));
        if all.is_empty() {
            return f32::INFINITY;
        }
        *all.select_nth_unstable_by(place, f32::total_cmp).1
    }

    fn exactly(&self, kernel: Kernel, ready: &Ready, inner: bool, list: u32) -> Ranked {
        let start = (list as usize).saturating_mul(self.padded);
        let bytes = self.bytes.get(start..start.saturating_add(self.padded)).unwrap_or_default();
        let (scales, squares) = self.scales.split_at(self.count());
        let of = |values: &[f32]| values.get(list as usize).copied().unwrap_or(0.0);
        let dot = ready.byte * of(scales) * kernel.dot_bytes(&ready.bytes, bytes) as f32;
        let rest = if inner { 0.0 } else { ready.squared + of(squares) };
        Ranked { merit: (-2.0_f32).mul_add(dot, rest), dot, list }
    }

    /// The squared length of a centroid.
    pub(super) fn square(&self, list: u32) -> f32 {
        self.scales.get(self.count().saturating_add(list as usize)).copied().unwrap_or(0.0)
    }
}
