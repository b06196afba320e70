//! All pairs of segments that overlap.

use serde_json::{Map, Value, json};
use vesalius::{Overlap, OverlapMatrix, Runs, SegmentRef};

use super::runs_of;
use crate::Result;
use crate::commands::segments::{full_name, name_json, refused};
use crate::output::json::ListWriter;
use crate::output::{Cell, Out, Table, count, percent};

/// The segments of an image, and the pairs of them that have a voxel in common.
pub(super) struct Matrix<'s> {
    segments: Vec<(SegmentRef<'s>, u64)>,
    pairs: Vec<(usize, usize, Overlap)>,
    frame: Option<u64>,
}

impl<'s> Matrix<'s> {
    /// Decodes all segments; 16 bytes a run.
    pub(super) fn of(
        segments: Vec<SegmentRef<'s>>,
        group: Option<&str>,
        frame: Option<u64>,
    ) -> Result<Self> {
        let decode = |segment: &SegmentRef<'_>| runs_of(segment, frame);
        let runs: Vec<Runs> = segments.iter().map(decode).collect::<Result<_>>()?;
        let all = OverlapMatrix::new(&runs.iter().collect::<Vec<_>>())
            .map_err(|error| refused(&error))?;
        let in_group = |place: usize| {
            let segment = segments.get(place);
            group.is_none_or(|group| segment.is_some_and(|s| s.group() == group))
        };
        let pairs = all.pairs().iter().filter(|(i, j, _)| in_group(*i) || in_group(*j));
        let pairs = pairs.filter_map(|(i, j, _)| Some((*i, *j, all.get(*i, *j)?))).collect();
        let segments = segments.into_iter().zip(runs.iter().map(Runs::voxels)).collect();
        Ok(Self { segments, pairs, frame })
    }

    fn name(&self, place: usize) -> String {
        let segment = self.segments.get(place);
        segment.map_or_else(String::new, |(s, _)| full_name(s.group(), s.name()))
    }

    /// Writes all as JSON, the pairs one a line.
    pub(super) fn write_json(&self, image: &str, field: &str, out: &mut Out) -> Result<()> {
        let segment = |(segment, voxels): &(SegmentRef<'_>, u64)| {
            let mut entry = name_json(segment);
            if let Some(entry) = entry.as_object_mut() {
                entry.insert("voxels".into(), (*voxels).into());
            }
            entry
        };
        let mut head = Map::new();
        head.insert("image".into(), image.into());
        head.insert("field".into(), field.into());
        head.insert("frame".into(), self.frame.into());
        head.insert("segments".into(), self.segments.iter().map(segment).collect::<Value>());
        let mut list = ListWriter::begin(out, &head, "pairs")?;
        for (i, j, overlap) in &self.pairs {
            let entry = json!({
                "a": i, "b": j, "both": overlap.both, "iou": overlap.iou(), "dice": overlap.dice(),
                "a_in_b": overlap.left_in_right(), "b_in_a": overlap.right_in_left(),
            });
            if !list.push(&entry)? {
                break;
            }
        }
        list.end()
    }

    pub(super) fn tell(&self, out: &mut Out) -> Result<()> {
        if !self.pairs.is_empty() {
            let numbers = ["voxels in both", "IoU", "Dice", "a in b", "b in a"].map(Cell::number);
            let mut table = Table::new(["a", "b"].map(Cell::text).into_iter().chain(numbers));
            for (i, j, overlap) in &self.pairs {
                let numbers = [
                    count(overlap.both),
                    format!("{:.4}", overlap.iou()),
                    format!("{:.4}", overlap.dice()),
                    percent(overlap.left_in_right()),
                    percent(overlap.right_in_left()),
                ];
                let names = [self.name(*i), self.name(*j)].map(Cell::text);
                table.row(out, names.into_iter().chain(numbers.map(Cell::number)))?;
            }
            table.end(out)?;
            out.line("")?;
        }
        let segments = self.segments.len() as u64;
        let possible = segments.saturating_mul(segments.saturating_sub(1)) / 2;
        let found = count(self.pairs.len() as u64);
        out.line(&format!(
            "{found} of {} pairs of {} segments overlap",
            count(possible),
            count(segments)
        ))
    }
}
