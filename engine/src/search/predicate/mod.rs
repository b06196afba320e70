//! The language of conditions over images, the same in every search, listing and export.
//!
//! ```text
//! split = 'train' and score >= 0.5 and not label in (3, 4) and has_region('lungs', 'carina')
//! ```
//!
//! # Grammar
//!
//! ```text
//! predicate = and-part , { "or" , and-part } ;
//! and-part  = part , { "and" , part } ;
//! part      = "not" , part | "(" , predicate , ")" | condition ;
//! condition = term , compare , value
//!           | value , compare , term
//!           | term , "is" , [ "not" ] , "null"
//!           | term , [ "not" ] , "in" , "(" , value , { "," , value } , ")"
//!           | term , [ "not" ] , "like" , text
//!           | term , [ "not" ] , "between" , value , "and" , value
//!           | term                              (* a boolean *)
//!           | "true" | "false" ;
//! compare   = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" ;
//! term      = "id" | name | call ;
//! call      = word , "(" , [ argument , { "," , argument } ] , ")" ;
//! argument  = value | term ;
//! value     = integer | float | text | "true" | "false" ;
//! name      = word | '"' , { any } , '"' | "`" , { any } , "`" ;   (* the quote doubled is itself *)
//! word      = ( letter | "_" ) , { letter | digit | "_" | "." } ;
//! text      = "'" , { any } , "'" ;                                (* '' is one ' *)
//! integer   = [ "-" ] , digits ;
//! float     = [ "-" ] , ( digits , [ "." , [ digits ] ] | "." , digits ) , [ exponent ] ;
//! exponent  = "e" , [ "-" | "+" ] , digits ;
//! ```
//!
//! Keywords (`and between false id in is like not null or true`) and functions are the same in any
//! case; names are not. A quoted name is always an attribute: `"id"` is the attribute, `id` the key.
//!
//! # Meaning
//!
//! | condition | over | true where |
//! |---|---|---|
//! | `a = v`, `a != v`, `a in (..)` | all types | the value is, is not, is one of |
//! | `a < v` .. `a >= v`, `between` | numbers, strings | in order; strings bytewise, both ends included |
//! | `a like 'p'` | strings | all of it fits: `%` any run, `_` one character, `\` the next as is |
//! | `a is null` | all types | the image has no such value |
//! | `a` | booleans | the value is true |
//! | `id ...` | as a string | the key of the image |
//! | `has_field('f')` | | the image has something in the field |
//! | `has_region('r')`, `has_region('f', 'r')` | | the image has the region |
//! | `has_segment('s')`, `has_segment('f', 's')` | | the image has the segment, also an empty one |
//! | `overlaps('s', 't')`, `overlaps('f', 's', 't')` | | it has both, and they share a voxel |
//! | `volume('s') > v`, `volume('f', 's') > v` | as a number | cubic millimetres of the segment |
//! | `voxels('s') > v`, `voxels('f', 's') > v` | as a number | voxels of the segment |
//!
//! A segment is named by its name, or as `group/name`. `volume` and `voxels` are null where the image has no such
//! segment.
//!
//! A condition on a null is unknown, `not` leaves unknown as it is, and only what is true is kept:
//! `a = 1 or a != 1` drops the images without `a`. Integers and floats compare by their exact
//! values; other types do not mix. NaN is a value unequal to every number.

#![deny(clippy::arithmetic_side_effects)]

mod ast;
mod bind;
mod columns;
mod error;
mod eval;
mod function;
mod lexer;
mod like;
mod number;
mod parser;
mod print;

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests;

use std::fmt;

pub use columns::{
    AttributeType, Chunk, Columns, RowSet, SegmentSize, SizesByRow, StrDict, Values,
};
pub use error::PredicateError;

use crate::format::bitmap::Bitmap;

/// The longest source taken, in bytes.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;
/// How deep parentheses, `not` and calls may nest.
pub const MAX_DEPTH: usize = 64;
/// How many values a list, or arguments a call, may have.
pub const MAX_LIST_ITEMS: usize = 10_000;

/// A parsed predicate. `Display` prints its canonical source, which parses to an equal predicate
/// unless spelling out the floats took it over [`MAX_SOURCE_BYTES`]. Two are equal when they are
/// written alike up to spacing, case of keywords, quoting and needless parentheses.
#[derive(Debug, Clone)]
pub struct Predicate {
    source: String,
    expr: ast::Expr,
}

impl Predicate {
    /// Parses a predicate. Names are not looked up before [`Predicate::evaluate`].
    pub fn parse(source: &str) -> Result<Self, PredicateError> {
        let expr = parser::parse(source)?;
        Ok(Self { source: source.to_owned(), expr })
    }

    /// The source as it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Checks names, types and functions against `columns` without reading a value. Whether a
    /// field or region exists is left to [`Predicate::evaluate`].
    pub fn check<C: Columns + ?Sized>(&self, columns: &C) -> Result<(), PredicateError> {
        bind::bind(&self.expr, &self.source, columns).map(|_| ())
    }

    /// The rows that exist and for which the predicate is true, in a bitmap of `columns.rows()`.
    ///
    /// Costs one pass over the column for each condition on an attribute, one over the keys for
    /// each on `id` other than `=`, `!=` and `in`, and a few bitmaps of working memory for each
    /// level of nesting. Fails where the predicate does not fit the columns or they cannot be read.
    pub fn evaluate<C: Columns + ?Sized>(&self, columns: &C) -> Result<Bitmap, C::Error> {
        let bound = bind::bind(&self.expr, &self.source, columns)?;
        eval::evaluate(&bound, &self.source, columns)
    }
}

impl PartialEq for Predicate {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)
    }
}

impl std::str::FromStr for Predicate {
    type Err = PredicateError;

    fn from_str(source: &str) -> Result<Self, PredicateError> {
        Self::parse(source)
    }
}
