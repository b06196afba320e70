//! `vesalius classify`: which text of a prompt set an image is most like.

mod csv;
mod guess;
mod neighbours;
mod show;
mod tally;
mod truth;

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use vesalius::{Average, ConceptOptions, FieldKind};

use super::{names, open, prompt, rows};
use crate::output::Out;
use crate::{Outcome, Result};
use guess::Guess;
use show::Story;
use tally::Tally;
use truth::Truth;

/// Label images with the texts of a prompt set, or by their neighbours
///
/// The score of an image for a text is the cosine of their features, through the constants of the set; the
/// probability is its softmax over all texts. Several sets are other phrasings of the same labels in the same order.
///
/// With --by, the nearest neighbours that have a value in an attribute vote: for images that have one, themselves left
/// out, it is counted how often that is right; the others get it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius classify cases.vsl --prompts labels --top 3\n  \
    vesalius classify cases.vsl --prompts labels --prompts labels-reworded --where \"split = 'test'\" \
    --truth finding\n  \
    vesalius classify cases.vsl --prompts labels --csv labels.csv\n  \
    vesalius classify cases.vsl --by finding --neighbours 5")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The prompt set whose texts are the labels; may be given again for other phrasings
    #[arg(long, value_name = "SET", required_unless_present = "by")]
    prompts: Vec<String>,
    /// Let the neighbours vote on this attribute
    #[arg(long, value_name = "ATTRIBUTE", conflicts_with_all = ["prompts", "truth", "csv"])]
    by: Option<String>,
    /// With --by, how many neighbours vote
    #[arg(long, value_name = "K", default_value_t = 5)]
    neighbours: usize,
    /// With --by, the region to compare, in a regions field
    #[arg(long, requires = "by")]
    region: Option<String>,
    /// What is averaged over several phrasings
    #[arg(long, value_enum, default_value_t = Averaged::Features)]
    average: Averaged,
    /// Only images for which this is true
    #[arg(long = "where", value_name = "PREDICATE")]
    predicate: Option<String>,
    /// The vector field; needed when there are several, or when a prompt set names another one
    #[arg(long)]
    field: Option<String>,
    /// Count how often the label is right: a text, or the index of one, is in this attribute
    #[arg(long, value_name = "ATTRIBUTE")]
    truth: Option<String>,
    /// The best labels of each image; with --truth the right one may be any of them
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Write the labels of all images to this file
    #[arg(long, value_name = "OUT.csv", value_hint = ValueHint::FilePath)]
    csv: Option<PathBuf>,
    /// Threads; 0 leaves it to the engine
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

/// What is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Averaged {
    /// The features of the texts
    Features,
    /// The scores of the images
    Scores,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    if let Some(by) = &args.by {
        return neighbours::run(args, by, out);
    }
    let snapshot = open(&args.file)?;
    let field = names::field(&snapshot, args.field.as_deref(), &[FieldKind::Vector])?;
    for set in &args.prompts {
        prompt::check_field(&snapshot.prompt_set(set)?, field, args.field.is_some())?;
    }
    let filter = match &args.predicate {
        Some(source) => Some(rows::selected(&snapshot, Some(source))?),
        None => None,
    };
    let average = match args.average {
        Averaged::Features => Average::Features,
        Averaged::Scores => Average::Scores,
    };
    let options = ConceptOptions::default().average(average).any_field(args.field.is_some());
    let sets: Vec<&str> = args.prompts.iter().map(String::as_str).collect();
    let query = snapshot.concepts(&field.name, &sets, &options.threads(args.threads))?;
    let truth = args.truth.as_deref();
    let truth = truth.map(|name| Truth::of(&snapshot, name, query.texts())).transpose()?;
    let guesses = Guess::all(&query, filter.as_ref(), args.top as usize)?;
    let tally = truth.map(|truth| Tally::of(&snapshot, &truth, &guesses)).transpose()?;
    let story = Story { args, snapshot: &snapshot, field, query: &query, guesses: &guesses };
    if let Some(path) = &args.csv {
        csv::write(path, &story)?;
    }
    if out.is_json() {
        story.as_json(tally.as_ref(), out)?;
    } else {
        story.as_text(tally.as_ref(), out)?;
    }
    Ok(Outcome::Done)
}
