use crate::pickle::{Document, Id};

/// Reads a box: six numbers are `z0, y0, x0, z1, y1, x1`; four are what detectors of flat images give,
/// `x0, y0, x1, y1`. `None` if it is neither.
#[expect(clippy::cast_possible_truncation, reason = "boxes are kept in single precision")]
pub(super) fn read(document: &Document<'_>, id: Id) -> Option<[f32; 6]> {
    let numbers: Vec<f32> = if let Some(array) = document.array(id) {
        (array.len() <= 6).then(|| array.to_f32()).flatten()?
    } else {
        let items = document.items(id).filter(|items| items.len() <= 6)?;
        items.map(|item| document.float(item).map(|v| v as f32)).collect::<Option<_>>()?
    };
    if !numbers.iter().all(|v| v.is_finite()) {
        return None;
    }
    match *numbers.as_slice() {
        [x0, y0, x1, y1] => Some([0.0, y0, x0, 1.0, y1, x1]),
        [z0, y0, x0, z1, y1, x1] => Some([z0, y0, x0, z1, y1, x1]),
        _ => None,
    }
}
