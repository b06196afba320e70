//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    add, backup, classify, cluster, compact, completions, delete, demo, duplicates, export, get,
    heatmap, import, index, info, list, mask, masks, outliers, overlap, pca, prompts, qc, render,
    search, stats, validate, verify,
};

/// One file for the features and masks of medical images.
#[derive(Debug, Parser)]
#[command(
    name = "vesalius",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 error, 2 wrong usage, 3 damage found.\n\
                  New here? Try `vesalius demo`."
)]
pub(crate) struct Cli {
    /// Print JSON; its shapes are documented and stable
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    Import(import::Args),
    Add(add::Args),
    Info(info::Args),
    Stats(stats::Args),
    Get(get::Args),
    List(list::Args),
    Masks(masks::Args),
    Overlap(overlap::Args),
    Render(render::Args),
    Search(search::Args),
    Duplicates(duplicates::Args),
    Index(index::Args),
    Prompts(prompts::Args),
    Mask(mask::Args),
    Heatmap(heatmap::Args),
    Classify(classify::Args),
    Cluster(cluster::Args),
    Pca(pca::Args),
    Outliers(outliers::Args),
    Delete(delete::Args),
    Qc(qc::Args),
    Export(export::Args),
    Validate(validate::Args),
    Verify(verify::Args),
    Compact(compact::Args),
    Backup(backup::Args),
    Completions(completions::Args),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("vesalius {}", command.get_name());
            assert!(help.contains(&example), "{}: {help}", command.get_name());
        }
    }
}
