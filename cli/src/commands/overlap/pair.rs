//! Two segments.

use serde_json::{Value, json};
use vesalius::{
    Contact, Error, Overlap, SegmentRef, SurfaceDistances, contact, surface_distances, voxel_mm3,
};

use super::runs_of;
use crate::Result;
use crate::commands::segments::{full_name, name_json, refused};
use crate::output::{Out, count, percent, volume};

/// How two segments lie to each other.
pub(super) struct Pair<'s> {
    segments: [SegmentRef<'s>; 2],
    frame: Option<u64>,
    overlap: Overlap,
    contact: Contact,
    /// Of one frame.
    distances: Option<SurfaceDistances>,
}

impl<'s> Pair<'s> {
    pub(super) fn of(segments: [SegmentRef<'s>; 2], frame: Option<u64>) -> Result<Self> {
        let [a, b] = &segments;
        let (left, right) = (runs_of(a, frame)?, runs_of(b, frame)?);
        let spacing = a.space().spacing;
        let invalid = |error: vesalius::GeometryError| Error::Invalid(error.to_string());
        let distances = (left.shape().frames() == 1)
            .then(|| surface_distances(&left, &right, spacing, 0).map_err(invalid));
        Ok(Self {
            overlap: left.overlap(&right).map_err(|error| refused(&error))?,
            contact: contact(&left, &right).map_err(invalid)?,
            distances: distances.transpose()?,
            segments,
            frame,
        })
    }

    /// Cubic millimetres of some voxels.
    fn mm3(&self, voxels: u64) -> f64 {
        voxels as f64 * voxel_mm3(self.segments[0].space())
    }

    fn area(&self) -> f64 {
        self.contact.area_mm2(self.segments[0].space().spacing)
    }

    pub(super) fn as_json(&self, image: &str, field: &str) -> Value {
        let overlap = &self.overlap;
        let part = |segment: &SegmentRef<'_>, voxels: u64, inside: f64| {
            let mut part = name_json(segment);
            if let Some(part) = part.as_object_mut() {
                part.insert("voxels".into(), voxels.into());
                part.insert("volume_mm3".into(), self.mm3(voxels).into());
                part.insert("inside".into(), inside.into());
            }
            part
        };
        let [a, b] = &self.segments;
        let meant = |d: &SurfaceDistances| d.hausdorff().is_finite() && overlap.either() > 0;
        let distances = self.distances.filter(meant);
        json!({
            "image": image, "field": field, "frame": self.frame,
            "a": part(a, overlap.left, overlap.left_in_right()),
            "b": part(b, overlap.right, overlap.right_in_left()),
            "both": overlap.both, "both_mm3": self.mm3(overlap.both),
            "iou": overlap.iou(), "dice": overlap.dice(),
            "contact": {
                "touching": self.contact.touching, "faces": self.contact.faces,
                "area_mm2": self.area(),
            },
            "surface": distances.map(|d| json!({
                "hausdorff_mm": d.hausdorff(), "hausdorff_95_mm": d.hausdorff_95(),
                "mean_mm": d.mean(),
            })),
        })
    }

    pub(super) fn tell(&self, out: &mut Out) -> Result<()> {
        let [a, b] = self.segments.each_ref().map(|s| full_name(s.group(), s.name()));
        let overlap = &self.overlap;
        let size = |voxels: u64| format!("{} voxels, {}", count(voxels), volume(self.mm3(voxels)));
        if let Some(frame) = self.frame {
            out.line(&format!("frame      {frame}"))?;
        }
        out.line(&format!("a          {a}: {}", size(overlap.left)))?;
        out.line(&format!("b          {b}: {}", size(overlap.right)))?;
        out.line(&format!("both       {}", size(overlap.both)))?;
        out.line(&format!("IoU        {:.4}", overlap.iou()))?;
        out.line(&format!("Dice       {:.4}", overlap.dice()))?;
        out.line(&format!("a in b     {}", percent(overlap.left_in_right())))?;
        out.line(&format!("b in a     {}", percent(overlap.right_in_left())))?;
        let faces = self.contact.faces.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
        let touch = match (faces, self.contact.touching) {
            (0, false) => "none".to_owned(),
            (0, true) => "no face".to_owned(),
            _ => format!("{} faces, {:.1} mm2", count(faces), self.area()),
        };
        out.line(&format!("contact    {touch}"))?;
        match self.distances {
            Some(_) if overlap.either() == 0 => {
                out.line("surfaces   none: both are empty, and count as equal")
            }
            None => out.line("surfaces   of one frame only: give --frame"),
            Some(d) if !d.hausdorff().is_finite() => {
                out.line("surfaces   no distance, since one of the two is empty")
            }
            Some(d) => {
                out.line(&format!("Hausdorff  {:.3} mm", d.hausdorff()))?;
                out.line(&format!("HD95       {:.3} mm", d.hausdorff_95()))?;
                out.line(&format!("mean       {:.3} mm between the surfaces", d.mean()))
            }
        }
    }
}
