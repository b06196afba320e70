//! Indexes for people and programs.

use serde_json::{Value, json};
use vesalius::{IndexInfo, IndexKind, Metric};

use crate::Result;
use crate::output::{Cell, Out, Table, bytes, count};

/// The name of a kind.
pub(super) fn kind(kind: IndexKind) -> &'static str {
    match kind {
        IndexKind::Exact => "exact",
        IndexKind::Approximate => "approximate",
    }
}

/// How much of the field it covers, in a word.
fn state(info: &IndexInfo) -> &'static str {
    match info.covered {
        covered if covered == info.features => "complete",
        0 => "empty",
        _ => "partial",
    }
}

/// An index as JSON.
pub(in crate::commands) fn as_json(info: &IndexInfo) -> Value {
    json!({
        "field": info.field,
        "kind": kind(info.kind),
        "region": info.region,
        "metric": info.metric.map(Metric::as_str),
        "lists": (info.kind == IndexKind::Approximate).then_some(info.lists),
        "bytes": info.bytes,
        "covered": info.covered,
        "features": info.features,
        "state": state(info),
    })
}

/// An index in one line.
pub(in crate::commands) fn line(info: &IndexInfo) -> String {
    let region = info.region.as_ref().map(|region| format!(" of {region}")).unwrap_or_default();
    let metric = info.metric.map(|metric| format!(" by {metric}")).unwrap_or_default();
    let (covered, features) = (count(info.covered), count(info.features));
    let (kind, size) = (kind(info.kind), bytes(info.bytes));
    format!("{kind}{region}{metric}, {covered} of {features} features, {size}")
}

/// Indexes as a table.
pub(in crate::commands) fn table(indexes: &[IndexInfo], out: &mut Out) -> Result<()> {
    let head = ["field", "index", "region", "metric"].map(Cell::text);
    let head = head.into_iter().chain(["lists", "covered", "features"].map(Cell::number));
    let mut table = Table::new(head.chain([Cell::number("size"), Cell::text("state")]));
    for info in indexes {
        let lists = info.kind == IndexKind::Approximate;
        let cells = [
            Cell::text(&info.field),
            Cell::text(kind(info.kind)),
            Cell::text(info.region.as_deref().unwrap_or_default()),
            Cell::text(info.metric.map_or("", Metric::as_str)),
            if lists { Cell::number(count(u64::from(info.lists))) } else { Cell::empty() },
            Cell::number(count(info.covered)),
            Cell::number(count(info.features)),
            Cell::number(bytes(info.bytes)),
            Cell::text(state(info)),
        ];
        table.row(out, cells)?;
    }
    table.end(out)
}
