//! Reading segments of masks.

use std::ops::Range;

use super::image::Image;
use super::lookup;
use super::segments::segment_of;
use super::snapshot::Snapshot;
use crate::container::segments::SegmentPlace;
use crate::container::view::MasksView;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::schema::FieldKind;
use crate::format::segment::{Bounds, SegmentRecord, VoxelFacts};
use crate::format::space::Space;
use crate::mask::facts::measures;
use crate::mask::stored::StoredMask;
use crate::mask::{Measures, Runs, VoxelShape, WorldToVoxel};
use crate::model::{Segment, SegmentKey};

/// A segment of an image, borrowed from the container. What the directory says of it costs nothing; its voxels are
/// decoded when they are asked for.
#[derive(Clone, Debug)]
pub struct SegmentRef<'s> {
    view: MasksView<'s>,
    slot: u64,
    group: &'s str,
    name: &'s str,
    label: u32,
    record: SegmentRecord<'s>,
    space: &'s Space,
    shape: VoxelShape,
}

impl<'s> SegmentRef<'s> {
    fn new(place: SegmentPlace<'s>, space: &'s Space) -> Result<Self> {
        let SegmentPlace { slot, view, position } = place;
        let (group, name) = view.name(position)?;
        let record = view.record(position)?;
        let shape = VoxelShape::of_space(space).map_err(|e| view.bad_record(&e.to_string()))?;
        let label = view.label(position)?;
        Ok(Self { view, slot, group, name, label, record, space, shape })
    }

    /// Its name.
    pub fn name(&self) -> &'s str {
        self.name
    }

    /// Its group; may be empty.
    pub fn group(&self) -> &'s str {
        self.group
    }

    /// Its value in label maps.
    pub fn label(&self) -> u32 {
        self.label
    }

    /// Where segments overlap in a label map, the higher one is seen, then the later one.
    pub fn priority(&self) -> i32 {
        self.record.priority
    }

    /// Its number among the segments of its image: they come in this order.
    pub fn order(&self) -> u64 {
        self.slot
    }

    /// Everything that is known of it but its voxels.
    pub fn segment(&self) -> Segment {
        segment_of(self.group, self.name, self.label, &self.record)
    }

    /// The space of its image.
    pub fn space(&self) -> &'s Space {
        self.space
    }

    /// The shape of the arrays that it is a set of voxels of.
    pub fn shape(&self) -> VoxelShape {
        self.shape
    }

    /// Counts, box and sums; `None` when it is empty.
    pub fn facts(&self) -> Option<&VoxelFacts> {
        self.record.voxels.as_ref().map(|(_, facts)| facts)
    }

    /// Whether it has no voxel.
    pub fn is_empty(&self) -> bool {
        self.record.voxels.is_none()
    }

    /// Number of voxels, over all frames.
    pub fn voxels(&self) -> u64 {
        self.facts().map_or(0, |facts| facts.voxels)
    }

    /// Size, box and centroid.
    pub fn measures(&self) -> Measures {
        self.facts().map_or_else(Measures::default, |facts| measures(facts, self.shape))
    }

    /// Volume in cubic millimetres, over all frames.
    pub fn volume_mm3(&self) -> f64 {
        self.measures().volume_mm3(self.space)
    }

    /// The smallest box around its voxels, in slices, rows and columns.
    pub fn bounds(&self) -> Option<&Bounds> {
        self.facts().map(|facts| &facts.bounds)
    }

    /// The mean place of its voxels in the world (L, P, S), in millimetres.
    pub fn centroid_world(&self) -> Option<[f64; 3]> {
        self.measures().centroid_world(self.space)
    }

    /// Bytes of its encoded voxels; those of a shared block count for each of its segments.
    pub fn encoded_bytes(&self) -> u64 {
        self.record.voxels.as_ref().map_or(0, |(block, _)| block.len)
    }

    /// A number of its block, the same for all segments that share one; `None` when it is empty.
    pub fn block(&self) -> Option<u64> {
        self.record.voxels.as_ref().map(|(block, _)| self.view.block_offset(block))
    }

    /// Whether its block is one of several segments.
    pub fn shares_block(&self) -> bool {
        self.record.voxels.as_ref().is_some_and(|(block, _)| block.part.is_some())
    }

    pub(super) fn bad_block(&self, text: &str) -> Error {
        self.view.bad_block(text)
    }

    pub(super) fn stored(&self) -> Result<Option<StoredMask<'s>>> {
        let Some((block, facts)) = &self.record.voxels else { return Ok(None) };
        let bytes = self.view.block(block)?;
        Ok(Some(StoredMask::new(self.shape, facts.clone(), bytes, block.part)))
    }

    /// Its voxels as runs.
    pub fn runs(&self) -> Result<Runs> {
        match self.stored()? {
            Some(stored) => stored.runs().map_err(|text| self.view.bad_block(&text)),
            None => Ok(Runs::empty(self.shape)),
        }
    }

    /// Its voxels on some slices (`time * depth + z`) only; decodes no more than the slabs that they are in.
    pub fn runs_of_slices(&self, slices: Range<u64>) -> Result<Runs> {
        let touches =
            |bounds: &Bounds| bounds.slices.start < slices.end && slices.start < bounds.slices.end;
        match self.stored()?.filter(|stored| touches(&stored.facts().bounds)) {
            Some(stored) => {
                stored.runs_of_slices(slices).map_err(|text| self.view.bad_block(&text))
            }
            None => Ok(Runs::empty(self.shape)),
        }
    }

    /// Whether the voxel (t, z, y, x) belongs to it. Decodes one slab at most.
    pub fn contains(&self, voxel: [u64; 4]) -> Result<bool> {
        let [t, z, y, x] = voxel;
        let (Some(bounds), Some(index)) = (self.bounds(), self.shape.index(voxel)) else {
            return Ok(false);
        };
        let slice = t.saturating_mul(self.shape.depth()).saturating_add(z);
        let inside = bounds.slices.contains(&slice)
            && bounds.rows.contains(&y)
            && bounds.columns.contains(&x);
        if !inside {
            return Ok(false);
        }
        Ok(self.runs_of_slices(slice..slice.saturating_add(1))?.contains(index))
    }

    /// Whether it shares a voxel with another segment. Decodes no slice that only one of them is on.
    pub fn overlaps(&self, other: &SegmentRef<'_>) -> Result<bool> {
        let (Some(a), Some(b)) = (self.bounds(), other.bounds()) else { return Ok(false) };
        if !a.overlaps(b) {
            return Ok(false);
        }
        let slices = a.slices.start.max(b.slices.start)..a.slices.end.min(b.slices.end);
        let left = self.runs_of_slices(slices.clone())?;
        let overlap = left.overlap(&other.runs_of_slices(slices)?);
        Ok(overlap.map_err(|error| Error::Invalid(error.to_string()))?.both > 0)
    }
}

impl<'s> Image<'s> {
    /// The shape of the arrays that its masks are sets of voxels of.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when nothing is known of its space.
    pub fn mask_shape(&self) -> Result<VoxelShape> {
        VoxelShape::of_space(self.space()?).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// Its segments in a masks field, in their order; empty when it has none.
    ///
    /// Cost: their records, a few hundred bytes each; no voxel is decoded.
    pub fn segments(&self, field: &str) -> Result<Vec<SegmentRef<'s>>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Masks)?;
        let space = self.space()?;
        let places = self.state().segments_of(def.column, self.row())?;
        places.into_iter().map(|place| SegmentRef::new(place, space)).collect()
    }

    /// One of its segments.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuch`] when there is none of this name, or several in different groups.
    pub fn segment<'k>(
        &self,
        field: &str,
        key: impl Into<SegmentKey<'k>>,
    ) -> Result<SegmentRef<'s>> {
        let key = key.into();
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Masks)?;
        let (group, name) = key.first_meant();
        let row = self.row();
        if let Some(place) = self.state().find_segment(def.column, row, group, name)? {
            return SegmentRef::new(place, self.space()?);
        }
        let mut names = Vec::new();
        for place in self.state().segments_of(def.column, row)? {
            let (group, name) = place.view.name(place.position)?;
            names.push((group, name, place));
        }
        let (.., place) = lookup::segment(key, names)?;
        SegmentRef::new(place, self.space()?)
    }

    /// The segments that a voxel (t, z, y, x) belongs to. Decodes one slab of each whose box is around it.
    pub fn segments_at(&self, field: &str, voxel: [u64; 4]) -> Result<Vec<SegmentRef<'s>>> {
        let mut found = Vec::new();
        for segment in self.segments(field)? {
            if segment.contains(voxel)? {
                found.push(segment);
            }
        }
        Ok(found)
    }

    /// The segments at a point of the world (L, P, S) in millimetres, in a frame: those of the voxel that it is in;
    /// none outside of the image.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the space of the image has no inverse.
    pub fn segments_at_point(
        &self,
        field: &str,
        frame: u64,
        world: [f64; 3],
    ) -> Result<Vec<SegmentRef<'s>>> {
        let places = WorldToVoxel::new(self.space()?);
        let places = places.map_err(|error| Error::Invalid(error.to_string()))?;
        match places.voxel(world) {
            Some([z, y, x]) => self.segments_at(field, [frame, z, y, x]),
            None => Ok(Vec::new()),
        }
    }
}

impl Snapshot {
    /// Calls `each` with the row and the segments of every image that has some, or of those of `rows`, in the order
    /// of rows, until it says stop. Reads only the directory.
    pub fn for_each_segments<'s>(
        &'s self,
        field: &str,
        rows: Option<&Bitmap>,
        mut each: impl FnMut(u64, Vec<SegmentRef<'s>>) -> Result<bool>,
    ) -> Result<()> {
        for row in &self.rows_of_field(field)? {
            if rows.is_some_and(|rows| !rows.get(row)) {
                continue;
            }
            let Some(image) = self.image_at(row)? else { continue };
            if !each(row, image.segments(field)?)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The segments of one name of all images that have it, with their rows, ascending.
    pub fn segments_named<'k>(
        &self,
        field: &str,
        key: impl Into<SegmentKey<'k>>,
    ) -> Result<Vec<(u64, SegmentRef<'_>)>> {
        let key = key.into();
        let mut found = Vec::new();
        for row in &self.rows_of_field(field)? {
            let Some(image) = self.image_at(row)? else { continue };
            match image.segment(field, key) {
                Ok(segment) => found.push((row, segment)),
                Err(Error::NoSuch { what: "segment", .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(found)
    }
}
