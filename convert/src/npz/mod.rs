//! `.npz` archives: ZIP files whose members are `.npy` arrays.
//!
//! A stored member is read where it lies. A deflated one is inflated once into an unlinked temporary
//! file, within limits that the caller sets, so memory stays bounded whatever the archive claims.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod archive;
mod directory;
mod error;
mod limits;
mod member;
#[cfg(test)]
mod tests;
mod writer;

pub use archive::Archive;
pub use error::{NpzError, NpzErrorKind};
pub use limits::Limits;
pub use member::Member;
pub use writer::{Compression, MemberWriter, NpzWriter};
