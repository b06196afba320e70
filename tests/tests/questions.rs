//! Concepts, heat maps, token search and late interaction against plain loops in f64, on containers of several
//! row groups with deleted and replaced images.
#![cfg(test)]

mod questions {
    pub(super) mod concepts;
    pub(super) mod sample;
    pub(super) mod tokens;
}
