//! How a picture of segments looks.

use crate::picture::error::PictureError;

/// How a picture of segments looks.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentStyle {
    /// How much of the colour of a segment is seen, 0 to 1. When not given: 0.45 over an image, 0.8 over black.
    pub opacity: Option<f32>,
    /// A line along the border of each segment.
    pub outline: bool,
    /// Values of the background that are black and white. When not given: those that 1 % of the finite values are
    /// below and above.
    pub window: Option<(f32, f32)>,
    /// The longer side of the slice in the picture is at least this many pixels, by whole multiples, and never
    /// less than the slice itself.
    pub side: usize,
    /// Names and colours of the segments on the slice at the right.
    pub legend: bool,
    /// A line above the picture; printable ASCII.
    pub title: Option<String>,
    /// Only the slice: no margins, title or legend.
    pub bare: bool,
}

impl Default for SegmentStyle {
    fn default() -> Self {
        Self {
            opacity: None,
            outline: true,
            window: None,
            side: 512,
            legend: true,
            title: None,
            bare: false,
        }
    }
}

impl SegmentStyle {
    pub(super) fn seen(&self, over_image: bool) -> Result<f64, PictureError> {
        let opacity = self.opacity.unwrap_or(if over_image { 0.45 } else { 0.8 });
        if (0.0..=1.0).contains(&opacity) {
            return Ok(f64::from(opacity));
        }
        Err(PictureError::Alpha(opacity))
    }
}
