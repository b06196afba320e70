mod anatomical;
mod arrays;
mod attributes;
mod clashes;
pub(crate) mod content;
pub(crate) mod faiss;
mod resume;
