//! A prompt set from a list of texts and arrays.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use vesalius::{Database, PromptSet};

use super::show;
use crate::commands::array::Array;
use crate::output::{Out, count};
use crate::{Failure, Result};

/// A prompt set from a list of texts and arrays.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name of the set
    set: String,
    /// The texts, one a line, UTF-8
    #[arg(long, value_name = "TEXTS.txt", value_hint = ValueHint::FilePath)]
    texts: PathBuf,
    /// Their features, [K, D]
    #[arg(long, value_name = "X.npy", value_hint = ValueHint::FilePath)]
    features: PathBuf,
    /// The features of their tokens, [K, T, D]
    #[arg(long, value_name = "X.npy", value_hint = ValueHint::FilePath)]
    tokens: Option<PathBuf>,
    /// The field of the same embedding space
    #[arg(long)]
    field: Option<String>,
    /// The model's constant whose exponential multiplies similarities
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    logit_scale: Option<f64>,
    /// The model's constant that is added to them
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    logit_bias: Option<f64>,
    /// Anything else, as JSON
    #[arg(long, value_name = "JSON")]
    attributes: Option<String>,
}

pub(super) fn run(file: &Path, args: &Args, out: &mut Out) -> Result<()> {
    let texts = lines(&args.texts)?;
    let features = Array::read(&args.features)?;
    let count_of_texts = texts.len() as u64;
    let dim = match *features.shape {
        [texts, dim] if texts == count_of_texts => dim,
        [dim] if count_of_texts == 1 => dim,
        _ => {
            return Err(features.wrong(&format!("[{count_of_texts}, D], a feature for each text,")));
        }
    };
    let mut set = PromptSet::new(&args.set, texts, usize::try_from(dim).unwrap_or(usize::MAX));
    set = set.features(features.values);
    if let Some(path) = &args.tokens {
        let tokens = Array::read(path)?;
        if !matches!(*tokens.shape, [k, _, d] if (k, d) == (count_of_texts, dim)) {
            return Err(tokens.wrong(&format!("[{count_of_texts}, T, {dim}]")));
        }
        set = set.tokens(tokens.values);
    }
    set = args.field.iter().fold(set, |set, field| set.field(field));
    set = args.logit_scale.into_iter().fold(set, PromptSet::logit_scale);
    set = args.logit_bias.into_iter().fold(set, PromptSet::logit_bias);
    set = args.attributes.iter().fold(set, |set, json| set.attributes(json));

    let db = Database::open(file)?;
    let mut txn = db.begin_write()?;
    txn.set_prompt_set(&set)?;
    txn.commit()?;
    let snapshot = db.snapshot()?;
    let stored = snapshot.prompt_set(&args.set)?;
    let (told, texts) = (show::as_json(stored), count(stored.len() as u64));
    drop(snapshot);
    db.close()?;
    if out.is_json() {
        return out.json(&told);
    }
    out.line(&format!("prompt set {:?} has {texts} texts of dimension {dim}", args.set))
}

/// The lines of a file, without an empty last one.
fn lines(path: &Path) -> Result<Vec<String>> {
    let what = format!("reading {}", path.display());
    let text = fs::read_to_string(path).map_err(Failure::io(what))?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match lines.iter().position(|line| line.trim().is_empty()) {
        None if lines.is_empty() => {
            Err(Failure::Message(format!("{}: has no text; write one a line", path.display())))
        }
        Some(place) => Err(Failure::Message(format!(
            "{}: line {} is empty; each line is a text",
            path.display(),
            place + 1
        ))),
        None => Ok(lines),
    }
}
