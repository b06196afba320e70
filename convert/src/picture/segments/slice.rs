//! A slice, its segments, and where its pixels come to lie.

use vesalius::{Run, Space};

use crate::picture::error::PictureError;
use crate::picture::image::Colour;
use crate::picture::limits::{MAX_SIDE, pixels};
use crate::picture::round::index;

/// One slice of a volume, or a picture.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Distance of rows and of columns, in any unit: pixels of the picture have these proportions.
    pub spacing: [f64; 2],
    /// Whether rows and columns are drawn from the last to the first; see [`upright`].
    pub flip: [bool; 2],
    /// Values of the image below the segments, row by row; black where there is none.
    pub background: Option<&'a [f32]>,
}

/// A segment on a slice.
#[derive(Debug, Clone, Copy)]
pub struct SliceSegment<'a> {
    /// The name in the legend; printable ASCII.
    pub name: &'a str,
    /// What stands behind the name: a volume, say.
    pub detail: &'a str,
    /// Its label, which gives it a colour if it has none.
    pub label: u32,
    /// Its colour.
    pub colour: Option<Colour>,
    /// Its pixels, numbered row by row through the slice. They may go over the ends of rows.
    pub runs: &'a [Run],
}

/// Flips of rows and columns.
pub type Upright = [bool; 2];

/// The flips that show a slice across `axis` (0 z, 1 y, 2 x) of a space as physicians look at it: the head up, the
/// front up where the head is not, the left of the patient at the right, and the front at the left in sagittal
/// slices. Rows run along the first of the two other axes.
pub fn upright(space: &Space, axis: usize) -> Upright {
    let axes: [usize; 2] = match axis {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    };
    axes.map(|axis| {
        // The world axis (L, P, S) that is nearest, and the sign on it.
        let along = space.direction.map(|row| row.get(axis).copied().unwrap_or(0.0));
        let longest =
            along.iter().copied().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        // Numbers ascend to the left and to the back in the picture, and down from the head.
        longest.is_some_and(|(world, sign)| (sign < 0.0) != (world == 2))
    })
}

impl Slice<'_> {
    /// Height and width of the picture.
    pub(super) fn size(&self, side: usize) -> Result<[usize; 2], PictureError> {
        pixels(self.height, self.width)?;
        let [dy, dx] = self.spacing;
        let ratio = dy / dx;
        if !(dy > 0.0 && dx > 0.0 && (1e-3..=1e3).contains(&ratio)) {
            return Err(PictureError::Spacing(self.spacing));
        }
        // The finer axis has whole pixels; the other is stretched.
        let stretch = [ratio.max(1.0), (1.0 / ratio).max(1.0)];
        let plain = [self.height as f64 * stretch[0], self.width as f64 * stretch[1]];
        let longer = plain[0].max(plain[1]);
        let times = (side.min(MAX_SIDE) as f64 / longer).ceil().max(1.0);
        let size = plain.map(|length| index((length * times).round(), usize::MAX >> 12).max(1));
        pixels(size[0], size[1])?;
        Ok(size)
    }

    /// The pixels of a segment.
    pub(super) fn covered(&self, segment: &SliceSegment<'_>) -> Result<Vec<bool>, PictureError> {
        let count = pixels(self.height, self.width)?;
        let mut covered = vec![false; count];
        for run in segment.runs {
            let range = usize::try_from(run.start).ok().zip(usize::try_from(run.end).ok());
            let part = range.and_then(|(start, end)| covered.get_mut(start..end));
            part.ok_or(PictureError::Run(run.start, run.end, count))?.fill(true);
        }
        Ok(covered)
    }
}

/// The row or column of the slice for each of the picture.
pub(super) fn places(shown: usize, own: usize, flip: bool) -> Vec<usize> {
    let last = own.saturating_sub(1);
    let place = |at: usize| {
        let place = index((at as f64 + 0.5) * own as f64 / shown as f64, last);
        if flip { last.saturating_sub(place) } else { place }
    };
    (0..shown).map(place).collect()
}
