//! Exact search: predicates, kernels, top-k; statistics and quality of features.

mod exact;
pub mod kernels;
pub mod options;
mod parallel;
pub mod predicate;
pub mod quality;
pub mod regions;
#[cfg(test)]
mod sample;
mod series;
pub mod similarity;
pub mod statistics;
mod sweep;
pub mod top_k;
pub mod vectors;

pub use exact::Found;
pub use options::SearchOptions;
