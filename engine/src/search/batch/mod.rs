//! Search for many queries at once; exact: codes and rows are read once for all of them.
//!
//! Each query gets what a search of its own gets: the same rows, scores and counts. Where a row
//! group has codes, blocks of rows are unpacked once and multiplied with all queries, in tiles of
//! integers ([`tiles`](super::kernels::tiles)); what their bounds do not rule out is scored in
//! full. Rows without codes, and blocks where little can be ruled out, are scored in tiles of f32
//! ([`QueryBlock`](super::kernels::QueryBlock)). `2 * N * Q * D` operations.
//!
//! Memory: about `6 * D` bytes a query, and for each thread its `k` best.
//!
//! An approximate search goes through the lists query by query on several threads; only what is in
//! no list is scanned as above.

mod block;
mod chosen;
mod full;
mod limits;
mod plan;
mod query;
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
mod tests;

use super::approximate::Request;
use super::codes::CodeSource;
use super::codes::stored::StateCodes;
use super::exact::Found;
use super::kernels::Matrix;
use super::options::SearchOptions;
use super::series::Series;
use super::top_k::ScoredRow;
use super::vectors::{check_feature, check_kind};
use crate::container::compact::Progress;
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind};
pub(super) use plan::Plan;

/// The best features for each of the queries `[Q, D]`: vectors of a vector field, or features of
/// one `region`, by index. `progress` is told work done and all of it, and stops it by returning
/// false.
///
/// Errors: as a search of one query has them; [`Error::Cancelled`], [`Error::OutOfMemory`].
pub fn search(
    state: &State,
    field: &FieldDef,
    region: Option<u16>,
    queries: &[Vec<f32>],
    options: &SearchOptions<'_>,
    progress: Progress<'_>,
) -> Result<Vec<Found<ScoredRow>>> {
    let codes = StateCodes::new(state, field.column);
    search_by(state, field, region, queries, (options, &codes), progress)
}

/// [`search`] with codes of other origin.
fn search_by(
    state: &State,
    field: &FieldDef,
    region: Option<u16>,
    queries: &[Vec<f32>],
    (options, codes): (&SearchOptions<'_>, &dyn CodeSource),
    progress: Progress<'_>,
) -> Result<Vec<Found<ScoredRow>>> {
    let series = match region {
        None => {
            check_kind(field, FieldKind::Vector)?;
            Series::Vectors
        }
        Some(region) => {
            check_kind(field, FieldKind::Regions)?;
            super::regions::check_region(field, region)?;
            Series::Region(region)
        }
    };
    options.check()?;
    for query in queries {
        check_feature(field, query)?;
    }
    // An image has one of the regions asked for, so more cannot be shared.
    if queries.is_empty() || (region.is_some() && options.min_shared > 1) {
        return Ok(vec![Found { hits: Vec::new(), matched: 0 }; queries.len()]);
    }
    if let Some(effort) = options.effort {
        let metric = options.metric_for(field);
        let request = Request { state, field, series, metric, exclude: None, options: *options };
        if let Some(found) = request.batch(queries, effort, progress)? {
            return Ok(found);
        }
    }
    Plan::new(state.column(field.column), field, series, queries, *options, codes)?.run(progress)
}

/// Rows one after another as a matrix.
fn packed(values: &[f32], dim: usize) -> Result<Matrix<'_>> {
    let count = values.len().checked_div(dim).unwrap_or(0);
    let matrix = Matrix::new(super::kernels::Rows::F32(values), dim, dim, count);
    matrix.ok_or_else(|| Error::Invalid("vectors of no elements".into()))
}
