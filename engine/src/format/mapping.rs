//! Which voxels a token covers.

use super::reader::Reader;
use super::schema::FieldDef;
use super::writer::Writer;
use super::{Damage, Rule};

/// Encoded bytes of a [`GridMapping`].
pub const GRID_MAPPING_BYTES: u64 = 80;

/// How a grid of tokens lies over an image: cell `i` of grid axis `a` covers, along image axis `axes[a]`,
/// `offset[a] + stride[a] * i` up to `extent[a]` more.
///
/// Places are voxel edges, as those of boxes: voxel `v` covers `v` to `v + 1`, its centre is at `v + 0.5`.
/// Whatever was done to the image before the model saw it (scaling, padding, cropping, flipping) is in these
/// numbers: a model input of 448 pixels over 512 voxels has cells of `14 * 512 / 448` voxels; padding makes
/// cells that lie outside of the image; a flipped axis has a negative stride.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridMapping {
    /// The image axis (0 z, 1 y, 2 x) that each grid axis (d, h, w) runs along.
    pub axes: [u8; 3],
    /// Lower edge of cell 0 of each grid axis, in voxels.
    pub offset: [f64; 3],
    /// Voxels from a cell to the next; negative where the grid runs backwards. For an axis of one cell without
    /// meaning, but not zero.
    pub stride: [f64; 3],
    /// Voxels that a cell covers.
    pub extent: [f64; 3],
}

impl GridMapping {
    /// Cells of equal size, `stride` voxels along (z, y, x), from the first voxel on.
    pub fn regular(stride: [f64; 3]) -> Self {
        Self { axes: [0, 1, 2], offset: [0.0; 3], stride, extent: stride }
    }

    /// The grid stretched over all of an image of `shape` voxels (z, y, x): how a model sees an image that was
    /// resized to its input without regard to the aspect.
    pub fn covering(grid: [u32; 3], shape: [u64; 3]) -> Self {
        let mut stride = [1.0; 3];
        for ((out, n), cells) in stride.iter_mut().zip(shape).zip(grid) {
            *out = n as f64 / f64::from(cells.max(1));
        }
        Self::regular(stride)
    }

    /// Lower and upper edges (z, y, x), in voxels, of the cell at (d, h, w).
    pub fn cell(&self, at: [u32; 3]) -> ([f64; 3], [f64; 3]) {
        let (mut low, mut high) = ([0.0; 3], [0.0; 3]);
        for (grid_axis, &axis) in self.axes.iter().enumerate() {
            let value = |of: &[f64; 3]| of.get(grid_axis).copied().unwrap_or(0.0);
            let cell = at.get(grid_axis).copied().unwrap_or(0);
            let start = value(&self.stride).mul_add(f64::from(cell), value(&self.offset));
            if let (Some(low), Some(high)) =
                (low.get_mut(usize::from(axis)), high.get_mut(usize::from(axis)))
            {
                *low = start;
                *high = start + value(&self.extent);
            }
        }
        (low, high)
    }

    /// Checks that the cells of `grid` cover a part of an image of `shape` voxels (z, y, x), each axis by itself.
    /// The name of the axis that they miss, otherwise.
    pub fn check_shape(&self, grid: [u32; 3], shape: [u64; 3]) -> Result<(), &'static str> {
        let last = grid.map(|n| n.max(1).saturating_sub(1));
        let ((low_a, high_a), (low_b, high_b)) = (self.cell([0; 3]), self.cell(last));
        let ends = low_a.into_iter().zip(low_b).zip(high_a.into_iter().zip(high_b));
        for (((a, b), (c, d)), (n, name)) in ends.zip(shape.into_iter().zip(["z", "y", "x"])) {
            let inside = a.min(b) < n as f64 && c.max(d) > 0.0;
            if !inside {
                return Err(name);
            }
        }
        Ok(())
    }

    /// Checks rule V037.
    pub fn check(&self, at: u64) -> Result<(), Damage> {
        let mut axes = self.axes;
        axes.sort_unstable();
        let finite = |values: &[f64; 3]| values.iter().all(|v| v.is_finite());
        let possible = axes == [0, 1, 2]
            && finite(&self.offset)
            && finite(&self.stride)
            && self.stride.iter().all(|&s| s != 0.0)
            && finite(&self.extent)
            && self.extent.iter().all(|&e| e > 0.0);
        if possible {
            return Ok(());
        }
        Err(Damage::new(Rule::GridMapping, at, format!("{self:?}")))
    }

    /// Appends the record.
    pub fn encode(&self, w: &mut Writer) {
        w.raw(&self.axes);
        w.pad_to(w.len().saturating_add(5));
        for value in self.offset.into_iter().chain(self.stride).chain(self.extent) {
            w.f64(value);
        }
    }

    /// Reads and checks a record.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Damage> {
        let at = r.offset();
        let axes = [r.u8()?, r.u8()?, r.u8()?];
        r.zeros(5)?;
        let mut triple = || Ok::<_, Damage>([r.f64()?, r.f64()?, r.f64()?]);
        let mapping = Self { axes, offset: triple()?, stride: triple()?, extent: triple()? };
        mapping.check(at)?;
        Ok(mapping)
    }
}

/// The mapping of a field's grid over an image of which nothing is said but its shape (z, y, x): equal cells of
/// whole voxels, or none where that is not possible.
pub fn even(field: &FieldDef, shape: [u64; 3]) -> Option<GridMapping> {
    let [depth, height, width] = field.grid;
    let is_grid = height > 0;
    let even = shape
        .into_iter()
        .zip([depth.max(1), height, width])
        .all(|(n, cells)| cells > 0 && n > 0 && n.is_multiple_of(u64::from(cells)));
    (is_grid && even).then(|| GridMapping::covering(field.grid, shape))
}

#[cfg(test)]
mod tests {
    use super::GridMapping;

    #[test]
    fn cells_lie_where_the_numbers_say() {
        let mapping = GridMapping {
            axes: [2, 0, 1],
            offset: [5.0, 32.0, -4.0],
            stride: [1.0, -16.0, 8.0],
            extent: [2.0, 16.0, 8.0],
        };
        assert_eq!(mapping.cell([0, 1, 2]), ([16.0, 12.0, 5.0], [32.0, 20.0, 7.0]));
        assert_eq!(mapping.check_shape([0, 3, 4], [48, 28, 7]), Ok(()));
        assert_eq!(mapping.check_shape([0, 3, 4], [48, 28, 5]), Err("x"));
    }
}
