//! What makes the indexes that the container keeps.

use crate::container::group::Group;
use crate::container::index::{Derive, Index, Renumbered};
use crate::container::state::State;
use crate::error::Result;
use crate::format::Rule;
use crate::format::schema::FieldDef;
use crate::search::rotation::PADDING;

/// Makes codes and lists out of row groups.
#[derive(Debug)]
pub(super) struct Indexer;

impl Derive for Indexer {
    fn codes(&self, _: &Group, _: &FieldDef) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn carry(&self, _: &Index, _: &Renumbered<'_>) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// Checks what an index says of the rows that it was made of.
pub(super) fn check_index(_: &State, index: &Index) -> Result<()> {
    let header = index.header()?;
    if header.padded as usize != (header.dim as usize).next_multiple_of(PADDING) {
        return Err(index.damage(Rule::IndexHeader, "its rotation has another dimension"));
    }
    Ok(())
}
