//! Agreement with `pynrrd` and `SimpleITK`.

use super::*;
use crate::masks::volumes::testing::{expected, make, peers, small};
use std::path::Path;

fn compare(folder: &Path) -> f64 {
    let mut worst = 0.0_f64;
    for (name, wanted) in expected(folder, "r") {
        let set = read_nrrd(&folder.join(&name), &Limits::default()).unwrap();
        worst = worst.max(wanted.compare(&name, &set));
    }
    worst
}

#[test]
fn small_files_read_as_simpleitk_reads_them() {
    let worst = compare(&small());
    assert!(worst < 1e-6, "{worst} mm");
}

#[test]
fn random_files_read_as_simpleitk_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    if make(folder.path(), 90, Random::new().below(1 << 30)) {
        let worst = compare(folder.path());
        println!("corners at most {worst} mm apart");
        assert!(worst < 1e-6, "{worst} mm");
    }
}

/// The voxels of each segment by the keys of 3D Slicer, and where the far corner is.
const READ: &str = "
import nrrd, numpy as np, SimpleITK as sitk, sys
data, header = nrrd.read(sys.argv[1])
if data.ndim == 3:
    data = data[None]
image = sitk.ReadImage(sys.argv[1])
other = sitk.GetArrayFromImage(image).reshape(data.shape[::-1]).T
assert (data == other).all()
far = [n - 1 for n in image.GetSize()]
print(*image.TransformIndexToPhysicalPoint(far))
for i in range(sum(key.endswith('_LabelValue') for key in header)):
    part = data[int(header[f'Segment{i}_Layer'])] == int(header[f'Segment{i}_LabelValue'])
    where = np.argwhere(part)
    box = '0 -1 0 -1 0 -1'
    if len(where):
        box = ' '.join(f'{a} {b}' for a, b in zip(where.min(axis=0), where.max(axis=0)))
    assert box == header[f'Segment{i}_Extent'], (box, header)
    print(header[f'Segment{i}_Name'])
    print(*np.flatnonzero(part.ravel(order='F')))
";

#[test]
fn pynrrd_and_simpleitk_read_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new();
    for i in 0..8_u32 {
        let mut set = random.set(1, i % 5 + 1);
        set.segments[0].segment.label = [1, 300, 70_000][random.place(3)];
        let path = folder.path().join("a.seg.nrrd");
        write_seg_nrrd(&set, &path, i % 2 == 0).unwrap();
        let Some(text) = peers(&["-c", READ, path.to_str().unwrap()]) else { return };
        let mut lines = text.lines();
        let far = set.space.to_world(set.space.shape.map(|n| (n - 1) as f64));
        for (found, wanted) in lines.next().unwrap().split(' ').zip(far) {
            assert!((found.parse::<f64>().unwrap() - wanted).abs() < 1e-6);
        }
        for value in &set.segments {
            // `pynrrd` leaves out what is not ASCII.
            let ascii = value.segment.name.replace('\u{fc}', "");
            assert_eq!(lines.next().unwrap(), ascii.trim());
            let found = lines.next().unwrap().split_whitespace().map(|v| v.parse().unwrap());
            let voxels = value.runs.as_slice().iter().flat_map(|run| run.start..run.end);
            assert_eq!(found.collect::<Vec<u64>>(), voxels.collect::<Vec<_>>());
        }
    }
}
