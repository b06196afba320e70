//! What can be wrong with a question about geometry.

use std::fmt;

use crate::mask::RunsError;

/// What can be wrong with a question about geometry. New variants may come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GeometryError {
    /// The sets are not of one shape.
    Runs(RunsError),
    /// There is no such frame.
    Frame {
        /// Asked for.
        frame: u64,
        /// How many there are.
        frames: u64,
    },
    /// There is no such slice.
    Slice {
        /// The axis that the slice is across: 0 z, 1 y, 2 x.
        axis: usize,
        /// Asked for.
        index: u64,
        /// Voxels along z, y, x.
        shape: [u64; 3],
    },
    /// A spacing is not finite or not positive.
    Spacing([f64; 3]),
    /// A mapping of a grid that is not possible.
    Mapping(String),
    /// A grid has no cells, or more than [`CELLS_MAX`](super::CELLS_MAX).
    Grid([usize; 3]),
    /// Not one value, or one token, a cell.
    Values {
        /// Given.
        given: usize,
        /// Cells of the grid.
        wanted: usize,
    },
    /// A side of a box is not finite.
    Box([f32; 6]),
}

impl From<RunsError> for GeometryError {
    fn from(error: RunsError) -> Self {
        Self::Runs(error)
    }
}

impl fmt::Display for GeometryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs(error) => error.fmt(f),
            Self::Frame { frame, frames } => {
                write!(f, "frame {frame} of an array of {frames}: count from zero")
            }
            Self::Slice { axis, index, shape } => write!(
                f,
                "slice {index} across axis {axis} of shape {shape:?} (z, y, x): axes are 0 (z), 1 (y) and 2 (x), \
                 slices are counted from zero"
            ),
            Self::Spacing(spacing) => write!(
                f,
                "a spacing of {spacing:?} mm (z, y, x): each must be finite and more than zero"
            ),
            Self::Mapping(text) => write!(f, "a grid cannot lie over an image like this: {text}"),
            Self::Grid(grid) => write!(
                f,
                "a grid of {grid:?} cells (d, h, w): no side may be zero, and there may be {} cells at most",
                super::CELLS_MAX
            ),
            Self::Values { given, wanted } => {
                write!(f, "{given} values or tokens for a grid of {wanted} cells: one each")
            }
            Self::Box(sides) => {
                write!(f, "a box of sides {sides:?} (z0, y0, x0, z1, y1, x1): all must be finite")
            }
        }
    }
}

impl std::error::Error for GeometryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Runs(error) => Some(error),
            _ => None,
        }
    }
}
