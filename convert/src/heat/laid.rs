//! A heat map in the order of the image's axes.

use vesalius::HeatMap;

use super::error::HeatError;
use crate::nifti::resample::CellAxis;

/// The cells of a heat map along (z, y, x) of the image, whichever way the grid runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Laid {
    pub(super) shape: [usize; 3],
    /// Where they are; without a mapping, nobody knows, and grid axes are taken for those of the
    /// image.
    pub(super) axes: Option<[CellAxis; 3]>,
    /// `[z, y, x]`.
    pub(super) values: Vec<f32>,
}

/// A plane of cells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
}

impl Laid {
    pub(super) fn of(map: &HeatMap) -> Result<Self, HeatError> {
        let [d, h, w] = map.grid;
        let count = d.checked_mul(h).and_then(|n| n.checked_mul(w));
        if count != Some(map.values.len()) || map.values.is_empty() {
            let text =
                format!("a heat map of {} values has a grid {:?}", map.values.len(), map.grid);
            return Err(HeatError::Refused(format!("{text}; make one of an image with tokens")));
        }
        let Some(mapping) = map.mapping else {
            return Ok(Self { shape: map.grid, axes: None, values: map.values.clone() });
        };
        let at = |image_axis: u8| mapping.axes.iter().position(|axis| *axis == image_axis);
        let (Some(z), Some(y), Some(x)) = (at(0), at(1), at(2)) else {
            return Err(HeatError::Refused(format!("mapping {mapping:?} leaves out an axis")));
        };
        let strides = [h.saturating_mul(w), w, 1];
        let pick = |of: [usize; 3], grid_axis: usize| of.get(grid_axis).copied().unwrap_or(1);
        let order = [z, y, x];
        let shape = order.map(|grid_axis| pick(map.grid, grid_axis));
        let [sz, sy, sx] = order.map(|grid_axis| pick(strides, grid_axis));
        let [nz, ny, nx] = shape;
        let mut values = Vec::with_capacity(map.values.len());
        for k in 0..nz {
            for j in 0..ny {
                let row = k.saturating_mul(sz).saturating_add(j.saturating_mul(sy));
                values.extend((0..nx).map(|i| {
                    let place = row.saturating_add(i.saturating_mul(sx));
                    map.values.get(place).copied().unwrap_or(f32::NAN)
                }));
            }
        }
        let cell = |grid_axis: usize| {
            let of = |numbers: [f64; 3]| numbers.get(grid_axis).copied().unwrap_or(1.0);
            let (offset, extent) = (of(mapping.offset), of(mapping.extent));
            // From one cell there is no next one.
            let alone = pick(map.grid, grid_axis) == 1;
            CellAxis { offset, stride: if alone { extent } else { of(mapping.stride) }, extent }
        };
        Ok(Self { shape, axes: Some(order.map(cell)), values })
    }

    /// The plane of cells at an index along z.
    pub(super) fn plane(&self, cell: usize) -> Plane {
        let [_, height, width] = self.shape;
        let size = height.saturating_mul(width);
        let start = cell.saturating_mul(size);
        let values = self.values.get(start..start.saturating_add(size)).unwrap_or_default();
        Plane { height, width, values: values.to_vec() }
    }

    /// The index along z of the largest value.
    pub(super) fn hottest(&self) -> usize {
        let [_, height, width] = self.shape;
        let size = height.saturating_mul(width).max(1);
        let mut best: Option<(f32, usize)> = None;
        for (z, plane) in self.values.chunks(size).enumerate() {
            for value in plane.iter().filter(|value| !value.is_nan()) {
                if best.is_none_or(|(largest, _)| *value > largest) {
                    best = Some((*value, z));
                }
            }
        }
        best.map_or(0, |(_, z)| z)
    }

    /// The cell along z whose centre is nearest to the centre of a slice; `None` where no cell
    /// covers it.
    pub(super) fn cell_of_slice(&self, slice: usize) -> Option<usize> {
        let [axis, _, _] = self.axes?;
        let at = slice as f64 + 0.5;
        let [count, _, _] = self.shape;
        let start = |cell: usize| axis.offset + axis.stride * cell as f64;
        let covers = |cell: &usize| start(*cell) <= at && at < start(*cell) + axis.extent;
        let away = |cell: &usize| (start(*cell) + axis.extent / 2.0 - at).abs();
        (0..count).filter(covers).min_by(|a, b| away(a).total_cmp(&away(b)))
    }

    /// The slice that the centre of a cell along z lies in, of `slices`.
    pub(super) fn slice_of_cell(&self, cell: usize, slices: usize) -> usize {
        let centre = self.axes.map_or(cell as f64, |[axis, _, _]| {
            axis.offset + axis.stride * cell as f64 + axis.extent / 2.0
        });
        let last = slices.saturating_sub(1);
        let clamped = centre.clamp(0.0, last as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let slice = clamped as usize;
        slice.min(last)
    }

    /// The rectangle that the cells cover, (y0, x0, y1, x1) in voxels; where the grid runs
    /// backwards, its first corner is the far one.
    pub(super) fn cover(&self) -> Option<[f64; 4]> {
        let [_, y, x] = self.axes?;
        let [_, height, width] = self.shape;
        let ends = |axis: CellAxis, count: usize| {
            let start = axis.offset + axis.extent / 2.0 - axis.stride / 2.0;
            (start, start + axis.stride * count as f64)
        };
        let ((y0, y1), (x0, x1)) = (ends(y, height), ends(x, width));
        Some([y0, x0, y1, x1])
    }
}

impl Plane {
    /// Turned upside down or left to right.
    pub(super) fn flipped(mut self, rows: bool, columns: bool) -> Self {
        let width = self.width.max(1);
        if rows {
            self.values = self.values.chunks(width).rev().flatten().copied().collect();
        }
        if columns {
            self.values.chunks_mut(width).for_each(<[f32]>::reverse);
        }
        self
    }
}
