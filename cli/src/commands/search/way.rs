//! How a search gets to its hits: exactly or approximately, with indexes or without.

use serde_json::{Value, json};
use vesalius::{Effort, FieldDef, FieldKind, IndexKind, Metric, SearchOptions, Snapshot, Work};

use super::{Args, text};
use crate::Result;
use crate::commands::names;
use crate::output::print_note;

/// Options of how to search.
#[derive(Debug, clap::Args)]
pub(super) struct Way {
    /// Search exactly, as without --approx
    #[arg(long, conflicts_with_all = ["approx", "nprobe"])]
    exact: bool,
    /// Search with an index of `vesalius index build`, as far as finds this share of the true hits; 0.99 without a
    /// number
    #[arg(long, value_name = "RECALL", num_args = 0..=1, require_equals = true,
        default_missing_value = "0.99", conflicts_with_all = ["tokens", "maxsim"])]
    approx: Option<f32>,
    /// Search approximately so many lists of the index, whatever recall that has
    #[arg(long, value_name = "N", conflicts_with_all = ["tokens", "maxsim"])]
    nprobe: Option<usize>,
    /// Do not use an exact index; the outcome is the same
    #[arg(long)]
    no_codes: bool,
}

impl Way {
    /// How far an approximate search goes; none of an exact one.
    pub(super) fn effort(&self) -> Option<Effort> {
        match (self.nprobe, self.approx) {
            (Some(lists), _) => Some(Effort::Lists(lists)),
            (None, Some(recall)) => Some(Effort::Recall(recall)),
            (None, None) => None,
        }
    }

    /// The options of a search that goes this way.
    pub(super) fn options<'a>(&self, options: SearchOptions<'a>) -> SearchOptions<'a> {
        SearchOptions { effort: self.effort(), codes: !self.no_codes, ..options }
    }
}

/// Tells a user who asked for an approximate search that there is no index for it.
pub(super) fn note_missing(snapshot: &Snapshot, field: &FieldDef, args: &Args) -> Result<()> {
    if args.way.effort().is_none() {
        return Ok(());
    }
    let region = match (field.kind, args.region.as_slice()) {
        (FieldKind::Regions, [one]) => Some(names::region_name(field, names::region(field, one)?)),
        (FieldKind::Regions, _) => {
            print_note("searches over several regions are exact");
            return Ok(());
        }
        _ => None,
    };
    let metric = text::metric(args, field);
    let indexes = snapshot.indexes(Some(&field.name))?;
    let indexes = indexes.iter().filter(|info| info.kind == IndexKind::Approximate);
    let indexes = indexes.filter(|info| info.region.as_deref() == region);
    let metrics: Vec<&str> = indexes.filter_map(|info| info.metric.map(Metric::as_str)).collect();
    if metrics.contains(&metric) {
        return Ok(());
    }
    let of = region.map(|region| format!(" of {region:?}")).unwrap_or_default();
    let instead = match metrics.first() {
        Some(other) => format!("`--metric {other}` has one"),
        None => "`vesalius index build` makes one".to_owned(),
    };
    let name = &field.name;
    print_note(&format!(
        "field {name:?} has no approximate index{of} by {metric}, the search is exact; {instead}"
    ));
    Ok(())
}

/// What a search did, for programs.
pub(super) fn work_json(work: &Work) -> Value {
    json!({
        "lists": work.lists(), "scanned": work.scanned(), "ruled_out": work.ruled_out(),
        "scored": work.scored(),
    })
}
