//! What the formats of volumes share: dense planes to segments and back.
//!
//! A file is read plane by plane. The runs of each plane are kept, the plane is not, so that memory is the runs
//! and one plane, whatever the file claims.

mod error;
mod gather;
mod labels;
mod limits;
mod names;
mod paint;
#[cfg(test)]
pub(in crate::masks) mod testing;

pub use error::{OtherSpace, VolumeError, VolumeErrorKind};
pub(in crate::masks) use gather::{Gather, check_space};
pub(in crate::masks) use limits::Budget;
pub use limits::Limits;
pub(in crate::masks) use names::{Names, shorten};
pub(in crate::masks) use paint::{Painter, by_sight, check_set, filled};
