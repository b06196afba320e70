//! What is known of a vector database as a whole.

use serde_json::{Map, Value as Json};
use vesalius::{FieldDef, Snapshot};

/// What an import of one kept of it, and what the container knows.
#[derive(Debug)]
pub(super) struct About {
    /// Everything that the original had besides records.
    kept: Map<String, Json>,
    created_ms: u64,
}

impl About {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let metadata: Option<Json> = serde_json::from_str(snapshot.metadata()).ok();
        let sources = metadata.as_ref().and_then(|metadata| metadata.get("sources")?.as_object());
        let mut sources = sources.into_iter().flat_map(Map::values).filter_map(Json::as_object);
        let kept = sources.find(|source| source.contains_key("id_counter"));
        Self { kept: kept.cloned().unwrap_or_default(), created_ms: snapshot.created_ms() }
    }

    /// The number that the next image gets.
    pub(super) fn id_counter(&self, next: i64) -> i64 {
        self.kept.get("id_counter").and_then(Json::as_i64).unwrap_or(0).max(next)
    }

    /// When it was made, as Python's `isoformat` has it.
    pub(super) fn created_at(&self) -> String {
        let text = self.kept.get("created_at").and_then(Json::as_str);
        text.map_or_else(|| iso(self.created_ms), str::to_owned)
    }

    /// The model that the vectors come from.
    pub(super) fn model(&self, field: Option<&FieldDef>) -> Json {
        let model = field.map(|field| field.provenance.model.clone()).unwrap_or_default();
        let kept = || self.kept.get("model_name").cloned().unwrap_or(Json::Null);
        if model.is_empty() { kept() } else { model.into() }
    }
}

/// `2025-06-09T12:00:00`, of the Gregorian calendar, UTC (Howard Hinnant's civil-from-days).
fn iso(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let leaps = (day / 1460).saturating_add(day / 146_096);
    let year = day.saturating_add(day / 36_524).saturating_sub(leaps) / 365;
    let before = year.saturating_mul(365).saturating_add(year / 4).saturating_sub(year / 100);
    let day = day.saturating_sub(before);
    let month = day.saturating_mul(5).saturating_add(2) / 153;
    let first = month.saturating_mul(153).saturating_add(2) / 5;
    let day = day.saturating_sub(first).saturating_add(1);
    let month = if month < 10 { month.saturating_add(3) } else { month.saturating_sub(9) };
    let year = era.saturating_mul(400).saturating_add(year).saturating_add(u64::from(month <= 2));
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn times_are_written_as_python_does() {
        assert_eq!(iso(0), "1970-01-01T00:00:00");
        assert_eq!(iso(951_827_696_000), "2000-02-29T12:34:56");
        assert_eq!(iso(1_763_651_045_999), "2025-11-20T15:04:05");
        assert_eq!(iso(4_102_444_799_000), "2099-12-31T23:59:59");
    }
}
