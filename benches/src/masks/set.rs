//! The label maps, whole or, at a small scale, some slices of them.

use std::path::{Path, PathBuf};

use vesalius::{SegmentValue, VoxelBox, VoxelShape, flatten};
use vesalius_convert::masks::SegmentSet;
use vesalius_convert::masks::nifti::{read_folder_within, read_label_map};
use vesalius_convert::masks::volumes::Limits;

use crate::Result;
use crate::options::Options;

/// The files of the folder have directions that were rounded in two ways: corners are up to so many voxels apart.
const TOLERANCE: f64 = 0.1;

/// A label map.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) space: vesalius::Space,
    pub(super) shape: VoxelShape,
    /// None is empty, none overlap.
    pub(super) segments: Vec<SegmentValue>,
    /// One a voxel.
    pub(super) labels: Vec<u8>,
    first: u64,
    source: PathBuf,
}

/// A folder of one file for each organ, as it is.
pub(super) struct Organs {
    pub(super) set: SegmentSet,
    pub(super) path: PathBuf,
    pub(super) files: usize,
    pub(super) first: u64,
}

/// Where label maps are, and where the peers will look for theirs.
pub(super) struct Source<'a> {
    options: &'a Options,
    data: &'a Path,
    folder: &'a Path,
}

impl<'a> Source<'a> {
    pub(super) fn new(options: &'a Options, data: &'a Path, folder: &'a Path) -> Self {
        Self { options, data, folder }
    }

    /// A folder of masks, as many of its files as the scale says.
    pub(super) fn organs(&self, name: &str) -> Result<Organs> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.data.join(name))? {
            let entry = entry?;
            files.push((entry.metadata()?.len(), entry.file_name()));
        }
        // The largest: most others are empty.
        files.sort();
        files.reverse();
        let few = usize::try_from(self.options.scaled(u32::try_from(files.len())?, 3))?;
        let path = self.folder.join("organs");
        std::fs::create_dir(&path)?;
        for (_, file) in files.iter().take(few) {
            std::fs::copy(self.data.join(name).join(file), path.join(file))?;
        }
        let (set, first) =
            self.cropped(read_folder_within(&path, TOLERANCE, &Limits::default())?)?;
        Ok(Organs { set, path, files: few, first })
    }

    /// A file.
    pub(super) fn file(&self, name: &str) -> Result<Set> {
        let path = self.data.join(name);
        let (set, first) = self.cropped(read_label_map(&path, &Limits::default())?)?;
        self.label_map(name, set, first, &path)
    }

    /// What is seen of segments, written for the peers.
    pub(super) fn label_map(
        &self,
        name: &str,
        set: SegmentSet,
        first: u64,
        source: &Path,
    ) -> Result<Set> {
        let shape = VoxelShape::of_space(&set.space)?;
        let list: Vec<_> =
            set.segments.iter().map(|s| (s.segment.label, s.segment.priority, &s.runs)).collect();
        let flat = flatten(shape, &list)?;
        let mut labels = vec![0_u8; usize::try_from(shape.voxels())?];
        flat.paint(&mut labels)?;
        let pairs = set.segments.iter().zip(flat.segments);
        let seen = pairs
            .map(|(value, flat)| SegmentValue { segment: value.segment.clone(), runs: flat.seen });
        let segments: Vec<SegmentValue> = seen.filter(|value| !value.runs.is_empty()).collect();
        let stem = Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or(name);
        let name = stem.trim_end_matches(".nii.gz").to_owned();
        let lines: Vec<String> =
            segments.iter().map(|s| format!("{} {}", s.segment.label, s.segment.name)).collect();
        std::fs::write(self.folder.join(format!("{name}.names")), lines.join("\n"))?;
        std::fs::write(self.folder.join(format!("{name}.labels")), &labels)?;
        let source = source.canonicalize()?;
        Ok(Set { name, space: set.space, shape, segments, labels, first, source })
    }

    /// The middle slices of what is there, as many as the scale says; and the first of them.
    fn cropped(&self, mut set: SegmentSet) -> Result<(SegmentSet, u64)> {
        let shape = VoxelShape::of_space(&set.space)?;
        let depth = self.options.scaled(u32::try_from(shape.depth())?, 3).min(shape.depth());
        let bounds = set.segments.iter().filter_map(|s| s.runs.bounds());
        let slices = bounds
            .map(|bounds| bounds.slices)
            .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
        let middle = slices.map_or(0, |slices| u64::midpoint(slices.start, slices.end));
        let first = middle.saturating_sub(depth / 2).min(shape.depth() - depth);
        if depth == shape.depth() {
            return Ok((set, 0));
        }
        let mut part = VoxelBox::of_shape(shape);
        let ([_, start, ..], [_, end, ..]) = (&mut part.start, &mut part.end);
        (*start, *end) = (first, first + depth);
        for value in &mut set.segments {
            value.runs = value.runs.crop(&part)?;
        }
        let [slices, ..] = &mut set.space.shape;
        *slices = depth;
        Ok((set, first))
    }
}

impl Set {
    /// Its line for the peers.
    pub(super) fn line(&self) -> String {
        let [z, y, x] = self.shape.zyx();
        let label = self.median().map_or(0, |value| value.segment.label);
        let Self { name, first, source, .. } = self;
        format!("{name} {z} {y} {x} {label} {first} {}", source.display())
    }

    /// The segment of median size.
    pub(super) fn median(&self) -> Option<&SegmentValue> {
        let mut order: Vec<&SegmentValue> = self.segments.iter().collect();
        order.sort_by_key(|value| value.runs.voxels());
        order.get(order.len() / 2).copied()
    }
}
