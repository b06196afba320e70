//! The segments of all images.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vesalius::{Bitmap, FieldDef, SegmentRef, Snapshot};

use crate::Result;
use crate::commands::segments::Total;
use crate::output::json::ListWriter;
use crate::output::{Cell, Out, Table, bytes, count, volume};

/// What is known of the segments of one name.
#[derive(Clone, Copy, Debug, Default)]
struct Named {
    /// Images that have it, and those in which it is empty.
    images: u64,
    empty: u64,
    /// Cubic millimetres of those that are not: their sum, the least, the most.
    sum: f64,
    least: f64,
    most: f64,
}

impl Named {
    fn add(&mut self, segment: &SegmentRef<'_>) {
        let mm3 = segment.volume_mm3();
        self.images = self.images.saturating_add(1);
        if segment.is_empty() {
            self.empty = self.empty.saturating_add(1);
            return;
        }
        self.least = if self.filled() == 1 { mm3 } else { self.least.min(mm3) };
        self.most = self.most.max(mm3);
        self.sum += mm3;
    }

    fn filled(&self) -> u64 {
        self.images.saturating_sub(self.empty)
    }

    /// The mean, least and most volume.
    fn volumes(&self) -> Option<[f64; 3]> {
        (self.filled() > 0).then(|| [self.sum / self.filled() as f64, self.least, self.most])
    }
}

/// All images of a field with what they have, and all names.
pub(in crate::commands) struct Overview<'f> {
    field: &'f FieldDef,
    images: Vec<(String, Total)>,
    names: BTreeMap<(String, String), Named>,
}

impl<'f> Overview<'f> {
    /// Reads the directory of the images of some rows, or of one group in them.
    pub(in crate::commands) fn of(
        snapshot: &Snapshot,
        field: &'f FieldDef,
        rows: &Bitmap,
        group: Option<&str>,
    ) -> Result<Self> {
        let (mut images, mut names) = (Vec::new(), BTreeMap::<_, Named>::new());
        snapshot.for_each_segments(&field.name, Some(rows), |row, mut segments| {
            segments.retain(|segment| group.is_none_or(|group| segment.group() == group));
            if segments.is_empty() {
                return Ok(true);
            }
            for segment in &segments {
                let name = (segment.group().to_owned(), segment.name().to_owned());
                names.entry(name).or_default().add(segment);
            }
            let key = snapshot.image_at(row)?.map(|image| image.key().map(str::to_owned));
            images.push((key.transpose()?.unwrap_or_default(), Total::of(&segments)));
            Ok(true)
        })?;
        Ok(Self { field, images, names })
    }

    /// Whether no image has segments.
    pub(super) fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The names, for programs.
    pub(in crate::commands) fn names_json(&self) -> Value {
        let named = self.names.iter().map(|((group, name), named)| {
            let volumes = named.volumes();
            json!({
                "group": group, "name": name, "images": named.images, "empty": named.empty,
                "volume_mm3": volumes.map(|[mean, min, max]| json!({ "mean": mean, "min": min, "max": max })),
            })
        });
        named.collect()
    }

    /// Writes all as JSON, the images one a line.
    pub(super) fn write_json(&self, out: &mut Out) -> Result<()> {
        let mut head = Map::new();
        head.insert("field".into(), self.field.name.as_str().into());
        head.insert("names".into(), self.names_json());
        let mut list = ListWriter::begin(out, &head, "images")?;
        for (key, total) in &self.images {
            let entry = json!({
                "image": key, "segments": total.segments, "empty": total.empty, "bytes": total.bytes,
            });
            if !list.push(&entry)? {
                break;
            }
        }
        list.end()
    }

    /// Writes all for people.
    pub(super) fn tell(&self, out: &mut Out) -> Result<()> {
        if self.images.is_empty() {
            return out.line(&format!("no image has segments in {:?}", self.field.name));
        }
        let head = ["segments", "empty", "bytes"].map(Cell::number);
        let mut table = Table::new([Cell::text("image")].into_iter().chain(head));
        for (key, total) in &self.images {
            let numbers = [count(total.segments), count(total.empty), bytes(total.bytes)];
            table.row(out, [Cell::text(key)].into_iter().chain(numbers.map(Cell::number)))?;
        }
        table.end(out)?;
        out.line("")?;
        self.tell_names(out)?;
        out.line("")?;
        let mut sum = [0_u64; 3];
        for (_, total) in &self.images {
            for (sum, add) in sum.iter_mut().zip([total.segments, total.empty, total.bytes]) {
                *sum = sum.saturating_add(add);
            }
        }
        let ([segments, empty, held], images) = (sum, self.images.len() as u64);
        out.line(&format!(
            "{} segments, {} of them empty, in {} images; {}",
            count(segments),
            count(empty),
            count(images),
            bytes(held)
        ))
    }

    /// Writes the names for people.
    pub(in crate::commands) fn tell_names(&self, out: &mut Out) -> Result<()> {
        let grouped = self.names.keys().any(|(group, _)| !group.is_empty());
        let head = grouped.then(|| Cell::text("group")).into_iter().chain([Cell::text("segment")]);
        let numbers = ["images", "empty", "mean volume", "least", "most"].map(Cell::number);
        let mut table = Table::new(head.chain(numbers));
        for ((group, name), named) in &self.names {
            let volumes = named.volumes().map(|all| all.map(volume)).unwrap_or_default();
            let numbers = [count(named.images), count(named.empty)].into_iter().chain(volumes);
            let group = grouped.then(|| Cell::text(group));
            let cells = group.into_iter().chain([Cell::text(name)]);
            table.row(out, cells.chain(numbers.map(Cell::number)))?;
        }
        table.end(out)
    }
}
