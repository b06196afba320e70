//! A set of voxels as sorted runs.

use std::fmt;

use super::VoxelShape;

/// Voxels `start..end` of one row, numbered through the whole array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// The first voxel.
    pub start: u64,
    /// Behind the last voxel.
    pub end: u64,
}

impl Run {
    /// Number of voxels.
    pub fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// A set of voxels: runs in ascending order. No run is empty or crosses the end of its row, and two runs of a
/// row have a gap between them, so that a set has one form and equality is that of sets. 16 bytes a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    shape: VoxelShape,
    runs: Vec<Run>,
}

impl Runs {
    /// No voxel.
    pub fn empty(shape: VoxelShape) -> Self {
        Self { shape, runs: Vec::new() }
    }

    /// All voxels: a run for each row.
    pub fn full(shape: VoxelShape) -> Self {
        let width = shape.width();
        let row = |r: u64| Run {
            start: r.saturating_mul(width),
            end: r.saturating_add(1).saturating_mul(width),
        };
        Self::from_canonical(shape, (0..shape.rows()).map(row).collect())
    }

    /// Runs that the caller has in the form that [`Runs`] states; everything is checked. O(runs).
    ///
    /// # Errors
    ///
    /// [`RunsError::Run`] names the first run that is empty, out of bounds, out of order, over the end of its row,
    /// or without a gap to the one before.
    pub fn new(shape: VoxelShape, runs: Vec<Run>) -> Result<Self, RunsError> {
        let width = shape.width();
        let mut before: Option<Run> = None;
        for (number, run) in runs.iter().enumerate() {
            let row = |voxel: u64| voxel.checked_div(width);
            let inside = run.start < run.end
                && run.end <= shape.voxels()
                && row(run.start) == row(run.end.saturating_sub(1));
            let follows = before.is_none_or(|b| {
                b.end < run.start || (b.end == run.start && run.start.is_multiple_of(width))
            });
            if !inside || !follows {
                return Err(RunsError::Run { number, run: *run });
            }
            before = Some(*run);
        }
        Ok(Self { shape, runs })
    }

    /// Runs whose form the caller vouches for: results of operations on checked ones.
    pub(crate) fn from_canonical(shape: VoxelShape, runs: Vec<Run>) -> Self {
        debug_assert_eq!(Self::new(shape, runs.clone()).map(|_| ()), Ok(()));
        Self { shape, runs }
    }

    /// The shape.
    pub fn shape(&self) -> VoxelShape {
        self.shape
    }

    /// The runs.
    pub fn as_slice(&self) -> &[Run] {
        &self.runs
    }

    /// The runs, to be used again.
    pub fn into_vec(self) -> Vec<Run> {
        self.runs
    }

    /// Number of runs.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether there is no voxel.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Number of voxels. O(runs).
    pub fn voxels(&self) -> u64 {
        self.runs.iter().map(Run::len).sum()
    }

    /// Refuses a set of another shape.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`].
    pub fn same_shape(&self, other: &Self) -> Result<(), RunsError> {
        if self.shape == other.shape {
            return Ok(());
        }
        Err(RunsError::Shapes { left: self.shape, right: other.shape })
    }
}

/// What can be wrong with runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunsError {
    /// An axis is zero or too long, or there are too many voxels.
    Shape {
        /// Frames in time.
        frames: u64,
        /// Voxels along z, y, x.
        shape: [u64; 3],
    },
    /// A run is empty, out of bounds, out of order, over the end of its row, or touches the one before.
    Run {
        /// Its place.
        number: usize,
        /// The run.
        run: Run,
    },
    /// Two sets are of arrays of different shapes.
    Shapes {
        /// Of the first.
        left: VoxelShape,
        /// Of the second.
        right: VoxelShape,
    },
    /// A dense array has another length than its shape demands.
    Length {
        /// Values given.
        given: usize,
        /// Voxels of the shape.
        wanted: u64,
    },
    /// A box, frame or slice that is empty or not within the array.
    Outside {
        /// The axis: t, z, y or x.
        axis: &'static str,
        /// The first along it that was asked for.
        start: u64,
        /// Behind the last.
        end: u64,
        /// How long the axis is.
        length: u64,
    },
    /// A space that positions cannot be computed in; the text says why.
    Space(String),
    /// A label that the type of the label map does not hold.
    Label {
        /// The label.
        label: u32,
        /// The type.
        dtype: &'static str,
    },
    /// Memory ran out for something of this size.
    Memory {
        /// Bytes asked for.
        bytes: u64,
    },
}

impl fmt::Display for RunsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { frames, shape } => write!(
                f,
                "{frames} frames of shape {shape:?} (z, y, x) cannot hold masks: each axis must be 1 to 2^31 and \
                 all together 2^48 voxels at most"
            ),
            Self::Run { number, run } => write!(
                f,
                "run {number}, voxels {}..{}, is empty, outside the array, not after the run before it, or over the \
                 end of its row: sort the runs, split them at row ends and join those that touch",
                run.start, run.end
            ),
            Self::Shapes { left, right } => write!(
                f,
                "masks of different arrays: shape {:?} with {} frames and shape {:?} with {} frames; resample one \
                 of them",
                left.zyx(),
                left.frames(),
                right.zyx(),
                right.frames()
            ),
            Self::Length { given, wanted } => {
                write!(f, "an array of {given} values for a shape of {wanted} voxels")
            }
            Self::Outside { axis, start, end, length } => write!(
                f,
                "{start}..{end} along {axis} is empty or not within the {length} voxels of that axis"
            ),
            Self::Space(what) => f.write_str(what),
            Self::Label { label, dtype } => {
                write!(f, "label {label} does not fit {dtype}; use a wider type of label map")
            }
            Self::Memory { bytes } => write!(f, "no memory for {bytes} bytes"),
        }
    }
}

impl std::error::Error for RunsError {}
