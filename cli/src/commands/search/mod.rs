//! `vesalius search`: the images most like another one, or like given features.

mod all;
mod answer;
mod answers;
mod batch;
mod query;
mod show;
mod text;
mod tokens;
mod way;

use std::path::PathBuf;

use clap::{ArgGroup, ValueHint, builder::PossibleValuesParser, builder::TypedValueParser};
use vesalius::Metric;

pub(crate) use answer::{Answer, Hit, regions_like};
use way::Way;

use super::{names, open};
use crate::output::Out;
use crate::{Outcome, Result};

/// Find the images most like another one, like given features, or like a text
///
/// Exact, and the same on every machine, unless --approx asks for less. In a regions field an image's score is the
/// weighted mean over the regions that it shares with the query. An image that is the query does not find itself.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("query").required(true).args(["like", "vector", "vectors", "text"]),
    after_help = "Examples:\n  \
    vesalius search cases.vsl --field regions --like case-1 --region carina -k 5\n  \
    vesalius search cases.vsl --field regions --like case-1 --all-regions --min-shared 10 --explain\n  \
    vesalius search cases.vsl --field features --vector query.npy --where \"split = 'train'\"\n  \
    vesalius search cases.vsl --field features --vectors queries.npy --approx=0.95 --csv hits.csv\n  \
    vesalius search cases.vsl --like case-1 --where \"volume('liver') > 1e6 and overlaps('a', 'b')\"\n  \
    vesalius search cases.vsl --text labels/nodule -k 20\n  \
    vesalius search tiles.vsl --text 'Histology: colorectal adenocarcinoma' --show image_path\n  \
    vesalius search cases.vsl --tokens --text labels/nodule\n  \
    vesalius search cases.vsl --maxsim --like case-1"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The field to search; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// Search with what this image has
    #[arg(long, value_name = "IMAGE")]
    like: Option<String>,
    /// Search with an array: [D], or for several regions [N, D] in the order of --region
    #[arg(long, value_name = "X.npy", value_hint = ValueHint::FilePath)]
    vector: Option<PathBuf>,
    /// Search with each row of an array [Q, D]: f16, f32 or f64
    #[arg(long, value_name = "Q.npy", value_hint = ValueHint::FilePath, conflicts_with_all =
        ["tokens", "maxsim", "weight", "missing_penalty", "min_shared", "all_regions"])]
    vectors: Option<PathBuf>,
    /// Search with a text of a prompt set: the whole text, or the set and enough of the text to tell it from the others
    #[arg(long, value_name = "TEXT|SET/TEXT")]
    text: Option<String>,
    /// Find tokens rather than images
    #[arg(long, conflicts_with_all = ["maxsim", "metric"])]
    tokens: bool,
    /// The place of the token of --like that --tokens are searched with
    #[arg(long, value_name = "D,H,W", requires = "like", requires = "tokens",
        value_parser = names::place)]
    at: Option<[usize; 3]>,
    /// Compare all tokens with all tokens: the sum over those of the query of the best cosine
    #[arg(long, conflicts_with_all = ["vector", "metric"])]
    maxsim: bool,
    /// Compare this region, by its name or its index; may be given again
    #[arg(long, value_name = "R")]
    region: Vec<String>,
    /// Compare all regions, as without --region
    #[arg(long, conflicts_with = "region")]
    all_regions: bool,
    /// How many hits; 10, or with --threshold all of them
    #[arg(short = 'k', long = "top", value_name = "N")]
    k: Option<usize>,
    /// Leave out images that share fewer regions
    #[arg(long, value_name = "N")]
    min_shared: Option<u32>,
    /// Leave out scores below this; distances above it
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    threshold: Option<f32>,
    /// Only images for which this is true
    #[arg(long = "where", value_name = "PREDICATE")]
    predicate: Option<String>,
    /// How features are compared; else as the field says
    #[arg(long, value_name = "METRIC", value_parser = metric_parser())]
    metric: Option<Metric>,
    /// Weight of a region, as `carina=2`; may be given again
    #[arg(long, value_name = "R=W")]
    weight: Vec<String>,
    /// What lacking regions of the query costs an image, 0 (nothing) to 1
    #[arg(long, value_name = "P")]
    missing_penalty: Option<f64>,
    #[command(flatten)]
    way: Way,
    /// Say what the search looked at, and the score of each region behind a hit
    #[arg(long)]
    explain: bool,
    /// Write the hits of --vectors into a table: query, rank, image, score
    #[arg(long, value_name = "OUT.csv", value_hint = ValueHint::FilePath, requires = "vectors",
        conflicts_with_all = ["like", "vector", "text"])]
    csv: Option<PathBuf>,
    /// Show these attributes of the hits
    #[arg(long, value_name = "ATTRIBUTE", value_delimiter = ',')]
    show: Vec<String>,
    /// Threads; 0 leaves it to the engine
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

pub(in crate::commands) fn metric_parser() -> impl TypedValueParser<Value = Metric> {
    PossibleValuesParser::new(Metric::ALL.map(Metric::as_str))
        .try_map(|text| text.parse::<Metric>())
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let field = names::field(&snapshot, args.field.as_deref(), text::kinds(args))?;
    if let Some(path) = &args.vectors {
        answers::show(&batch::Batch::open(&snapshot, field, args, path)?, out)?;
        return Ok(Outcome::Done);
    }
    let query = query::Query::of(args, field)?;
    if args.tokens {
        let hits = query.tokens(&snapshot, field)?;
        tokens::show(&snapshot, field, &hits, args, out)?;
        return Ok(Outcome::Done);
    }
    way::note_missing(&snapshot, field, args)?;
    if query.is_for_all(field) {
        all::show(&snapshot, field, &query, out)?;
        return Ok(Outcome::Done);
    }
    let answer = query.run(&snapshot, field)?;
    show::answer(&snapshot, field, &answer, &query, out)?;
    Ok(Outcome::Done)
}
