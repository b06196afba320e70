//! `vesalius import`: brings a file of another format into a container.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use vesalius::{DefaultMetric, Dtype, Provenance};
use vesalius_convert::import::{
    ImageKey, ImportOptions, ImportReport, Phase, SourceFindings, import, is_vector_database,
};
use vesalius_convert::masks::is_mask_source;

use super::mask::{Beside, MaskArgs, run_import};
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, bytes, count, percent, print_note};
use crate::{Failure, Outcome, Result};

/// Bring a file of another format into a container
///
/// A pickle is read as data, nothing in it is executed. Killed at any moment, the same command goes on where
/// it stopped. What was written is compared with the source. Masks are brought as segments of images: NIfTI label
/// maps, a folder of one NIfTI file per segment or of such cases, .seg.nrrd, .msk, .mska, COCO JSON, DICOM SEG, and
/// arrays of labels.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius import anatomical_database.pkl cases.vsl\n  \
    vesalius import embeddings.npy cases.vsl --field clip --ids keys.txt\n  \
    vesalius import conceptclip_features.h5 cases.vsl\n  \
    vesalius import vector_db cases.vsl --key path\n  \
    vesalius import index.faiss cases.vsl --field clip --ids keys.txt\n  \
    vesalius import other.h5 cases.vsl --dataset /feats --field clip --ids /names --split /fold\n  \
    vesalius import s0000/segmentations cases.vsl --key s0000\n  \
    vesalius import atlas.nii.gz cases.vsl --labels atlas.tsv\n  \
    vesalius import labelsTr cases.vsl --each-file")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Args {
    /// A pickle, an .npz, an .npy, an HDF5 file, an index of FAISS, a folder of index.faiss and metadata.pkl, of
    /// parts or of HDF5 bags; or masks
    #[arg(value_hint = ValueHint::AnyPath)]
    source: PathBuf,
    /// The container; made when it does not exist
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Name of the field; else `regions`, `features` for one vector an image, `masks`, or that of the dataset
    #[arg(long)]
    field: Option<String>,
    /// Name of the tokens field of an HDF5 file that has both; else that of the dataset
    #[arg(long, value_name = "NAME")]
    token_field: Option<String>,
    /// Name of the import, by which it is continued; else that of the source
    #[arg(long)]
    name: Option<String>,
    /// How a new field stores values; else f16 for a source of f16, otherwise f32
    #[arg(long, value_enum)]
    dtype: Option<Precision>,
    /// How a new field is searched; else as an index of FAISS is, otherwise by cosine
    #[arg(long, value_enum)]
    metric: Option<FieldMetric>,
    /// Keys of the images of an array or index: a text file, one a line, or an .npy; or a dataset beside --dataset
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ids: Option<PathBuf>,
    /// The array of an .npz to take
    #[arg(long, value_name = "NAME")]
    array: Option<String>,
    /// The dataset of an HDF5 file to take: [N, D] is a vector field, more axes are tokens
    #[arg(long, value_name = "PATH")]
    dataset: Option<String>,
    /// The dataset of labels [N] beside it; of masks a table of what the labels are
    #[arg(long, value_name = "PATH")]
    labels: Option<String>,
    /// The dataset of split names [N] beside it
    #[arg(long, value_name = "PATH", requires = "dataset")]
    split: Option<String>,
    /// Take what is good of a damaged HDF5 file or MedMask archive, or of an index and metadata that a crash tore
    /// apart, and report the rest
    #[arg(long)]
    salvage: bool,
    /// Names of the regions of an array [N, R, D], apart by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    regions: Option<Vec<String>>,
    /// The model that the features come from
    #[arg(long)]
    model: Option<String>,
    /// Replace values that images have in the field already
    #[arg(long)]
    replace: bool,
    /// Most images that are committed together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch: Option<u32>,
    /// Do not compare the container with the source afterwards
    #[arg(long)]
    no_verify: bool,
    /// The source is masks; needed for what could be features too, an array [y, x] of integers
    #[arg(long, help_heading = MASKS)]
    masks: bool,
    /// Of masks the key of the image; else that in the file, or the name of the file or folder. Of index.faiss and
    /// metadata.pkl what images are called by: id or path
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    of_masks: MaskArgs,
}

/// Over the options of masks in the help.
const MASKS: &str = "Options of masks";

/// Types of stored values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::commands) enum Precision {
    F16,
    F32,
}

impl Precision {
    pub(in crate::commands) fn of_engine(self) -> Dtype {
        match self {
            Self::F16 => Dtype::F16,
            Self::F32 => Dtype::F32,
        }
    }
}

/// Metrics of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::commands) enum FieldMetric {
    Cosine,
    Ip,
    L2,
}

impl FieldMetric {
    pub(in crate::commands) fn of_engine(self) -> DefaultMetric {
        match self {
            Self::Cosine => DefaultMetric::Cosine,
            Self::Ip => DefaultMetric::InnerProduct,
            Self::L2 => DefaultMetric::L2,
        }
    }
}

impl Args {
    fn options(&self) -> ImportOptions {
        let dtype = self.dtype.map(Precision::of_engine);
        let metric = self.metric.map(FieldMetric::of_engine);
        let model = self.model.clone();
        let defaults = ImportOptions::default();
        let batch = self.batch.and_then(|batch| usize::try_from(batch).ok());
        ImportOptions {
            batch_images: batch.unwrap_or(defaults.batch_images),
            name: self.name.clone(),
            field: self.field.clone(),
            dtype,
            metric,
            provenance: model.map(|model| Provenance { model, ..Provenance::default() }),
            token_field: self.token_field.clone(),
            dataset: self.dataset.clone(),
            labels: self.labels.clone(),
            split: self.split.clone(),
            salvage: self.salvage,
            image_key: match self.key.as_deref() {
                Some("path") => ImageKey::Path,
                _ => ImageKey::Id,
            },
            ids: self.ids.clone(),
            array: self.array.clone(),
            regions: self.regions.clone(),
            replace: self.replace,
            verify: !self.no_verify,
            ..defaults
        }
    }
}

impl Args {
    /// The first option that only features have.
    fn of_features(&self) -> Option<&'static str> {
        let given = [
            (self.token_field.is_some(), "--token-field"),
            (self.name.is_some(), "--name"),
            (self.dtype.is_some(), "--dtype"),
            (self.metric.is_some(), "--metric"),
            (self.ids.is_some(), "--ids"),
            (self.array.is_some(), "--array"),
            (self.dataset.is_some(), "--dataset"),
            (self.split.is_some(), "--split"),
            (self.regions.is_some(), "--regions"),
            (self.model.is_some(), "--model"),
        ];
        given.into_iter().find(|(given, _)| *given).map(|(_, name)| name)
    }

    /// Whether the source is masks: because an option says so, or because nothing else looks like it.
    fn is_masks(&self) -> Result<bool> {
        if !self.masks && is_vector_database(&self.source) {
            return self.check_vector_database();
        }
        let said = self.masks || self.key.is_some() || self.of_masks.any();
        match (said, self.of_features()) {
            (true, Some(option)) => {
                let text =
                    format!("{option} is for features, other options that are given are for masks");
                Err(Failure::Message(text))
            }
            (true, None) => Ok(true),
            (false, Some(_)) => Ok(false),
            (false, None) => Ok(is_mask_source(&self.source)?),
        }
    }

    /// What is said of masks has no meaning here, and a key is one of two words. Never masks.
    fn check_vector_database(&self) -> Result<bool> {
        let known = self.key.as_deref().is_none_or(|key| matches!(key, "id" | "path"));
        if known && !self.of_masks.any() {
            return Ok(false);
        }
        let text = "of a folder with index.faiss images are called by --key id or --key path, and options of \
                    masks are not for it";
        Err(Failure::Message(text.into()))
    }

    fn beside(&self) -> Beside {
        Beside {
            field: self.field.clone(),
            key: self.key.clone(),
            name: None,
            labels: self.labels.as_ref().map(PathBuf::from),
            salvage: self.salvage,
            replace: self.replace,
            no_verify: self.no_verify,
            batch: self.batch,
        }
    }
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    if args.is_masks()? {
        let sources = std::slice::from_ref(&args.source);
        run_import(sources, &args.file, &args.of_masks, args.beside(), out)?;
        return Ok(Outcome::Done);
    }
    let bar = Progress::new("importing", Unit::Items);
    let mut progress = |at: vesalius_convert::import::Progress| {
        bar.label(match at.phase {
            Phase::Opening => "reading",
            Phase::Verifying => "verifying",
            _ => "importing",
        });
        let done = if at.phase == Phase::Verifying { at.verified } else { at.written };
        bar.set(done, at.total);
        true
    };
    let report = import(&args.source, &args.file, &args.options(), &mut progress)?;
    drop(bar);
    if out.is_json() {
        out.json(&report.to_json())?;
    } else {
        as_text(&report, out)?;
    }
    Ok(Outcome::Done)
}

fn as_text(report: &ImportReport, out: &mut Out) -> Result<()> {
    for warning in &report.warnings {
        print_note(warning);
    }
    out.line(&format!("source   {} ({})", report.source.display(), report.layout))?;
    let made = if report.created { ", new" } else { "" };
    let size = bytes(report.file_bytes);
    out.line(&format!("file     {} ({size}{made})", report.file.display()))?;
    let written = match (report.nothing_to_do, report.resumed_at) {
        (true, _) => ", all of them there already".to_owned(),
        (false, 0) => String::new(),
        (false, at) => format!(", resumed at {}", count(at)),
    };
    out.line(&format!("images   {}{written}", count(report.images)))?;
    if !report.rates.is_empty() {
        let (least, most, mean) = (report.regions_min, report.regions_max, report.regions_mean);
        let all = count(report.regions);
        out.line(&format!("regions  {all}, {least} to {most} an image, {mean:.1} on average"))?;
    }
    if let Some(findings) = &report.findings {
        found(findings, out)?;
    }
    let verified = match (report.verified, &report.findings) {
        (false, _) => "no",
        (true, Some(found)) if !found.fields.is_empty() => {
            "what was written was read back and compared with the source"
        }
        (true, _) => "every bit compared with the source",
    };
    out.line(&format!("verified {verified}"))?;
    let memory = report.peak_memory.map(|peak| format!(", {} of memory", bytes(peak)));
    let (seconds, rate) = (report.seconds, report.rows_per_second);
    let memory = memory.unwrap_or_default();
    out.line(&format!("took     {seconds:.2} s, {rate:.0} rows/s{memory}"))?;
    rates(report, out)
}

fn found(findings: &SourceFindings, out: &mut Out) -> Result<()> {
    for field in &findings.fields {
        let shape: Vec<String> = field.shape.iter().map(u64::to_string).collect();
        let (kind, shape) = (&field.kind, shape.join(" x "));
        out.line(&format!("field    {} ({kind}, {shape}, {})", field.name, field.element))?;
    }
    if !findings.split_counts.is_empty() {
        let counts = findings.split_counts.iter();
        let counts: Vec<String> = counts.map(|(name, n)| format!("{name} {}", count(*n))).collect();
        out.line(&format!("splits   {}", counts.join(", ")))?;
    }
    for (what, names) in [
        ("prompts ", &findings.prompt_sets),
        ("absent  ", &findings.absent),
        ("not taken", &findings.not_taken),
    ] {
        if !names.is_empty() {
            out.line(&format!("{what} {}", names.join(", ")))?;
        }
    }
    if let Some(declared) = findings.declared_rows {
        out.line(&format!("salvaged of {} rows that the source declares", count(declared)))?;
    }
    Ok(())
}

fn rates(report: &ImportReport, out: &mut Out) -> Result<()> {
    if report.rates.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let head = [Cell::number("index"), Cell::text("region")];
    let head = head.into_iter().chain(["images", "rate"].map(Cell::number));
    let mut table = Table::new(head);
    for rate in &report.rates {
        let cells = [
            Cell::number(rate.index),
            Cell::text(&rate.name),
            Cell::number(count(rate.images)),
            Cell::number(percent(rate.detection_rate)),
        ];
        table.row(out, cells)?;
    }
    table.end(out)
}
