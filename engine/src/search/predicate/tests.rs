//! Tests of the language as a whole.

mod evaluation;
mod generate;
pub(super) mod naive;
mod parsing;
pub(super) mod random;
mod round_trip;
mod table;
