//! Values of a grid at places between its cells.

use super::error::PictureError;
use super::limits::pixels;
use super::round::index;

/// How pixels get values from cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// The value of the cell that the pixel's centre lies in.
    Nearest,
    /// Between the four nearest centres of cells; beyond the outermost centres, their values. Where
    /// the nearest cell has no value (NaN), the pixel has none; other missing neighbours do not
    /// count.
    #[default]
    Bilinear,
}

/// A plane of values, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Grid<'a> {
    height: usize,
    width: usize,
    values: &'a [f32],
}

impl<'a> Grid<'a> {
    /// A plane of these values; NaN for a cell without one.
    ///
    /// # Errors
    /// A size out of range, or another number of values than it needs.
    pub fn new(height: usize, width: usize, values: &'a [f32]) -> Result<Self, PictureError> {
        let needed = pixels(height, width)?;
        if needed == values.len() {
            Ok(Self { height, width, values })
        } else {
            Err(PictureError::Count(needed, values.len()))
        }
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Cells of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The values.
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    fn cell(&self, y: usize, x: usize) -> f32 {
        let place = y.saturating_mul(self.width).saturating_add(x);
        self.values.get(place).copied().unwrap_or(f32::NAN)
    }

    /// The value at a place in cells: cell `i` covers `[i, i + 1)` along its axis.
    pub(super) fn at(&self, y: f64, x: f64, sampling: Sampling) -> f64 {
        let (last_y, last_x) = (self.height.saturating_sub(1), self.width.saturating_sub(1));
        let nearest = f64::from(self.cell(index(y, last_y), index(x, last_x)));
        if sampling == Sampling::Nearest || nearest.is_nan() {
            return nearest;
        }
        let (rows, columns) = (neighbours(y, last_y), neighbours(x, last_x));
        let (mut sum, mut weights) = (0.0, 0.0);
        for (row, row_weight) in rows {
            for (column, column_weight) in columns {
                let value = f64::from(self.cell(row, column));
                let weight = row_weight * column_weight;
                if weight > 0.0 && !value.is_nan() {
                    sum += weight * value;
                    weights += weight;
                }
            }
        }
        sum / weights
    }
}

/// The two cells whose centres lie around a place, and their weights.
fn neighbours(at: f64, last: usize) -> [(usize, f64); 2] {
    let position = (at - 0.5).clamp(0.0, last as f64);
    let low = index(position, last);
    let part = position - low as f64;
    [(low, 1.0 - part), (low.saturating_add(1).min(last), part)]
}
