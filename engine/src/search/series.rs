//! A series: the features of a field that are compared with one query feature, row group by row group.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::kernels::{Matrix, Row, Rows as Values};
use crate::container::group::{Group, Probe};
use crate::container::view::{FeatureMatrix, RegionsView};
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::schema::{Dtype, FieldDef};

/// Which features of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// All vectors of a vector field.
    Vectors,
    /// Those of one region of a regions field.
    Region(u16),
}

/// The features of a series in one row group, or a part of them. Reads no feature by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    group: &'a Group,
    field: &'a FieldDef,
    section: usize,
    first: usize,
    count: usize,
    /// The position of each feature; without, they are those from `first` on.
    images: Option<&'a [u32]>,
}

impl Series {
    /// The region that it is of.
    pub fn region(self) -> Option<u16> {
        match self {
            Self::Vectors => None,
            Self::Region(region) => Some(region),
        }
    }

    /// The features of this series in a row group; `None` where it has none.
    pub(super) fn stretch<'a>(
        self,
        group: &'a Group,
        field: &'a FieldDef,
    ) -> Result<Option<Stretch<'a>>> {
        match self {
            Self::Vectors => {
                let count = usize::try_from(group.desc().count).unwrap_or(usize::MAX);
                let section = section::VECTOR_MATRIX;
                Ok(Some(Stretch { group, field, section, first: 0, count, images: None }))
            }
            Self::Region(region) => {
                let view = RegionsView::new(group, field);
                let Some(entry) = view.region(region)? else { return Ok(None) };
                let images = view.images(entry)?;
                let bad = || group.damage(Rule::RegionDirectory, "a region is out of bounds");
                let first = usize::try_from(entry.first).map_err(|_| bad())?;
                let section = section::REGION_MATRIX;
                let count = images.len();
                Ok(Some(Stretch { group, field, section, first, count, images: Some(images) }))
            }
        }
    }

    /// Features of this series in a row group, the dead ones included.
    pub(crate) fn count(self, group: &Group, field: &FieldDef) -> Result<u64> {
        match self {
            Self::Vectors => Ok(group.desc().count),
            Self::Region(region) => {
                let entry = RegionsView::new(group, field).region(region)?;
                Ok(entry.map_or(0, |entry| u64::from(entry.count)))
            }
        }
    }
}

impl<'a> Stretch<'a> {
    /// Number of features.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The row group.
    pub(super) fn group(&self) -> &'a Group {
        self.group
    }

    /// Bytes from one feature to the next.
    pub(super) fn stride(&self) -> u64 {
        self.field.stride()
    }

    /// The features whose positions lie in a range. O(log n).
    pub(super) fn within(self, positions: &Range<usize>) -> Self {
        let place = |position: usize| match self.images {
            None => position.saturating_sub(self.first).min(self.count),
            Some(images) => images.partition_point(|&image| (image as usize) < position),
        };
        let start = place(positions.start);
        let end = place(positions.end).max(start);
        Self {
            first: self.first.saturating_add(start),
            count: end.saturating_sub(start),
            images: self.images.map(|images| images.get(start..end).unwrap_or(&[])),
            ..self
        }
    }

    /// The places of the features among all that are stored.
    pub(super) fn stored(&self) -> Range<usize> {
        self.first..self.first.saturating_add(self.count)
    }

    /// The positions of the features, where these are a range.
    pub(super) fn positions(&self) -> Option<Range<usize>> {
        self.images.is_none().then(|| self.stored())
    }

    /// Checks that the images ascend and are below `len`, as a sweep does on its way.
    pub(super) fn check(&self, len: usize) -> Result<()> {
        let good = match self.images {
            None => self.stored().end <= len,
            Some(images) => {
                let ascend = images.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
                ascend && images.last().is_none_or(|&last| (last as usize) < len)
            }
        };
        let text = "the images of a region do not ascend or are out of bounds";
        if good { Ok(()) } else { Err(self.group.damage(Rule::RegionRows, text)) }
    }

    /// The position of a feature in the row group.
    pub(super) fn position(&self, index: usize) -> Option<usize> {
        match self.images {
            None => Some(self.first.saturating_add(index)),
            Some(images) => images.get(index).map(|&image| image as usize),
        }
    }

    /// The feature of the image at a position in the row group.
    pub(super) fn index_of(&self, position: usize) -> Option<usize> {
        match self.images {
            None => position.checked_sub(self.first).filter(|index| *index < self.count),
            Some(images) => {
                let place = images.partition_point(|&image| (image as usize) < position);
                images.get(place).filter(|&&image| image as usize == position).map(|_| place)
            }
        }
    }

    /// Some of the features, verified.
    pub(super) fn matrix(&self, range: &Range<usize>) -> Result<Matrix<'a>> {
        let first = self.first.saturating_add(range.start);
        let count = range.len();
        let stored = FeatureMatrix::of(self.group, self.field, self.section, first, count)?;
        let matrix = to_kernel(&stored);
        matrix.ok_or_else(|| self.group.damage(Rule::GroupSection, "a matrix is cut short"))
    }
}

/// The features of a stretch one by one: of each only the blocks that it lies in are verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Singles<'a> {
    elements: Elements<'a>,
    first: usize,
    /// Elements from one feature to the next.
    stride: usize,
    dim: usize,
}

#[derive(Clone, Copy, Debug)]
enum Elements<'a> {
    F16(Probe<'a, u16>),
    F32(Probe<'a, f32>),
}

impl<'a> Stretch<'a> {
    /// The features one by one.
    pub(super) fn singles(&self) -> Result<Singles<'a>> {
        // Checks that the row group has the features of the field.
        self.matrix(&(0..0))?;
        let bytes = usize::try_from(self.stride()).unwrap_or(usize::MAX);
        let (elements, stride) = match self.field.dtype {
            Dtype::F16 => (Elements::F16(self.group.probe(self.section)?), bytes / 2),
            Dtype::F32 => (Elements::F32(self.group.probe(self.section)?), bytes / 4),
        };
        Ok(Singles { elements, first: self.first, stride, dim: self.field.dim as usize })
    }
}

impl<'a> Singles<'a> {
    /// A feature of the stretch, verified.
    #[inline]
    pub(super) fn row(&self, index: usize) -> Result<Row<'a>> {
        let start = self.first.saturating_add(index).saturating_mul(self.stride);
        let range = start..start.saturating_add(self.dim);
        Ok(match &self.elements {
            Elements::F16(values) => Row::F16(bytemuck::cast_slice(values.slice(range)?)),
            Elements::F32(values) => Row::F32(values.slice(range)?),
        })
    }
}

/// A matrix of the container as the kernels take it.
pub(crate) fn to_kernel<'a>(stored: &FeatureMatrix<'a>) -> Option<Matrix<'a>> {
    let count = stored.len();
    match *stored {
        FeatureMatrix::F32 { values, dim, stride } => {
            Matrix::new(Values::F32(values), dim, stride, count)
        }
        FeatureMatrix::F16 { values, dim, stride } => {
            Matrix::new(Values::F16(values), dim, stride, count)
        }
    }
}
