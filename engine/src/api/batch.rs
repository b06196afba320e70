//! Search for many features at once.

use super::lookup;
use super::snapshot::Snapshot;
use crate::container::compact::Progress;
use crate::error::Result;
use crate::model::RegionKey;
use crate::search::batch;
use crate::search::top_k::ScoredRow;
use crate::search::{Found, SearchOptions};

impl Snapshot {
    /// The images nearest to each of the `queries`, `[Q, D]`, in a vector field, or by one region
    /// of a regions field: for each what a search of its own finds, hits and counts.
    ///
    /// Exact: all rows are read once, `2 * N * Q * D` operations, and [`SearchOptions::work`]
    /// counts pairs of a feature and a query. With [`SearchOptions::effort`], and lists for it,
    /// each query goes through the lists by itself. `progress` is told work done and all of it,
    /// and stops the search by returning false.
    ///
    /// Errors: as [`Snapshot::search_vector`]; [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn search_batch(
        &self,
        field: &str,
        region: Option<RegionKey<'_>>,
        queries: &[Vec<f32>],
        options: &SearchOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Vec<Found<ScoredRow>>> {
        let def = self.field(field)?;
        let region = region.map(|region| lookup::region(def, region)).transpose()?;
        batch::search(self.state(), def, region, queries, options, progress)
    }
}
