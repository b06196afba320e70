//! `vesalius duplicates`: images that are nearly the same.

mod groups;
mod pairs;

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use serde_json::{Map, Value};
use vesalius::{
    Bitmap, DefaultMetric, DuplicateOptions, FieldDef, FieldKind, Grouping, Metric, Snapshot,
};

use super::{names, open, rows, search};
use crate::output::Out;
use crate::output::json::float;
use crate::{Failure, Outcome, Result};

/// Where features of unit length are nearly the same.
const THRESHOLD: f32 = 0.95;
/// How far a norm may be from 1, about what rounding to f16 does.
const UNIT: f32 = 2e-3;

/// Find images that are nearly the same
///
/// All of them: every pair of images is compared, exactly, however large a group of duplicates is. Takes time with the
/// square of the number of images, 200,000 of 512 dimensions half a minute of one thread of a fast machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius duplicates tiles.vsl --threshold 0.98\n  \
    vesalius duplicates tiles.vsl --across split --csv leaks.csv      # test images near training images\n  \
    vesalius duplicates tiles.vsl --with other.vsl                    # pairs between two containers\n  \
    vesalius duplicates cases.vsl --field regions --region carina --groups stars")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// The region to compare in a regions field, by its name or its index
    #[arg(long, value_name = "R")]
    region: Option<String>,
    /// Least similarity of duplicates; for l2 their largest distance. 0.95 for cosines and vectors of unit length
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    threshold: Option<f32>,
    /// How features are compared; else as the field says
    #[arg(long, value_name = "METRIC", value_parser = search::metric_parser())]
    metric: Option<Metric>,
    /// What a group is
    #[arg(long, value_enum, default_value_t = Groups::Components)]
    groups: Groups,
    /// List pairs with their scores rather than groups
    #[arg(long, conflicts_with = "groups")]
    pairs: bool,
    /// Only duplicates that differ in this attribute
    #[arg(long, value_name = "ATTRIBUTE")]
    across: Option<String>,
    /// Pairs of an image here and one in this container
    #[arg(long, value_name = "OTHER.vsl", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["groups", "across"])]
    with: Option<PathBuf>,
    /// The field of the other container; else of the same name
    #[arg(long, value_name = "FIELD", requires = "with")]
    other_field: Option<String>,
    /// Only images for which this is true
    #[arg(long = "where", value_name = "PREDICATE")]
    predicate: Option<String>,
    /// Show these attributes of the images in groups; else where their files are, if an attribute says so
    #[arg(long, value_name = "ATTRIBUTE", value_delimiter = ',',
        conflicts_with_all = ["pairs", "with"])]
    show: Vec<String>,
    /// Write a table instead: group and image of groups, first, second and score of pairs
    #[arg(long, value_name = "OUT.csv", value_hint = ValueHint::FilePath)]
    csv: Option<PathBuf>,
    /// Threads; 0 leaves it to the engine
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

/// How pairs become groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Groups {
    /// What is similar to any member belongs to the group
    Components,
    /// All members are similar to the first one
    Stars,
}

impl Groups {
    fn of_engine(self) -> Grouping {
        match self {
            Self::Components => Grouping::Components,
            Self::Stars => Grouping::Stars,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Components => "components",
            Self::Stars => "stars",
        }
    }
}

/// A comparison, as the command line asks for it.
struct Query<'a> {
    args: &'a Args,
    snapshot: &'a Snapshot,
    field: &'a FieldDef,
    region: Option<u16>,
    metric: Metric,
    threshold: f32,
    filter: Option<Bitmap>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let kinds = [FieldKind::Vector, FieldKind::Regions];
    let field = names::field(&snapshot, args.field.as_deref(), &kinds)?;
    let query = Query::of(args, &snapshot, field)?;
    if args.pairs || args.with.is_some() {
        pairs::run(&query, out)?;
    } else {
        groups::run(&query, out)?;
    }
    Ok(Outcome::Done)
}

/// Whether the scores of a field are cosines: by name, or since all vectors are of unit length.
fn are_cosines(snapshot: &Snapshot, field: &FieldDef, metric: Metric) -> Result<bool> {
    if metric != Metric::InnerProduct || field.kind != FieldKind::Vector || field.normalized {
        return Ok(metric == Metric::Cosine || (metric == Metric::InnerProduct && field.normalized));
    }
    let norms = snapshot.vector_statistics(&field.name)?;
    Ok((norms.min_norm - 1.0).abs() < UNIT && (norms.max_norm - 1.0).abs() < UNIT)
}

impl<'a> Query<'a> {
    fn of(args: &'a Args, snapshot: &'a Snapshot, field: &'a FieldDef) -> Result<Self> {
        let region = match (&args.region, field.kind) {
            (Some(region), FieldKind::Regions) => Some(names::region(field, region)?),
            (None, FieldKind::Regions) => {
                let text = format!("field {:?} has regions; name one with --region", field.name);
                return Err(Failure::Message(text));
            }
            (Some(_), _) => {
                let text = format!("--region is for regions, field {:?} has none", field.name);
                return Err(Failure::Message(text));
            }
            (None, _) => None,
        };
        let metric = args.metric.unwrap_or(match field.metric {
            DefaultMetric::Cosine => Metric::Cosine,
            DefaultMetric::InnerProduct => Metric::InnerProduct,
            DefaultMetric::L2 => Metric::L2,
        });
        let threshold = match args.threshold {
            Some(threshold) => threshold,
            None if are_cosines(snapshot, field, metric)? => THRESHOLD,
            None => {
                let name = &field.name;
                let text = format!("field {name:?} is compared by {metric}: give --threshold");
                return Err(Failure::Message(text));
            }
        };
        let filter = match &args.predicate {
            Some(source) => Some(rows::selected(snapshot, Some(source))?),
            None => None,
        };
        Ok(Self { args, snapshot, field, region, metric, threshold, filter })
    }

    fn options(&self) -> DuplicateOptions<'_> {
        DuplicateOptions {
            threshold: self.threshold,
            metric: Some(self.metric),
            region: self.region,
            filter: self.filter.as_ref(),
            threads: self.args.threads,
            tier: None,
        }
    }

    /// What was asked, for programs.
    fn head(&self) -> Map<String, Value> {
        let region = self.region.map(|region| names::region_name(self.field, region));
        let csv = self.args.csv.as_ref().map(|path| path.display().to_string());
        let entries = [
            ("field", self.field.name.clone().into()),
            ("metric", self.metric.as_str().into()),
            ("threshold", float(self.threshold)),
            ("region", region.into()),
            ("across", self.args.across.clone().into()),
            ("csv", csv.into()),
        ];
        entries.into_iter().map(|(name, value): (&str, Value)| (name.to_owned(), value)).collect()
    }
}
