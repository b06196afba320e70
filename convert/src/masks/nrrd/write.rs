//! Segments become a `.seg.nrrd`.

use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use vesalius::VoxelShape;

use super::layers::{layers_of, values_of};
use super::write_header::header;
use crate::masks::SegmentSet;
use crate::masks::volumes::{Painter, VolumeError, VolumeErrorKind, check_set, filled};
use crate::part;

/// How the segments lie in the file. One entry per segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layered {
    /// Layers of the file.
    pub layers: u64,
    /// The layer of the segment.
    pub layer_of: Vec<u64>,
    /// Its value in that layer: its label, or the smallest free one where the label is 0 or taken. A label that is
    /// not the value is kept in a key of its own.
    pub values: Vec<u32>,
}

/// Writes a `.seg.nrrd` as 3D Slicer reads it, compressed or not; the file appears when it is complete. Segments
/// that overlap go to different layers, each to the first in which it fits. Nothing is lost: groups, priorities and
/// JSON are in keys of their own, which other programs pass over. Memory: a plane of each layer.
///
/// # Errors
/// Runs of another shape than the space's, or the medium failed.
pub fn write_seg_nrrd(
    set: &SegmentSet,
    path: &Path,
    compress: bool,
) -> Result<Layered, VolumeError> {
    let write = || {
        let shape = check_set(&set.space, &set.segments)?;
        let layer_of = layers_of(&set.segments);
        let values = values_of(&set.segments, &layer_of);
        let layers = layer_of.iter().copied().max().unwrap_or(0).saturating_add(1);
        let of = Layered { layers, layer_of, values };
        let (kind, bytes) = kind_of(&of);
        let mut file = BufWriter::new(part::create(path)?);
        file.write_all(header(&set.space, &set.segments, &of, kind, compress).as_bytes())?;
        let file = if compress {
            let mut out = GzBuilder::new().mtime(0).write(file, Compression::default());
            planes(&mut out, set, shape, &of, bytes)?;
            out.finish()?
        } else {
            planes(&mut file, set, shape, &of, bytes)?;
            file
        };
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        part::finish(file.into_temp_path(), path)?;
        Ok(of)
    };
    write().map_err(|kind: VolumeErrorKind| kind.of(path))
}

/// The narrowest type of the values, and its bytes.
fn kind_of(of: &Layered) -> (&'static str, usize) {
    match of.values.iter().copied().max().unwrap_or(0) {
        0..=0xff => ("unsigned char", 1),
        0x100..=0xffff => ("unsigned short", 2),
        _ => ("unsigned int", 4),
    }
}

/// The values: at each voxel those of all layers, little-endian.
fn planes(
    out: &mut dyn Write,
    set: &SegmentSet,
    shape: VoxelShape,
    of: &Layered,
    bytes: usize,
) -> Result<(), VolumeErrorKind> {
    let painter = |layer: u64| {
        let places = of.layer_of.iter().enumerate().filter(move |(_, of)| **of == layer);
        Painter::new(shape, &set.segments, places.map(|(place, _)| place))
    };
    let painters: Result<Vec<Painter<'_>>, _> = (0..of.layers).map(painter).collect();
    let mut painters = painters?;
    let voxel = bytes.saturating_mul(painters.len());
    let mut block = filled(shape.slice_voxels().saturating_mul(voxel as u64), 0_u8)?;
    for slice in 0..shape.slices() {
        for (layer, painter) in painters.iter_mut().enumerate() {
            let at = layer.saturating_mul(bytes);
            for (cell, owner) in block.chunks_exact_mut(voxel.max(1)).zip(painter.slice(slice)) {
                // What is free is the place of no segment.
                let value = of.values.get(*owner as usize).copied().unwrap_or(0);
                let cell = cell.iter_mut().skip(at).take(bytes);
                for (out, byte) in cell.zip(value.to_le_bytes()) {
                    *out = byte;
                }
            }
        }
        out.write_all(&block)?;
    }
    Ok(())
}
