//! Reading files: the header first, then the values, whole or plane by plane.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::dtype::Dtype;
use super::error::{NiftiError, NiftiErrorKind};
use super::extension::{self, Extension};
use super::geometry::Geometry;
use super::gzip::Source;
use super::header::{HEADER_BYTES, Header, Scaling};
use super::limits::{Limits, MAX_DATA_OFFSET, most_inflated};
use super::pair;
use super::values::{Values, fill};

/// How far behind the values the end of a compressed stream, and its checksum, is looked for.
const TAIL_BYTES: u64 = 1 << 20;

/// A volume in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Where the voxels are.
    pub geometry: Geometry,
    /// The stored values, (t, z, y, x).
    pub values: Values,
    /// From stored values to those that are meant.
    pub scaling: Scaling,
    /// What the affine maps to: 1 scanner, 2 aligned, 3 Talairach, 4 MNI 152, 5 template; 0 when
    /// the file had no affine.
    pub space_code: u8,
    /// Meaning of the values; 0 none, 1002 labels.
    pub intent_code: i16,
    /// The header extensions.
    pub extensions: Vec<Extension>,
}

impl Volume {
    /// Plain values in scanner coordinates.
    pub fn new(geometry: Geometry, values: Values) -> Self {
        let (space_code, intent_code) = (1, 0);
        let (scaling, extensions) = (Scaling::NONE, Vec::new());
        Self { geometry, values, scaling, space_code, intent_code, extensions }
    }

    /// The type of the stored values.
    pub fn dtype(&self) -> Dtype {
        self.values.dtype()
    }
}

/// An open file. Memory: the extensions and 64 KiB, until values are asked for.
pub struct NiftiReader {
    header: Header,
    geometry: Geometry,
    extensions: Vec<Extension>,
    data: Box<dyn Read + Send>,
    /// Whether the input is known to be long enough for all values.
    sure: bool,
    planes_left: u64,
}

/// Reads a file: `.nii`, `.nii.gz`, or the `.hdr` or `.img` of a pair. Memory: the values.
///
/// # Errors
/// Everything of [`NiftiErrorKind`] but what a writer is told.
pub fn read(path: &Path, limits: &Limits) -> Result<Volume, NiftiError> {
    NiftiReader::open(path, limits)?.into_volume()
}

impl NiftiReader {
    /// Opens a file and reads all but the values. Compression is recognised by content.
    ///
    /// # Errors
    /// A header that is refused, values over the limit or that cannot fit into the file.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, NiftiError> {
        let file = File::open(pair::header_of(path))?;
        let stored = file.metadata()?.len();
        let mut start = Start::read(Source::new(BufReader::new(file))?, Some(stored), limits)?;
        if !start.header.single {
            let image = File::open(pair::image_of(path).ok_or(NiftiErrorKind::NoImage.at(0))?)?;
            let stored = image.metadata()?.len();
            start.source = Source::new(BufReader::new(image))?;
            start.bytes = most_bytes(&start.source, Some(stored));
            start.at = 0;
        }
        start.into_reader(limits)
    }

    /// Reads a single file from a stream whose length is not known. Memory grows with what arrives.
    ///
    /// # Errors
    /// As [`NiftiReader::open`]; the header of a pair.
    pub fn from_stream<R: BufRead + Send + 'static>(
        stream: R,
        limits: &Limits,
    ) -> Result<Self, NiftiError> {
        let start = Start::read(Source::new(stream)?, None, limits)?;
        if !start.header.single {
            return Err(NiftiErrorKind::NoImage.at(0));
        }
        start.into_reader(limits)
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the voxels are.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The header extensions.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The next plane `[y, x]` in the order (t, z); none after the last one. Memory: the plane.
    ///
    /// # Errors
    /// The file ends early or is damaged.
    pub fn next_plane(&mut self) -> Result<Option<Values>, NiftiError> {
        let Some(left) = self.planes_left.checked_sub(1) else {
            return Ok(None);
        };
        let [x, y, ..] = self.header.dim;
        let plane = self.values(x.saturating_mul(y))?;
        self.planes_left = left;
        if left == 0 {
            self.check_end()?;
        }
        Ok(Some(plane))
    }

    /// All values that are left, and what was read before them.
    ///
    /// # Errors
    /// The file ends early or is damaged; no memory.
    pub fn into_volume(mut self) -> Result<Volume, NiftiError> {
        let [x, y, ..] = self.header.dim;
        let count = self.planes_left.saturating_mul(x).saturating_mul(y);
        let values = self.values(count)?;
        self.check_end()?;
        let header = &self.header;
        let code = if header.sform_code > 0 { header.sform_code } else { header.qform_code };
        let mut volume = Volume::new(self.geometry, values);
        volume.space_code = u8::try_from(code).unwrap_or(0);
        volume.intent_code = i16::try_from(header.intent_code).unwrap_or(0);
        volume.scaling = header.scaling;
        volume.extensions = self.extensions;
        Ok(volume)
    }

    fn values(&mut self, count: u64) -> Result<Values, NiftiError> {
        let (dtype, order) = (self.header.dtype, self.header.order);
        let read = Values::read(dtype, &mut self.data, order, count, self.sure);
        read.map_err(|kind| kind.at(self.header.vox_offset))
    }

    /// Reads to the end of the last compressed member, where its checksum is checked.
    fn check_end(&mut self) -> Result<(), NiftiError> {
        std::io::copy(&mut (&mut self.data).take(TAIL_BYTES), &mut std::io::sink())?;
        Ok(())
    }
}

/// A file whose header and extensions were read.
struct Start<R> {
    header: Header,
    extensions: Vec<Extension>,
    source: Source<R>,
    /// The most bytes that the input can hold, where that is known.
    bytes: Option<u64>,
    /// Bytes read.
    at: u64,
}

impl<R: BufRead + Send + 'static> Start<R> {
    fn read(
        mut source: Source<R>,
        stored: Option<u64>,
        limits: &Limits,
    ) -> Result<Self, NiftiError> {
        let bytes = most_bytes(&source, stored);
        let mut block = vec![0; usize::from(HEADER_BYTES)];
        let got = fill(&mut source, &mut block).map_err(|kind| kind.at(0))?;
        let recognised = block.first_chunk().copied().ok_or(NiftiErrorKind::NotNifti);
        let recognised = recognised.and_then(Header::recognise);
        let (length, order) = recognised.map_err(|kind| kind.at(0))?;
        block.resize(usize::from(length), 0);
        let rest = block.get_mut(usize::from(HEADER_BYTES)..).unwrap_or_default();
        let more = fill(&mut source, rest).map_err(|kind| kind.at(348))?;
        let (needed, got) = (u64::from(length), got.saturating_add(more));
        let available = u64::try_from(got).unwrap_or(0);
        if available < needed {
            return Err(NiftiErrorKind::Truncated { needed, available }.at(0));
        }
        let header = Header::parse(&block).map_err(|kind| kind.at(0))?;
        let end = if header.single { header.vox_offset } else { MAX_DATA_OFFSET };
        let mut block = Vec::new();
        let between = (&mut source).take(end.saturating_sub(needed)).read_to_end(&mut block);
        between.map_err(|error| NiftiErrorKind::from(error).at(needed))?;
        let extensions = extension::parse(&block, order, needed, limits.max_extensions)?;
        let at = needed.saturating_add(u64::try_from(block.len()).unwrap_or(0));
        Ok(Self { header, extensions, source, bytes, at })
    }

    /// Checks the length of the values, and stops where they begin.
    fn into_reader(mut self, limits: &Limits) -> Result<NiftiReader, NiftiError> {
        let header = self.header;
        let geometry = header.geometry().map_err(|kind| kind.at(0))?;
        let voxels = header.voxels().map_err(|kind| kind.at(40))?;
        let bytes = voxels.checked_mul(u64::from(header.dtype.bytes()));
        let bytes = bytes.ok_or(NiftiErrorKind::ShapeOverflow.at(40))?;
        if bytes > limits.max_value_bytes {
            let limit = limits.max_value_bytes;
            return Err(NiftiErrorKind::OverLimit("bytes of values", bytes, limit).at(40));
        }
        let needed = header.vox_offset.saturating_add(bytes);
        if let Some(available) = self.bytes.filter(|available| *available < needed) {
            return Err(NiftiErrorKind::Truncated { needed, available }.at(40));
        }
        let skip = header.vox_offset.saturating_sub(self.at);
        let skipped = std::io::copy(&mut (&mut self.source).take(skip), &mut std::io::sink());
        skipped.map_err(|error| NiftiErrorKind::from(error).at(self.at))?;
        let planes_left = header.dim.iter().skip(2).fold(1_u64, |all, n| all.saturating_mul(*n));
        Ok(NiftiReader {
            header,
            geometry,
            extensions: self.extensions,
            data: Box::new(self.source),
            sure: self.bytes.is_some(),
            planes_left,
        })
    }
}

fn most_bytes<R: BufRead>(source: &Source<R>, stored: Option<u64>) -> Option<u64> {
    let inflated = |stored| if source.is_compressed() { most_inflated(stored) } else { stored };
    stored.map(inflated)
}
