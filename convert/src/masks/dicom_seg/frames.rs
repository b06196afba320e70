//! The functional groups: where each frame is, and of which segment.

use super::element::Set;
use super::error::DicomSegError;
use super::limits::FRAMES_MAX;
use super::tags::{
    FRAME_GROUPS, FRAMES, IMAGE_ORIENTATION, IMAGE_POSITION, Named, PIXEL_MEASURES, PIXEL_SPACING,
    PLANE_ORIENTATION, PLANE_POSITION, REFERENCED_SEGMENT, SEGMENT_IDENTIFICATION, SHARED_GROUPS,
    SLICE_SPACING, SLICE_THICKNESS,
};
use super::text::{ascii, wrong};

/// Orientations and spacings of frames are equal to within this.
const EQUAL: f64 = 1e-4;

/// What is the same for all frames.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    /// Directions of the rows (x) and of the columns (y).
    pub(super) orientation: [f64; 6],
    /// Millimetres between rows (y) and between columns (x).
    pub(super) spacing: [f64; 2],
    /// Millimetres between slices, if the file says so.
    pub(super) between: Option<f64>,
    /// Millimetres that a slice is thick, if the file says so.
    pub(super) thick: Option<f64>,
}

/// One frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Not known for label maps.
    pub(super) segment: Option<u16>,
    pub(super) position: [f64; 3],
}

/// All frames in their order.
pub(super) fn frames(set: Set<'_>, label_map: bool) -> Result<(Shared, Vec<Frame>), DicomSegError> {
    let count = ascii(set.need(FRAMES)?.value);
    let count: u64 = count.parse().map_err(|_| wrong(FRAMES, format!("is {count:?}")))?;
    if count == 0 || count > FRAMES_MAX {
        return Err(DicomSegError::Limit("frames", count, FRAMES_MAX));
    }
    let shared = set.first_item(SHARED_GROUPS)?;
    let groups = set.need(FRAME_GROUPS)?;
    let mut all = None;
    let mut frames = Vec::new();
    for (number, own) in (1..).zip(groups.items()) {
        let group = Group { own: own?, shared };
        let here = group.shared()?;
        let first = all.get_or_insert_with(|| here.clone());
        if !here.fits(first) {
            let what =
                "orientation or pixel spacing differ from those of frame 1; split the object";
            return Err(DicomSegError::Frame(number, what.into()));
        }
        let position = group.need(PLANE_POSITION)?.decimals(IMAGE_POSITION)?;
        let segment = match group.find(SEGMENT_IDENTIFICATION)? {
            Some(set) => Some(set.word(REFERENCED_SEGMENT)?),
            None if label_map => None,
            None => {
                let (tag, name) = SEGMENT_IDENTIFICATION;
                return Err(DicomSegError::Missing(tag, name));
            }
        };
        frames.push(Frame { segment, position });
    }
    let found = frames.len() as u64;
    match all {
        Some(all) if found == count => Ok((all, frames)),
        _ => Err(wrong(FRAMES, format!("is {count}, but {found} frames are described"))),
    }
}

/// The groups of a frame: its own, or those of all.
#[derive(Clone, Copy)]
struct Group<'a> {
    own: Set<'a>,
    shared: Option<Set<'a>>,
}

impl<'a> Group<'a> {
    fn find(self, named: Named) -> Result<Option<Set<'a>>, DicomSegError> {
        match (self.own.first_item(named)?, self.shared) {
            (None, Some(shared)) => shared.first_item(named),
            (own, _) => Ok(own),
        }
    }

    fn need(self, named: Named) -> Result<Set<'a>, DicomSegError> {
        self.find(named)?.ok_or(DicomSegError::Missing(named.0, named.1))
    }

    fn shared(self) -> Result<Shared, DicomSegError> {
        let measures = self.need(PIXEL_MEASURES)?;
        let optional = |named: Named| match measures.find(named)? {
            Some(element) if !element.value.is_empty() => {
                measures.decimals::<1>(named).map(|[value]| Some(value).filter(|v| *v > 0.0))
            }
            _ => Ok(None),
        };
        let spacing: [f64; 2] = measures.decimals(PIXEL_SPACING)?;
        if spacing.iter().any(|&mm| mm <= 0.0) {
            return Err(wrong(PIXEL_SPACING, format!("is {spacing:?}; it must be above zero")));
        }
        Ok(Shared {
            orientation: self.need(PLANE_ORIENTATION)?.decimals(IMAGE_ORIENTATION)?,
            spacing,
            between: optional(SLICE_SPACING)?,
            thick: optional(SLICE_THICKNESS)?,
        })
    }
}

impl Shared {
    fn fits(&self, other: &Self) -> bool {
        let near = |a: &f64, b: &f64| (a - b).abs() <= EQUAL;
        self.orientation.iter().zip(&other.orientation).all(|(a, b)| near(a, b))
            && self.spacing.iter().zip(&other.spacing).all(|(a, b)| near(a, b))
    }
}
