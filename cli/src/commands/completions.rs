//! `vesalius completions`: for the shell.

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use crate::args::Cli;
use crate::output::Out;
use crate::{Outcome, Result};

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius completions bash > ~/.local/share/bash-completion/completions/vesalius\n  \
    vesalius completions zsh > \"${fpath[1]}/_vesalius\"")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "vesalius", &mut script);
    if out.is_json() {
        let (shell, script) = (args.shell.to_string(), String::from_utf8_lossy(&script));
        out.json(&json!({ "shell": shell, "script": script }))?;
    } else {
        out.script(&script)?;
    }
    Ok(Outcome::Done)
}
