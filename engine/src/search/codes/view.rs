//! The parts of codes, owned and borrowed.

use super::super::rotation::PADDING;
use std::ops::Range;

/// Facts of a row: so many arrays of f32.
pub const ROW_FACTS: usize = 6;

/// The codes of `N` rows, wherever they lie. A view: copying it copies no codes.
#[derive(Clone, Copy, Debug)]
pub struct CodesView<'a> {
    /// Elements of a row, `D`.
    pub dim: usize,
    /// Elements of a rotated row, `P`.
    pub padded: usize,
    /// Rows, `N`.
    pub count: usize,
    /// The centre `[D]`.
    pub centre: &'a [f32],
    /// The high four bits `[N, P / 2]`.
    pub high: &'a [u8],
    /// The two bits below them `[N, P / 4]`.
    pub middle: &'a [u8],
    /// The lowest two `[N, P / 4]`.
    pub low: &'a [u8],
    /// The step of each row `[N]`.
    pub step: &'a [f32],
    /// At least the distance of the rotated row from what its bytes stand for `[N]`; infinite where
    /// the row is not one for codes.
    pub e8: &'a [f32],
    /// The same for the high six bits `[N]`.
    pub e6: &'a [f32],
    /// The same for the high four bits `[N]`.
    pub e4: &'a [f32],
    /// The canonical length of the stored row, as the cosine takes it `[N]`.
    pub norm: &'a [f32],
    /// The squared length of the row without the centre, by the canonical sum of its f32 differences `[N]`.
    pub ynorm2: &'a [f32],
}

impl<'a> CodesView<'a> {
    /// The parts as a view; `None` unless all have the lengths that belong together.
    #[expect(clippy::too_many_arguments, reason = "the parts")]
    pub fn new(
        centre: &'a [f32],
        [high, middle, low]: [&'a [u8]; 3],
        step: &'a [f32],
        e8: &'a [f32],
        e6: &'a [f32],
        e4: &'a [f32],
        norm: &'a [f32],
        ynorm2: &'a [f32],
    ) -> Option<Self> {
        let (dim, count) = (centre.len(), step.len());
        let padded = dim.checked_next_multiple_of(PADDING).filter(|_| dim > 0)?;
        let (half, quarter) = (count.checked_mul(padded / 2)?, count.checked_mul(padded / 4)?);
        let facts = [e8, e6, e4, norm, ynorm2].iter().all(|fact| fact.len() == count);
        let fits = high.len() == half && middle.len() == quarter && low.len() == quarter;
        (facts && fits).then_some(Self {
            dim,
            padded,
            count,
            centre,
            high,
            middle,
            low,
            step,
            e8,
            e6,
            e4,
            norm,
            ynorm2,
        })
    }

    /// The planes: the high four bits, the two below, the lowest two.
    pub fn planes(&self) -> [&'a [u8]; 3] {
        [self.high, self.middle, self.low]
    }

    /// Bytes of a row in each of the planes.
    pub fn row_bytes(&self) -> [usize; 3] {
        row_bytes(self.padded)
    }

    /// Some of the rows; `None` where they are not there.
    pub fn slice(&self, rows: Range<usize>) -> Option<Self> {
        let [half, quarter, _] = self.row_bytes();
        let bytes = |each| Some(rows.start.checked_mul(each)?..rows.end.checked_mul(each)?);
        let (halves, quarters) = (bytes(half)?, bytes(quarter)?);
        Self::new(
            self.centre,
            [self.high.get(halves)?, self.middle.get(quarters.clone())?, self.low.get(quarters)?],
            self.step.get(rows.clone())?,
            self.e8.get(rows.clone())?,
            self.e6.get(rows.clone())?,
            self.e4.get(rows.clone())?,
            self.norm.get(rows.clone())?,
            self.ynorm2.get(rows)?,
        )
    }
}

/// Bytes of a row of `padded` elements in each of the planes.
pub(super) fn row_bytes(padded: usize) -> [usize; 3] {
    [padded / 2, padded / 4, padded / 4]
}

/// Codes in memory of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    /// See [`CodesView::centre`].
    pub centre: Vec<f32>,
    /// See [`CodesView::high`].
    pub high: Vec<u8>,
    /// See [`CodesView::middle`].
    pub middle: Vec<u8>,
    /// See [`CodesView::low`].
    pub low: Vec<u8>,
    /// See [`CodesView::step`].
    pub step: Vec<f32>,
    /// See [`CodesView::e8`].
    pub e8: Vec<f32>,
    /// See [`CodesView::e6`].
    pub e6: Vec<f32>,
    /// See [`CodesView::e4`].
    pub e4: Vec<f32>,
    /// See [`CodesView::norm`].
    pub norm: Vec<f32>,
    /// See [`CodesView::ynorm2`].
    pub ynorm2: Vec<f32>,
}

impl Codes {
    /// The codes as a view; `None` when someone has changed a length.
    pub fn view(&self) -> Option<CodesView<'_>> {
        let Self { centre, high, middle, low, step, e8, e6, e4, norm, ynorm2 } = self;
        CodesView::new(centre, [high, middle, low], step, e8, e6, e4, norm, ynorm2)
    }

    /// Bytes of the codes of a row, facts included.
    pub fn bytes_each(dim: usize) -> usize {
        dim.next_multiple_of(PADDING).saturating_add(ROW_FACTS * size_of::<f32>())
    }
}
