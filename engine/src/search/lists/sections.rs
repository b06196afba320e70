//! The parts of an index, one after another.

use super::super::kernels::bits::{Facts, Group, ROWS, groups};
use super::super::rotation::Rotation;
use super::super::similarity::Metric;
use super::coarse::Coarse;
use super::efforts::Efforts;
use super::view::ListsView;
use crate::format::{Damage, Rule};
use std::sync::Arc;

/// Number of sections.
pub const SECTIONS: usize = 11;

/// The sections that grow with the rows.
pub(super) const ORDINALS: usize = 8;
pub(super) const CODES: usize = 9;
pub(super) const FACTS: usize = 10;

/// What the first section begins with.
const MAGIC: u32 = u32::from_le_bytes(*b"VLST");
/// The layout that this code writes and reads.
const VERSION: u32 = 1;
/// Words of the first section.
const WORDS: usize = 16;

/// Most lists.
pub(super) const LISTS_MAX: usize = 1 << 20;
/// Largest dimension.
const DIM_MAX: usize = 1 << 16;

/// The numbers that everything else follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Head {
    /// Elements of a row, `D`.
    pub(super) dim: usize,
    /// Lists, `L`.
    pub(super) lists: usize,
    /// Blocks of rows, `B`.
    pub(super) blocks: usize,
    /// Ordinals of the source.
    pub(super) rows: u32,
    /// Rows in lists.
    pub(super) entries: u32,
    /// The metric.
    pub(super) metric: Metric,
    /// The seed of the rotation.
    pub(super) seed: u64,
}

/// The sections of an index, to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    /// The mean of the column, `[D]`.
    pub(super) centre: Vec<f32>,
    /// The centroids, turned about the mean, as bytes `[L, P]`.
    pub(super) bytes: Vec<i8>,
    /// For each list, what one is worth in its bytes, and the squared length of its centroid: `[2, L]`.
    pub(super) scales: Vec<f32>,
    /// The signs of the centroids, in blocks.
    pub(super) coarse_codes: Vec<Group>,
    /// Their facts.
    pub(super) coarse_facts: Vec<Facts>,
    /// The block each list starts at, and the end `[L + 1]`.
    pub(super) starts: Vec<u32>,
    /// Rows of each list `[L]`.
    pub(super) counts: Vec<u32>,
    /// The ordinals of the rows `[B, 64]`.
    pub(super) ordinals: Vec<u32>,
    /// The signs of the rows, in blocks.
    pub(super) codes: Vec<Group>,
    /// Their facts.
    pub(super) facts: Vec<Facts>,
    /// How far to go for a recall; see [`super::efforts`].
    pub(super) efforts: Vec<f32>,
}

impl Sections {
    /// The bytes of all sections, [`SECTIONS`] of them. Each must lie at a multiple of 64 bytes.
    pub(super) fn into_bytes(self, head: &Head) -> Vec<Vec<u8>> {
        fn bytes<T: bytemuck::NoUninit>(values: &[T]) -> Vec<u8> {
            bytemuck::cast_slice(values).to_vec()
        }
        let mut first = bytes(&head.words());
        first.extend(bytes(&self.efforts));
        vec![
            first,
            bytes(&self.centre),
            bytes(&self.bytes),
            bytes(&self.scales),
            bytes(&self.coarse_codes),
            bytes(&self.coarse_facts),
            bytes(&self.starts),
            bytes(&self.counts),
            bytes(&self.ordinals),
            bytes(&self.codes),
            bytes(&self.facts),
        ]
    }
}

impl Sections {
    /// The sections as a search sees them, with a table of recalls.
    pub(super) fn view<'a>(
        &'a self,
        head: Head,
        efforts: &'a [f32],
    ) -> Result<ListsView<'a>, Damage> {
        Ok(ListsView {
            rotation: Arc::new(Rotation::new(head.dim, head.seed)),
            centre: &self.centre,
            coarse: Coarse {
                bytes: &self.bytes,
                scales: &self.scales,
                codes: &self.coarse_codes,
                facts: &self.coarse_facts,
                padded: head.padded(),
                groups: head.groups(),
            },
            starts: &self.starts,
            counts: &self.counts,
            ordinals: &self.ordinals,
            codes: &self.codes,
            facts: &self.facts,
            efforts: Efforts::new(efforts)?,
            touch: None,
            head,
        })
    }
}

impl Head {
    /// Elements of a turned row, `P`.
    pub(super) fn padded(&self) -> usize {
        self.dim.max(1).next_multiple_of(super::super::rotation::PADDING)
    }

    /// Groups of a block.
    pub(super) fn groups(&self) -> usize {
        groups(self.padded())
    }

    /// Blocks of centroids.
    pub(super) fn coarse_blocks(&self) -> usize {
        self.lists.div_ceil(ROWS)
    }

    fn words(&self) -> [u32; WORDS] {
        let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let metric = match self.metric {
            Metric::Cosine => 0,
            Metric::InnerProduct => 1,
            Metric::L2 => 2,
        };
        let half = |shift: u32| u32::try_from(self.seed >> shift & 0xffff_ffff).unwrap_or(0);
        let mut words = [0; WORDS];
        let known = [
            MAGIC,
            VERSION,
            word(self.dim),
            word(self.lists),
            word(self.blocks),
            self.rows,
            self.entries,
            metric,
            half(0),
            half(32),
        ];
        for (slot, word) in words.iter_mut().zip(known) {
            *slot = word;
        }
        words
    }

    /// The head, and the bytes behind it.
    pub(super) fn read(section: &[u8]) -> Result<(Self, &[u8]), Damage> {
        let Some((first, rest)) = section.split_at_checked(WORDS * 4) else {
            return Err(damage("the head of the lists is cut short"));
        };
        let mut words = first.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
        let mut next = || words.next().unwrap_or(0);
        if (next(), next()) != (MAGIC, VERSION) {
            return Err(damage("the lists are of another layout"));
        }
        let [dim, lists, blocks, rows, entries, metric, low, high] = std::array::from_fn(|_| next());
        let metric = match metric {
            0 => Metric::Cosine,
            1 => Metric::InnerProduct,
            2 => Metric::L2,
            other => return Err(damage(format!("no metric has the number {other}"))),
        };
        if words.any(|word| word != 0) {
            return Err(damage("reserved words of the head are not zero"));
        }
        let (dim, lists, blocks) = (dim as usize, lists as usize, blocks as usize);
        if dim == 0 || dim > DIM_MAX || lists == 0 || lists > LISTS_MAX || entries > rows {
            return Err(damage(format!(
                "{dim} dimensions, {lists} lists, {entries} entries of {rows} rows"
            )));
        }
        let seed = u64::from(low) | u64::from(high) << 32;
        Ok((Self { dim, lists, blocks, rows, entries, metric, seed }, rest))
    }
}

/// Damage of an index.
pub(super) fn damage(what: impl Into<String>) -> Damage {
    Damage::new(Rule::IndexContent, 0, what)
}
