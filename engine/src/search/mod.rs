//! Exact search: predicates, kernels, top-k.

pub mod kernels;
pub mod predicate;
pub mod similarity;
pub mod top_k;
