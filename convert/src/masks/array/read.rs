//! Reading label maps.

use std::path::Path;
use std::sync::Arc;

use vesalius::{Segment, SegmentValue, Space, VoxelShape};

use super::super::SegmentSet;
use super::super::limits::Limits;
use super::error::{ArrayError, ArrayErrorKind};
use super::place::Place;
use super::values;
use crate::npy::{ByteSource, FileSource, NpyFile, Scalar};
use crate::npz::{self, Archive};

/// Reads a `.npy`. What becomes what is told at [the module](super). The space has the spacing 1 mm.
///
/// # Errors
/// Not such a file, other axes than two to four, values that are no labels, more than the limits allow, or the
/// medium failed.
pub fn read_npy(path: &Path, limits: &Limits) -> Result<SegmentSet, ArrayError> {
    npy(&NpyFile::open(path)?, limits)
}

pub(super) fn npy(file: &NpyFile, limits: &Limits) -> Result<SegmentSet, ArrayError> {
    let shape = values::shape(file.shape())?;
    let segments = segments(file, "", limits, 0)?;
    let space = Space { frames: shape.frames(), ..Space::new(shape.zyx(), [1.0; 3]) };
    Ok(SegmentSet { space, segments, notes: Vec::new() })
}

/// Reads a `.npz`. What becomes what is told at [the module](super).
///
/// # Errors
/// As [`read_npy`]; [`ArrayErrorKind::NoMasks`]; an `affine` or a `spacing` that places nothing.
pub fn read_npz(path: &Path, limits: &Limits) -> Result<SegmentSet, ArrayError> {
    npz(Arc::new(FileSource::open(path)?), limits)
}

pub(super) fn npz(source: Arc<dyn ByteSource>, limits: &Limits) -> Result<SegmentSet, ArrayError> {
    let bounds = npz::Limits {
        max_members: limits.max_arrays,
        max_member_bytes: limits.max_value_bytes,
        max_total_bytes: limits.max_value_bytes,
    };
    let mut archive = Archive::from_source(source, bounds)?;
    let names: Vec<(String, String)> = archive
        .members()
        .iter()
        .map(|member| (member.name.clone(), member.array_name().to_owned()))
        .collect();
    let mut place = Place::default();
    let mut found = Found::default();
    for (member, name) in names {
        if place.take(&mut archive, &name).map_err(|error| error.of(&name))? {
            continue;
        }
        let file = archive.open_npy(&member);
        let read = file.map_err(ArrayError::from).and_then(|file| found.add(&file, &name, limits));
        match read.map_err(|error| error.of(&name)) {
            Ok(()) => {}
            Err(error) if is_other(&error.kind) => found.notes.push(format!("left out: {error}")),
            Err(error) => return Err(error),
        }
    }
    let Some((shape, _)) = found.shape else {
        return Err(ArrayErrorKind::NoMasks(found.notes).bare());
    };
    let space = place.space(shape)?;
    Ok(SegmentSet { space, segments: found.segments, notes: found.notes })
}

/// Whether an array is something else than a mask, rather than a mask that is refused.
fn is_other(kind: &ArrayErrorKind) -> bool {
    use crate::npy::NpyErrorKind::UnsupportedDtype;
    use crate::npz::NpzErrorKind::Npy;
    match kind {
        ArrayErrorKind::Shape(_) | ArrayErrorKind::Type(_) | ArrayErrorKind::Precision => true,
        ArrayErrorKind::Npz(error) => {
            matches!(&error.kind, Npy(error) if matches!(error.kind, UnsupportedDtype(_)))
        }
        _ => false,
    }
}

#[derive(Default)]
struct Found {
    shape: Option<(VoxelShape, Vec<u64>)>,
    segments: Vec<SegmentValue>,
    notes: Vec<String>,
    runs: u64,
    single: u32,
}

impl Found {
    fn add(&mut self, file: &NpyFile, name: &str, limits: &Limits) -> Result<(), ArrayError> {
        let shape = values::shape(file.shape())?;
        let truth = values::scalar(file)? == Scalar::Bool;
        let mut segments = segments(file, name, limits, self.runs).map_err(|mut error| {
            // Floats that are no labels are an image, not a mask gone wrong.
            let float = values::scalar(file).is_ok_and(|scalar| !scalar.is_integer());
            if float && matches!(error.kind, ArrayErrorKind::Values(_)) {
                error.kind = ArrayErrorKind::Precision;
            }
            error
        })?;
        match &self.shape {
            Some((old, axes)) if *old != shape => {
                let kind = ArrayErrorKind::Shapes(file.shape().to_vec(), axes.clone());
                return Err(kind.bare());
            }
            _ => self.shape = Some((shape, file.shape().to_vec())),
        }
        if truth {
            self.single = self.single.saturating_add(1);
            let runs = segments.pop().map_or_else(|| vesalius::Runs::empty(shape), |v| v.runs);
            let segment = Segment::new(name, self.single);
            segments = vec![SegmentValue { segment, runs }];
        }
        if segments.is_empty() {
            self.notes.push(format!("array {name:?} has no label but 0"));
        }
        let added: usize = segments.iter().map(|value| value.runs.len()).sum();
        self.runs = self.runs.saturating_add(added as u64);
        self.segments.extend(segments);
        Ok(())
    }
}

fn segments(
    file: &NpyFile,
    group: &str,
    limits: &Limits,
    runs: u64,
) -> Result<Vec<SegmentValue>, ArrayError> {
    let labels = values::labels(file, limits, runs)?;
    let value = |(label, runs)| {
        let name = format!("label_{label}");
        let segment = Segment { group: group.to_owned(), ..Segment::new(name, label) };
        SegmentValue { segment, runs }
    };
    Ok(labels.into_iter().map(value).collect())
}
