//! Where codes come from.

use super::CodesView;
use crate::error::Result;
use std::fmt;
use std::ops::Range;

/// Gives the codes of row groups that have some.
pub trait CodeSource: fmt::Debug + Sync {
    /// The codes of some of the features of a row group, by its identity, verified; `None` where it
    /// has none: it is then searched without. Features are counted as they are stored, those of all
    /// regions together.
    fn codes(&self, group: u64, features: Range<usize>) -> Result<Option<CodesView<'_>>>;
}
