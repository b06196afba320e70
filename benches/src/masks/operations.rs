//! Overlap of two segments, measures of all, coverage of tokens.

use std::hint::black_box;

use vesalius::{CellCoverage, GridMapping, Image, MaskProfile, Run, Runs};

use super::contest::Contest;
use super::set::Set;
use super::{FIELD, KEY, kept};
use crate::Result;
use crate::table::Bound;

/// How far the other segment of an overlap is moved along z, y, x.
const MOVE: [u64; 3] = [1, 2, 2];
/// Cells of tokens along each axis.
const GRID: usize = 16;

/// Measures all.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    let profile = MaskProfile::Small;
    let path = kept::write(contest.folder, &set.space, &set.segments, profile)?;
    let snapshot = kept::snapshot(&path)?;
    let image = snapshot.image(KEY)?;
    overlap(contest, set)?;
    directory(contest, set, &image)?;
    coverage(contest, set, &image)
}

fn overlap(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    let name = &set.name;
    let Some(value) = set.median() else { return Ok(()) };
    let (a, b) = (&value.runs, moved(&value.runs)?);
    let mut found = 0.0;
    let mut ours = || -> Result<()> {
        found = black_box(a).overlap(black_box(&b))?.iou();
        Ok(())
    };
    let rows = [
        ("pycocotools", "coco", Bound::AtLeast(10.0)),
        ("NumPy, dense", "numpy", Bound::AtLeast(1000.0)),
        ("NumPy, dense, count_nonzero", "count_nonzero", Bound::Free),
    ];
    for (peer, question, bound) in rows {
        let what = format!("overlap of two of {name}, {peer}");
        contest.race(&what, &format!("iou {question} {name}"), bound, &mut ours)?;
    }
    contest.check("iou", name, &found.to_le_bytes())
}

/// Moved, less what leaves the array.
fn moved(runs: &Runs) -> Result<Runs> {
    let shape = runs.shape();
    let ([depth, height, width], [dz, dy, dx]) = (shape.zyx(), MOVE);
    let mut all = Vec::new();
    for run in runs.as_slice() {
        let [_, z, y, x] = shape.position(run.start);
        let (z, y, start) = (z + dz, y + dy, x + dx);
        let end = (start + run.len()).min(width);
        if z < depth && y < height && start < end {
            let row = (z * height + y) * width;
            all.push(Run { start: row + start, end: row + end });
        }
    }
    Ok(Runs::new(shape, all)?)
}

fn directory(contest: &mut Contest<'_>, set: &Set, image: &Image<'_>) -> Result<()> {
    let name = &set.name;
    let what = format!("volumes, boxes, centroids of {name}, crackle");
    let question = format!("directory crackle {name}");
    contest.race(&what, &question, Bound::AtLeast(1000.0), || {
        for segment in image.segments(FIELD)? {
            let measures = segment.measures();
            black_box((measures.volume_mm3(&set.space), measures.bounds, measures.centroid()));
        }
        Ok(())
    })?;
    let mut rows = Vec::new();
    for segment in image.segments(FIELD)? {
        let measures = segment.measures();
        let (Some(bounds), Some(centroid)) = (measures.bounds, measures.centroid()) else {
            continue;
        };
        let ([_, z, y, x], [_, to_z, to_y, to_x]) = (bounds.start, bounds.end);
        let [_, mean_z, mean_y, mean_x] = centroid;
        let whole =
            [segment.label().into(), measures.voxels, x, y, z, to_x - 1, to_y - 1, to_z - 1];
        rows.push((segment.label(), whole, [mean_x, mean_y, mean_z]));
    }
    rows.sort_by_key(|(label, ..)| *label);
    let values = rows
        .iter()
        .flat_map(|(_, whole, mean)| whole.iter().map(|&n| n as f64).chain(mean.iter().copied()));
    let values: Vec<f64> = values.collect();
    contest.check("directory", name, bytemuck::cast_slice(&values))
}

fn coverage(contest: &mut Contest<'_>, set: &Set, image: &Image<'_>) -> Result<()> {
    let name = &set.name;
    let Some(value) = set.median() else { return Ok(()) };
    let side = u32::try_from(GRID)?;
    let mapping = GridMapping::covering([side; 3], set.shape.zyx());
    let of = |runs: &Runs| CellCoverage::new(runs, 0, [GRID; 3], &mapping);
    let segment = image.segment(FIELD, (&*value.segment.group, &*value.segment.name))?;
    let question = format!("coverage numpy {name}");
    let bound = Bound::AtLeast(100.0);
    contest.race(
        &format!("coverage of tokens by one of {name}, NumPy"),
        &question,
        bound,
        || {
            black_box(of(black_box(&value.runs))?);
            Ok(())
        },
    )?;
    let what = format!("coverage of tokens by one of {name}, decoded first, NumPy");
    contest.race(&what, &question, Bound::Free, || {
        black_box(of(&segment.runs()?)?);
        Ok(())
    })?;
    contest.check("coverage", name, bytemuck::cast_slice(of(&value.runs)?.voxels()))
}
