//! The demonstration: a cohort of drawn chest radiographs in a container.

mod container;
mod phantom;
mod pictures;
mod shell;

pub(crate) use container::{FIELD, MASKS, PROMPTS, TOKENS, is_demo, write};
pub(crate) use phantom::{Finding, Lesson, Patient, ascii, cohort};
pub(crate) use pictures::{PROMPT, Pictures};
pub(crate) use shell::{program, quoted};
