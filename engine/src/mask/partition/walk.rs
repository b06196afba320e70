//! The walk over the voxels of a slab, the same for both directions.

use super::around::Around;
use super::coder::Coder;
use super::label::{Labels, Site};
use super::plane::{BLOCK, Plane, Rows};
use super::slots::SAME;

/// Takes runs in the order of voxels: label, row of the box, columns of the box.
pub(super) trait Sink {
    /// One run of a label that is not zero.
    fn run(&mut self, label: u16, row: usize, start: usize, end: usize);
}

impl<F: FnMut(u16, usize, usize, usize)> Sink for F {
    #[inline(always)]
    fn run(&mut self, label: u16, row: usize, start: usize, end: usize) {
        self(label, row, start, end);
    }
}

/// A walk over the slices of slabs.
pub(super) struct Walk<'a> {
    plane: &'a mut Plane,
    labels: Labels,
    first: bool,
}

impl<'a> Walk<'a> {
    /// Over slices of the size of `plane`, with labels `0..=parts`.
    pub(super) fn new(plane: &'a mut Plane, parts: u16) -> Self {
        Self { plane, labels: Labels::new(parts), first: true }
    }

    /// Begins a slab.
    pub(super) fn begin<C: Coder>(&mut self, coder: &mut C) {
        self.plane.clear();
        self.labels.clear();
        self.first = true;
        coder.gap(0);
    }

    /// One slice. `truth` is its labels, and is not looked at by a decoder. `None` when the stream is wrong.
    ///
    /// The coder is handed in and out by value: so its state stays in registers.
    pub(super) fn slice<C: Coder>(
        &mut self,
        mut coder: C,
        truth: &[u16],
        sink: &mut impl Sink,
    ) -> Option<C> {
        let (width, height) = (self.plane.width(), self.plane.height());
        let truth_of = |y: usize| truth.get(y * width..(y + 1) * width).unwrap_or(&[]);
        if !self.first {
            let same = !C::DECODES && (0..height).all(|y| truth_of(y) == self.plane.labels(y));
            if coder.bit(SAME, same) {
                self.repeat(sink);
                return Some(coder);
            }
        }
        for y in 0..height {
            let rows = self.plane.rows(y)?;
            let labels = &mut self.labels;
            let mut sink = |label, start, end| sink.run(label, y, start, end);
            coder = if self.first {
                row::<C, true>(coder, labels, rows, width, truth_of(y), &mut sink)?
            } else {
                row::<C, false>(coder, labels, rows, width, truth_of(y), &mut sink)?
            };
        }
        self.plane.close();
        self.first = false;
        Some(coder)
    }

    /// A slice that is as the one before.
    fn repeat(&mut self, sink: &mut impl Sink) {
        self.plane.repeat();
        for y in 0..self.plane.height() {
            let mut start = 0;
            for run in self.plane.labels(y).chunk_by(|a, b| a == b) {
                let end = start + run.len();
                if let Some(&label) = run.first().filter(|&&label| label != 0) {
                    sink.run(label, y, start, end);
                }
                start = end;
            }
        }
    }
}

/// Where the walk along a row is.
struct State {
    /// The label of the left neighbour.
    left: u16,
    /// Where its run begins.
    start: usize,
    /// Bit 0: the left neighbour is not as the voxel above it. Bit 1: not as the one in the slice before; in the
    /// first slice of a slab bit 0 of one voxel earlier.
    edges: u32,
}

/// Words of the bit maps that a block gets.
#[derive(Default)]
struct Words {
    across: u32,
    down: u32,
    through: u32,
}

/// Labels around a row, and those that are to be written.
struct Labelled<'a> {
    above: &'a [u16],
    here: &'a mut [u16],
    below: &'a [u16],
    truth: &'a [u16],
}

impl Labelled<'_> {
    /// The labels to write from column `x` on.
    #[inline(always)]
    fn truth_from<C: Coder>(&self, x: usize) -> Option<&[u16]> {
        if C::DECODES { Some(&[]) } else { self.truth.get(x..) }
    }

    /// The label to write at column `x`.
    #[inline(always)]
    fn truth_of<C: Coder>(&self, x: usize) -> Option<u16> {
        if C::DECODES { Some(0) } else { self.truth.get(x).copied() }
    }

    #[inline(always)]
    fn site<const FIRST: bool>(&self, state: &State, x: usize) -> Site<'_> {
        let Self { above, here, below, .. } = self;
        Site { first: FIRST, left: state.left, column: x + 1, above, here, below }
    }
}

impl State {
    /// Whether the left neighbour leaves the next voxel quiet.
    #[inline(always)]
    fn is_quiet<const FIRST: bool>(&self) -> bool {
        if FIRST { self.edges & 1 == 0 } else { self.edges == 0 }
    }

    /// The next voxel has this label: the edges that that makes, and the run that it ends.
    #[inline(always)]
    fn step<const FIRST: bool>(
        &mut self,
        label: u16,
        column: usize,
        rows: &mut Labelled<'_>,
        words: &mut Words,
        emit: &mut impl FnMut(u16, usize, usize),
    ) -> Option<()> {
        let mine = rows.here.get_mut(column)?;
        let bit = (column - 1) % BLOCK;
        let is_down = u32::from(label != *rows.above.get(column)?);
        let is_through = u32::from(label != *mine);
        *mine = label;
        words.down |= is_down << bit;
        if FIRST {
            self.edges = is_down | (self.edges & 1) << 1;
        } else {
            words.through |= is_through << bit;
            self.edges = is_down | is_through << 1;
        }
        if label != self.left {
            if self.left != 0 {
                emit(self.left, self.start, column - 1);
            }
            self.left = label;
            self.start = column - 1;
            words.across |= 1 << bit;
        }
        Some(())
    }
}

/// One row. `FIRST`: of the first slice of a slab, which has no slice before it.
#[inline(always)]
fn row<C: Coder, const FIRST: bool>(
    mut coder: C,
    labels: &mut Labels,
    rows: Rows<'_>,
    width: usize,
    truth: &[u16],
    emit: &mut impl FnMut(u16, usize, usize),
) -> Option<C> {
    let Rows { above, here, below, across, down, through } = rows;
    let mut rows = Labelled { above, here, below, truth };
    let mut state = State { left: 0, start: 0, edges: 0 };
    let mut down_before = 0;
    for block in 0..width.div_ceil(BLOCK) {
        let around = if FIRST {
            Around::of_plane(&across, &down, block)
        } else {
            Around::of_space(&across, &down, &through, block, down_before)
        };
        let range = block * BLOCK..width.min((block + 1) * BLOCK);
        let mut words = Words::default();
        let mut x = range.start;
        while x < range.end {
            let quiet = around.quiet_from(x - range.start, range.end - x);
            let passed = match quiet {
                0 => 0,
                _ if !state.is_quiet::<FIRST>() => 0,
                _ => coder.quiet(rows.truth_from::<C>(x)?, state.left, quiet),
            };
            if FIRST && passed != 0 {
                state.edges = 0;
                rows.here.get_mut(x + 1..x + 1 + passed)?.fill(state.left);
            }
            x += passed;
            if x == range.end {
                break;
            }
            let truth = rows.truth_of::<C>(x)?;
            // The slow ways get the coder moved, not borrowed, for its state to stay in registers here.
            let label = if state.is_quiet::<FIRST>() && passed < quiet {
                let mut moved = coder;
                moved.gap(usize::from(!FIRST));
                let label =
                    labels.far(&mut moved, &rows.site::<FIRST>(&state, x), &[], false, truth);
                coder = moved;
                label?
            } else if coder
                .bit(around.slot::<FIRST>(x - range.start, state.edges), truth != state.left)
            {
                let mut moved = coder;
                let label = labels.near(&mut moved, &rows.site::<FIRST>(&state, x), truth);
                coder = moved;
                label?
            } else {
                state.left
            };
            state.step::<FIRST>(label, x + 1, &mut rows, &mut words, emit)?;
            x += 1;
        }
        down_before = std::mem::replace(down.here.get_mut(block + 1)?, words.down);
        *across.here.get_mut(block + 1)? = words.across;
        if !FIRST {
            *through.here.get_mut(block + 1)? = words.through;
        }
    }
    if state.left != 0 {
        emit(state.left, state.start, width);
    }
    let end = across.here.get_mut(width / BLOCK + 1)?;
    let bit = u32::from(state.left != 0) << (width % BLOCK);
    *end = if width.is_multiple_of(BLOCK) { bit } else { *end | bit };
    Some(coder)
}
