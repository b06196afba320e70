//! Segments in the space of their image.

use vesalius::model::space_difference;
use vesalius::{Error, Runs, Segment, SegmentValue, Space, VoxelShape};

use super::options::StoreOptions;
use crate::error::ConvertError;
use crate::masks::{ImageSegments, SegmentSet};

/// Segments as they are to be stored.
pub(super) struct Placed {
    /// The space that the image gets; `None` where it has one.
    pub(super) space: Option<Space>,
    pub(super) segments: Vec<SegmentValue>,
    pub(super) notes: Vec<String>,
}

/// Brings segments into the space `have` of the image, if it has one.
///
/// # Errors
/// [`Error::SpaceMismatch`] with the property that differs and both values.
pub(super) fn place(
    image: ImageSegments,
    have: Option<&Space>,
    key: &str,
    options: &StoreOptions,
) -> Result<Placed, ConvertError> {
    let ImageSegments { mut set, space_known, .. } = image;
    if set.segments.is_empty() {
        nothing(&mut set, key, options)?;
    }
    let mut placed =
        Placed { space: None, segments: renamed(set.segments, key, options)?, notes: set.notes };
    let Some(have) = have else {
        // A picture has no place in the world, a volume should have one.
        if !space_known && set.space.shape.first().is_some_and(|depth| *depth > 1) {
            let note = "the file says nothing of the space; voxels of 1 mm are taken";
            placed.notes.push(format!("image {key}: {note}"));
        }
        placed.space = Some(set.space);
        return Ok(placed);
    };
    let Some((what, ours, theirs)) = space_difference(have, &set.space) else { return Ok(placed) };
    let apart = have.corner_distance(&set.space);
    match apart {
        Some(_) if !space_known => {
            let note = format!(
                "image {key}: the file says nothing of the space, that of the image is taken"
            );
            placed.notes.push(note);
        }
        Some(apart) if options.tolerance.is_some_and(|allowed| apart <= allowed) => {
            let note = format!(
                "image {key}: the segments are up to {apart:.6} voxels from its space, which is taken"
            );
            placed.notes.push(note);
        }
        _ if options.resample && space_known => {
            resample(&mut placed, &set.space, have, key)?;
        }
        _ => {
            let name = format!("{what} of image {key}");
            return Err(Error::SpaceMismatch { name, have: ours, given: theirs }.into());
        }
    }
    Ok(placed)
}

/// A label map without a label says of no segment that it is empty; one that is to have a name is kept.
fn nothing(set: &mut SegmentSet, key: &str, options: &StoreOptions) -> Result<(), ConvertError> {
    let Some(name) = &options.name else {
        let what = "no voxel has a label, so there is no segment; --name keeps an empty one";
        set.notes.push(format!("image {key}: {what}"));
        return Ok(());
    };
    let shape = VoxelShape::of_space(&set.space);
    let shape = shape.map_err(|error| ConvertError::image(key, None, error.to_string()))?;
    let (segment, runs) = (Segment::new(name, 1), Runs::empty(shape));
    set.segments.push(SegmentValue { segment, runs });
    Ok(())
}

fn resample(placed: &mut Placed, from: &Space, to: &Space, key: &str) -> Result<(), ConvertError> {
    let (mut before, mut after) = (0_u64, 0_u64);
    for value in &mut placed.segments {
        let runs = value.runs.resample(from, to).map_err(|error| {
            let what = format!("segment {:?} cannot be resampled: {error}", value.segment.name);
            ConvertError::image(key, None, what)
        })?;
        let count = |all: &mut u64, runs: &Runs| *all = all.saturating_add(runs.voxels());
        count(&mut before, &value.runs);
        count(&mut after, &runs);
        value.runs = runs;
    }
    let note = format!(
        "image {key}: {} segments were resampled by the nearest voxel, from shape {:?} and spacing {:?} to {:?} and \
         {:?}: {before} voxels became {after}",
        placed.segments.len(),
        from.shape,
        from.spacing,
        to.shape,
        to.spacing
    );
    placed.notes.push(note);
    Ok(())
}

/// Segments with the name and group that the options give them.
fn renamed(
    mut segments: Vec<SegmentValue>,
    key: &str,
    options: &StoreOptions,
) -> Result<Vec<SegmentValue>, ConvertError> {
    if let Some(name) = &options.name {
        let count = segments.len();
        let [only] = segments.as_mut_slice() else {
            let what = format!("there are {count} segments; a name can be given to one alone");
            return Err(ConvertError::image(key, None, what));
        };
        only.segment.name.clone_from(name);
    }
    let group = options.group.as_deref().unwrap_or_default();
    for value in segments.iter_mut().filter(|value| value.segment.group.is_empty()) {
        group.clone_into(&mut value.segment.group);
    }
    Ok(segments)
}
