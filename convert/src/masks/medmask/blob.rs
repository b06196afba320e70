//! One array of a file: a head that tells type and shape, then a Zstandard frame.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::sync::Arc;

use vesalius::{Runs, VoxelShape};

use super::super::limits::Limits;
use super::super::scan::LabelScan;
use super::element::{Element, NAME_MAX};
use super::error::{MedMaskError, MedMaskErrorKind};
use super::header::Part;
use super::zstd;
use crate::npy::{ByteSource, Section, SourceReader};

/// The head of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlobHead {
    /// Eight voxels a byte, the first in the highest bit.
    packed: bool,
    element: Element,
    /// Bytes of the head.
    pub(super) bytes: u64,
}

impl BlobHead {
    /// Reads a head and compares its shape (z, y, x).
    pub(super) fn parse(bytes: &[u8], shape: [u64; 3]) -> Result<Self, MedMaskErrorKind> {
        let bad = |why: &str| MedMaskErrorKind::Blob(why.into());
        let [flag, name_length, rest @ ..] = bytes else { return Err(bad("it is cut short")) };
        let packed = match flag {
            0 => false,
            1 => true,
            _ => return Err(bad("its first byte is not 0 or 1")),
        };
        let name = rest.get(..usize::from(*name_length)).ok_or_else(|| bad("it is cut short"))?;
        let element = std::str::from_utf8(name).ok().and_then(Element::parse).ok_or_else(|| {
            MedMaskErrorKind::Blob(format!("element type {:?} is not read", ascii(name)))
        })?;
        let rest = rest.get(name.len()..).unwrap_or_default();
        let Some((3, dims)) = rest.split_first() else {
            return Err(bad("it does not have three dimensions"));
        };
        let Some(dims) = dims.get(..24) else { return Err(bad("it is cut short")) };
        let dims = dims.as_chunks::<8>().0.iter().map(|d| u64::from_le_bytes(*d));
        let mut found = [0; 3];
        found.iter_mut().zip(dims).for_each(|(out, d)| *out = d);
        if found != shape {
            return Err(MedMaskErrorKind::Shape(found, shape));
        }
        Ok(Self { packed, element, bytes: 27_u64.saturating_add(name.len() as u64) })
    }

    /// The head of an array: truth values packed, or unsigned integers of this many bytes.
    pub(super) fn encode(item: Option<usize>, shape: [u64; 3]) -> Vec<u8> {
        let name = match item {
            None => "bool",
            Some(1) => "uint8",
            Some(2) => "uint16",
            Some(_) => "uint32",
        };
        let length = u8::try_from(name.len()).unwrap_or(0);
        let mut out = vec![u8::from(item.is_none()), length];
        out.extend_from_slice(name.as_bytes());
        out.push(3);
        out.extend(shape.iter().flat_map(|n| n.to_le_bytes()));
        out
    }

    /// Bytes of the values.
    pub(super) fn value_bytes(&self, shape: VoxelShape) -> Option<u64> {
        if self.packed {
            return Some(shape.voxels().div_ceil(8));
        }
        shape.voxels().checked_mul(self.element.bytes() as u64)
    }

    /// Unpacks a frame to the voxels of each label. `runs` are those of the file before it.
    ///
    /// # Errors
    /// A damaged frame, values that are no labels, more than the limits allow.
    pub(super) fn voxels(
        &self,
        frame: impl Read,
        stored: u64,
        shape: VoxelShape,
        limits: &Limits,
        runs: u64,
    ) -> Result<BTreeMap<u32, Runs>, MedMaskErrorKind> {
        let over = |n| MedMaskErrorKind::OverLimit("values in bytes", n, limits.max_value_bytes);
        let expected = self.value_bytes(shape).ok_or_else(|| over(u64::MAX))?;
        if expected > limits.max_value_bytes {
            return Err(over(expected));
        }
        let mut scan = LabelScan::new(shape, limits, runs);
        let mut left = shape.voxels();
        let mut bits = Vec::new();
        zstd::unpack(frame, stored, expected, |part| {
            if !self.packed {
                return self.element.push(part, &mut scan).map_err(MedMaskErrorKind::Values);
            }
            bits.clear();
            bits.extend(
                part.iter().flat_map(|byte| {
                    [7, 6, 5, 4, 3, 2, 1, 0].map(|shift: u32| (byte >> shift) & 1)
                }),
            );
            // The last byte is filled up.
            bits.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left = left.saturating_sub(bits.len() as u64);
            Element::BOOL.push(&bits, &mut scan).map_err(MedMaskErrorKind::Values)
        })?;
        scan.finish().map_err(MedMaskErrorKind::Values)
    }
}

fn ascii(name: &[u8]) -> String {
    let shown = name.iter().take(NAME_MAX).filter(|byte| byte.is_ascii_graphic());
    shown.map(|byte| char::from(*byte)).collect()
}

/// Reads the array in a part of a file.
///
/// # Errors
/// As [`BlobHead::parse`] and [`BlobHead::voxels`].
pub(super) fn read(
    source: &Arc<dyn ByteSource>,
    part: Part,
    shape: VoxelShape,
    limits: &Limits,
    runs: u64,
) -> Result<BTreeMap<u32, Runs>, MedMaskError> {
    /// The longest head that is looked at.
    const HEAD: u64 = 27 + 255;
    let outside =
        || MedMaskErrorKind::Outside("an array", part.offset, part.length).at(part.offset);
    let inside = part.offset.checked_add(part.length).is_some_and(|end| end <= source.len());
    if !inside {
        return Err(outside());
    }
    let first = Part { length: part.length.min(HEAD), ..part };
    let bytes = first.read(&**source, "the head of an array", HEAD)?;
    let head = BlobHead::parse(&bytes, shape.zyx()).map_err(|kind| kind.at(part.offset))?;
    let start = part.offset.saturating_add(head.bytes);
    let stored = part.length.saturating_sub(head.bytes);
    let frame = Section::new(Arc::clone(source), start, stored).ok_or_else(outside)?;
    let stream = BufReader::with_capacity(64 << 10, SourceReader::new(Arc::new(frame)));
    head.voxels(stream, stored, shape, limits, runs).map_err(|kind| kind.at(start))
}
