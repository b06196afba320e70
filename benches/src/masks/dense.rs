//! Label maps, labels and slices to dense arrays.

use std::hint::black_box;

use vesalius::{Image, MaskProfile, SegmentRef};

use super::contest::Contest;
use super::set::Set;
use super::{FIELD, KEY, kept};
use crate::Result;
use crate::table::Bound;

/// Measures both profiles.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    for profile in [MaskProfile::Small, MaskProfile::Fast] {
        let path = kept::write(contest.folder, &set.space, &set.segments, profile)?;
        let snapshot = kept::snapshot(&path)?;
        let image = snapshot.image(KEY)?;
        labels(contest, set, &image, profile)?;
        if profile == MaskProfile::Small {
            one_label(contest, set, &image)?;
            slices(contest, set, &image)?;
        }
    }
    Ok(())
}

fn labels(
    contest: &mut Contest<'_>,
    set: &Set,
    image: &Image<'_>,
    profile: MaskProfile,
) -> Result<()> {
    let (name, slices, voxels) = (&set.name, set.shape.slices(), set.labels.len());
    let mut out = vec![0_u8; voxels];
    let mut reused = || -> Result<()> {
        out.fill(0);
        image.paint_labels(FIELD, 0..slices, black_box(&mut out))?;
        Ok(())
    };
    let fresh = || -> Result<()> {
        let mut out = vec![0_u8; voxels];
        image.paint_labels(FIELD, 0..slices, &mut out)?;
        black_box(out);
        Ok(())
    };
    let (kind, most) = match profile {
        MaskProfile::Small => ("default", 2e9),
        MaskProfile::Fast => ("fast", 10e9),
    };
    let what = format!("label map of {name}, {kind}");
    let crackle = format!("labels crackle {name}");
    let medmask = format!("labels medmask {name}");
    if profile == MaskProfile::Fast {
        contest.race(&format!("{what}, fresh, MedMask"), &medmask, Bound::Free, fresh)?;
    } else {
        let (three, ten) = (Bound::AtLeast(3.0), Bound::AtLeast(10.0));
        contest.race(&format!("{what}, reused, MedMask"), &medmask, three, &mut reused)?;
        contest.race(&format!("{what}, fresh, MedMask"), &medmask, three, fresh)?;
        contest.race(&format!("{what}, reused, crackle"), &crackle, ten, &mut reused)?;
        contest.race(&format!("{what}, fresh, crackle"), &crackle, ten, fresh)?;
    }
    contest.rate(&format!("{what}, reused"), voxels as u64, Bound::AtLeast(most), &mut reused)?;
    contest.rate(&format!("{what}, fresh"), voxels as u64, Bound::Free, fresh)?;
    contest.check("labels", name, &out)
}

/// All peers that give one label.
const PEERS: [&str; 3] = ["medmask", "crackle", "nibabel"];

fn one_label(contest: &mut Contest<'_>, set: &Set, image: &Image<'_>) -> Result<()> {
    let (name, slices, voxels) = (&set.name, set.shape.slices(), set.labels.len());
    let Some(value) = set.median() else { return Ok(()) };
    let segment = image.segment(FIELD, (&*value.segment.group, &*value.segment.name))?;
    let mut best = ("no peer", f64::INFINITY);
    for peer in PEERS {
        if let Some((seconds, _)) = contest.ask(&format!("label {peer} {name}"))?
            && seconds < best.1
        {
            best = (peer, seconds);
        }
    }
    let (peer, _) = best;
    let mut out = vec![false; voxels];
    let paint = |segment: &SegmentRef<'_>, out: &mut [bool]| -> Result<()> {
        Ok(segment.paint(0..slices, out, true)?)
    };
    let question = format!("label {peer} {name}");
    let what = |how: &str| format!("one label of {name}, {how}, best peer ({peer})");
    contest.race(&what("reused"), &question, Bound::AtLeast(10.0), || {
        out.fill(false);
        paint(&segment, black_box(&mut out))
    })?;
    contest.race(&what("fresh"), &question, Bound::Free, || {
        let mut out = vec![false; voxels];
        paint(&segment, &mut out)?;
        black_box(out);
        Ok(())
    })?;
    contest.check("label", name, bytemuck::cast_slice(&out))
}

fn slices(contest: &mut Contest<'_>, set: &Set, image: &Image<'_>) -> Result<()> {
    let name = &set.name;
    let mut out = vec![0_u8; usize::try_from(set.shape.slice_voxels())?];
    let question = format!("slices crackle {name}");
    let what = format!("all slices of {name}, one by one, crackle");
    contest.race(&what, &question, Bound::AtLeast(3.0), || {
        for z in 0..set.shape.depth() {
            out.fill(0);
            image.paint_labels(FIELD, z..z + 1, black_box(&mut out))?;
        }
        Ok(())
    })?;
    let mut all = Vec::with_capacity(set.labels.len());
    for z in 0..set.shape.depth() {
        out.fill(0);
        image.paint_labels(FIELD, z..z + 1, &mut out)?;
        all.extend_from_slice(&out);
    }
    contest.check("slices", name, &all)
}
