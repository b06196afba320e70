//! Exact search: predicates, kernels, top-k; concepts, tokens, late interaction; statistics and
//! quality of features.

pub mod affine;
mod by_codes;
pub mod codes;
pub mod concepts;
pub mod cosines;
mod exact;
pub mod kernels;
pub mod late;
pub mod options;
mod parallel;
pub mod predicate;
pub mod quality;
pub mod regions;
pub mod rotation;
#[cfg(test)]
mod sample;
mod series;
pub mod similarity;
pub mod statistics;
mod streamed;
mod sweep;
pub mod tokens;
pub mod top_k;
pub mod vectors;

pub use exact::Found;
pub use options::SearchOptions;
pub(crate) use series::to_kernel;
pub(crate) use sweep::mismatch;
