//! The nearest voxel of a set.

use super::rows::Rows;

/// Runs in a leaf.
const LEAF: usize = 8;

/// Lowest and highest (z, y, x).
#[derive(Clone, Copy, Debug)]
struct Bounds {
    low: [u64; 3],
    high: [u64; 3],
}

impl Bounds {
    fn join(self, other: Self) -> Self {
        let mut all = self;
        for (low, other) in all.low.iter_mut().zip(other.low) {
            *low = (*low).min(other);
        }
        for (high, other) in all.high.iter_mut().zip(other.high) {
            *high = (*high).max(other);
        }
        all
    }

    /// Squared distance to its nearest voxel. Rounding keeps the order of `<=`, so that of a box is
    /// never more than that of what it holds.
    fn squared(&self, point: [u64; 3], spacing: [f64; 3]) -> f64 {
        let mut sum = 0.0;
        for (((p, low), high), mm) in point.into_iter().zip(self.low).zip(self.high).zip(spacing) {
            let gap = low.saturating_sub(p).max(p.saturating_sub(high)) as f64 * mm;
            sum += gap * gap;
        }
        sum
    }
}

#[derive(Clone, Debug)]
struct Node {
    bounds: Bounds,
    /// Its runs.
    first: usize,
    end: usize,
    /// The node of the second half of its runs; that of the first half follows this one. None of a
    /// leaf.
    right: Option<usize>,
}

/// The runs of a set in a binary tree of boxes, halved along the longest side. Answers are exact:
/// branch and bound as Roussopoulos, Kelley and Vincent, "Nearest neighbor queries", SIGMOD 1995.
///
/// Memory O(runs); built in O(runs log runs); a question mostly costs O(log runs), since it begins
/// with the answer to the last one.
#[derive(Clone, Debug)]
pub(super) struct Nearest {
    spacing: [f64; 3],
    runs: Vec<Bounds>,
    nodes: Vec<Node>,
    last: usize,
}

impl Nearest {
    pub(super) fn new(rows: &Rows<'_>, spacing: [f64; 3]) -> Self {
        let mut runs = Vec::new();
        for row in rows.iter() {
            let [_, z, y] = row.place;
            runs.extend(row.spans().map(|span| {
                let last = span.end.saturating_sub(1);
                Bounds { low: [z, y, span.start], high: [z, y, last] }
            }));
        }
        let mut tree = Self { spacing, runs, nodes: Vec::new(), last: 0 };
        tree.build(0, tree.runs.len());
        tree
    }

    /// Appends the node of `runs[first..end]` and those below it. Halves, so at most 64 deep.
    fn build(&mut self, first: usize, end: usize) {
        let Some(part) = self.runs.get_mut(first..end) else { return };
        let Some(bounds) = part.iter().copied().reduce(Bounds::join) else { return };
        let own = self.nodes.len();
        self.nodes.push(Node { bounds, first, end, right: None });
        if part.len() <= LEAF {
            return;
        }
        let half = part.len() / 2;
        let axis = longest(&bounds, self.spacing);
        let centre = |b: &Bounds| {
            let of = |ends: &[u64; 3]| ends.get(axis).copied().unwrap_or(0);
            of(&b.low).saturating_add(of(&b.high))
        };
        part.select_nth_unstable_by_key(half, centre);
        let middle = first.saturating_add(half);
        self.build(first, middle);
        let right = Some(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(own) {
            node.right = right;
        }
        self.build(middle, end);
    }

    /// Squared distance in mm2 from a voxel (z, y, x) to the nearest one of the set; infinite when
    /// there is none.
    pub(super) fn squared(&mut self, point: [u64; 3]) -> f64 {
        let spacing = self.spacing;
        let start = self.runs.get(self.last).map(|run| run.squared(point, spacing));
        let mut best = start.unwrap_or(f64::INFINITY);
        if !self.nodes.is_empty() {
            self.search(0, point, &mut best);
        }
        best
    }

    fn search(&mut self, at: usize, point: [u64; 3], best: &mut f64) {
        let spacing = self.spacing;
        let far = |node: &Node| node.bounds.squared(point, spacing);
        let Some(node) = self.nodes.get(at).filter(|node| far(node) < *best) else { return };
        let Some(right) = node.right else {
            let runs = self.runs.get(node.first..node.end).unwrap_or(&[]);
            for (place, run) in runs.iter().enumerate() {
                let squared = run.squared(point, spacing);
                if squared < *best {
                    *best = squared;
                    self.last = node.first.saturating_add(place);
                }
            }
            return;
        };
        let left = at.saturating_add(1);
        let distance = |at: usize| self.nodes.get(at).map_or(f64::INFINITY, far);
        let (near, other) =
            if distance(left) <= distance(right) { (left, right) } else { (right, left) };
        self.search(near, point, best);
        self.search(other, point, best);
    }
}

/// The axis that a box is longest along, in millimetres.
fn longest(bounds: &Bounds, spacing: [f64; 3]) -> usize {
    let sides = bounds.low.into_iter().zip(bounds.high).zip(spacing);
    let sides = sides.map(|((low, high), mm)| high.saturating_sub(low) as f64 * mm);
    let best = sides.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map_or(0, |(axis, _)| axis)
}
