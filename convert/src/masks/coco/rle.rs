//! One mask as COCO has it: lengths of background and foreground in turn, down the columns.

use vesalius::{Run, Runs, VoxelShape};

use super::columns::turned;
use super::error::CocoError;
use super::{counts, polygon};

/// A mask of a picture: counts of pixels outside, inside, outside, ..., column by column. The first may be zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rle {
    shape: VoxelShape,
    counts: Vec<u64>,
}

impl Rle {
    /// A mask of counts.
    ///
    /// # Errors
    ///
    /// A size that masks cannot have, or counts that do not add up to its pixels.
    pub fn new(height: u64, width: u64, counts: Vec<u64>) -> Result<Self, CocoError> {
        let shape = VoxelShape::new(1, [1, height, width])?;
        let sum = counts.iter().fold(0_u64, |sum, &count| sum.saturating_add(count));
        if sum != shape.voxels() {
            return Err(CocoError::Sum(sum, shape.voxels()));
        }
        Ok(Self { shape, counts })
    }

    /// A mask of the compressed text of counts.
    ///
    /// # Errors
    ///
    /// Text that no counts have; as [`Rle::new`].
    pub fn from_text(height: u64, width: u64, text: &str) -> Result<Self, CocoError> {
        Self::new(height, width, counts::decode(text)?)
    }

    /// The pixels inside any of the polygons `[x0, y0, x1, y1, ...]`, those that `pycocotools` gives.
    ///
    /// # Errors
    ///
    /// A polygon of less than three points or of coordinates that are not finite or far away, outlines over
    /// [`POLYGON_STEPS_MAX`](super::POLYGON_STEPS_MAX), or a size that masks cannot have.
    pub fn from_polygons(
        height: u64,
        width: u64,
        polygons: &[Vec<f64>],
    ) -> Result<Self, CocoError> {
        let shape = VoxelShape::new(1, [1, height, width])?;
        Ok(Self::of_columns(shape, polygon::filled(shape, polygons)?))
    }

    /// The mask of runs along the rows of one slice.
    ///
    /// # Errors
    ///
    /// [`CocoError::Layout`] for an array of more than one slice, [`CocoError::Runs`] for a mask of very many
    /// columns.
    pub fn from_runs(runs: &Runs) -> Result<Self, CocoError> {
        let shape = runs.shape();
        if shape.slices() != 1 {
            let what = format!("a mask of {} slices; write each slice by itself", shape.slices());
            return Err(CocoError::Layout(what));
        }
        Self::of_rows(shape.height(), shape.width(), runs.as_slice().iter().copied())
    }

    pub(super) fn of_rows(
        height: u64,
        width: u64,
        runs: impl IntoIterator<Item = Run>,
    ) -> Result<Self, CocoError> {
        let shape = VoxelShape::new(1, [1, height, width])?;
        Ok(Self::of_columns(shape, turned(height, width, runs)?))
    }

    /// The mask of sorted runs down the columns, which may touch.
    fn of_columns(shape: VoxelShape, runs: impl IntoIterator<Item = Run>) -> Self {
        let mut counts: Vec<u64> = Vec::new();
        let mut at = 0_u64;
        for run in runs {
            match counts.last_mut() {
                Some(last) if run.start == at => *last = last.saturating_add(run.len()),
                _ => counts.extend([run.start.saturating_sub(at), run.len()]),
            }
            at = run.end;
        }
        if at < shape.voxels() {
            counts.push(shape.voxels().saturating_sub(at));
        }
        Self { shape, counts }
    }

    /// The runs along the rows.
    ///
    /// # Errors
    ///
    /// [`CocoError::Runs`] when there are more than [`RUNS_MAX`](super::RUNS_MAX).
    pub fn runs(&self) -> Result<Runs, CocoError> {
        let columns = inside(&self.counts);
        let runs = turned(self.shape.width(), self.shape.height(), columns)?;
        Ok(Runs::new(self.shape, runs)?)
    }

    /// Rows of the picture.
    pub fn height(&self) -> u64 {
        self.shape.height()
    }

    /// Columns of the picture.
    pub fn width(&self) -> u64 {
        self.shape.width()
    }

    /// The counts.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The counts as compressed text.
    pub fn text(&self) -> String {
        counts::encode(&self.counts)
    }

    /// Number of pixels.
    pub fn area(&self) -> u64 {
        self.counts.iter().skip(1).step_by(2).fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// The bounding box: x, y, width, height; all zero for an empty mask.
    pub fn bounding_box(&self) -> [u64; 4] {
        let height = self.shape.height();
        let place =
            |at: u64| (at.checked_div(height).unwrap_or(0), at.checked_rem(height).unwrap_or(0));
        let (mut x, mut y) = ((u64::MAX, 0), (u64::MAX, 0));
        for run in inside(&self.counts) {
            let (first, top) = place(run.start);
            let (last, bottom) = place(run.end.saturating_sub(1));
            x = (x.0.min(first), x.1.max(last));
            // What goes on in the next column touches the last row and the first.
            let (top, bottom) =
                if first == last { (top, bottom) } else { (0, height.saturating_sub(1)) };
            y = (y.0.min(top), y.1.max(bottom));
        }
        if x.0 > x.1 {
            return [0; 4];
        }
        let length = |(first, last): (u64, u64)| last.saturating_sub(first).saturating_add(1);
        [x.0, y.0, length(x), length(y)]
    }
}

/// The runs of the counts inside.
fn inside(counts: &[u64]) -> impl Iterator<Item = Run> {
    let mut at = 0_u64;
    counts.chunks(2).filter_map(move |pair| {
        let (&outside, &inside) = (pair.first()?, pair.get(1)?);
        let start = at.saturating_add(outside);
        at = start.saturating_add(inside);
        (inside > 0).then_some(Run { start, end: at })
    })
}
