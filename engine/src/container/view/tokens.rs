//! Token tensors: each image's in its own extent.

use half::f16;

use super::FeatureMatrix;
use crate::container::checked::CheckedExtent;
use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::extent::Extent;
use crate::format::group::layout::section;
use crate::format::limits::TENSOR_BYTES_MAX;
use crate::format::mapping::{GRID_MAPPING_BYTES, GridMapping};
use crate::format::reader::Reader;
use crate::format::schema::{Dtype, FieldDef};

/// The tensors of a row group.
#[derive(Clone, Copy, Debug)]
pub struct TokensView<'a> {
    group: &'a Group,
    field: &'a FieldDef,
}

impl<'a> TokensView<'a> {
    /// A view of a row group of layout tokens.
    pub fn new(group: &'a Group, field: &'a FieldDef) -> Self {
        Self { group, field }
    }

    /// The pointer to the tensor of the image at a place.
    pub fn extent(&self, position: usize) -> Result<Extent> {
        self.group.check_field(Some(self.field))?;
        let [page, len, crc] = self.group.value(section::TENSORS, position)?;
        self.check([page, len, crc])
    }

    /// The pointers of all images, in the order of their places.
    pub fn extents(&self) -> Result<impl Iterator<Item = Result<Extent>> + use<'a>> {
        self.group.check_field(Some(self.field))?;
        let all: &[[u64; 3]] = self.group.section(section::TENSORS)?;
        let view = *self;
        Ok(all.iter().map(move |&pointer| view.check(pointer)))
    }

    fn check(&self, [page, len, crc]: [u64; 3]) -> Result<Extent> {
        let Ok(crc) = u32::try_from(crc) else {
            return Err(self.group.damage(Rule::Reserved, "a pointer has a reserved part"));
        };
        let extent = Extent { page, len, crc };
        extent.check(crate::format::limits::FILE_BYTES_MAX, self.group.desc().data.offset())?;
        let width = self.field.feature_bytes().max(1);
        let len_ok = match self.field.tensor_bytes() {
            Some(bytes) => len == bytes,
            None => len.is_multiple_of(width) && len <= TENSOR_BYTES_MAX,
        };
        if len_ok {
            return Ok(extent);
        }
        let text = format!("a tensor of {len} bytes does not fit field {:?}", self.field.name);
        Err(self.group.damage(Rule::TensorExtent, &text))
    }

    /// Bytes of a token.
    pub fn width(&self) -> usize {
        usize::try_from(self.field.feature_bytes()).unwrap_or(usize::MAX)
    }

    /// How many tokens the image at a place has.
    pub fn count(&self, position: usize) -> Result<usize> {
        let tokens = self.extent(position)?.len / self.field.feature_bytes().max(1);
        Ok(usize::try_from(tokens).unwrap_or(usize::MAX))
    }

    /// The bytes of the tensor of an image, verified as they are touched; `None` when it has no token.
    pub fn tensor(&self, position: usize) -> Result<Option<&'a CheckedExtent>> {
        let extent = self.extent(position)?;
        if extent.is_none() {
            return Ok(None);
        }
        self.group.tensor(position, extent).map(Some)
    }

    /// `count` tokens from `first` on of the image at a place: a matrix without padding. Verifies only the
    /// blocks that they lie in.
    pub fn features(
        &self,
        position: usize,
        first: usize,
        count: usize,
    ) -> Result<FeatureMatrix<'a>> {
        let dim = self.field.dim as usize;
        let width = usize::try_from(self.field.feature_bytes()).unwrap_or(usize::MAX);
        let start = first.checked_mul(width);
        let end = first.checked_add(count).and_then(|end| end.checked_mul(width));
        let past = || self.group.damage(Rule::TensorExtent, "an index reaches past its tensor");
        let (Some(start), Some(end)) = (start, end) else { return Err(past()) };
        let bytes = match self.tensor(position)? {
            Some(tensor) if end as u64 <= tensor.extent().len => tensor.get(start..end)?,
            // Bytes of nowhere need not be aligned.
            None if end == 0 => return Ok(FeatureMatrix::empty(self.field.dtype, dim)),
            _ => return Err(past()),
        };
        let unaligned = |_| self.group.damage(Rule::TensorExtent, "a tensor is not aligned");
        Ok(match self.field.dtype {
            Dtype::F32 => {
                let values = bytemuck::try_cast_slice(bytes).map_err(unaligned)?;
                FeatureMatrix::F32 { values, dim, stride: dim }
            }
            Dtype::F16 => {
                let values: &[f16] = bytemuck::try_cast_slice(bytes).map_err(unaligned)?;
                FeatureMatrix::F16 { values, dim, stride: dim }
            }
        })
    }

    /// Number of grid mappings in the table.
    pub fn mappings(&self) -> Result<usize> {
        let len = self.group.header()?.sections.get(section::MAPPINGS).map_or(0, |s| s.len);
        Ok(usize::try_from(len / GRID_MAPPING_BYTES).unwrap_or(usize::MAX))
    }

    /// A grid mapping of the table.
    pub fn mapping_at(&self, index: usize) -> Result<GridMapping> {
        let start = index.saturating_mul(80);
        let bytes: &[u8] = self.group.part(section::MAPPINGS, start..start.saturating_add(80))?;
        let at = self.group.desc().data.offset();
        Ok(GridMapping::decode(&mut Reader::new(bytes, at, Rule::GridMapping))?)
    }

    /// The index of the grid mapping of the image at a place, if it has one.
    pub fn mapping_index(&self, position: usize) -> Result<Option<usize>> {
        let codes = self.group.header()?.sections.get(section::MAPPING_CODES);
        if codes.is_none_or(|codes| codes.len == 0) {
            return Ok(None);
        }
        let code: u32 = self.group.value(section::MAPPING_CODES, position)?;
        let Some(index) = code.checked_sub(1) else { return Ok(None) };
        if index as usize >= self.mappings()? {
            let text = "the code of a grid mapping is not in the table";
            return Err(self.group.damage(Rule::GridMapping, text));
        }
        Ok(Some(index as usize))
    }

    /// The grid mapping of the image at a place, if it has one.
    pub fn mapping(&self, position: usize) -> Result<Option<GridMapping>> {
        self.mapping_index(position)?.map(|index| self.mapping_at(index)).transpose()
    }
}
