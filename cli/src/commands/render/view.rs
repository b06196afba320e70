//! Which slice is looked at, and how it lies in the picture.

use std::fmt;

use vesalius::{Axis, Space, VoxelShape};
use vesalius_convert::picture::{Upright, upright};

use crate::{Failure, Result};

/// What the command line says of the slice: its axis, and perhaps its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) axis: Axis,
    pub(super) at: Option<u64>,
}

impl Default for Cut {
    fn default() -> Self {
        Self { axis: Axis::Z, at: None }
    }
}

/// `z=40`, `z`, or `40` for a slice across z.
pub(super) fn cut(text: &str) -> Result<Cut, String> {
    let wrong = || "a slice is z=40, y=40 or x=40, or an axis alone".to_owned();
    let number = |text: &str| text.trim().parse().map(Some).map_err(|_| wrong());
    let (axis, at) = match text.split_once('=') {
        Some((axis, at)) => (axis, number(at)?),
        None if text.starts_with(|c: char| c.is_ascii_digit()) => ("z", number(text)?),
        None => (text, None),
    };
    let axis = match axis.trim() {
        "z" | "Z" => Axis::Z,
        "y" | "Y" => Axis::Y,
        "x" | "X" => Axis::X,
        _ => return Err(wrong()),
    };
    Ok(Cut { axis, at })
}

/// A slice of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) shape: VoxelShape,
    pub(super) axis: Axis,
    pub(super) at: u64,
    pub(super) frame: u64,
}

/// The place of an axis in (z, y, x).
fn place(axis: Axis) -> usize {
    match axis {
        Axis::Z => 0,
        Axis::Y => 1,
        Axis::X => 2,
    }
}

/// What belongs to the two other axes, of something for each of the three.
fn others<T>(axis: Axis, [z, y, x]: [T; 3]) -> [T; 2] {
    match axis {
        Axis::Z => [y, x],
        Axis::Y => [z, x],
        Axis::X => [z, y],
    }
}

impl View {
    /// Refuses slices and frames that there are not.
    pub(super) fn check(self) -> Result<Self> {
        let slices = self.slices();
        if self.at >= slices {
            let (axis, at) = (self.axis_name(), self.at);
            return Err(Failure::Message(format!(
                "the image has {slices} slices across {axis}, no {at}; they are counted from 0"
            )));
        }
        if self.frame >= self.shape.frames() {
            let (frames, frame) = (self.shape.frames(), self.frame);
            return Err(Failure::Message(format!(
                "the image has {frames} frames, no {frame}; they are counted from 0"
            )));
        }
        Ok(self)
    }

    fn slices(&self) -> u64 {
        let [z, y, x] = self.shape.zyx();
        match self.axis {
            Axis::Z => z,
            Axis::Y => y,
            Axis::X => x,
        }
    }

    /// Height and width in voxels.
    pub(super) fn size(&self) -> Result<[usize; 2]> {
        let [height, width] = others(self.axis, self.shape.zyx()).map(usize::try_from);
        match (height, width) {
            (Ok(height), Ok(width)) => Ok([height, width]),
            _ => Err(Failure::Message("the slice is too large for a picture".into())),
        }
    }

    /// Millimetres between its rows and between its columns.
    pub(super) fn spacing(&self, space: &Space) -> [f64; 2] {
        others(self.axis, space.spacing)
    }

    /// The flips that put it upright.
    pub(super) fn flip(&self, space: &Space) -> Upright {
        upright(space, place(self.axis))
    }

    pub(super) fn axis_name(&self) -> &'static str {
        match self.axis {
            Axis::Z => "z",
            Axis::Y => "y",
            Axis::X => "x",
        }
    }

    /// The line above the picture.
    pub(super) fn title(&self, image: &str) -> String {
        if self.slices() == 1 && self.shape.frames() == 1 {
            return image.to_owned();
        }
        format!("{image}, {self}")
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} of {}", self.axis_name(), self.at, self.slices())?;
        if self.shape.frames() > 1 {
            write!(f, ", frame {} of {}", self.frame, self.shape.frames())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vesalius::Axis;

    use super::{Cut, cut};

    #[test]
    fn slices_are_read() {
        let of = |axis, at| Ok(Cut { axis, at });
        assert_eq!(cut("z=40"), of(Axis::Z, Some(40)));
        assert_eq!(cut("x = 0"), of(Axis::X, Some(0)));
        assert_eq!(cut("7"), of(Axis::Z, Some(7)));
        assert_eq!(cut("y"), of(Axis::Y, None));
        for wrong in ["", "t=1", "z=", "z=-1", "z=1.5", "=4", "-3", "18446744073709551616"] {
            assert!(cut(wrong).is_err(), "{wrong}");
        }
    }
}
