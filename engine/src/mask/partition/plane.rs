//! The slice that is walked: its labels, and bit maps of where labels change.

/// Voxels of a word of a bit map.
pub(super) const BLOCK: usize = 32;

/// A bit map with a word and a row of zeros around it.
#[derive(Clone, Debug)]
pub(super) struct Bits {
    words: Vec<u32>,
}

/// One slice of a box, and of what was the slice before as long as the walk has not passed it.
///
/// Row `y` of the box is row `y + 1` here, column `x` column `x + 1`: around the box lies background.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    width: usize,
    height: usize,
    stride: usize,
    labels: Vec<u16>,
    /// Where a label is not that of its left neighbour.
    across: Bits,
    /// Where it is not that of the voxel above.
    down: Bits,
    /// Where it is not that of the voxel in the slice before.
    through: Bits,
}

/// The rows that the walk over a row sees.
pub(super) struct Rows<'a> {
    pub(super) above: &'a [u16],
    pub(super) here: &'a mut [u16],
    pub(super) below: &'a [u16],
    pub(super) across: Triple<'a>,
    pub(super) down: Triple<'a>,
    pub(super) through: Triple<'a>,
}

/// A row of a bit map with the ones above and below it.
pub(super) struct Triple<'a> {
    pub(super) above: &'a [u32],
    pub(super) here: &'a mut [u32],
    pub(super) below: &'a [u32],
}

impl Plane {
    /// A slice of background.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let stride = width.div_ceil(BLOCK).saturating_add(2);
        let rows = height.saturating_add(2);
        let bits = Bits { words: vec![0; stride.saturating_mul(rows)] };
        Self {
            width,
            height,
            stride,
            labels: vec![0; width.saturating_add(2).saturating_mul(rows)],
            across: bits.clone(),
            down: bits.clone(),
            through: bits,
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Back to a slice of background.
    pub(super) fn clear(&mut self) {
        self.labels.fill(0);
        for bits in [&mut self.across, &mut self.down, &mut self.through] {
            bits.words.fill(0);
        }
    }

    /// The rows around row `y`.
    #[inline]
    pub(super) fn rows(&mut self, y: usize) -> Option<Rows<'_>> {
        let (above, here, below) = three(&mut self.labels, y, self.width + 2)?;
        Some(Rows {
            above,
            here,
            below,
            across: self.across.rows(y, self.stride)?,
            down: self.down.rows(y, self.stride)?,
            through: self.through.rows(y, self.stride)?,
        })
    }

    /// The labels of row `y`.
    pub(super) fn labels(&self, y: usize) -> &[u16] {
        let from = (y + 1) * (self.width + 2) + 1;
        self.labels.get(from..from + self.width).unwrap_or(&[])
    }

    /// To be called behind the last row: the edges to the background below it.
    pub(super) fn close(&mut self) {
        let from = self.height * (self.width + 2) + 1;
        let last = self.labels.get(from..from + self.width).unwrap_or(&[]);
        let words = self.down.words.get_mut((self.height + 1) * self.stride + 1..);
        for (word, block) in words.unwrap_or(&mut []).iter_mut().zip(last.chunks(BLOCK)) {
            let bits = block.iter().rev();
            *word = bits.fold(0, |word, &label| word << 1 | u32::from(label != 0));
        }
    }

    /// The slice is as the one before: nothing changes through it.
    pub(super) fn repeat(&mut self) {
        self.through.words.fill(0);
    }
}

impl Bits {
    #[inline]
    fn rows(&mut self, y: usize, stride: usize) -> Option<Triple<'_>> {
        let (above, here, below) = three(&mut self.words, y, stride)?;
        Some(Triple { above, here, below })
    }
}

/// Rows `y`, `y + 1` and `y + 2` of an array of rows.
#[inline]
fn three<T>(values: &mut [T], y: usize, stride: usize) -> Option<(&[T], &mut [T], &[T])> {
    let (before, after) = values.split_at_mut_checked((y + 1) * stride)?;
    let (here, after) = after.split_at_mut_checked(stride)?;
    Some((before.get(y * stride..)?, here, after.get(..stride)?))
}
