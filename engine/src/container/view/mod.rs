//! Typed views of row groups, one for each layout. Borrowed, checked at each access, nothing is copied.

mod attribute;
mod keys;
mod masks;
mod metadata;
mod prompts;
mod regions;
mod tokens;
mod vector;

pub use attribute::{TextView, values};
pub use keys::KeysView;
pub use masks::MasksView;
pub use metadata::MetadataView;
pub use prompts::PromptsView;
pub use regions::{DirectoryEntry, RegionView, RegionsView};
pub use tokens::TokensView;
pub use vector::{FeatureMatrix, VectorView};
