//! Statistics of a vector field.

use super::super::series::Series;
use super::super::vectors::check_kind;
use super::{FeatureStatistics, summarize};
use crate::container::state::State;
use crate::error::Result;
use crate::format::schema::{FieldDef, FieldKind};

/// Number, mean and norms of the vectors of a field. One pass over them, on one thread.
pub fn vectors(state: &State, field: &FieldDef) -> Result<FeatureStatistics> {
    check_kind(field, FieldKind::Vector)?;
    summarize(state.column(field.column), field, Series::Vectors, |_, _| {})
}
