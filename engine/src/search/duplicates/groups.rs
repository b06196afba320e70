//! Groups out of pairs: connected components, and stars.

use std::sync::atomic::{AtomicU32, Ordering};

use super::features::Features;
use super::join::{Near, Sink};
use super::slab::reserve;
use super::{DuplicateGroup, Labels};
use crate::error::Result;

/// No place.
pub(super) const NONE: u32 = u32::MAX;

/// Hands every pair on.
#[derive(Debug)]
pub(super) struct All;

/// Connected components, joined by several threads at once: each place points to a lower one of its
/// component, the lowest to itself.
#[derive(Debug)]
pub(super) struct Components(Vec<AtomicU32>);

/// Stars: for each place the first representative that is similar to it. One that has none is a
/// representative itself.
#[derive(Debug)]
pub(super) struct Stars(Vec<AtomicU32>);

impl Sink for All {
    fn wanted(&self, _: usize, _: usize) -> bool {
        true
    }

    fn found(&self, _: &Near) -> bool {
        true
    }
}

impl Components {
    pub(super) fn new(count: usize) -> Result<Self> {
        let mut parents = Vec::new();
        reserve(&mut parents, count)?;
        parents.extend((0..NONE).take(count).map(AtomicU32::new));
        Ok(Self(parents))
    }

    fn parent(&self, place: u32) -> u32 {
        self.0.get(place as usize).map_or(place, |parent| parent.load(Ordering::Relaxed))
    }

    /// Puts a lower parent where `old` stands. Parents only ever fall, within their component: so a
    /// thread that sees an old one still climbs to the lowest place, later.
    fn lower(&self, place: u32, old: u32, new: u32) -> bool {
        let slot = self.0.get(place as usize);
        let order = Ordering::Relaxed;
        slot.is_some_and(|slot| slot.compare_exchange(old, new, order, order).is_ok())
    }

    /// The lowest place of a component, as far as is known.
    fn root(&self, mut place: u32) -> u32 {
        loop {
            let parent = self.parent(place);
            if parent == place {
                return place;
            }
            let above = self.parent(parent);
            // Paths are halved; when another thread was faster, the next one does it.
            self.lower(place, parent, above);
            place = above;
        }
    }

    fn join(&self, a: u32, b: u32) {
        let (mut a, mut b) = (a, b);
        loop {
            (a, b) = (self.root(a), self.root(b));
            if a == b || self.lower(a.max(b), a.max(b), a.min(b)) {
                return;
            }
        }
    }

    /// The components of two and more.
    pub(super) fn groups(&self, features: &Features<'_>) -> Result<Vec<DuplicateGroup>> {
        gather(features, |place| self.root(place))
    }
}

impl Sink for Components {
    fn wanted(&self, query: usize, row: usize) -> bool {
        self.root(number(query)) != self.root(number(row))
    }

    fn found(&self, near: &Near) -> bool {
        self.join(number(near.query), number(near.row));
        false
    }
}

impl Stars {
    pub(super) fn new(count: usize) -> Result<Self> {
        let mut centres = Vec::new();
        reserve(&mut centres, count)?;
        centres.resize_with(count, || AtomicU32::new(NONE));
        Ok(Self(centres))
    }

    fn centre(&self, place: usize) -> u32 {
        self.0.get(place).map_or(NONE, |centre| centre.load(Ordering::Relaxed))
    }

    /// Settles pairs among places of which all earlier ones are settled: by the later place, then
    /// the earlier one.
    pub(super) fn settle(&self, mut pairs: Vec<(u32, u32)>) {
        pairs.sort_unstable();
        for (row, query) in pairs {
            if self.centre(row as usize) == NONE && self.centre(query as usize) == NONE {
                self.put(row as usize, query);
            }
        }
    }

    fn put(&self, row: usize, query: u32) {
        if let Some(centre) = self.0.get(row) {
            centre.fetch_min(query, Ordering::Relaxed);
        }
    }

    /// The stars of two and more.
    pub(super) fn groups(&self, features: &Features<'_>) -> Result<Vec<DuplicateGroup>> {
        gather(features, |place| match self.centre(place as usize) {
            NONE => place,
            centre => centre,
        })
    }
}

/// For queries of which it is settled whether they are representatives.
impl Sink for Stars {
    fn wanted(&self, query: usize, row: usize) -> bool {
        self.centre(query) == NONE && self.centre(row) > number(query)
    }

    fn found(&self, near: &Near) -> bool {
        self.put(near.row, number(near.query));
        false
    }
}

/// For rows and queries that are not settled yet: pairs that may matter are handed on.
#[derive(Debug)]
pub(super) struct Unsettled<'a>(pub(super) &'a Stars);

impl Sink for Unsettled<'_> {
    fn wanted(&self, query: usize, row: usize) -> bool {
        self.0.centre(query) == NONE && self.0.centre(row) == NONE
    }

    fn found(&self, _: &Near) -> bool {
        true
    }
}

/// The groups of two and more, by lowest row.
fn gather(features: &Features<'_>, root: impl Fn(u32) -> u32) -> Result<Vec<DuplicateGroup>> {
    let places = || (0..NONE).take(features.len());
    let mut sizes = Vec::new();
    reserve(&mut sizes, features.len())?;
    sizes.resize(features.len(), 0_u32);
    for place in places() {
        if let Some(size) = sizes.get_mut(root(place) as usize) {
            *size = size.saturating_add(1);
        }
    }
    let mut members = Vec::new();
    for place in places() {
        let root = root(place);
        if sizes.get(root as usize).is_some_and(|size| *size > 1) {
            members.push((root, features.number(place as usize)));
        }
    }
    members.sort_unstable();
    let groups = members.chunk_by(|a, b| a.0 == b.0);
    let rows = groups.map(|group| group.iter().map(|(_, row)| *row).collect());
    let mut groups: Vec<DuplicateGroup> = rows.map(|rows| DuplicateGroup { rows }).collect();
    groups.sort_unstable_by(|a, b| a.rows.cmp(&b.rows));
    Ok(groups)
}

/// A place as it is kept; there are fewer than [`NONE`].
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

impl Labels {
    /// Labels by row; [`u32::MAX`] is none.
    pub fn new(by_row: Vec<u32>) -> Self {
        Self(by_row)
    }

    /// The label of a row.
    pub(super) fn get(&self, row: u64) -> Option<u32> {
        let label = usize::try_from(row).ok().and_then(|row| self.0.get(row));
        label.copied().filter(|label| *label != NONE)
    }
}
