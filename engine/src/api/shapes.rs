//! Images whose segment has the same shape.

use super::image::Image;
use super::masks::SegmentRef;
use super::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::mask::Overlap;
use crate::model::{SegmentKey, space_difference};
use crate::search::similarity::Best;
use crate::search::top_k::TopK;

/// How two sets of voxels are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShapeMetric {
    /// Voxels of both over voxels of either.
    #[default]
    Jaccard,
    /// Twice the voxels of both over the sum of voxels.
    Dice,
}

impl ShapeMetric {
    fn of(self, overlap: &Overlap) -> f64 {
        match self {
            Self::Jaccard => overlap.jaccard(),
            Self::Dice => overlap.dice(),
        }
    }

    /// The most that two segments can have, as far as their records say.
    fn bound(self, a: &SegmentRef<'_>, b: &SegmentRef<'_>) -> f64 {
        let meet = match (a.bounds(), b.bounds()) {
            (Some(a), Some(b)) => a.overlaps(b),
            (None, None) => true,
            _ => false,
        };
        let (left, right) = (a.voxels(), b.voxels());
        let both = if meet { left.min(right) } else { 0 };
        self.of(&Overlap { left, right, both })
    }
}

/// An image whose segment is like the one asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapeHit {
    /// Row of the image.
    pub row: u64,
    /// Jaccard or Dice, exact, rounded once to f32.
    pub score: f32,
}

/// What a search by shape found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShapeHits {
    /// The hits, best first, of equal scores the smaller row first.
    pub hits: Vec<ShapeHit>,
    /// Images that have the segment in the same space.
    pub compared: u64,
    /// Images that have the segment in another space, and were passed over.
    pub other_space: u64,
    /// How many of the compared ones had their voxels decoded: the others could not be among the hits.
    pub decoded: u64,
}

impl Snapshot {
    /// The `k` images whose segment of a name overlaps most with that of the image `key`, among those of the same
    /// space, and of `rows` if given; the image itself is left out.
    ///
    /// Exact. Segments whose counts or boxes say that they cannot be hits are not decoded.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchImage`], [`Error::NoSuch`] without such a segment, [`Error::Limit`] when `k` is too large.
    pub fn search_shape<'k>(
        &self,
        field: &str,
        key: &str,
        segment: impl Into<SegmentKey<'k>>,
        metric: ShapeMetric,
        k: usize,
        rows: Option<&Bitmap>,
    ) -> Result<ShapeHits> {
        let image = self.image(key)?;
        let query = image.segment(field, segment)?;
        let runs = query.runs()?;
        let limit = TopK::MAX_K as u64;
        let too_many = Error::Limit { what: "hits of a search", value: k as u64, limit };
        let mut top = TopK::new(k, Best::Largest).ok_or(too_many)?;
        let mut found = ShapeHits::default();
        let name = SegmentKey::InGroup(query.group(), query.name());
        for row in &self.rows_of_field(field)? {
            if row == image.row() || rows.is_some_and(|rows| !rows.get(row)) {
                continue;
            }
            let Some(other) = self.same_segment(row, field, name)? else { continue };
            if space_difference(query.space(), other.space()).is_some() {
                found.other_space = found.other_space.saturating_add(1);
                continue;
            }
            found.compared = found.compared.saturating_add(1);
            let bound = narrow(metric.bound(&query, &other));
            // Rows ascend: one that is only as good comes behind those that are kept.
            if top.threshold().is_some_and(|worst| bound <= worst) {
                continue;
            }
            found.decoded = found.decoded.saturating_add(1);
            let overlap = runs.overlap(&other.runs()?);
            let overlap = overlap.map_err(|error| Error::Invalid(error.to_string()))?;
            top.push(narrow(metric.of(&overlap)), row);
        }
        let hits = top.into_sorted_vec().into_iter();
        found.hits = hits.map(|hit| ShapeHit { row: hit.row, score: hit.score }).collect();
        Ok(found)
    }

    fn same_segment(
        &self,
        row: u64,
        field: &str,
        name: SegmentKey<'_>,
    ) -> Result<Option<SegmentRef<'_>>> {
        let image = Image::new(self.state(), row);
        match image.segment(field, name) {
            Ok(segment) => Ok(Some(segment)),
            Err(Error::NoSuch { what: "segment", .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounds to nearest; both orders agree")]
fn narrow(value: f64) -> f32 {
    value as f32
}
