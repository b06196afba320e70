//! The commands, one a file: its arguments, and what it does.

pub(crate) mod add;
mod analysis;
mod array;
pub(crate) mod backup;
pub(crate) mod classify;
pub(crate) mod cluster;
pub(crate) mod compact;
pub(crate) mod completions;
pub(crate) mod delete;
pub(crate) mod demo;
pub(crate) mod duplicates;
pub(crate) mod export;
mod feature;
pub(crate) mod get;
pub(crate) mod heatmap;
pub(crate) mod import;
pub(crate) mod index;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod mask;
pub(crate) mod masks;
mod names;
pub(crate) mod outliers;
pub(crate) mod overlap;
pub(crate) mod pca;
mod prompt;
pub(crate) mod prompts;
pub(crate) mod qc;
pub(crate) mod render;
mod rows;
pub(crate) mod search;
mod segments;
pub(crate) mod stats;
mod tokens;
pub(crate) mod validate;
pub(crate) mod verify;

use std::path::Path;

use vesalius::{Database, Snapshot};

use crate::args::Command;
use crate::output::Out;
use crate::{Outcome, Result};

/// Does what the command line says.
pub(crate) fn run(command: Command, out: &mut Out) -> Result<Outcome> {
    match command {
        Command::Demo(args) => demo::run(&args, out),
        Command::Import(args) => import::run(&args, out),
        Command::Add(args) => add::run(&args, out),
        Command::Info(args) => info::run(&args, out),
        Command::Stats(args) => stats::run(&args, out),
        Command::Get(args) => get::run(&args, out),
        Command::List(args) => list::run(&args, out),
        Command::Masks(args) => masks::run(&args, out),
        Command::Overlap(args) => overlap::run(&args, out),
        Command::Render(args) => render::run(&args, out),
        Command::Search(args) => search::run(&args, out),
        Command::Duplicates(args) => duplicates::run(&args, out),
        Command::Index(args) => index::run(&args, out),
        Command::Prompts(args) => prompts::run(&args, out),
        Command::Mask(args) => mask::run(&args, out),
        Command::Heatmap(args) => heatmap::run(&args, out),
        Command::Classify(args) => classify::run(&args, out),
        Command::Cluster(args) => cluster::run(&args, out),
        Command::Pca(args) => pca::run(&args, out),
        Command::Outliers(args) => outliers::run(&args, out),
        Command::Delete(args) => delete::run(&args, out),
        Command::Qc(args) => qc::run(&args, out),
        Command::Export(args) => export::run(&args, out),
        Command::Validate(args) => validate::run(&args, out),
        Command::Verify(args) => verify::run(&args, out),
        Command::Compact(args) => compact::run(&args, out),
        Command::Backup(args) => backup::run(&args, out),
        Command::Completions(args) => completions::run(&args, out),
    }
}

/// The current state of a container, which is not locked and not written.
fn open(file: &Path) -> Result<Snapshot> {
    Ok(Database::open_read_only(file)?.snapshot()?)
}
