//! The `vesalius` command: containers of image features, from the shell.

mod args;
mod commands;
mod demo;
mod exit;
mod output;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use exit::{Failure, Outcome, Result};
use output::Out;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = Out::new(cli.json);
    let result = commands::run(cli.command, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(outcome) => outcome.code(),
        Err(failure) => {
            report(&failure, &mut out);
            failure.code()
        }
    }
}

/// Tells the error to whoever is there: people on standard error, programs on standard output.
fn report(failure: &Failure, out: &mut Out) {
    let told = if out.is_json() { out.json(&failure.to_json()) } else { Ok(()) };
    // A second error, of the output, cannot be told in any better place than the first.
    drop(told.and_then(|()| out.flush()));
    output::print_error(failure);
}
