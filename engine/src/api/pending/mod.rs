//! Values that a transaction holds until it commits, column by column.

mod masks;
mod regions;
mod tokens;
mod values;
mod vectors;

pub(super) use masks::{PendingMasks, PendingSegment, PendingVoxels};
pub(super) use regions::PendingRegions;
pub(super) use tokens::PendingTokens;
pub(super) use values::{PendingKeys, PendingScalars, PendingTexts};
pub(super) use vectors::PendingVectors;

use std::collections::BTreeSet;

use crate::container::encode::Encoded;
use crate::error::{Error, Result};
use crate::format::finite::first_not_finite_f32;
use crate::format::group::Layout;

/// The values of one column.
#[derive(Debug)]
pub(super) enum PendingColumn {
    I64(PendingScalars<i64>),
    F64(PendingScalars<f64>),
    Bool(PendingScalars<u8>),
    Text(PendingTexts),
    Metadata(PendingTexts),
    Vector(PendingVectors),
    Regions(Box<PendingRegions>),
    Tokens(Box<PendingTokens>),
    Masks(Box<PendingMasks>),
}

impl PendingColumn {
    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::I64(p) => p.len() * 16,
            Self::F64(p) => p.len() * 16,
            Self::Bool(p) => p.len() * 9,
            Self::Text(p) | Self::Metadata(p) => p.bytes(),
            Self::Vector(p) => p.bytes(),
            Self::Regions(p) => p.bytes(),
            // What is in memory of them is small, and must stay to be named by the commit.
            Self::Tokens(_) => 0,
            Self::Masks(p) => p.bytes(),
        }
    }

    /// The row group of the last value of each row, less those that were cleared and those of deleted images;
    /// `None` when nothing is left.
    pub(super) fn encode(
        &self,
        cleared: &BTreeSet<u64>,
        deleted: &BTreeSet<u64>,
    ) -> Result<Option<Encoded>> {
        if let Self::Masks(p) = self {
            return p.encode(cleared, deleted);
        }
        let without = &(cleared | deleted);
        match self {
            Self::I64(p) => p.encode(Layout::I64, without),
            Self::F64(p) => p.encode(Layout::F64, without),
            Self::Bool(p) => p.encode(Layout::Bool, without),
            Self::Text(p) => p.encode_text(without),
            Self::Metadata(p) => p.encode_metadata(without),
            Self::Vector(p) => p.encode(without),
            Self::Regions(p) => p.encode(without),
            Self::Tokens(p) => p.encode(without),
            Self::Masks(_) => Ok(None),
        }
    }

    /// Forgets the values, which were written.
    pub(super) fn forget_values(&mut self) {
        match self {
            Self::Masks(p) => p.forget_values(),
            _ => self.clear(),
        }
    }

    /// Forgets everything, keeping the memory.
    pub(super) fn clear(&mut self) {
        match self {
            Self::I64(p) => p.clear(),
            Self::F64(p) => p.clear(),
            Self::Bool(p) => p.clear(),
            Self::Text(p) | Self::Metadata(p) => p.clear(),
            Self::Vector(p) => p.clear(),
            Self::Regions(p) => p.clear(),
            Self::Tokens(p) => p.clear(),
            Self::Masks(p) => p.clear(),
        }
    }
}

/// Places in the order of their rows, each row once with its last place, less the rows in `without`.
fn last_of_each_row(rows: &[u64], without: &BTreeSet<u64>) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    let row = |place: &usize| rows.get(*place).copied().unwrap_or(u64::MAX);
    if !rows.is_sorted_by(|a, b| a < b) {
        places.sort_by_key(|place| (row(place), *place));
        let mut kept: Vec<usize> = Vec::with_capacity(places.len());
        for place in places {
            match kept.last_mut() {
                Some(last) if row(last) == row(&place) => *last = place,
                _ => kept.push(place),
            }
        }
        places = kept;
    }
    if !without.is_empty() {
        places.retain(|place| !without.contains(&row(place)));
    }
    places
}

fn pick<T: Copy>(values: &[T], places: &[usize]) -> Vec<T> {
    places.iter().filter_map(|&place| values.get(place).copied()).collect()
}

/// Refuses NaN and infinities.
fn check_finite(values: &[f32], field: &str, what: &dyn Fn() -> String) -> Result<()> {
    let Some(place) = first_not_finite_f32(bytemuck::cast_slice(values)) else { return Ok(()) };
    let value = values.get(place).copied().unwrap_or(f32::NAN);
    let what = format!("{}value {place} is {value}", what());
    Err(Error::NotFinite { field: field.to_owned(), image: String::new(), what })
}
