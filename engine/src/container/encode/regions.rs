//! Regions, stored by region: what one region's scan reads lies in one piece.

use super::{Assembly, Encoded, Shape};
use crate::error::{Error, Result};
use crate::format::group::Layout;
use crate::format::group::layout::{ENTRY_HAS_BOX, ENTRY_HAS_SCORE};
use crate::format::schema::{Dtype, row_stride};

/// One region of one image.
#[derive(Clone, Copy, Debug)]
pub struct RegionEntry<'a> {
    /// Index of the region.
    pub region: u16,
    /// `dim` values, little endian, without padding.
    pub feature: &'a [u8],
    /// Box (z0, y0, x0, z1, y1, x1) in voxels, half open.
    pub bbox: Option<[f32; 6]>,
    /// Score of the detection.
    pub score: Option<f32>,
}

/// Images with their regions.
#[derive(Debug)]
pub struct RegionsInput<'a> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    /// For each row the end of its part of `entries`.
    pub ends: Vec<usize>,
    /// Entries by row; regions ascend strictly within a row.
    pub entries: Vec<RegionEntry<'a>>,
    /// Dimension.
    pub dim: u32,
    /// Type of the values.
    pub dtype: Dtype,
}

impl RegionsInput<'_> {
    /// The row group.
    pub fn encode(&self) -> Result<Encoded> {
        let order = self.by_region();
        let directory = self.directory(&order);
        let images = self.images_of_entries();
        let stride = row_stride(self.dim, self.dtype);
        let total = self.entries.len() as u64;
        let shape = Shape {
            layout: Layout::Regions,
            rows: &self.rows,
            total,
            dim: self.dim,
            dtype: u32::from(self.dtype.code()),
            stride: u32::try_from(stride).unwrap_or(u32::MAX),
        };
        let boxes = self.entries.iter().any(|e| e.bbox.is_some());
        let scores = self.entries.iter().any(|e| e.score.is_some());
        let lens = [
            (directory.len() as u64).saturating_mul(16),
            total.saturating_mul(4),
            (self.rows.len() as u64).saturating_add(1).saturating_mul(4),
            total.saturating_mul(2),
            total.saturating_mul(4),
            if boxes || scores { total } else { 0 },
            if boxes { total.saturating_mul(24) } else { 0 },
            if scores { total.saturating_mul(4) } else { 0 },
            total.saturating_mul(stride),
        ];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        let mut places = sections.into_iter();
        let mut next = || places.next().unwrap_or_default();
        out.seek(next())?;
        for (region, count, first) in directory {
            out.put(&[u32::from(region), count])?;
            out.put(&[first])?;
        }
        out.seek(next())?;
        for &entry in &order {
            out.put(images.get(entry as usize..=entry as usize).unwrap_or(&[]))?;
        }
        out.seek(next())?;
        out.put(&[0_u32])?;
        for &end in &self.ends {
            out.put(&[small(end)?])?;
        }
        out.seek(next())?;
        for entry in &self.entries {
            out.put(&[entry.region])?;
        }
        out.fill(next(), &inverse(&order))?;
        let sorted = || order.iter().filter_map(|&entry| self.entries.get(entry as usize));
        out.seek(next())?;
        if boxes || scores {
            for entry in sorted() {
                let has_box = if entry.bbox.is_some() { ENTRY_HAS_BOX } else { 0 };
                let has_score = if entry.score.is_some() { ENTRY_HAS_SCORE } else { 0 };
                out.put(&[has_box | has_score])?;
            }
        }
        out.seek(next())?;
        if boxes {
            for entry in sorted() {
                out.put(&entry.bbox.unwrap_or_default())?;
            }
        }
        out.seek(next())?;
        if scores {
            for entry in sorted() {
                out.put(&[entry.score.unwrap_or_default()])?;
            }
        }
        out.seek(next())?;
        for entry in sorted() {
            out.put_row(entry.feature, stride)?;
        }
        out.finish(&shape)
    }

    /// Entry numbers (by row) in the order by region, then row: a counting sort.
    fn by_region(&self) -> Vec<u32> {
        let top = self.entries.iter().map(|e| usize::from(e.region)).max().unwrap_or(0);
        let mut slots = vec![0_usize; top.saturating_add(2)];
        for entry in &self.entries {
            if let Some(slot) = slots.get_mut(usize::from(entry.region).saturating_add(1)) {
                *slot = slot.saturating_add(1);
            }
        }
        let mut sum = 0_usize;
        for slot in &mut slots {
            sum = sum.saturating_add(*slot);
            *slot = sum;
        }
        let mut order = vec![0_u32; self.entries.len()];
        for (number, entry) in (0_u32..).zip(&self.entries) {
            if let Some(slot) = slots.get_mut(usize::from(entry.region)) {
                if let Some(place) = order.get_mut(*slot) {
                    *place = number;
                }
                *slot = slot.saturating_add(1);
            }
        }
        order
    }

    /// (region, entries, first entry) of each region present.
    fn directory(&self, order: &[u32]) -> Vec<(u16, u32, u64)> {
        let mut directory: Vec<(u16, u32, u64)> = Vec::new();
        for (place, &entry) in (0_u64..).zip(order) {
            let region = self.entries.get(entry as usize).map_or(0, |e| e.region);
            match directory.last_mut() {
                Some(last) if last.0 == region => last.1 = last.1.saturating_add(1),
                _ => directory.push((region, 1, place)),
            }
        }
        directory
    }

    /// For each entry (by row) the index of its image in the row group.
    fn images_of_entries(&self) -> Vec<u32> {
        let mut images = Vec::with_capacity(self.entries.len());
        for (image, &end) in (0_u32..).zip(&self.ends) {
            images.resize(end, image);
        }
        images
    }
}

fn inverse(order: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0_u32; order.len()];
    for (place, &entry) in (0_u32..).zip(order) {
        if let Some(slot) = inverse.get_mut(entry as usize) {
            *slot = place;
        }
    }
    inverse
}

fn small(value: usize) -> Result<u32> {
    u32::try_from(value).map_err(|_| Error::Limit {
        what: "entries of a row group",
        value: value as u64,
        limit: u64::from(u32::MAX),
    })
}
