//! `vesalius mask get`: one segment, its facts or its voxels.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::json;
use vesalius::{FieldKind, SegmentKey};

use super::facts;
use super::write::{Place, Target, place};
use crate::commands::{names, open};
use crate::output::Out;
use crate::{Failure, Result};

/// Show a segment, or write its voxels
///
/// Written are 1 in a volume of 0 (.nii, .nii.gz), truth values (.npy), or white pixels of a slice (.png).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius mask get cases.vsl case-1 liver\n  \
    vesalius mask get cases.vsl case-1 liver --out liver.nii.gz\n  \
    vesalius mask get cases.vsl case-1 liver --slice y=120 --out liver.png")]
pub(super) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// The segment: name, or group/name
    segment: String,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// The file to write
    #[arg(long, value_name = "X.nii.gz|X.npy|X.png", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// The slice of a picture, as z=40; else the one along z with most voxels
    #[arg(long, value_name = "AXIS=N", value_parser = place, requires = "out")]
    slice: Option<Place>,
    /// The frame in time of a picture
    #[arg(long, value_name = "N", requires = "out")]
    frame: Option<u64>,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<()> {
    let snapshot = open(&args.file)?;
    let field = names::field(&snapshot, args.field.as_deref(), &[FieldKind::Masks])?;
    let image = snapshot.image(&args.image)?;
    let segment = image.segment(&field.name, SegmentKey::parse(&args.segment))?;
    let mut slice = None;
    if let Some(path) = &args.out {
        let target = Target::of(path)?;
        if target != Target::Picture && (args.slice.is_some() || args.frame.is_some()) {
            let text = "--slice and --frame are for pictures; let --out end in .png";
            return Err(Failure::Message(text.into()));
        }
        slice = target.write(&segment, path, args.slice, args.frame)?;
    }
    let slice = slice.map(|(place, _)| place.to_string());
    if out.is_json() {
        let mut told = json!({ "image": args.image, "field": field.name });
        let more = json!({ "out": args.out, "slice": slice });
        for part in [facts::as_json(&segment), more] {
            if let (Some(told), serde_json::Value::Object(part)) = (told.as_object_mut(), part) {
                told.extend(part);
            }
        }
        return out.json(&told);
    }
    match &args.out {
        None => facts::as_text(&segment, out),
        Some(path) => {
            let voxels = crate::output::count(segment.voxels());
            let slice = slice.map(|slice| format!(", slice {slice}")).unwrap_or_default();
            let name = segment.name();
            out.line(&format!("{}: {name}, {voxels} voxels{slice}", path.display()))
        }
    }
}
