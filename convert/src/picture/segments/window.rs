//! Values of an image as grey.

use super::slice::Slice;
use crate::picture::error::PictureError;
use crate::picture::limits::pixels;
use crate::picture::round::byte;

/// This part of the values is below black, and as many above white.
const CUT: f64 = 0.01;

/// A grey for each value; black for those that are not a number.
pub(super) fn greys(
    slice: &Slice<'_>,
    values: &[f32],
    window: Option<(f32, f32)>,
) -> Result<Vec<u8>, PictureError> {
    let needed = pixels(slice.height, slice.width)?;
    if values.len() != needed {
        return Err(PictureError::Count(needed, values.len()));
    }
    let (low, high) = match window {
        Some((low, high)) if low.is_finite() && high.is_finite() && low < high => (low, high),
        Some((low, high)) => return Err(PictureError::Range(low, high)),
        None => percentiles(values),
    };
    let (low, high) = (f64::from(low), f64::from(high));
    let range = (high - low).max(f64::from(f32::MIN_POSITIVE));
    let grey = |value: &f32| {
        let part = (f64::from(*value) - low) / range;
        if part.is_nan() { 0 } else { byte((part * 255.0).round()) }
    };
    Ok(values.iter().map(grey).collect())
}

fn percentiles(values: &[f32]) -> (f32, f32) {
    let mut finite: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    finite.sort_unstable_by(f32::total_cmp);
    let last = finite.len().saturating_sub(1);
    let at = |part: f64| {
        let place = crate::picture::round::index((part * last as f64).round(), last);
        finite.get(place).copied().unwrap_or(0.0)
    };
    let (low, high) = (at(CUT), at(1.0 - CUT));
    // Where nearly all is one value, the rest still shows.
    if low < high { (low, high) } else { (at(0.0), at(1.0)) }
}
