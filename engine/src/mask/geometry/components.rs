//! Connected components.

use super::rows::{Rows, Step, touches};
use crate::mask::{Run, Runs};

/// Which voxels are neighbours. None of them are of another frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbours {
    /// Voxels of one slice that share an edge: each slice by itself.
    Four,
    /// Voxels of one slice that share an edge or a corner: each slice by itself.
    Eight,
    /// Voxels that share a face. In 2D the same as four.
    Six,
    /// Voxels that share a face or an edge. In 2D the same as eight.
    Eighteen,
    /// Voxels that share a face, an edge or a corner. In 2D the same as eight.
    TwentySix,
}

impl Neighbours {
    /// Half of the rows around a row, the other half being their mirror, and how far along x a
    /// neighbour may be.
    fn steps(self) -> &'static [(Step, u64)] {
        match self {
            Self::Four => &[((0, -1), 0)],
            Self::Eight => &[((0, -1), 1)],
            Self::Six => &[((0, -1), 0), ((-1, 0), 0)],
            Self::Eighteen => &[((0, -1), 1), ((-1, 0), 1), ((-1, -1), 0), ((-1, 1), 0)],
            Self::TwentySix => &[((0, -1), 1), ((-1, 0), 1), ((-1, -1), 1), ((-1, 1), 1)],
        }
    }
}

impl Runs {
    /// The connected components, largest first; of components of the same number of voxels the one
    /// that comes first in the array. None for an empty set.
    ///
    /// Union-find on runs (Rosenfeld and Pfaltz 1966, with path halving, Tarjan and van Leeuwen
    /// 1984): O(runs log runs), 24 bytes a run beside the result.
    pub fn components(&self, neighbours: Neighbours) -> Vec<Self> {
        let rows = Rows::of(self);
        let mut forest = Forest::new(self.len());
        for &(step, reach) in neighbours.steps() {
            for (a, b) in rows.pairs(&rows, step) {
                for touch in touches(a, b, reach) {
                    forest.join(touch.a, touch.b);
                }
            }
        }
        let mut parts: Vec<(u64, Vec<Run>)> = Vec::new();
        let mut part_of: Vec<usize> = Vec::with_capacity(self.len());
        for (place, run) in self.as_slice().iter().enumerate() {
            // The root of a tree is its first run, so that its part is known already or begins
            // here.
            let part = part_of.get(forest.root(place)).copied().unwrap_or(parts.len());
            part_of.push(part);
            match parts.get_mut(part) {
                Some((voxels, runs)) => {
                    *voxels = voxels.saturating_add(run.len());
                    runs.push(*run);
                }
                None => parts.push((run.len(), vec![*run])),
            }
        }
        // The sort is stable and the parts are in the order of their first voxels.
        parts.sort_by_key(|(voxels, _)| std::cmp::Reverse(*voxels));
        parts.into_iter().map(|(_, runs)| Self::from_canonical(self.shape(), runs)).collect()
    }
}

/// Disjoint sets of runs. The root of each is its smallest member.
struct Forest {
    parents: Vec<usize>,
}

impl Forest {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn parent(&self, of: usize) -> usize {
        self.parents.get(of).copied().unwrap_or(of)
    }

    fn set(&mut self, of: usize, parent: usize) {
        if let Some(slot) = self.parents.get_mut(of) {
            *slot = parent;
        }
    }

    fn root(&mut self, mut of: usize) -> usize {
        loop {
            let above = self.parent(of);
            if above == of {
                return of;
            }
            let next = self.parent(above);
            self.set(of, next);
            of = next;
        }
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.set(a.max(b), a.min(b));
    }
}
