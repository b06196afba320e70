//! The way of masks into a container, for `vesalius import` and `vesalius mask add`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use vesalius::MaskProfile;
use vesalius_convert::import::{Phase, Progress as State};
use vesalius_convert::masks::{
    MaskImportOptions, MaskImportReport, ReadOptions, StoreOptions, import_masks,
};

use crate::Result;
use crate::output::progress::{Progress, Unit};
use crate::output::{Out, bytes, count, print_note};

/// Most notes that a person is shown.
const NOTES: usize = 40;

/// Options of masks alone.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Options of masks")]
pub(in crate::commands) struct MaskArgs {
    /// The group of segments that the source gives none
    #[arg(long, value_name = "NAME")]
    pub(super) group: Option<String>,
    /// How far apart, in voxels, corners of one space may be; else 0.05 in a folder of NIfTI files, 0.0001 to an
    /// image that is there
    #[arg(long, value_name = "VOXELS", value_parser = tolerance)]
    pub(super) tolerance: Option<f64>,
    /// Bring segments of another space into that of the image, by the nearest voxel
    #[arg(long)]
    pub(super) resample: bool,
    /// Each file of a folder is an image, not a segment of one
    #[arg(long)]
    pub(super) each_file: bool,
    /// How voxels are encoded: in few bytes, or to be decoded fast
    #[arg(long, value_enum)]
    pub(super) profile: Option<MaskProfileArg>,
}

/// How voxels are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::commands) enum MaskProfileArg {
    Small,
    Fast,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "a distance is a number of voxels, 0 or more".to_owned())
}

impl MaskArgs {
    /// Whether any of them is given.
    pub(in crate::commands) fn any(&self) -> bool {
        self.group.is_some()
            || self.tolerance.is_some()
            || self.resample
            || self.each_file
            || self.profile.is_some()
    }
}

/// What both commands have beside [`MaskArgs`].
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Beside {
    pub(in crate::commands) field: Option<String>,
    pub(in crate::commands) key: Option<String>,
    pub(in crate::commands) name: Option<String>,
    pub(in crate::commands) labels: Option<PathBuf>,
    pub(in crate::commands) salvage: bool,
    pub(in crate::commands) replace: bool,
    pub(in crate::commands) no_verify: bool,
    pub(in crate::commands) batch: Option<u32>,
}

/// Imports and reports.
pub(in crate::commands) fn run(
    sources: &[PathBuf],
    file: &Path,
    masks: &MaskArgs,
    beside: Beside,
    out: &mut Out,
) -> Result<()> {
    let bar = Progress::new("importing", Unit::Items);
    let mut progress = |at: State| {
        bar.label(match at.phase {
            Phase::Opening => "reading",
            Phase::Verifying => "verifying",
            _ => "importing",
        });
        bar.set(at.written, at.total);
        true
    };
    let report = import_masks(sources, file, &options(masks, beside), &mut progress)?;
    drop(bar);
    if out.is_json() { out.json(&report.to_json()) } else { as_text(&report, out) }
}

fn options(masks: &MaskArgs, beside: Beside) -> MaskImportOptions {
    let defaults = MaskImportOptions::default();
    let batch = beside.batch.and_then(|batch| usize::try_from(batch).ok());
    MaskImportOptions {
        read: ReadOptions {
            format: None,
            salvage: beside.salvage,
            labels: beside.labels,
            tolerance: masks.tolerance,
        },
        store: StoreOptions {
            replace: beside.replace,
            resample: masks.resample,
            group: masks.group.clone(),
            name: beside.name,
            tolerance: masks.tolerance,
            profile: match masks.profile {
                Some(MaskProfileArg::Fast) => MaskProfile::Fast,
                Some(MaskProfileArg::Small) | None => MaskProfile::Small,
            },
        },
        field: beside.field,
        key: beside.key,
        each_file: masks.each_file,
        verify: !beside.no_verify,
        batch_images: batch.unwrap_or(defaults.batch_images),
        ..defaults
    }
}

fn as_text(report: &MaskImportReport, out: &mut Out) -> Result<()> {
    for warning in report.warnings.iter().take(NOTES) {
        print_note(warning);
    }
    let more = report.warnings.len().saturating_sub(NOTES);
    if more > 0 {
        print_note(&format!("{more} more notes; --json has them all"));
    }
    let sources: Vec<String> = report.sources.iter().map(|p| p.display().to_string()).collect();
    out.line(&format!("source   {} ({})", sources.join(", "), report.layout))?;
    let made = if report.created { ", new" } else { "" };
    let size = bytes(report.file_bytes);
    out.line(&format!("file     {} ({size}{made})", report.file.display()))?;
    out.line(&format!("field    {}", report.field))?;
    let images = match report.keys.as_slice() {
        [only] if report.images == 1 => only.clone(),
        _ => count(report.images),
    };
    let new = if report.images_created == report.images {
        ", new".to_owned()
    } else if report.images_created > 0 {
        format!(", {} new", count(report.images_created))
    } else {
        String::new()
    };
    let what = if report.images == 1 { "image " } else { "images" };
    out.line(&format!("{what}   {images}{new}"))?;
    let parts = [
        (report.segments_replaced, "replaced"),
        (report.segments_unchanged, "there already"),
        (report.segments_empty, "empty"),
    ];
    let parts = parts.into_iter().filter(|(n, _)| *n > 0);
    let parts = parts.map(|(n, what)| format!("{} {what}", count(n)));
    let parts: Vec<String> = std::iter::once(count(report.segments)).chain(parts).collect();
    out.line(&format!("segments {}", parts.join(", ")))?;
    out.line(&format!("voxels   {}", count(report.voxels)))?;
    let verified = match (report.verified, report.nothing_to_do) {
        (_, true) => "all of it is there already",
        (true, false) => "what was written was read back and compared with the source",
        (false, false) => "no",
    };
    out.line(&format!("verified {verified}"))?;
    let memory = report.peak_memory.map(|peak| format!(", {} of memory", bytes(peak)));
    out.line(&format!("took     {:.2} s{}", report.seconds, memory.unwrap_or_default()))
}
