//! `vesalius prompts`: the prompt sets of a container.

mod add;
mod show;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueHint};
use serde_json::json;
use vesalius::Database;

use super::open;
use crate::output::{Out, count};
use crate::{Outcome, Result};
pub(in crate::commands) use show::{as_json, table};

/// List, show, add and remove prompt sets
///
/// A prompt set is a list of texts with their features. Without a word of what to do, it is a list of the sets.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius prompts cases.vsl\n  \
    vesalius prompts cases.vsl show labels\n  \
    vesalius prompts cases.vsl add labels --texts labels.txt --features labels.npy --field features\n  \
    vesalius prompts cases.vsl remove labels")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    #[command(subcommand)]
    action: Option<Action>,
}

/// What to do with prompt sets.
#[derive(Debug, Subcommand)]
enum Action {
    /// List the prompt sets
    List,
    /// Show a prompt set with its texts
    Show {
        /// The name of the set
        set: String,
    },
    /// Add a prompt set, or replace the one of its name
    Add(add::Args),
    /// Remove a prompt set
    Remove {
        /// The name of the set
        set: String,
    },
    /// Remove all prompt sets
    Clear,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    match &args.action {
        None | Some(Action::List) => show::list(&open(&args.file)?, out)?,
        Some(Action::Show { set }) => {
            let snapshot = open(&args.file)?;
            show::one(&snapshot.prompt_set(set)?, out)?;
        }
        Some(Action::Add(set)) => add::run(&args.file, set, out)?,
        Some(Action::Remove { set }) => remove(&args.file, Some(set), out)?,
        Some(Action::Clear) => remove(&args.file, None, out)?,
    }
    Ok(Outcome::Done)
}

/// Removes one set, or all.
fn remove(file: &Path, set: Option<&str>, out: &mut Out) -> Result<()> {
    let db = Database::open(file)?;
    let snapshot = db.snapshot()?;
    let names: Vec<String> = match set {
        Some(set) => vec![snapshot.prompt_set(set)?.name().to_owned()],
        None => snapshot.prompt_sets().map(|set| set.name().to_owned()).collect(),
    };
    let left = snapshot.prompt_sets().count().saturating_sub(names.len());
    drop(snapshot);
    let mut txn = db.begin_write()?;
    for name in &names {
        txn.delete_prompt_set(name)?;
    }
    txn.commit()?;
    db.close()?;
    if out.is_json() {
        return out.json(&json!({ "removed": names, "prompt_sets": left }));
    }
    let (gone, left) = (count(names.len() as u64), count(left as u64));
    out.line(&format!("removed {gone} prompt sets, {left} are left"))
}
