//! Exact search: predicates, kernels, top-k; concepts, tokens, late interaction; statistics and
//! quality of features.

pub mod affine;
pub mod analysis;
mod approximate;
pub mod batch;
mod by_codes;
pub mod codes;
pub mod concepts;
pub mod cosines;
pub mod duplicates;
mod exact;
pub mod kernels;
pub mod kmeans;
pub mod late;
pub mod lists;
pub mod options;
mod parallel;
pub mod predicate;
pub mod quality;
pub mod regions;
pub mod rotation;
#[cfg(test)]
pub(crate) mod sample;
mod series;
pub mod similarity;
pub mod statistics;
mod streamed;
mod sweep;
pub mod tokens;
pub mod top_k;
pub mod vectors;
mod work;

pub use exact::Found;
pub use lists::Effort;
pub use options::SearchOptions;
pub(crate) use series::{Series, to_kernel};
pub(crate) use sweep::mismatch;
pub use work::Work;
