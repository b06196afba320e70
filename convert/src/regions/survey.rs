//! The first reading of a file.

use std::path::Path;

use super::bytes::SourceBytes;
use super::database::Opening;
use super::open::Options;
use crate::error::ConvertError;
use crate::pickle::{Document, Plan};

/// What a file holds, how to read it again, and the document if it is no database.
pub(super) type Survey<'b> = (Opening, Plan, Option<Document<'b>>);

/// Reads a file for the first time, by a plan of its beginning. Where that does not suffice, or the file is
/// damaged, by a plan of all of it, which says what is wrong first.
pub(super) fn survey<'b>(
    file: &Path,
    bytes: &'b SourceBytes,
    options: &Options,
) -> Result<Survey<'b>, ConvertError> {
    /// Python fetches what it wrote for the first few images.
    const BEGINNING: u64 = 16 << 20;
    if let Ok(plan) = Plan::guess(bytes.pickle(), &options.limits, BEGINNING) {
        let mut opening = Opening::default();
        match opening.add(file, bytes, &plan, options) {
            Err(ConvertError::Pickle { .. }) => {}
            other => return Ok((opening, plan, other?)),
        }
    }
    let plan = bytes.plan(options)?;
    let mut opening = Opening::default();
    let rest = opening.add(file, bytes, &plan, options)?;
    Ok((opening, plan, rest))
}
