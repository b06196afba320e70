//! Containers of masks of every kind, made to be read by another reader.

use std::error::Error;

use vesalius::storage::MemoryStorage;
use vesalius::storage::sim::SplitMix64;
use vesalius::{
    Database, Definition, Field, MaskProfile, Result, Runs, Segment, SegmentValue, Space,
    VoxelShape, split_labels,
};
use vesalius_convert::nifti::{Limits, read};

use crate::volumes::folder;
use crate::workload::{Step, Workload, definition, maintain};

/// The segments of an image in a space.
pub type Masks = (Space, Vec<Runs>);

/// A container, still open when it was copied, after so many steps of a workload.
///
/// # Errors
///
/// What the engine says.
pub fn of_workload(seed: u64, steps: usize) -> Result<Vec<u8>> {
    let disk = MemoryStorage::new();
    let db = Database::create_on(disk.clone(), definition(seed))?;
    db.set_checkpoint_bytes(20_000)?;
    let mut work = Workload::new(seed);
    for _ in 0..steps {
        match work.next_step() {
            Step::Commit(durability) => {
                let mut txn = db.begin_write()?;
                let next = work.fill(&mut txn)?;
                txn.commit_with(durability)?;
                work.model = next;
            }
            Step::Abort | Step::Reopen => {}
            other => maintain(&db, other)?,
        }
    }
    Ok(disk.snapshot_bytes())
}

/// A container with an image for each set of segments, added together or one by one.
///
/// # Errors
///
/// What the engine says.
pub fn of_masks(images: &[Masks], profile: MaskProfile, together: bool) -> Result<Vec<u8>> {
    let disk = MemoryStorage::new();
    let definition = Definition::new().field(Field::masks("masks"));
    let db = Database::create_on(disk.clone(), definition)?;
    let mut txn = db.begin_write()?;
    txn.set_mask_profile(profile);
    for (number, (space, masks)) in images.iter().enumerate() {
        let id = txn.add_space(space)?;
        let value = |(label, runs): (u32, &Runs)| SegmentValue {
            segment: Segment::new(format!("s{label}"), label),
            runs: runs.clone(),
        };
        let values: Vec<SegmentValue> = (1..).zip(masks).map(value).collect();
        let mut image = txn.put(&format!("image {number}"))?.space(id)?;
        if together {
            image.segments("masks", &values)?;
        } else {
            for value in &values {
                image = image.segment("masks", value)?;
            }
        }
    }
    txn.commit()?;
    db.close()?;
    Ok(disk.snapshot_bytes())
}

/// Noise, boards, blobs, lines: in flat, wide, long and moving arrays.
///
/// # Errors
///
/// None that is expected.
pub fn shapes(rng: &mut SplitMix64) -> std::result::Result<Vec<Masks>, Box<dyn Error>> {
    let sizes: [(u64, [u64; 3]); 8] = [
        (1, [1, 1, 1]),
        (1, [1, 33, 47]),
        (1, [40, 9, 13]),
        (3, [7, 12, 10]),
        (1, [1, 2, 70_000]),
        (1, [1, 900, 3]),
        (1, [2100, 2, 2]),
        (5, [1, 1, 300]),
    ];
    let mut images = Vec::new();
    for (frames, [depth, height, width]) in sizes {
        let shape = VoxelShape::new(frames, [depth, height, width])?;
        let mut masks = vec![Runs::full(shape), Runs::empty(shape)];
        for kind in 0..9 {
            masks.push(shape_of_kind(kind, shape, rng)?);
        }
        images.push((space(frames, [depth, height, width]), masks));
    }
    Ok(images)
}

fn space(frames: u64, shape: [u64; 3]) -> Space {
    let mut space = Space::new(shape, [1.0; 3]);
    space.frames = frames;
    space
}

/// A mask: 0 a board, 1 to 3 noise, 4 and above ellipsoids, some with noise.
fn shape_of_kind(
    kind: u64,
    shape: VoxelShape,
    rng: &mut SplitMix64,
) -> std::result::Result<Runs, Box<dyn Error>> {
    let sides = [shape.slices(), shape.height(), shape.width()];
    let voxels = usize::try_from(shape.voxels())?;
    let centres: Vec<[f64; 6]> =
        (0..kind.saturating_sub(3)).map(|_| ellipsoid(sides, rng)).collect();
    let voxel = |index: usize| {
        let [t, z, y, x] = shape.position(index as u64);
        let at = [t * shape.depth() + z, y, x];
        match kind {
            0 => (at[0] + y + x).is_multiple_of(2),
            1 => rng.chance(1),
            2 => rng.chance(50),
            3 => rng.chance(97),
            _ => {
                centres.iter().any(|of| inside(of, at)) != (kind.is_multiple_of(2) && rng.chance(2))
            }
        }
    };
    let dense: Vec<u8> = (0..voxels).map(voxel).map(u8::from).collect();
    Ok(Runs::from_dense(shape, &dense)?)
}

/// Instead of a chance of noise: the same row at other places.
const AGAIN: u8 = 255;

/// Centre and half axes.
fn ellipsoid(sides: [u64; 3], rng: &mut SplitMix64) -> [f64; 6] {
    let mut of = [0.0; 6];
    let (centre, half) = of.split_at_mut(3);
    for ((centre, half), side) in centre.iter_mut().zip(half).zip(sides) {
        *centre = rng.below(1000) as f64 / 1000.0 * side as f64;
        *half = side as f64 * (0.1 + rng.below(400) as f64 / 1000.0) + 0.6;
    }
    of
}

fn inside([z, y, x, c, b, a]: &[f64; 6], at: [u64; 3]) -> bool {
    let [dz, dy, dx] = [at[0] as f64 - z, at[1] as f64 - y, at[2] as f64 - x];
    (dz / c).powi(2) + (dy / b).powi(2) + (dx / a).powi(2) < 1.0
}

/// Label maps whose parts touch: the nearest of some points, with noise, nothing but noise, and a row of noise that
/// comes again and again at other places.
///
/// # Errors
///
/// None that is expected.
pub fn maps(rng: &mut SplitMix64) -> std::result::Result<Vec<Masks>, Box<dyn Error>> {
    let kinds: [(u64, [u64; 3], usize, u8); 10] = [
        (1, [1, 40, 60], 9, 0),
        (1, [19, 24, 30], 12, 0),
        (1, [18, 20, 20], 40, 1),
        (2, [9, 16, 16], 12, 3),
        (1, [6, 40, 40], 700, 0),
        (1, [17, 12, 12], 30, 100),
        (1, [4, 20, 20], 600, 100),
        (1, [3, 24, 24], 2, 100),
        (1, [3, 40, 40], 9, AGAIN),
        (1, [2, 60, 80], 600, AGAIN),
    ];
    let mut images = Vec::new();
    for (frames, sides, parts, noise) in kinds {
        let shape = VoxelShape::new(frames, sides)?;
        let all = [shape.slices(), shape.height(), shape.width()];
        let points: Vec<[f64; 6]> = (0..parts).map(|_| ellipsoid(all, rng)).collect();
        let row: Vec<usize> = (0..parts + 61).map(|_| rng.below(parts)).collect();
        let labels = (0..shape.voxels()).map(|index| {
            let [t, z, y, x] = shape.position(index);
            let at = [t * shape.depth() + z, y, x];
            let place = (x + 23 * y + 37 * z) % row.len() as u64;
            if noise == AGAIN {
                usize::try_from(place).ok().and_then(|p| row.get(p)).copied().unwrap_or(0)
            } else if rng.chance(noise) {
                rng.below(parts)
            } else {
                nearest(&points, at)
            }
        });
        let labels: Vec<u16> = labels.map(|label| u16::try_from(label).unwrap_or(0)).collect();
        let found = split_labels(shape, &labels)?;
        images.push((space(frames, sides), found.into_iter().map(|part| part.1).collect()));
    }
    Ok(images)
}

fn nearest(points: &[[f64; 6]], at: [u64; 3]) -> usize {
    let distance = |of: &[f64; 6]| {
        let [z, y, x, ..] = of;
        (at[0] as f64 - z).powi(2) + (at[1] as f64 - y).powi(2) + (at[2] as f64 - x).powi(2)
    };
    let found = points.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
    found.map_or(0, |(index, _)| index)
}

/// A piece from the middle of each of some real label maps.
///
/// # Errors
///
/// A label map that cannot be read.
pub fn crops() -> std::result::Result<Vec<Masks>, Box<dyn Error>> {
    let files = [
        ("brain/AAL.nii.gz", [20, 36, 44]),
        ("brain/DKT.nii.gz", [17, 40, 30]),
        ("brain/Schaefer200.nii.gz", [12, 40, 40]),
        ("totalseg/example_seg.nii.gz", [40, 50, 60]),
        ("totalseg/example_seg_fast_force_split.nii.gz", [30, 60, 60]),
    ];
    let mut images = Vec::new();
    for (name, sides) in files {
        let volume = read(&folder().join(name), &Limits::default())?;
        let whole = volume.geometry.shape_zyx;
        let values = volume.values.to_f64(&volume.scaling);
        let [depth, height, width] = whole;
        let middle = |whole: u64, side: u64| (whole.saturating_sub(side) / 2, whole.min(side));
        let [(z0, dz), (y0, dy), (x0, dx)] =
            [middle(depth, sides[0]), middle(height, sides[1]), middle(width, sides[2])];
        let sides = [dz, dy, dx];
        let mut labels = Vec::new();
        for z in z0..z0 + dz {
            for y in y0..y0 + dy {
                let row = usize::try_from((z * height + y) * width + x0)?;
                let part = values.iter().skip(row).take(usize::try_from(dx)?);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "labels, which are rounded"
                )]
                labels.extend(part.map(|&value| value.round() as u16));
            }
        }
        let found = split_labels(VoxelShape::new(1, sides)?, &labels)?;
        images.push((space(1, sides), found.into_iter().map(|part| part.1).collect()));
    }
    Ok(images)
}
