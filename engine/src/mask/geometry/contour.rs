//! Outlines of slices as polygons along the edges of voxels.

use super::GeometryError;
use super::plane::{Stripe, stripes};
use crate::format::space::Space;
use crate::mask::Runs;

/// The outline of a set in one slice.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// The axis that the slice is across: 0 z, 1 y, 2 x.
    pub axis: usize,
    /// The slice.
    pub index: u64,
    /// The rings: of each part its border, and one of each hole.
    pub rings: Vec<Ring>,
}

/// A closed polygon; the last point is joined with the first one.
///
/// It runs along the edges of voxels, and its points are the corners where it turns, so that it
/// encloses exactly the voxels. The set is on its left where rows count upwards: borders of parts
/// run counter-clockwise then and have a positive area, those of holes run clockwise and have a
/// negative one. (On a screen, whose rows count downwards, it is the other way round.) Parts are
/// joined by sides of voxels only (4 neighbours): of two that meet at a corner each has its own
/// ring. Rings never cross.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    /// Row and column: (y, x) in a slice across z, (z, x) across y, (z, y) across x. Centres of
    /// voxels have whole numbers, so voxel 0 reaches from -0.5 to 0.5.
    pub points: Vec<[f64; 2]>,
}

impl Ring {
    /// The signed area in voxels, by the shoelace formula: positive of a part, negative of a hole.
    pub fn area(&self) -> f64 {
        let Some(&[row, column]) = self.points.first() else { return 0.0 };
        let relative = |p: &[f64; 2]| [p[0] - row, p[1] - column];
        let next = self.points.iter().cycle().skip(1);
        let twice = self.points.iter().zip(next).map(|(from, to)| {
            let ([y0, x0], [y1, x1]) = (relative(from), relative(to));
            x0 * y1 - x1 * y0
        });
        twice.sum::<f64>() / 2.0
    }

    /// Whether it is the border of a hole.
    pub fn is_hole(&self) -> bool {
        self.area() < 0.0
    }
}

impl Outline {
    /// The area in voxels: that of the parts without the holes, which is the number of voxels of
    /// the slice.
    pub fn area(&self) -> f64 {
        self.rings.iter().map(Ring::area).sum()
    }

    /// The points of a ring in voxels (z, y, x).
    pub fn voxels(&self, ring: &Ring) -> Vec<[f64; 3]> {
        let index = self.index as f64;
        let place = |&[row, column]: &[f64; 2]| match self.axis {
            0 => [index, row, column],
            1 => [row, index, column],
            _ => [row, column, index],
        };
        ring.points.iter().map(place).collect()
    }

    /// The points of each ring in the world (L, P, S), in millimetres.
    pub fn to_world(&self, space: &Space) -> Vec<Vec<[f64; 3]>> {
        let world = |ring: &Ring| self.voxels(ring).into_iter().map(|at| space.to_world(at));
        self.rings.iter().map(|ring| world(ring).collect()).collect()
    }
}

impl Runs {
    /// The outline in the slice `index` across `axis` (0 z, 1 y, 2 x) of a frame. Rings come in the
    /// order of their first runs. Across z O(log runs + runs of the slice), else O(runs of the
    /// frame).
    ///
    /// # Errors
    ///
    /// [`GeometryError::Frame`], [`GeometryError::Slice`].
    pub fn outline(&self, frame: u64, axis: usize, index: u64) -> Result<Outline, GeometryError> {
        let stripes = stripes(self, frame, axis, index)?;
        Ok(Outline { axis, index, rings: Edges::of(&stripes).into_rings() })
    }
}

/// The left or right side of a stripe, from one line between rows to the next. A right one goes up
/// to the next row, a left one back, so that the voxels are on its left.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    column: u64,
    /// The line that it ends at: line `r` is before row `r`.
    line: u64,
    right: bool,
}

/// The edges of a slice, left and right of each stripe in turn, and which one each leads to along a
/// line.
struct Edges {
    edges: Vec<Edge>,
    next: Vec<Option<usize>>,
}

/// The end of an edge at a line.
#[derive(Clone, Copy)]
struct Event {
    column: u64,
    right: bool,
    edge: usize,
    /// Whether the edge ends here; it begins here otherwise.
    arrives: bool,
}

impl Edges {
    fn of(stripes: &[Stripe]) -> Self {
        let sides = |s: &Stripe| {
            let left = Edge { column: s.span.start, line: s.row, right: false };
            [left, Edge { column: s.span.end, line: s.row.saturating_add(1), right: true }]
        };
        let edges: Vec<Edge> = stripes.iter().flat_map(sides).collect();
        let mut all = Self { next: vec![None; edges.len()], edges };
        let mut first = 0_usize;
        let mut above: Option<(u64, Vec<Event>)> = None;
        for row in stripes.chunk_by(|a, b| a.row == b.row) {
            let Some(number) = row.first().map(|stripe| stripe.row) else { continue };
            let end = first.saturating_add(row.len().saturating_mul(2));
            let begin = all.events(first..end, false);
            match above.take() {
                Some((line, events)) if line == number => all.link(events, &begin),
                Some((_, events)) => {
                    all.link(events, &[]);
                    all.link(begin, &[]);
                }
                None => all.link(begin, &[]),
            }
            above = Some((number.saturating_add(1), all.events(first..end, true)));
            first = end;
        }
        all.link(above.map_or_else(Vec::new, |(_, events)| events), &[]);
        all
    }

    /// The ends of the edges of a row at the line before it, or at that `behind` it.
    fn events(&self, edges: std::ops::Range<usize>, behind: bool) -> Vec<Event> {
        let own = self.edges.get(edges.clone()).unwrap_or(&[]);
        let event = |(edge, of): (usize, &Edge)| {
            let (column, right) = (of.column, of.right);
            Event { column, right, edge, arrives: right == behind }
        };
        edges.zip(own).map(event).collect()
    }

    /// Joins the edges that meet at a line. Between the first and the second event along it, the
    /// third and the fourth, and so on, one side of the line is inside alone: there the ring
    /// follows the line.
    fn link(&mut self, mut events: Vec<Event>, more: &[Event]) {
        events.extend_from_slice(more);
        // At one place, what ends goes before what begins: voxels that meet at a corner stay apart.
        events.sort_by_key(|event| (event.column, !event.right));
        for pair in events.chunks_exact(2) {
            let [a, b] = pair else { continue };
            let (from, to) = if a.arrives { (a, b) } else { (b, a) };
            if let Some(next) = self.next.get_mut(from.edge) {
                *next = Some(to.edge);
            }
        }
    }

    fn into_rings(mut self) -> Vec<Ring> {
        let mut rings = Vec::new();
        for start in 0..self.edges.len() {
            let mut points = Vec::new();
            let mut at = start;
            while let Some(next) = self.next.get_mut(at).and_then(Option::take) {
                let ends = self.edges.get(at).zip(self.edges.get(next));
                if let Some((from, to)) = ends.filter(|(from, to)| !straight(from, to)) {
                    let corner = |column: u64| [from.line as f64 - 0.5, column as f64 - 0.5];
                    points.extend([corner(from.column), corner(to.column)]);
                }
                at = next;
            }
            if !points.is_empty() {
                rings.push(Ring { points });
            }
        }
        rings
    }
}

/// Whether a ring goes on from one edge to the other without a turn.
fn straight(from: &Edge, to: &Edge) -> bool {
    from.column == to.column && from.right == to.right
}
