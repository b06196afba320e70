//! Exact search: predicates, kernels, top-k.
pub mod predicate;
