//! A reader of Python pickles that only reads.
//!
//! Unpickling in Python runs whatever the file asks for. Here no name is ever looked up and nothing is
//! called: a fixed list of `(module, name)` pairs (`globals`) is understood as a description of data,
//! and every other name is an error that says which one and where. Protocols 0 to 5 are read.
//!
//! [`parse`] builds a [`Document`]: an arena of 16-byte nodes in which strings, bytes and array payloads
//! are ranges of the input, so a 1 GB file of 300,000 arrays costs tens of MB. [`stream`] hands the items
//! of large dictionaries to a [`Sink`] as they complete and takes them out of the arena again, so that
//! memory depends on the size of a batch and not of the file.
//!
//! How memory stays small: `plan` walks the opcodes once to learn which memo entries are ever fetched.
//! Everything else is reachable from the stack alone, so what was allocated above a stack entry can be
//! dropped once that entry is consumed (the module `machine` states the invariants).
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod array;
mod construct;
mod document;
mod dtype;
mod edges;
mod error;
mod globals;
mod limits;
mod machine;
mod memo;
mod node;
mod opcode;
mod plan;
mod read;
mod stack;
mod stream;
mod text;
mod walk;

#[cfg(test)]
mod tests;

pub use array::ArrayView;
pub use document::Document;
pub use dtype::{DType, Kind};
pub use edges::{Items, Pairs};
pub use error::PickleError;
pub use limits::Limits;
pub use node::Id;
pub use plan::Plan;
pub use read::{BigInt, Value};
pub use stream::{Batch, Flow, Sink};
pub use walk::Walk;

/// Reads one pickle from the start of `input` into a document; bytes after its STOP are not looked at
/// ([`Document::consumed`] tells where it ended).
///
/// Cost: two passes over the opcodes; payloads are not touched.
///
/// # Errors
/// Any [`PickleError`]: the input is no pickle, is cut, names a forbidden global, or passes a limit.
pub fn parse<'a>(input: &'a [u8], limits: &Limits) -> Result<Document<'a>, PickleError> {
    let plan = Plan::scan(input, limits)?;
    match stream(input, &plan, limits, &mut stream::KeepAll)? {
        Some(document) => Ok(document),
        None => Err(PickleError::malformed(0, "stopped by its reader")),
    }
}

/// Reads one pickle and offers every batch of dictionary items to `sink` as it completes (Python writes
/// batches of up to 1,000 items). Items that the sink takes are not part of the document. `None` when the
/// sink stopped the reading.
///
/// `plan` must come from the same `input`.
///
/// # Errors
/// As [`parse`]; also [`PickleError::ChangedLater`] where an object that a sink has taken is altered
/// afterwards, which no Python pickler does.
pub fn stream<'a>(
    input: &'a [u8],
    plan: &Plan,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Option<Document<'a>>, PickleError> {
    machine::Machine::new(input, plan, limits, sink)?.run()
}
