//! The functions a predicate can call.

use super::ast::{Argument, Call, Literal, Value};
use super::columns::{Columns, SegmentSize, SizesByRow};
use super::error::PredicateError;
use crate::format::bitmap::Bitmap;

const SIGNATURES: &str = "has_field('field'), has_region('region'), has_segment('segment'), \
    overlaps('segment', 'segment'), volume('segment'), voxels('segment'), all but the first also with the \
    field before";

const KNOWN: [&str; 6] = ["has_field", "has_region", "has_segment", "overlaps", "volume", "voxels"];

/// A known function with its arguments.
#[derive(Debug, Clone, Copy)]
pub(super) enum Function<'p> {
    /// Has the image anything in a field?
    HasField(&'p str),
    /// Has the image a region, in a field or in the only field there is?
    HasRegion { field: Option<&'p str>, region: &'p str },
    /// Has the image a segment?
    HasSegment { field: Option<&'p str>, segment: &'p str },
    /// Do two segments of the image share a voxel?
    Overlaps { field: Option<&'p str>, segments: [&'p str; 2] },
    /// How large is a segment of the image? A number, and null where there is none.
    Size { field: Option<&'p str>, segment: &'p str, size: SegmentSize },
}

impl<'p> Function<'p> {
    /// Finds the function that `call` names and checks its arguments.
    pub(super) fn of(source: &str, call: &'p Call) -> Result<Self, PredicateError> {
        if !KNOWN.contains(&call.name.as_str()) {
            let message = format!("unknown function {:?}, known are: {SIGNATURES}", call.name);
            return Err(PredicateError::new(source, call.at.0, message));
        }
        let texts = texts(source, call)?;
        match (call.name.as_str(), texts.as_slice()) {
            ("has_field", &[field]) => Ok(Self::HasField(field)),
            ("has_region", &[region]) => Ok(Self::HasRegion { field: None, region }),
            ("has_region", &[field, region]) => Ok(Self::HasRegion { field: Some(field), region }),
            ("has_segment", &[segment]) => Ok(Self::HasSegment { field: None, segment }),
            ("has_segment", &[field, segment]) => {
                Ok(Self::HasSegment { field: Some(field), segment })
            }
            ("overlaps", &[a, b]) => Ok(Self::Overlaps { field: None, segments: [a, b] }),
            ("overlaps", &[field, a, b]) => {
                Ok(Self::Overlaps { field: Some(field), segments: [a, b] })
            }
            (name @ ("volume" | "voxels"), &[segment]) => {
                Ok(Self::Size { field: None, segment, size: size(name) })
            }
            (name @ ("volume" | "voxels"), &[field, segment]) => {
                Ok(Self::Size { field: Some(field), segment, size: size(name) })
            }
            (name, given) => {
                let message = format!(
                    "{name} does not take {} arguments, the functions are: {SIGNATURES}",
                    given.len()
                );
                Err(PredicateError::new(source, call.at.0, message))
            }
        }
    }

    /// Whether its value is a number.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Size { .. })
    }

    /// The numbers of a function that has some, by row.
    pub(super) fn numbers<C: Columns + ?Sized>(
        self,
        columns: &C,
    ) -> Result<Result<SizesByRow, String>, C::Error> {
        match self {
            Self::Size { field, segment, size } => columns.segment_sizes(field, segment, size),
            _ => Ok(Ok((Vec::new(), Vec::new()))),
        }
    }

    /// The rows for which the function is true: of a number, those where there is one. Never unknown.
    pub(super) fn rows<C: Columns + ?Sized>(
        self,
        columns: &C,
    ) -> Result<Result<Bitmap, String>, C::Error> {
        match self {
            Self::HasField(field) => columns.has_field(field),
            Self::HasRegion { field, region } => columns.has_region(field, region),
            Self::HasSegment { field, segment } | Self::Size { field, segment, .. } => {
                columns.has_segment(field, segment)
            }
            Self::Overlaps { field, segments } => columns.overlaps(field, segments),
        }
    }
}

fn size(name: &str) -> SegmentSize {
    if name == "volume" { SegmentSize::Volume } else { SegmentSize::Voxels }
}

fn texts<'p>(source: &str, call: &'p Call) -> Result<Vec<&'p str>, PredicateError> {
    let text = |argument: &'p Argument| match argument {
        Argument::Literal(Literal { value: Value::Str(text), .. }) => Ok(text.as_str()),
        other => {
            let message = format!("{} takes names in single quotes, not {other}", call.name);
            Err(PredicateError::new(source, other.at().0, message))
        }
    };
    call.args.iter().map(text).collect()
}
