//! Row groups: an immutable, columnar batch of rows of one column.

pub mod blob;
pub mod descriptor;
pub mod layout;

pub use blob::{BlobHeader, BlobWriter, Section};
pub use descriptor::GroupDesc;
pub use layout::Layout;
