//! `vesalius export`: writes what other programs read.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use serde_json::json;
use vesalius::{FieldKind, Snapshot};
use vesalius_convert::export::{ExportFormat, ExportOptions, ExportReport, export};

use super::{names, open, rows};
use crate::output::{Out, bytes, count, print_note};
use crate::{Failure, Outcome, Result};

/// Formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The dictionary of regions in an archive, for np.load
    Npz,
    /// The dictionary of regions, for pickle.load
    Pkl,
    /// An array [N, D], and its keys in a text file beside it
    Npy,
    /// The HDF5 feature store of the ConceptCLIP programs, for h5py
    H5,
    /// A flat index of FAISS with ids, for `faiss.read_index`
    Faiss,
    /// A folder of index.faiss and metadata.pkl, as the vector database has it
    VectorDb,
    /// The metadata of such a folder as JSON
    MetadataJson,
    /// Keys, attributes and metadata as a table
    Csv,
    /// Keys, attributes, metadata and vectors as an Arrow IPC file, where that was built in
    Arrow,
}

impl Format {
    #[cfg_attr(
        feature = "arrow",
        expect(clippy::unnecessary_wraps, reason = "without it there is an error")
    )]
    fn of_engine(self) -> Result<ExportFormat> {
        Ok(match self {
            Self::Npz => ExportFormat::Npz,
            Self::Pkl => ExportFormat::Pkl,
            Self::Npy => ExportFormat::Npy,
            Self::H5 => ExportFormat::H5,
            Self::Faiss => ExportFormat::Faiss,
            Self::VectorDb => ExportFormat::VectorDb,
            Self::MetadataJson => ExportFormat::MetadataJson,
            Self::Csv => ExportFormat::Csv,
            #[cfg(feature = "arrow")]
            Self::Arrow => ExportFormat::Arrow,
            #[cfg(not(feature = "arrow"))]
            Self::Arrow => {
                let text = "this program was built without Arrow; build it with `--features arrow`";
                return Err(Failure::Message(text.into()));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Npz => "npz",
            Self::Pkl => "pkl",
            Self::Npy => "npy",
            Self::H5 => "h5",
            Self::Faiss => "faiss",
            Self::VectorDb => "vector-db",
            Self::MetadataJson => "metadata-json",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
        }
    }
}

/// Write a field as a file that other programs read
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius export cases.vsl --to pkl anatomical_database.pkl\n  \
    vesalius export cases.vsl --to h5 conceptclip_features.h5\n  \
    vesalius export cases.vsl --to faiss index.faiss --field clip\n  \
    vesalius export cases.vsl --to vector-db vector_db\n  \
    vesalius export cases.vsl --to csv cases.csv --where \"split = 'test'\"\n  \
    vesalius export cases.vsl --to npy carina.npy --region carina --where \"split = 'train'\"\n  \
    vesalius export cases.vsl --to npy x.npy --where \"volume('liver') > 1e6 and overlaps('a', 'b')\"")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The format
    #[arg(long)]
    to: Format,
    /// The file or folder to write
    #[arg(value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// The field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// The tokens field of an h5; needed when there are several
    #[arg(long, value_name = "NAME")]
    token_field: Option<String>,
    /// Only images for which this is true
    #[arg(long = "where", value_name = "PREDICATE")]
    predicate: Option<String>,
    /// The region to write as an array or index, by its name or its index
    #[arg(long)]
    region: Option<String>,
    /// Beside an npy: attributes and metadata, a JSON object a line, as `vesalius add` reads them
    #[arg(long)]
    with_metadata: bool,
    /// Deflate an npz: somewhat smaller, many times slower
    #[arg(long)]
    compress: bool,
    /// Write the chunks of an h5 as they are: LZF is known to h5py only
    #[arg(long)]
    no_lzf: bool,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let report = export(&snapshot, &options(args, &snapshot)?, &args.out)?;
    if out.is_json() {
        let mut all = json!({ "out": args.out.display().to_string(), "format": args.to.name() });
        if let (Some(all), Some(report)) = (all.as_object_mut(), report.to_json().as_object_mut()) {
            all.append(report);
        }
        out.json(&all)?;
    } else {
        as_text(args, &report, out)?;
    }
    Ok(Outcome::Done)
}

fn options(args: &Args, snapshot: &Snapshot) -> Result<ExportOptions> {
    let mut options = ExportOptions::new(args.to.of_engine()?);
    options.field.clone_from(&args.field);
    options.compress = args.compress;
    options.token_field.clone_from(&args.token_field);
    options.plain = args.no_lzf;
    options.path = Some(args.file.clone());
    if args.with_metadata && args.to != Format::Npy {
        let text = format!("--with-metadata is for npy, not for {}", args.to.name());
        return Err(Failure::Message(text));
    }
    options.with_metadata = args.with_metadata;
    if let Some(region) = &args.region {
        if !matches!(args.to, Format::Npy | Format::Faiss) {
            let text = format!("--region is for npy and faiss, not for {}", args.to.name());
            return Err(Failure::Message(text));
        }
        let field = names::field(snapshot, args.field.as_deref(), &[FieldKind::Regions])?;
        let index = names::region(field, region)?;
        options.field = Some(field.name.clone());
        options.region = Some(names::region_name(field, index).to_owned());
    }
    if args.predicate.is_some() {
        options.rows = Some(rows::selected(snapshot, args.predicate.as_deref())?);
    }
    Ok(options)
}

fn as_text(args: &Args, report: &ExportReport, out: &mut Out) -> Result<()> {
    for warning in &report.warnings {
        print_note(warning);
    }
    let (images, size) = (count(report.images), bytes(report.bytes));
    out.line(&format!("{}: {images} images, {size}", args.out.display()))?;
    if let Some(ids) = &report.ids {
        out.line(&format!("{}: their keys, one a line", ids.display()))?;
    }
    if let Some(metadata) = &report.metadata {
        out.line(&format!("{}: their attributes and metadata", metadata.display()))?;
    }
    if report.without_value > 0 {
        let left_out = count(report.without_value);
        out.line(&format!("{left_out} images have no value there and are left out"))?;
    }
    Ok(())
}
