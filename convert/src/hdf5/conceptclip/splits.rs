//! The split counts that a file declares against those of its rows.

use serde_json::Value;

use super::super::attribute::find;
use super::super::error::{H5Error, H5ErrorKind};
use super::super::limits;
use super::ConceptClip;

/// Rows by split name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitCounts {
    /// What the rows say, in the order of first appearance.
    pub actual: Vec<(String, u64)>,
    /// What the attribute `split_counts` says; None where it is absent or not an object of counts.
    pub declared: Option<Vec<(String, u64)>>,
}

impl SplitCounts {
    /// Whether the file contradicts itself. The counts are written last, so a run that was killed
    /// and started again leaves more rows than they say; such a file may hold the same images
    /// twice.
    pub fn disagree(&self) -> bool {
        let Some(declared) = &self.declared else { return false };
        let mut left: Vec<_> = declared.iter().filter(|c| c.1 > 0).collect();
        let mut right: Vec<_> = self.actual.iter().collect();
        left.sort_unstable();
        right.sort_unstable();
        left != right
    }
}

impl ConceptClip {
    /// Counts the rows of each split and reads what the file declares. Reads the whole column.
    pub fn split_counts(&self) -> Result<SplitCounts, H5Error> {
        let mut actual: Vec<(String, u64)> = Vec::new();
        let mut row = 0;
        while let Some(splits) = self.splits.as_ref().filter(|_| row < self.rows) {
            let end = row.saturating_add(1 << 14).min(self.rows);
            for name in splits.strings(row..end)? {
                if let Some(found) = actual.iter_mut().find(|(known, _)| *known == name) {
                    found.1 += 1;
                } else if actual.len() < limits::MAX_SPLITS {
                    actual.push((name, 1));
                } else {
                    let what = format!("more than {} splits", limits::MAX_SPLITS);
                    return Err(splits.error(H5ErrorKind::Limit, what));
                }
            }
            row = end;
        }
        if self.splits.is_none() {
            actual.push((super::batch::NO_SPLIT.to_owned(), self.rows));
        }
        let declared = find(&self.attributes, "split_counts").and_then(|a| counts(&a.best()?));
        Ok(SplitCounts { actual, declared })
    }
}

fn counts(value: &Value) -> Option<Vec<(String, u64)>> {
    value.as_object()?.iter().map(|(name, n)| Some((name.clone(), n.as_u64()?))).collect()
}
