//! Regions: by region, and by image.

use bytemuck::{Pod, Zeroable};

use super::FeatureMatrix;
use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::{ENTRY_HAS_BOX, ENTRY_HAS_SCORE, section};
use crate::format::schema::FieldDef;

/// Where the features of one region lie.
#[derive(Clone, Copy, Debug, Pod, Zeroable, PartialEq, Eq)]
#[repr(C)]
pub struct DirectoryEntry {
    /// Index of the region.
    pub region: u32,
    /// Images of this row group that have it.
    pub count: u32,
    /// Its first entry.
    pub first: u64,
}

/// One region of one image, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct RegionView<'a> {
    /// Index of the region.
    pub region: u16,
    /// A matrix of one feature.
    pub feature: FeatureMatrix<'a>,
    /// Box (z0, y0, x0, z1, y1, x1) in voxels, half open.
    pub bbox: Option<[f32; 6]>,
    /// Score of the detection.
    pub score: Option<f32>,
}

/// The regions of a row group.
#[derive(Clone, Copy, Debug)]
pub struct RegionsView<'a> {
    group: &'a Group,
    field: &'a FieldDef,
}

impl<'a> RegionsView<'a> {
    /// A view of a row group of layout regions.
    pub fn new(group: &'a Group, field: &'a FieldDef) -> Self {
        Self { group, field }
    }

    /// The regions that occur, ascending.
    pub fn directory(&self) -> Result<&'a [DirectoryEntry]> {
        self.group.section(section::REGION_DIRECTORY)
    }

    /// The directory entry of a region.
    pub fn region(&self, region: u16) -> Result<Option<DirectoryEntry>> {
        let directory = self.directory()?;
        let place = directory.binary_search_by_key(&u32::from(region), |entry| entry.region);
        Ok(place.ok().and_then(|place| directory.get(place).copied()))
    }

    /// For each entry of a region the index of its image in the row group, ascending.
    pub fn images(&self, entry: DirectoryEntry) -> Result<&'a [u32]> {
        let (first, count) = self.span(entry)?;
        self.group.part(section::ENTRY_IMAGES, first..first.saturating_add(count))
    }

    /// The features of a region.
    pub fn matrix(&self, entry: DirectoryEntry) -> Result<FeatureMatrix<'a>> {
        let (first, count) = self.span(entry)?;
        FeatureMatrix::of(self.group, self.field, section::REGION_MATRIX, first, count)
    }

    fn span(&self, entry: DirectoryEntry) -> Result<(usize, usize)> {
        let count = entry.count as usize;
        let first =
            usize::try_from(entry.first).ok().filter(|first| first.checked_add(count).is_some());
        let bad = || self.group.damage(Rule::RegionDirectory, "a region is out of bounds");
        first.map(|first| (first, count)).ok_or_else(bad)
    }

    /// The regions of the image at a place, ascending, and the entry of each.
    pub fn of_image(&self, position: usize) -> Result<(&'a [u16], &'a [u32])> {
        let end = position.saturating_add(2);
        let starts: &[u32] = self.group.part(section::IMAGE_STARTS, position..end)?;
        let [start, stop] = starts else {
            return Err(self.group.damage(Rule::RegionRows, "an image is missing"));
        };
        let range = *start as usize..*stop as usize;
        let regions = self.group.part(section::IMAGE_REGIONS, range.clone())?;
        Ok((regions, self.group.part(section::IMAGE_ENTRIES, range)?))
    }

    /// The entry of one region of the image at a place.
    pub fn entry(&self, position: usize, region: u16) -> Result<Option<u32>> {
        let (regions, entries) = self.of_image(position)?;
        let place = regions.binary_search(&region).ok();
        Ok(place.and_then(|place| entries.get(place).copied()))
    }

    /// The feature of an entry as a matrix of one row; verifies only the blocks that it lies in.
    pub fn feature(&self, entry: u32) -> Result<FeatureMatrix<'a>> {
        FeatureMatrix::of(self.group, self.field, section::REGION_MATRIX, entry as usize, 1)
    }

    /// Everything of an entry.
    pub fn get(&self, region: u16, entry: u32) -> Result<RegionView<'a>> {
        let (bbox, score) = self.box_and_score(entry)?;
        Ok(RegionView { region, feature: self.feature(entry)?, bbox, score })
    }

    /// Box and score of an entry.
    pub fn box_and_score(&self, entry: u32) -> Result<(Option<[f32; 6]>, Option<f32>)> {
        let index = entry as usize;
        let header = self.group.header()?;
        if header.sections.get(section::ENTRY_FLAGS).is_none_or(|s| s.len == 0) {
            return Ok((None, None));
        }
        let flags: u8 = self.group.value(section::ENTRY_FLAGS, index)?;
        let bbox = if flags & ENTRY_HAS_BOX == 0 {
            None
        } else {
            let start = index.saturating_mul(6);
            let values: &[f32] =
                self.group.part(section::ENTRY_BOXES, start..start.saturating_add(6))?;
            <[f32; 6]>::try_from(values).ok()
        };
        let score = if flags & ENTRY_HAS_SCORE == 0 {
            None
        } else {
            Some(self.group.value(section::ENTRY_SCORES, index)?)
        };
        Ok((bbox, score))
    }
}
