//! The demonstration: a cohort of drawn chest radiographs in a container.

mod container;
mod phantom;
mod shell;

pub(crate) use container::{FIELD, is_demo, write};
pub(crate) use phantom::{Finding, Patient, ascii, cohort};
pub(crate) use shell::{program, quoted};
