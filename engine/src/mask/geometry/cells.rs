//! How much of each cell of a grid of tokens a set covers.

use std::ops::Range;

use super::GeometryError;
use super::boxes::shared;
use super::rows::Rows;
use crate::format::mapping::GridMapping;
use crate::mask::Runs;

/// Most cells of a grid.
pub const CELLS_MAX: usize = 1 << 28;

/// How much of each cell of a grid a set covers. 8 bytes a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellCoverage {
    grid: [usize; 3],
    cell: f64,
    voxels: Vec<f64>,
}

impl CellCoverage {
    /// The coverage of the cells of a grid (d, h, w) by a set in a frame, where `mapping` says what
    /// each cell covers.
    ///
    /// Exact but for rounding: a cell that cuts a voxel has its part of it, and where all cells
    /// have whole voxels all numbers are whole. Cells that overlap count each by itself. O(runs +
    /// cells that runs touch).
    ///
    /// # Errors
    ///
    /// [`GeometryError::Frame`], [`GeometryError::Grid`], [`GeometryError::Mapping`].
    pub fn new(
        set: &Runs,
        frame: u64,
        grid: [usize; 3],
        mapping: &GridMapping,
    ) -> Result<Self, GeometryError> {
        let cells = grid.iter().try_fold(1_usize, |all, &n| all.checked_mul(n));
        let cells =
            cells.filter(|n| (1..=CELLS_MAX).contains(n)).ok_or(GeometryError::Grid(grid))?;
        let axes = Axis::of(grid, mapping)?;
        let mut voxels = vec![0.0; cells];
        add(&Rows::of_frame(set, frame)?, &axes, &mut voxels);
        Ok(Self { grid, cell: mapping.extent.iter().product(), voxels })
    }

    /// The grid (d, h, w).
    pub fn grid(&self) -> [usize; 3] {
        self.grid
    }

    /// Voxels of a cell, inside of the image or not.
    pub fn cell_voxels(&self) -> f64 {
        self.cell
    }

    /// Voxels of each cell that are covered, `[d, h, w]`, C order.
    pub fn voxels(&self) -> &[f64] {
        &self.voxels
    }

    /// The covered fraction of each cell, `[d, h, w]`, C order.
    pub fn fractions(&self) -> Vec<f64> {
        self.voxels.iter().map(|&covered| self.fraction(covered)).collect()
    }

    /// The cells of which something is covered: the index in C order and the fraction.
    pub fn covered(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let cells = self.voxels.iter().enumerate().filter(|(_, covered)| **covered > 0.0);
        cells.map(|(index, &covered)| (index, self.fraction(covered)))
    }

    fn fraction(&self, covered: f64) -> f64 {
        (covered / self.cell).min(1.0)
    }
}

/// The cells along one axis of the image, by ascending place.
struct Axis {
    edges: Vec<(f64, f64)>,
    /// From a cell to the next in the array.
    step: usize,
    /// Whether the grid runs backwards.
    reversed: bool,
}

impl Axis {
    /// Along z, y, x of the image.
    fn of(grid: [usize; 3], mapping: &GridMapping) -> Result<[Self; 3], GeometryError> {
        mapping.check(0).map_err(|_| GeometryError::Mapping(format!("{mapping:?}")))?;
        let [_, h, w] = grid;
        let steps = [h.saturating_mul(w), w, 1];
        let mut axes = [(); 3].map(|()| Self { edges: Vec::new(), step: 0, reversed: false });
        let numbers = mapping.offset.into_iter().zip(mapping.stride).zip(mapping.extent);
        let sides = mapping.axes.into_iter().zip(grid).zip(steps);
        for (((axis, count), step), ((offset, stride), extent)) in sides.zip(numbers) {
            let low = |cell: usize| stride.mul_add(cell as f64, offset);
            let edge = |cell: usize| (low(cell), low(cell) + extent);
            let reversed = stride < 0.0;
            let mut edges: Vec<(f64, f64)> = (0..count).map(edge).collect();
            if reversed {
                edges.reverse();
            }
            if !edges.iter().all(|(low, high)| low.is_finite() && high.is_finite()) {
                return Err(GeometryError::Mapping(format!("{mapping:?}")));
            }
            if let Some(slot) = axes.get_mut(usize::from(axis)) {
                *slot = Self { edges, step, reversed };
            }
        }
        Ok(axes)
    }

    /// The cells that have a part of `start..end`, each with its place in the array and the length
    /// of that part.
    fn parts(&self, start: u64, end: u64, out: &mut Vec<(usize, f64)>) {
        let first = self.edges.partition_point(|(_, high)| *high <= start as f64);
        let behind = self.edges.partition_point(|(low, _)| *low < end as f64);
        let range: Range<usize> = first..behind;
        for (cell, edge) in range.clone().zip(self.edges.get(range).unwrap_or(&[])) {
            let last = self.edges.len().saturating_sub(1);
            let cell = if self.reversed { last.saturating_sub(cell) } else { cell };
            out.push((cell.saturating_mul(self.step), shared(start, end, *edge)));
        }
    }
}

fn add(rows: &Rows<'_>, [z_axis, y_axis, x_axis]: &[Axis; 3], voxels: &mut [f64]) {
    let (mut along_z, mut along_y, mut along_x) = (Vec::new(), Vec::new(), Vec::new());
    let mut slice = None;
    for row in rows.iter() {
        let [_, z, y] = row.place;
        if slice != Some(z) {
            slice = Some(z);
            along_z.clear();
            z_axis.parts(z, z.saturating_add(1), &mut along_z);
        }
        along_y.clear();
        along_x.clear();
        y_axis.parts(y, y.saturating_add(1), &mut along_y);
        for span in row.spans() {
            x_axis.parts(span.start, span.end, &mut along_x);
        }
        for (z_place, z_part) in &along_z {
            for (y_place, y_part) in &along_y {
                let (place, part) = (z_place.saturating_add(*y_place), z_part * y_part);
                for (x_place, x_part) in &along_x {
                    if let Some(cell) = voxels.get_mut(place.saturating_add(*x_place)) {
                        *cell += part * x_part;
                    }
                }
            }
        }
    }
}
