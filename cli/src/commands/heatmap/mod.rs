//! `vesalius heatmap`: where in an image something is.

mod query;
mod write;

use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum, ValueHint};
use serde_json::{Value, json};
use vesalius::{FieldDef, FieldKind, HeatMap, Image};

use super::{names, open};
use crate::output::{Out, json, score};
use crate::{Failure, Outcome, Result};
use query::Query;
pub(super) use query::range;
use write::Target;
pub(super) use write::{ascii, ends, is_volume};

/// Draw where in an image something is
///
/// The score of each token of the image for a prompt, a vector or a token of an image, written as a picture, as an
/// array, or as a volume in the space of the image. The ending of --out says which.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("what").required(true).args(["prompt", "query", "like"]),
    after_help = "Examples:\n  \
    vesalius heatmap cases.vsl case-1 --prompt labels/nodule --over case-1.png --out nodule.png\n  \
    vesalius heatmap cases.vsl case-1 --prompt labels/nodule --over ct.nii.gz --slice 40 --out map.png\n  \
    vesalius heatmap cases.vsl case-1 --query vector.npy --resample linear --out map.nii.gz\n  \
    vesalius heatmap cases.vsl case-1 --like case-2 --at 0,7,9 --out like.png"
)]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// A text of a prompt set; enough of the text to tell it from the others
    #[arg(long, value_name = "SET/TEXT")]
    prompt: Option<String>,
    /// A vector [D]
    #[arg(long, value_name = "X.npy", value_hint = ValueHint::FilePath)]
    query: Option<PathBuf>,
    /// A token of this image, together with --at
    #[arg(long, value_name = "IMAGE", requires = "at")]
    like: Option<String>,
    /// The place of the token in the grid
    #[arg(long, value_name = "D,H,W", requires = "like", value_parser = names::place)]
    at: Option<[usize; 3]>,
    /// The tokens field; needed when there are several, or when the prompt set names another one
    #[arg(long)]
    field: Option<String>,
    /// Scores: cosines, or with the constants of the prompt set
    #[arg(long, value_enum, default_value_t = Scale::Cosine)]
    scale: Scale,
    /// Draw over this picture of the whole image, or over a slice of this volume
    #[arg(long, value_name = "X.png|X.nii.gz", value_hint = ValueHint::FilePath)]
    over: Option<PathBuf>,
    /// The slice along z that the picture shows; else that of the largest score
    #[arg(long, value_name = "Z")]
    slice: Option<usize>,
    /// How pixels and voxels get their values; with it, an array is in the space of the image as well
    #[arg(long, value_enum)]
    resample: Option<Resample>,
    /// Lowest and highest score with a colour of their own; else those of the map
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, value_parser = range)]
    range: Option<(f32, f32)>,
    /// The file to write: .png, .npy, .nii or .nii.gz
    #[arg(long, value_name = "X.png|X.npy|X.nii.gz", value_hint = ValueHint::FilePath)]
    out: PathBuf,
}

/// What a score is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scale {
    /// exp(logit scale) * cosine + logit bias
    Logit,
    /// The cosine
    Cosine,
}

/// How voxels get values from tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Resample {
    /// That of the token that covers them
    Nearest,
    /// Between the centres of tokens
    Linear,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let target = Target::of(args)?;
    let snapshot = open(&args.file)?;
    let field = names::field(&snapshot, args.field.as_deref(), &[FieldKind::Tokens])?;
    let image = snapshot.image(&args.image)?;
    let query = Query::of(args, &snapshot, field)?;
    let map = image.heat_map(&field.name, &query.probe)?;
    let none = || {
        let (key, field) = (&args.image, &field.name);
        Failure::Message(format!("image {key:?} has no tokens in field {field:?}"))
    };
    let map = map.filter(|map| !map.values.is_empty()).ok_or_else(none)?;
    let slice = target.write(args, &map, image.space()?, &query.title)?;
    let told = Told { args, field, image: &image, map: &map, query: &query, slice };
    if out.is_json() {
        out.json(&told.as_json()?)?;
    } else {
        told.as_text(out)?;
    }
    Ok(Outcome::Done)
}

/// What is said about a map that was written.
struct Told<'a> {
    args: &'a Args,
    field: &'a FieldDef,
    image: &'a Image<'a>,
    map: &'a HeatMap,
    query: &'a Query,
    slice: Option<usize>,
}

impl Told<'_> {
    /// The lowest, the mean and the highest score, and the grid place of the highest.
    fn summary(&self) -> (f32, f64, f32, [usize; 3]) {
        let values = &self.map.values;
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
        let place = vesalius::argmax(values).unwrap_or(0);
        let most = values.get(place).copied().unwrap_or(f32::NAN);
        let [_, height, width] = self.map.grid.map(|side| side.max(1));
        (least, mean, most, [place / width / height, place / width % height, place % width])
    }

    /// The voxels of a token, lower and upper edges (z, y, x).
    fn voxels(&self, at: [usize; 3]) -> Option<([f64; 3], [f64; 3])> {
        let at = at.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        self.map.mapping.map(|mapping| mapping.cell(at))
    }

    fn as_json(&self) -> Result<Value> {
        let (least, mean, most, at) = self.summary();
        let voxels = self.voxels(at).map(|(low, high)| json!({ "low": low, "high": high }));
        Ok(json!({
            "image": self.image.key()?, "field": self.field.name, "query": self.query.told,
            "scale": self.query.scale, "bias": self.query.bias,
            "grid": self.map.grid,
            "min": json::float(least), "mean": mean, "max": json::float(most),
            "highest": { "at": at, "score": json::float(most), "voxels": voxels },
            "slice": self.slice,
            "out": self.args.out.display().to_string(),
        }))
    }

    fn as_text(&self, out: &mut Out) -> Result<()> {
        let (least, mean, most, at) = self.summary();
        let [d, h, w] = self.map.grid;
        out.line(&format!(
            "map      {} x {} x {} tokens (d, h, w) of {:?}",
            d, h, w, self.field.name
        ))?;
        let (least, most, mean) = (score(least), score(most), format!("{mean:.4}"));
        out.line(&format!("scores   {least} to {most}, mean {mean}"))?;
        let [d, h, w] = at;
        let place = self.voxels(at).map_or_else(String::new, |(low, high)| {
            let edge = |axis: usize| {
                let of = |edges: &[f64; 3]| edges.get(axis).copied().unwrap_or_default();
                format!("{:.0} to {:.0}", of(&low), of(&high))
            };
            format!(", voxels z {}, y {}, x {}", edge(0), edge(1), edge(2))
        });
        out.line(&format!("highest  at token {d},{h},{w}{place}"))?;
        if let Some(slice) = self.slice {
            out.line(&format!("slice    {slice}"))?;
        }
        out.line(&format!("written  {}", self.args.out.display()))
    }
}
