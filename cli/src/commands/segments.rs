//! Segments as they are named, chosen and counted on the command line.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vesalius::{Error, FieldDef, FieldKind, Image, RunsError, SegmentRef, Snapshot};

use super::names;
use crate::{Failure, Result};

/// The masks field of a name, or the only one.
pub(super) fn field<'s>(snapshot: &'s Snapshot, name: Option<&str>) -> Result<&'s FieldDef> {
    names::field(snapshot, name, &[FieldKind::Masks])
}

/// `group/name`, as a predicate and a command take it; the name alone where there is no group.
pub(super) fn full_name(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}/{name}") }
}

/// An error of an operation on voxels.
pub(super) fn refused(error: &RunsError) -> Failure {
    Error::Invalid(error.to_string()).into()
}

/// Group and name, for programs.
pub(super) fn name_json(segment: &SegmentRef<'_>) -> Value {
    json!({ "group": segment.group(), "name": segment.name() })
}

/// The segments of an image, or those of one group of it.
pub(super) fn of_image<'s>(
    image: &Image<'s>,
    field: &FieldDef,
    group: Option<&str>,
) -> Result<Vec<SegmentRef<'s>>> {
    let all = image.segments(&field.name)?;
    let Some(group) = group else { return Ok(all) };
    let known: BTreeSet<String> = all.iter().map(|segment| segment.group().to_owned()).collect();
    if !known.contains(group) {
        let known = known.into_iter().collect();
        return Err(Error::NoSuch { what: "group", name: group.to_owned(), known }.into());
    }
    Ok(all.into_iter().filter(|segment| segment.group() == group).collect())
}

/// What segments are together.
#[derive(Clone, Debug, Default)]
pub(super) struct Total {
    /// How many there are.
    pub(super) segments: u64,
    /// Those without a voxel.
    pub(super) empty: u64,
    /// Voxels; one in several segments counts in each.
    pub(super) voxels: u64,
    /// Cubic millimetres; as voxels.
    pub(super) mm3: f64,
    /// Encoded bytes; a block of several segments counts once.
    pub(super) bytes: u64,
    blocks: BTreeSet<u64>,
}

impl Total {
    /// Adds a segment. Decodes nothing.
    pub(super) fn add(&mut self, segment: &SegmentRef<'_>) {
        self.segments = self.segments.saturating_add(1);
        self.empty = self.empty.saturating_add(u64::from(segment.is_empty()));
        self.voxels = self.voxels.saturating_add(segment.voxels());
        self.mm3 += segment.volume_mm3();
        // Only shared blocks can come again.
        let known =
            segment.shares_block() && !segment.block().is_none_or(|b| self.blocks.insert(b));
        if !known {
            self.bytes = self.bytes.saturating_add(segment.encoded_bytes());
        }
    }

    /// That of some segments.
    pub(super) fn of(segments: &[SegmentRef<'_>]) -> Self {
        let mut total = Self::default();
        for segment in segments {
            total.add(segment);
        }
        total
    }

    /// Segments of a field over all images.
    pub(super) fn of_field(snapshot: &Snapshot, field: &FieldDef) -> Result<Self> {
        let mut total = Self::default();
        snapshot.for_each_segments(&field.name, None, |_, segments| {
            for segment in &segments {
                total.add(segment);
            }
            Ok(true)
        })?;
        Ok(total)
    }
}
