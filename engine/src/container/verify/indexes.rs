//! Indexes: their headers, and by a caller's check what they say of the rows.

use super::check::Check;
use crate::container::index::Index;
use crate::container::state::State;
use crate::error::Result;
use crate::format::Rule;
use crate::format::index::NO_REGION;

/// Looks into an index of a state; damage is told as an error.
pub type IndexCheck<'a> = &'a dyn Fn(&State, &Index) -> Result<()>;

/// Checks the indexes of a state whose kinds are known; the blocks of all are checked with the extents.
pub(super) fn check(check: &mut Check<'_>, state: &State, content: IndexCheck<'_>) -> Result<()> {
    for index in state.indexes.iter().filter(|index| index.is_known()) {
        if check.outcome(header(state, index))?.is_some() {
            check.outcome(content(state, index))?;
        }
    }
    Ok(())
}

fn header(state: &State, index: &Index) -> Result<()> {
    let header = index.header()?;
    let field = state.schema.fields.iter().find(|field| field.column == header.column);
    let fits = field.is_some_and(|field| {
        let regions = field.regions.len() as u64;
        let region_ok = header.region == NO_REGION || u64::from(header.region) < regions;
        field.dim == header.dim && region_ok
    });
    if fits {
        return Ok(());
    }
    Err(index.damage(Rule::IndexHeader, "it is of another field"))
}
