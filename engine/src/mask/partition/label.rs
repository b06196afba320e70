//! Which label a voxel has that is not that of its left neighbour.

use super::coder::Coder;
use super::slots::{FIRST_OF_PLANE, FIRST_OF_SPACE, FURTHER, PLACE};

/// Labels that were not near when they were met, kept for the next such.
const RECENT: usize = 16;
/// Likely labels of a list; the place behind the last one means that the label itself follows.
const PLACES: usize = 15;
/// Bits of a place.
const PLACE_BITS: u32 = 4;
/// How far along a row the next label is looked for.
const REACH: usize = 32;

/// Labels without repetition, none of them that of the left neighbour.
struct Distinct<const N: usize> {
    labels: [u16; N],
    len: usize,
}

impl<const N: usize> Distinct<N> {
    fn new() -> Self {
        Self { labels: [0; N], len: 0 }
    }

    fn as_slice(&self) -> &[u16] {
        self.labels.get(..self.len).unwrap_or(&self.labels)
    }

    fn push(&mut self, label: u16) {
        if let Some(slot) = self.labels.get_mut(self.len) {
            *slot = label;
            self.len += 1;
        }
    }
}

/// What is known around a voxel, beside its place.
pub(super) struct Site<'a> {
    /// Whether the slice is the first of its slab.
    pub(super) first: bool,
    /// The label of the left neighbour.
    pub(super) left: u16,
    /// The column, counted from one: where the voxel is in the rows.
    pub(super) column: usize,
    /// Labels of the row above, of this row in the slice before, and of the row below in the slice before, with
    /// a column of background on both sides.
    pub(super) above: &'a [u16],
    /// See above.
    pub(super) here: &'a [u16],
    /// See above.
    pub(super) below: &'a [u16],
}

/// Finds labels; remembers those that were not near.
pub(super) struct Labels {
    parts: u16,
    recent: [u16; RECENT],
    known: usize,
}

impl Labels {
    /// For labels `0..=parts`.
    pub(super) fn new(parts: u16) -> Self {
        Self { parts, recent: [0; RECENT], known: 0 }
    }

    /// Forgets all labels: a slab begins.
    pub(super) fn clear(&mut self) {
        self.known = 0;
    }

    /// The label of a voxel that had a decision. `None` when the stream is wrong.
    pub(super) fn near<C: Coder>(&mut self, coder: &mut C, site: &Site, truth: u16) -> Option<u16> {
        let at = |row: &[u16], column: usize| row.get(column).copied().unwrap_or(0);
        let x = site.column;
        let (n, ne) = (at(site.above, x), at(site.above, x + 1));
        let nw = at(site.above, x.wrapping_sub(1));
        if site.first {
            return self.choose(coder, site, &[n, ne, nw], FIRST_OF_PLANE, truth);
        }
        let (p, pe, ps) = (at(site.here, x), at(site.here, x + 1), at(site.below, x));
        self.choose(coder, site, &[p, n, ne, pe, ps, nw], FIRST_OF_SPACE, truth)
    }

    fn choose<C: Coder, const N: usize>(
        &mut self,
        coder: &mut C,
        site: &Site,
        candidates: &[u16; N],
        slots: usize,
        truth: u16,
    ) -> Option<u16> {
        let mut near = Distinct::<N>::new();
        let likely = candidates.iter().copied().find(|&label| label != site.left);
        if let Some(likely) = likely {
            let state = |label: u16| {
                if label == site.left { 0 } else { 1 + usize::from(label != likely) }
            };
            let others = candidates.iter().skip(1);
            let slot = others.fold(0, |slot, &label| slot * 3 + state(label));
            if !coder.bit(slots + slot, truth != likely) {
                return Some(likely);
            }
            for &label in candidates {
                if label != site.left && !near.as_slice().contains(&label) {
                    near.push(label);
                }
            }
            let slots = FURTHER + if site.first { 16 } else { 0 } + (near.len.min(4) - 1) * 4;
            for (place, &label) in near.as_slice().iter().enumerate().skip(1) {
                if !coder.bit(slots + place.min(3), truth != label) {
                    return Some(label);
                }
            }
        }
        self.far(coder, site, near.as_slice(), true, truth)
    }

    /// The label of a voxel that is not one of `near`. `decided`: it had a decision, and was not found in the
    /// count of quiet ones. `None` when the stream is wrong.
    pub(super) fn far<C: Coder>(
        &mut self,
        coder: &mut C,
        site: &Site,
        near: &[u16],
        decided: bool,
        truth: u16,
    ) -> Option<u16> {
        let tree = PLACE + 16 * (usize::from(site.first) * 2 + usize::from(decided));
        let mut place = PLACES;
        if !C::DECODES {
            let list = self.list(site, near, PLACES);
            place = list.as_slice().iter().position(|&label| label == truth).unwrap_or(PLACES);
        }
        let place = coder.tree(tree, PLACE_BITS, u32::try_from(place).unwrap_or(0)) as usize;
        let label = if place < PLACES {
            *self.list(site, near, place + 1).as_slice().get(place)?
        } else {
            let bits = u16::BITS - self.parts.leading_zeros();
            let label = u16::try_from(coder.raw(bits, u32::from(truth))).ok()?;
            (label <= self.parts && label != site.left).then_some(label)?
        };
        self.remember(label);
        Some(label)
    }

    /// Labels that are likely, the likeliest first; not many more than `enough`.
    fn list(&self, site: &Site, near: &[u16], enough: usize) -> Distinct<PLACES> {
        let mut list = Distinct::new();
        let mut push = |label: Option<u16>| {
            if let Some(label) = label {
                let met = near.iter().chain(list.as_slice()).any(|&other| other == label);
                if label != site.left && !met {
                    list.push(label);
                }
            }
            list.len >= enough
        };
        let (here, below, above) = (site.here, site.below, site.above);
        let found = !site.first
            && (push(next(here, site.column))
                || push(next(below, site.column))
                || push(next_left(below, site.column)));
        if found || push(next(above, site.column)) || push(next_left(above, site.column)) {
            return list;
        }
        let known = self.recent.get(..self.known).unwrap_or(&[]);
        let _ = push(Some(0)) || known.iter().any(|&label| push(Some(label)));
        list
    }

    fn remember(&mut self, label: u16) {
        let known = self.recent.get(..self.known).unwrap_or(&[]);
        let from = known.iter().position(|&other| other == label).unwrap_or_else(|| {
            self.known = (self.known + 1).min(RECENT);
            self.known - 1
        });
        if let Some(moved) = self.recent.get_mut(..=from) {
            moved.rotate_right(1);
        }
        self.recent[0] = label;
    }
}

/// The first other label to the right in a row.
fn next(row: &[u16], column: usize) -> Option<u16> {
    let (&base, rest) = row.get(column..)?.split_first()?;
    rest.iter().take(REACH).copied().find(|&label| label != base)
}

/// The first other label to the left in a row.
fn next_left(row: &[u16], column: usize) -> Option<u16> {
    let (&base, rest) = row.get(..=column)?.split_last()?;
    rest.iter().rev().take(REACH).copied().find(|&label| label != base)
}
