//! `vesalius mask export`: the segments of an image for other programs.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use serde_json::json;
use vesalius::FieldKind;
use vesalius_convert::masks::{MaskFormat, SegmentFilter, of_image, save};

use crate::commands::{names, open};
use crate::output::{Out, count, print_note};
use crate::{Failure, Result};

/// Formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A label map, .nii or .nii.gz
    Nifti,
    /// A folder of one .nii.gz per segment
    NiftiFolder,
    /// .seg.nrrd of 3D Slicer; keeps everything
    SegNrrd,
    /// One mask of MedMask, whose segments do not overlap
    Msk,
    /// An archive of MedMask
    Mska,
    /// COCO JSON, a picture for each slice
    Coco,
    /// A label map of NumPy
    Npy,
    /// NumPy arrays: a label map for each group, truth values for each segment without one
    Npz,
}

impl Format {
    fn of_files(self) -> MaskFormat {
        match self {
            Self::Nifti => MaskFormat::NiftiLabelMap,
            Self::NiftiFolder => MaskFormat::NiftiFolder,
            Self::SegNrrd => MaskFormat::SegNrrd,
            Self::Msk => MaskFormat::Msk,
            Self::Mska => MaskFormat::Mska,
            Self::Coco => MaskFormat::Coco,
            Self::Npy => MaskFormat::Npy,
            Self::Npz => MaskFormat::Npz,
        }
    }
}

/// Write the segments of an image as a file that other programs read
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius mask export cases.vsl case-1 --to nifti --out case-1.nii.gz\n  \
    vesalius mask export cases.vsl case-1 --to nifti-folder --out segmentations\n  \
    vesalius mask export cases.vsl case-1 --group lobes --to mska --out lobes.mska")]
pub(super) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// The format; else that of the ending of --out
    #[arg(long)]
    to: Option<Format>,
    /// The file to write, or the folder, which must be empty
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    out: PathBuf,
    /// Only segments of this group
    #[arg(long)]
    group: Option<String>,
    /// Only these segments, apart by commas: name, or group/name
    #[arg(long, value_name = "SEGMENTS", value_delimiter = ',')]
    only: Vec<String>,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<()> {
    let format = match (args.to, MaskFormat::of_name(&args.out)) {
        (Some(format), _) => format.of_files(),
        (None, Some(format)) => format,
        (None, None) => {
            let text = format!("{}: say the format with --to", args.out.display());
            return Err(Failure::Message(text));
        }
    };
    let snapshot = open(&args.file)?;
    let field = names::field(&snapshot, args.field.as_deref(), &[FieldKind::Masks])?;
    let image = snapshot.image(&args.image)?;
    let filter = SegmentFilter { group: args.group.clone(), keys: args.only.clone() };
    let set = of_image(&image, &field.name, &filter)?;
    if set.segments.is_empty() {
        let text = format!("image {:?} has no segments in field {:?}", args.image, field.name);
        return Err(Failure::Message(text));
    }
    let notes = save(&args.image, &set, format, &args.out)?;
    let segments = set.segments.len() as u64;
    if out.is_json() {
        return out.json(&json!({
            "image": args.image,
            "field": field.name,
            "format": format.name(),
            "out": args.out,
            "segments": segments,
            "warnings": notes,
        }));
    }
    for note in &notes {
        print_note(note);
    }
    let (path, segments) = (args.out.display(), count(segments));
    out.line(&format!("{path}: {segments} segments ({format})"))
}
