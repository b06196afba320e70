//! Tokens, heat maps and boxes under a segment: what the kinds of fields have in common is the space.

use super::heat::HeatMap;
use super::masks::SegmentRef;
use super::tokens::Tokens;
use crate::error::{Error, Result};
use crate::format::mapping::GridMapping;
use crate::mask::{
    BoxOverlap, CellCoverage, GeometryError, HeatSummary, heat_under, max_under, mean_under,
};

fn refused(error: &GeometryError) -> Error {
    Error::Invalid(error.to_string())
}

impl SegmentRef<'_> {
    /// How much of each token's cell the segment covers in a frame: exact fractions, O(runs).
    ///
    /// ```
    /// use vesalius::{
    ///     Database, Definition, Field, Run, Runs, Segment, SegmentValue, Space, VoxelShape,
    ///     storage::MemoryStorage,
    /// };
    ///
    /// let space = Space::new([1, 4, 4], [1.0; 3]);
    /// let definition = Definition::new()
    ///     .space(space.clone())
    ///     .field(Field::tokens("patches", [0, 2, 2], 1))
    ///     .field(Field::masks("masks"));
    /// let db = Database::create_on(MemoryStorage::new(), definition)?;
    /// // The first row of the image: half of the two upper cells.
    /// let runs = Runs::new(VoxelShape::of_space(&space)?, vec![Run { start: 0, end: 4 }])?;
    /// let lung = SegmentValue { segment: Segment::new("lung", 1), runs };
    /// let tokens: [f32; 4] = [1.0, 3.0, 5.0, 7.0];
    /// let mut txn = db.begin_write()?;
    /// txn.put("case-1")?.tokens("patches", &tokens[..])?.segment("masks", &lung)?;
    /// txn.commit()?;
    ///
    /// let snapshot = db.snapshot()?;
    /// let image = snapshot.image("case-1")?;
    /// let (lung, tokens) = (image.segment("masks", "lung")?, image.tokens("patches")?);
    /// let tokens = tokens.ok_or("no tokens")?;
    /// assert_eq!(lung.coverage(&tokens, 0)?.fractions(), [0.5, 0.5, 0.0, 0.0]);
    /// assert_eq!(lung.mean_token(&tokens, 0)?, Some(vec![2.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the tokens have no mapping onto the image, or there is no such frame.
    pub fn coverage(&self, tokens: &Tokens<'_>, frame: u64) -> Result<CellCoverage> {
        self.coverage_of(tokens.grid(), tokens.mapping()?, frame)
    }

    fn coverage_of(
        &self,
        grid: [usize; 3],
        mapping: Option<GridMapping>,
        frame: u64,
    ) -> Result<CellCoverage> {
        let missing = || {
            let text = "nothing says which voxels the tokens cover: give the image its space before its tokens, or \
                        set a grid mapping with them";
            Error::Invalid(text.into())
        };
        let mapping = mapping.ok_or_else(missing)?;
        let depth = self.shape().depth();
        let first = frame.saturating_mul(depth);
        let runs = self.runs_of_slices(first..first.saturating_add(depth))?;
        CellCoverage::new(&runs, frame, grid, &mapping).map_err(|error| refused(&error))
    }

    /// The mean `[D]` of the tokens under the segment, each weighted by the covered fraction of its cell; `None`
    /// when it covers no cell.
    ///
    /// # Errors
    ///
    /// Those of [`SegmentRef::coverage`].
    pub fn mean_token(&self, tokens: &Tokens<'_>, frame: u64) -> Result<Option<Vec<f32>>> {
        mean_under(&self.coverage(tokens, frame)?, &tokens.all()?).map_err(|error| refused(&error))
    }

    /// In each dimension the largest value of the tokens whose cells are covered by at least the fraction `least`.
    ///
    /// # Errors
    ///
    /// Those of [`SegmentRef::coverage`].
    pub fn max_token(
        &self,
        tokens: &Tokens<'_>,
        frame: u64,
        least: f64,
    ) -> Result<Option<Vec<f32>>> {
        max_under(&self.coverage(tokens, frame)?, &tokens.all()?, least)
            .map_err(|error| refused(&error))
    }

    /// Mean and maximum of a heat map under the segment, and the fraction of the segment where it is above a
    /// threshold; `None` when the segment covers no cell.
    ///
    /// # Errors
    ///
    /// Those of [`SegmentRef::coverage`].
    pub fn heat(&self, map: &HeatMap, frame: u64, threshold: f32) -> Result<Option<HeatSummary>> {
        let coverage = self.coverage_of(map.grid, map.mapping, frame)?;
        heat_under(&coverage, &map.values, threshold).map_err(|error| refused(&error))
    }

    /// What a box (z0, y0, x0, z1, y1, x1), as those of regions, and the segment have in common in a frame.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a side is not finite, or there is no such frame.
    pub fn box_overlap(&self, frame: u64, sides: &[f32; 6]) -> Result<BoxOverlap> {
        let depth = self.shape().depth();
        let first = frame.saturating_mul(depth);
        let runs = self.runs_of_slices(first..first.saturating_add(depth))?;
        runs.box_overlap(frame, sides).map_err(|error| refused(&error))
    }
}
