//! Search, statistics and quality of a snapshot.

use super::lookup;
use super::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::format::schema::FieldKind;
use crate::model::RegionKey;
use crate::search::quality::{QualityReport, quality};
use crate::search::regions::{Hit, RegionsQuery};
use crate::search::statistics::{self, CoOccurrence, FeatureStatistics, RegionsStatistics};
use crate::search::top_k::ScoredRow;
use crate::search::vectors::VectorQuery;
use crate::search::{Found, SearchOptions, regions, vectors};

impl Snapshot {
    /// The images whose vectors are nearest to `feature`, `[D]`. Exact: equal to scoring every image; ties by
    /// row. One pass over the vectors.
    pub fn search_vector(
        &self,
        field: &str,
        feature: &[f32],
        options: &SearchOptions<'_>,
    ) -> Result<Found<ScoredRow>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Vector)?;
        let query = VectorQuery::new(def, feature.to_vec())?;
        vectors::search(self.state(), def, &query, options)
    }

    /// Hands out every image whose vector reaches the threshold of `options`, in the order of row
    /// groups and of rows within them, and returns how many there were. Exact; memory does not grow
    /// with their number, and `options.k` has no say. An error of `each` ends the search.
    pub fn search_vector_each(
        &self,
        field: &str,
        feature: &[f32],
        options: &SearchOptions<'_>,
        each: impl FnMut(ScoredRow) -> Result<()>,
    ) -> Result<u64> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Vector)?;
        let query = VectorQuery::new(def, feature.to_vec())?;
        vectors::search_each(self.state(), def, &query, options, each)
    }

    /// The images most like another one by their vectors; that one is not among them.
    pub fn search_vector_like(
        &self,
        field: &str,
        key: &str,
        options: &SearchOptions<'_>,
    ) -> Result<Found<ScoredRow>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Vector)?;
        let query = VectorQuery::of_row(self.state(), def, self.row(key)?)?;
        vectors::search(self.state(), def, &query, options)
    }

    /// The images whose regions are nearest to `features`, one feature `[D]` a region. With `only`, of these
    /// regions; otherwise of all that are shared.
    pub fn search_regions(
        &self,
        field: &str,
        features: &[(RegionKey<'_>, &[f32])],
        only: Option<&[RegionKey<'_>]>,
        options: &SearchOptions<'_>,
    ) -> Result<Found<Hit>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Regions)?;
        let named = features.iter().map(|(key, f)| Ok((lookup::region(def, *key)?, f.to_vec())));
        let query = RegionsQuery::new(def, named.collect::<Result<_>>()?)?;
        let only = self.indices(field, only)?;
        regions::search(self.state(), def, &query, only.as_deref(), options)
    }

    /// The images most like another one by the regions they share; that one is not among them. With `only`,
    /// by these regions.
    pub fn search_regions_like(
        &self,
        field: &str,
        key: &str,
        only: Option<&[RegionKey<'_>]>,
        options: &SearchOptions<'_>,
    ) -> Result<Found<Hit>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Regions)?;
        let query = RegionsQuery::of_row(self.state(), def, self.row(key)?)?;
        let only = self.indices(field, only)?;
        regions::search(self.state(), def, &query, only.as_deref(), options)
    }

    /// Statistics of a regions field. One pass over the features; `threads` 0 leaves it to the engine.
    pub fn region_statistics(&self, field: &str, threads: usize) -> Result<RegionsStatistics> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Regions)?;
        statistics::regions(self.state(), def, threads)
    }

    /// How many images have both of each pair of regions.
    pub fn region_cooccurrence(&self, field: &str, threads: usize) -> Result<CoOccurrence> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Regions)?;
        statistics::cooccurrence(self.state(), def, threads)
    }

    /// The images whose sets of regions are most like that of an image, by Jaccard similarity.
    pub fn jaccard_like(
        &self,
        field: &str,
        key: &str,
        options: &SearchOptions<'_>,
    ) -> Result<Found<ScoredRow>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Regions)?;
        let query = statistics::RegionSetQuery::of_row(self.state(), def, self.row(key)?)?;
        statistics::jaccard(self.state(), def, &query, options)
    }

    /// Statistics of a vector field. One pass.
    pub fn vector_statistics(&self, field: &str) -> Result<FeatureStatistics> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Vector)?;
        statistics::vectors(self.state(), def)
    }

    /// What looks wrong in a vector or regions field; at most `limit` examples of each kind.
    pub fn quality(&self, field: &str, limit: usize, threads: usize) -> Result<QualityReport> {
        quality(self.state(), self.field(field)?, limit, threads)
    }

    fn row(&self, key: &str) -> Result<u64> {
        let row = self.state().row_of(key)?;
        row.ok_or_else(|| Error::NoSuchImage { key: key.to_owned() })
    }

    fn indices(&self, field: &str, keys: Option<&[RegionKey<'_>]>) -> Result<Option<Vec<u16>>> {
        let Some(keys) = keys else { return Ok(None) };
        let def = self.field(field)?;
        keys.iter().map(|key| lookup::region(def, *key)).collect::<Result<_>>().map(Some)
    }
}
