//! Reading a `.msk`.

use std::path::Path;
use std::sync::Arc;

use vesalius::VoxelShape;

use super::super::SegmentSet;
use super::super::limits::Limits;
use super::error::{MedMaskError, MedMaskErrorKind};
use super::header::{Header, Kind, Part};
use super::{assemble, blob, geometry};
use crate::npy::{ByteSource, FileSource};

/// The longest space that is read.
pub(super) const SPACE_BYTES: u64 = 1 << 16;

/// Reads a `.msk`. What becomes what is told at [the module](super).
///
/// One pass over the values, which are never in memory together; the runs take 16 bytes each.
///
/// # Errors
/// Not such a file, a damaged one, values that are no labels, more than the limits allow, or the medium failed.
pub fn read_msk(path: &Path, limits: &Limits) -> Result<SegmentSet, MedMaskError> {
    let source: Arc<dyn ByteSource> = Arc::new(FileSource::open(path)?);
    read(&source, limits)
}

/// Reads a `.msk` from any source.
pub(super) fn read(
    source: &Arc<dyn ByteSource>,
    limits: &Limits,
) -> Result<SegmentSet, MedMaskError> {
    let header = Header::read(&**source, Kind::Mask)?;
    let (space, shape) = space(&**source, header.space)?;
    let at = header.index.offset;
    let text = header.index.read(&**source, "the mapping", limits.max_text_bytes)?;
    let json = serde_json::from_slice(&text)
        .map_err(|error| MedMaskErrorKind::Json("the mapping", error.to_string()).at(at))?;
    let mapping = assemble::mapping(&json).map_err(|kind| kind.at(at))?;
    let voxels = blob::read(source, header.data, shape, limits, 0)?;
    let mut notes = Vec::new();
    let segments = assemble::segments(mapping, voxels, "", shape, &mut notes);
    Ok(SegmentSet { space, segments, notes })
}

/// The space of a file and the shape of its arrays.
pub(super) fn space(
    source: &dyn ByteSource,
    part: Part,
) -> Result<(vesalius::Space, VoxelShape), MedMaskError> {
    let text = part.read(source, "the space", SPACE_BYTES)?;
    let space = geometry::decode(&text).map_err(|kind| kind.at(part.offset))?;
    let shape = VoxelShape::of_space(&space)
        .map_err(|error| MedMaskErrorKind::Space(error.to_string()).at(part.offset))?;
    Ok((space, shape))
}
