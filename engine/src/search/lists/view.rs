//! An index in memory, checked.

use super::super::kernels::bits::{Facts, Group, ROWS};
use super::super::rotation::Rotation;
use super::super::similarity::Metric;
use super::coarse::Coarse;
use super::efforts::Efforts;
use super::sections::{CODES, FACTS, Head, ORDINALS, SECTIONS, damage};
use crate::format::Damage;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// Lists over borrowed sections. Opening costs nothing that grows with the rows.
#[derive(Clone, Debug)]
pub struct ListsView<'a> {
    pub(super) head: Head,
    pub(super) rotation: Arc<Rotation>,
    pub(super) centre: &'a [f32],
    pub(super) coarse: Coarse<'a>,
    pub(super) starts: &'a [u32],
    pub(super) counts: &'a [u32],
    pub(super) ordinals: &'a [u32],
    pub(super) codes: &'a [Group],
    pub(super) facts: &'a [Facts],
    pub(super) efforts: Efforts<'a>,
    pub(super) touch: Option<&'a dyn Touch>,
}

/// Whoever verifies bytes before they are used.
pub trait Touch: Debug + Sync {
    /// Whether some bytes of a section are what was written.
    fn touch(&self, section: usize, bytes: Range<usize>) -> bool;
}

/// The rows of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'a> {
    pub(super) count: usize,
    pub(super) ordinals: &'a [u32],
    pub(super) codes: &'a [Group],
    pub(super) facts: &'a [Facts],
}

impl<'a> ListsView<'a> {
    /// Checks the sections of an index and borrows them.
    ///
    /// Errors: a [`Damage`] where lengths, alignment or offsets are not what they must be. What
    /// grows with the rows is not looked at, see [`ListsView::verify`]; a search refuses an ordinal
    /// that no row has.
    pub fn new(sections: &[&'a [u8]]) -> Result<Self, Damage> {
        let view = Self::trusted(sections, None, None)?;
        view.check_lists()?;
        Ok(view)
    }

    /// Borrows sections that [`ListsView::new`] has accepted before. With `touch`, what grows with
    /// the rows is shown to it before it is used; a list that it refuses is passed over. `rotation`
    /// is that of the lists, where it was kept.
    pub fn trusted(
        sections: &[&'a [u8]],
        rotation: Option<Arc<Rotation>>,
        touch: Option<&'a dyn Touch>,
    ) -> Result<Self, Damage> {
        let [first, centre, bytes, scales, coarse_codes, coarse_facts, starts, counts, rest @ ..] =
            sections
        else {
            return Err(damage(format!("{} sections of {SECTIONS}", sections.len())));
        };
        let [ordinals, codes, facts] = rest else {
            return Err(damage(format!("{} sections of {SECTIONS}", sections.len())));
        };
        let (head, efforts) = Head::read(first)?;
        let (lists, blocks, padded) = (head.lists, head.blocks, head.padded());
        let coarse = Coarse {
            bytes: of("bytes of centroids", bytes, product(lists, padded)?)?,
            scales: of("scales of centroids", scales, 2 * lists)?,
            codes: of(
                "codes of centroids",
                coarse_codes,
                product(head.coarse_blocks(), head.groups())?,
            )?,
            facts: of("facts of centroids", coarse_facts, head.coarse_blocks())?,
            padded,
            groups: head.groups(),
        };
        Ok(Self {
            rotation: rotation.unwrap_or_else(|| Arc::new(Rotation::new(head.dim, head.seed))),
            centre: of("the centre", centre, head.dim)?,
            coarse,
            starts: of("starts of lists", starts, lists + 1)?,
            counts: of("counts of lists", counts, lists)?,
            ordinals: of("ordinals", ordinals, product(blocks, ROWS)?)?,
            codes: of("codes", codes, product(blocks, head.groups())?)?,
            facts: of("facts", facts, blocks)?,
            efforts: Efforts::new(of("efforts", efforts, super::efforts::FLOATS)?)?,
            head,
            touch,
        })
    }

    /// The rotation, to be kept for [`ListsView::trusted`].
    pub fn rotation(&self) -> &Arc<Rotation> {
        &self.rotation
    }

    fn check_lists(&self) -> Result<(), Damage> {
        let mut entries = 0_u64;
        for (pair, count) in self.starts.windows(2).zip(self.counts) {
            let [start, end] = pair else { continue };
            if end.checked_sub(*start) != Some(count.div_ceil(64)) {
                return Err(damage(format!("a list of {count} rows in blocks {start} to {end}")));
            }
            entries += u64::from(*count);
        }
        let bounds = (self.starts.first().copied(), self.starts.last().copied());
        let last = u32::try_from(self.head.blocks).ok();
        if bounds != (Some(0), last) || entries != u64::from(self.head.entries) {
            return Err(damage(format!("the lists hold {entries} rows, blocks {bounds:?}")));
        }
        Ok(())
    }

    /// Looks at every entry: that its row exists and is in one list only. One pass over the
    /// ordinals.
    pub fn verify(&self) -> Result<(), Damage> {
        let entries = self.lists().flat_map(|list| list.ordinals.iter().take(list.count).copied());
        let mut entries: Vec<u32> = entries.collect();
        entries.sort_unstable();
        let twice = entries.windows(2).find(|pair| pair.first() == pair.last());
        if let Some(ordinal) = twice.and_then(|pair| pair.first()) {
            return Err(damage(format!("row {ordinal} is in the lists twice")));
        }
        match entries.last() {
            Some(last) if *last >= self.head.rows => {
                Err(damage(format!("the lists name row {last} of {}", self.head.rows)))
            }
            _ => Ok(()),
        }
    }

    /// The metric that the lists were built for; they serve no other.
    pub fn metric(&self) -> Metric {
        self.head.metric
    }

    /// Elements of a row, `D`.
    pub fn dim(&self) -> usize {
        self.head.dim
    }

    /// Number of lists.
    pub fn list_count(&self) -> usize {
        self.head.lists
    }

    /// Ordinals of the source when the lists were built: rows from this one on are in no list.
    pub fn rows(&self) -> u32 {
        self.head.rows
    }

    /// Rows in lists.
    pub fn entries(&self) -> u32 {
        self.head.entries
    }

    /// The codes of a block, its facts, its ordinals.
    pub(super) fn block(&self, number: usize) -> Option<(&'a [Group], &'a Facts, &'a [u32])> {
        let groups = self.head.groups();
        let codes = self.codes.get(number * groups..(number + 1) * groups)?;
        let ordinals = self.ordinals.get(number * ROWS..(number + 1) * ROWS)?;
        Some((codes, self.facts.get(number)?, ordinals))
    }

    /// Whether what a list holds is what was written: before this was asked nothing of it may be used.
    pub(super) fn is_sound(&self, number: usize) -> bool {
        let Some(touch) = self.touch else { return true };
        let (Some(start), Some(end)) = (self.starts.get(number), self.starts.get(number + 1))
        else {
            return false;
        };
        let bytes = |each: usize| *start as usize * each..*end as usize * each;
        touch.touch(ORDINALS, bytes(ROWS * size_of::<u32>()))
            && touch.touch(CODES, bytes(self.head.groups() * size_of::<Group>()))
            && touch.touch(FACTS, bytes(size_of::<Facts>()))
    }

    pub(super) fn lists(&self) -> impl Iterator<Item = List<'a>> {
        (0..self.head.lists).filter_map(|number| self.list(number))
    }

    pub(super) fn list(&self, number: usize) -> Option<List<'a>> {
        let start = *self.starts.get(number)? as usize;
        let end = *self.starts.get(number + 1)? as usize;
        let groups = self.head.groups();
        if !self.is_sound(number) {
            return None;
        }
        Some(List {
            count: *self.counts.get(number)? as usize,
            ordinals: self.ordinals.get(start * ROWS..end * ROWS)?,
            codes: self.codes.get(start * groups..end * groups)?,
            facts: self.facts.get(start..end)?,
        })
    }
}

fn product(a: usize, b: usize) -> Result<usize, Damage> {
    a.checked_mul(b).ok_or_else(|| damage("a section longer than memory"))
}

/// A section as values, if it holds so many.
fn of<'a, T: bytemuck::AnyBitPattern>(
    what: &str,
    section: &'a [u8],
    count: usize,
) -> Result<&'a [T], Damage> {
    let values = bytemuck::try_cast_slice(section);
    let values: &[T] = values.map_err(|why| damage(format!("{what}: {why}")))?;
    if values.len() != count {
        return Err(damage(format!("{what}: {} instead of {count}", values.len())));
    }
    Ok(values)
}
