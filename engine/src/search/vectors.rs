//! Exact search in a vector field: the k nearest vectors, those beyond a threshold, or both.
//!
//! Exact means: the rows and scores of a plain loop over the stored values in the
//! [canonical arithmetic](super::kernels), best first, of equal scores the smaller row first; the same
//! bits for any number of threads and on any machine. The cosine with a zero vector is 0. A score that is
//! NaN, as infinite or huge values can make it, is never a hit. One pass over the vectors.

use super::approximate::Request;
use super::codes::CodeSource;
use super::codes::stored::StateCodes;
use super::exact::{Found, Part, Plan};
use super::options::SearchOptions;
use super::series::Series;
use super::similarity::{Scorer, all_finite};
use super::top_k::ScoredRow;
use crate::container::state::State;
use crate::container::view::VectorView;
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind};

/// What to look for: a vector `[D]`, given or that of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorQuery {
    feature: Vec<f32>,
    exclude: Option<u64>,
}

impl VectorQuery {
    /// A given vector. It must have the dimension of the field and be finite.
    pub fn new(field: &FieldDef, feature: Vec<f32>) -> Result<Self> {
        check_kind(field, FieldKind::Vector)?;
        check_feature(field, &feature)?;
        Ok(Self { feature, exclude: None })
    }

    /// The vector of a live image, which will not find itself; its equals it does find.
    pub fn of_row(state: &State, field: &FieldDef, row: u64) -> Result<Self> {
        check_kind(field, FieldKind::Vector)?;
        let column = state.column(field.column);
        let found = column.map(|column| column.find(row)).transpose()?.flatten();
        let (group, position) = found.ok_or_else(|| no_value(field, row))?;
        let mut feature = Vec::new();
        VectorView::new(group.group(), field).get(position)?.extend_f32(0, &mut feature);
        Ok(Self { feature, exclude: Some(row) })
    }

    /// The vector `[D]`.
    pub fn feature(&self) -> &[f32] {
        &self.feature
    }
}

/// The best vectors of a field.
pub fn search(
    state: &State,
    field: &FieldDef,
    query: &VectorQuery,
    options: &SearchOptions<'_>,
) -> Result<Found<ScoredRow>> {
    search_by(state, field, query, options, &StateCodes::new(state, field.column))
}

/// [`search`] with codes of other origin.
pub(super) fn search_by(
    state: &State,
    field: &FieldDef,
    query: &VectorQuery,
    options: &SearchOptions<'_>,
    codes: &dyn CodeSource,
) -> Result<Found<ScoredRow>> {
    let plan = plan(state, field, query, options, codes)?;
    if let Some(effort) = options.effort {
        let (series, exclude, metric) = (Series::Vectors, query.exclude, plan.metric);
        let request = Request { state, field, series, metric, exclude, options: plan.options };
        if let Some(found) = request.run(&query.feature, effort)? {
            return Ok(found);
        }
    }
    plan.run()
}

/// Hands out every vector that reaches `options.threshold`, all vectors without one, row group by
/// row group and by row within it, and returns how many there were; `options.k` has no say. Exact; memory
/// does not grow with their number. An error of `each` ends the search.
pub fn search_each(
    state: &State,
    field: &FieldDef,
    query: &VectorQuery,
    options: &SearchOptions<'_>,
    each: impl FnMut(ScoredRow) -> Result<()>,
) -> Result<u64> {
    search_each_by(state, field, query, options, &StateCodes::new(state, field.column), each)
}

/// [`search_each`] with codes of other origin.
pub(super) fn search_each_by(
    state: &State,
    field: &FieldDef,
    query: &VectorQuery,
    options: &SearchOptions<'_>,
    codes: &dyn CodeSource,
    each: impl FnMut(ScoredRow) -> Result<()>,
) -> Result<u64> {
    plan(state, field, query, options, codes)?.each(each)
}

fn plan<'a>(
    state: &'a State,
    field: &'a FieldDef,
    query: &'a VectorQuery,
    options: &SearchOptions<'a>,
    codes: &'a dyn CodeSource,
) -> Result<Plan<'a>> {
    check_kind(field, FieldKind::Vector)?;
    check_feature(field, &query.feature)?;
    options.check()?;
    let metric = options.metric_for(field);
    let scorer = Scorer::new(metric, options.kernel()?, &query.feature);
    Ok(Plan {
        column: state.column(field.column),
        field,
        metric,
        parts: vec![Part { series: Series::Vectors, scorer, weight: 1.0 }],
        exclude: query.exclude,
        options: SearchOptions { min_shared: 1, missing_penalty: 0.0, ..*options },
        codes: Some(codes),
    })
}

pub(super) fn no_value(field: &FieldDef, row: u64) -> Error {
    Error::Invalid(format!("row {row} has no value in field {:?}", field.name))
}

pub(super) fn check_kind(field: &FieldDef, kind: FieldKind) -> Result<()> {
    if field.kind == kind {
        return Ok(());
    }
    let (is, wanted) = (field.kind.to_string(), kind.to_string());
    Err(Error::WrongKind { name: field.name.clone(), is, wanted })
}

pub(crate) fn check_feature(field: &FieldDef, feature: &[f32]) -> Result<()> {
    let dim = field.dim as usize;
    if feature.len() != dim {
        return Err(Error::WrongDimension { field: field.name.clone(), given: feature.len(), dim });
    }
    if all_finite(feature) {
        return Ok(());
    }
    match feature.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(place) => Err(Error::NotFinite {
            field: field.name.clone(),
            image: "(query)".into(),
            what: format!("value {place} of the query is not finite"),
        }),
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
mod tests;
