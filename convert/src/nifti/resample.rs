//! A coarse grid of values on the voxels of an image.

use std::fmt;

/// Offsets, strides and extents stay below this, so that positions keep their digits.
pub const MAX_POSITION: f64 = 2_147_483_648.0;
/// Strides and extents stay above this.
pub const MIN_STEP: f64 = 1e-3;
/// The most cells along an axis, and the most voxels.
pub const MAX_CELLS: usize = 1 << 24;
/// The most cells or voxels in a plane.
pub const MAX_PLANE: usize = 1 << 30;

/// Where the cells of one axis are, in voxel edge coordinates: voxel `v` covers `[v, v + 1)`, cell
/// `i` covers `[offset + stride * i, offset + stride * i + extent)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellAxis {
    /// Where cell 0 begins.
    pub offset: f64,
    /// From one cell to the next; negative when the cells run backwards.
    pub stride: f64,
    /// How much a cell covers.
    pub extent: f64,
}

impl CellAxis {
    /// `cells` that divide `voxels` evenly.
    pub fn dividing(voxels: usize, cells: usize) -> Self {
        let stride = voxels as f64 / cells as f64;
        Self { offset: 0.0, stride, extent: stride }
    }

    fn start(&self, cell: usize) -> f64 {
        self.offset + self.stride * cell as f64
    }

    fn center(&self, cell: usize) -> f64 {
        self.start(cell) + self.extent / 2.0
    }

    fn covers(&self, cell: usize, at: f64) -> bool {
        let start = self.start(cell);
        start <= at && at < start + self.extent
    }
}

/// How voxels get their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resampling {
    /// The cell that covers the centre of the voxel. Of several, the one whose centre is nearest,
    /// and of those the one with the lowest index. Voxels outside every cell get the fill.
    Nearest,
    /// Between the centres of cells, along each axis in turn; beyond the outermost centres, their
    /// values. No voxel gets the fill. A NaN reaches as far as its cell has weight.
    Linear,
}

/// Values of cells, `[d, h, w]` in C order.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    /// Cells along z, y, x.
    pub shape: [usize; 3],
    /// Where they are along z, y, x.
    pub axes: [CellAxis; 3],
    /// Their values.
    pub values: &'a [f32],
}

/// Why a grid was not resampled.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResampleError<E> {
    /// No cell or voxel along an axis, more than [`MAX_CELLS`], or more than [`MAX_PLANE`] in a
    /// plane.
    Shape([usize; 3]),
    /// Not one value for each cell: cells, values.
    Count(usize, usize),
    /// A position that is not finite or out of range, a stride of nearly zero, an extent not above
    /// it.
    Axis(CellAxis),
    /// The receiver failed.
    Sink(E),
}

impl<E: fmt::Display> fmt::Display for ResampleError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(shape) => write!(
                f,
                "resample: shape {shape:?}; every axis needs 1 to {MAX_CELLS} cells or voxels, \
                 and a plane at most {MAX_PLANE}"
            ),
            Self::Count(cells, values) => write!(
                f,
                "resample: {values} values for {cells} cells; give one value for each cell"
            ),
            Self::Axis(axis) => write!(
                f,
                "resample: {axis:?}; strides and extents are {MIN_STEP} to {MAX_POSITION} voxels, \
                 offsets below {MAX_POSITION}"
            ),
            Self::Sink(error) => write!(f, "{error}"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for ResampleError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sink(error) => Some(error),
            _ => None,
        }
    }
}

/// Values for the voxels of `shape` (z, y, x), handed to `sink` plane by plane `[y, x]` with the
/// index of the plane. Memory: one plane, one plane of cells, and a few numbers for each index.
///
/// # Errors
/// A grid that is refused, before the first plane; what `sink` answers.
pub fn resample<E>(
    cells: &Cells<'_>,
    shape: [usize; 3],
    how: Resampling,
    fill: f32,
    mut sink: impl FnMut(usize, &[f32]) -> Result<(), E>,
) -> Result<(), ResampleError<E>> {
    check(cells, shape)?;
    let [depth, height, width] = shape;
    let [_, h, w] = cells.shape;
    let cell_plane = h.saturating_mul(w);
    let plan = |axis: usize, voxels: usize| {
        let found = cells.axes.get(axis).zip(cells.shape.get(axis));
        found.map_or_else(Vec::new, |(place, count)| weights(place, *count, voxels, how))
    };
    let (planes, rows, columns) = (plan(0, depth), plan(1, height), plan(2, width));
    let cell = |z: usize| {
        let start = z.saturating_mul(cell_plane);
        cells.values.get(start..start.saturating_add(cell_plane)).unwrap_or_default()
    };
    let mut between = vec![0.0_f32; cell_plane];
    let mut line = vec![0.0_f32; w];
    let mut out = vec![fill; height.saturating_mul(width)];
    for (z, plane) in planes.iter().enumerate() {
        out.fill(fill);
        if let Some(plane) = plane {
            plane.blend(cell(plane.low), cell(plane.high), &mut between);
            for (row, out) in rows.iter().zip(out.chunks_exact_mut(width)) {
                let Some(row) = row else { continue };
                let at = |y: usize| between.chunks_exact(w).nth(y).unwrap_or_default();
                row.blend(at(row.low), at(row.high), &mut line);
                for (column, out) in columns.iter().zip(out) {
                    *out = column.map_or(fill, |column| column.pick(&line));
                }
            }
        }
        sink(z, &out).map_err(ResampleError::Sink)?;
    }
    Ok(())
}

/// Two neighbours along an axis and the weight of the second.
#[derive(Debug, Clone, Copy)]
struct Weight {
    low: usize,
    high: usize,
    part: f64,
}

impl Weight {
    fn mix(self, low: f32, high: f32) -> f32 {
        // A neighbour without weight must not bring its NaN.
        if self.part <= 0.0 {
            return low;
        }
        narrow(f64::from(low) * (1.0 - self.part) + f64::from(high) * self.part)
    }

    fn blend(self, low: &[f32], high: &[f32], out: &mut [f32]) {
        for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
            *out = self.mix(*low, *high);
        }
    }

    fn pick(self, line: &[f32]) -> f32 {
        let at = |i: usize| line.get(i).copied().unwrap_or(f32::NAN);
        self.mix(at(self.low), at(self.high))
    }
}

fn check<E>(cells: &Cells<'_>, shape: [usize; 3]) -> Result<(), ResampleError<E>> {
    for shape in [cells.shape, shape] {
        let fits = shape.iter().all(|n| (1..=MAX_CELLS).contains(n));
        let [_, h, w] = shape;
        if !fits || h.saturating_mul(w) > MAX_PLANE {
            return Err(ResampleError::Shape(shape));
        }
    }
    let count = cells.shape.iter().try_fold(1_usize, |product, n| product.checked_mul(*n));
    let count = count.ok_or(ResampleError::Shape(cells.shape))?;
    if count != cells.values.len() {
        return Err(ResampleError::Count(count, cells.values.len()));
    }
    let steps = MIN_STEP..=MAX_POSITION;
    for axis in cells.axes {
        let fits = steps.contains(&axis.stride.abs()) && steps.contains(&axis.extent);
        if !fits || axis.offset.is_nan() || axis.offset.abs() > MAX_POSITION {
            return Err(ResampleError::Axis(axis));
        }
    }
    Ok(())
}

fn weights(axis: &CellAxis, count: usize, voxels: usize, how: Resampling) -> Vec<Option<Weight>> {
    let last = count.saturating_sub(1);
    let weight = |voxel: usize| {
        let at = voxel as f64 + 0.5;
        // The position between the centres of cells, 0 at the first one, 1 at the second.
        let position = (at - axis.center(0)) / axis.stride;
        let low = floor(position, last);
        match how {
            Resampling::Nearest => nearest(axis, at, low, last),
            Resampling::Linear => {
                let part = (position - low as f64).clamp(0.0, 1.0);
                Some(Weight { low, high: low.saturating_add(1).min(last), part })
            }
        }
    };
    (0..voxels).map(weight).collect()
}

/// The covering cell of the nearest centre. It is `near` or the one behind it; one more on both
/// sides leaves room for rounding.
fn nearest(axis: &CellAxis, at: f64, near: usize, last: usize) -> Option<Weight> {
    let mut best: Option<(f64, usize)> = None;
    for cell in near.saturating_sub(1)..=near.saturating_add(2).min(last) {
        let distance = (axis.center(cell) - at).abs();
        if axis.covers(cell, at) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, cell));
        }
    }
    best.map(|(_, cell)| Weight { low: cell, high: cell, part: 0.0 })
}

/// The whole part of a position, from 0 to `last`.
fn floor(position: f64, last: usize) -> usize {
    let clamped = position.clamp(0.0, last as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped above")]
    let whole = clamped as usize;
    whole.min(last)
}

#[expect(clippy::cast_possible_truncation, reason = "rounds to nearest; the output is f32")]
fn narrow(value: f64) -> f32 {
    value as f32
}
