mod anatomical;
mod arrays;
mod attributes;
mod clashes;
pub(crate) mod content;
mod resume;
