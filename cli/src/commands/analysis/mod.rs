//! What the commands share that look at all features of a field: which, and what becomes of the answers.

mod write;

use std::path::PathBuf;

use clap::ValueHint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use vesalius::{AnalysisOptions, Bitmap, FieldDef, FieldKind, Metric, Snapshot};

use super::{names, open, rows};
use crate::Result;

pub(super) use write::{Column, attributes};

/// Which features take part.
#[derive(Debug, clap::Args)]
pub(crate) struct Chosen {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) file: PathBuf,
    /// The field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// The region, in a regions field
    #[arg(long)]
    region: Option<String>,
    /// Only images for which this is true
    #[arg(long = "where", value_name = "PREDICATE")]
    predicate: Option<String>,
    /// How features are compared; without it, as the field says
    #[arg(long, value_name = "METRIC", value_parser = metric_parser())]
    metric: Option<Metric>,
    /// Threads; 0 leaves it to the engine
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

/// The container, and the images that a predicate lets through.
pub(super) struct Opened {
    pub(super) snapshot: Snapshot,
    filter: Option<Bitmap>,
}

fn metric_parser() -> impl TypedValueParser<Value = Metric> {
    PossibleValuesParser::new(Metric::ALL.map(Metric::as_str))
        .try_map(|text| text.parse::<Metric>())
}

impl Chosen {
    pub(super) fn open(&self) -> Result<Opened> {
        let snapshot = open(&self.file)?;
        let filter = match &self.predicate {
            Some(source) => Some(rows::selected(&snapshot, Some(source))?),
            None => None,
        };
        Ok(Opened { snapshot, filter })
    }

    /// The field, and what the engine is told.
    pub(super) fn resolve<'o>(
        &self,
        opened: &'o Opened,
    ) -> Result<(&'o FieldDef, AnalysisOptions<'o>)> {
        let kinds = [FieldKind::Vector, FieldKind::Regions];
        let field = names::field(&opened.snapshot, self.field.as_deref(), &kinds)?;
        let region = self.region.as_deref().map(|region| names::region(field, region));
        let mut options = AnalysisOptions::new().threads(self.threads);
        options.region = region.transpose()?;
        options.filter = opened.filter.as_ref();
        options.metric = self.metric;
        Ok((field, options))
    }
}
