//! Agreement with `nibabel`.

use super::*;
use crate::masks::volumes::testing::{expected, make, peers, small};
use std::path::Path;

fn compare(folder: &Path) -> f64 {
    let mut worst = 0.0_f64;
    for (name, wanted) in expected(folder, "n") {
        let set = read_label_map(&folder.join(&name), &Limits::default()).unwrap();
        worst = worst.max(wanted.compare(&name, &set));
    }
    worst
}

#[test]
fn small_files_read_as_nibabel_reads_them() {
    let worst = compare(&small());
    assert!(worst < 1e-6, "{worst} mm");
}

#[test]
fn random_files_read_as_nibabel_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    if make(folder.path(), 120, Random::new().below(1 << 30)) {
        let worst = compare(folder.path());
        println!("corners at most {worst} mm apart");
        assert!(worst < 1e-6, "{worst} mm");
    }
}

const READ: &str = "
import nibabel as nib, numpy as np, sys
image = nib.load(sys.argv[1])
extension = image.header.extensions[0]
import xml.etree.ElementTree as xml
root = xml.fromstring(extension.content)
print(extension.get_code(), int(image.header['intent_code']))
for label in root.iter('Label'):
    print(label.get('Key'), label.text)
data = np.asanyarray(image.dataobj)
print(*data.ravel(order='F'))
print(*image.affine[:3].ravel())
";

#[test]
fn nibabel_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new();
    for i in 0..4 {
        let set = random.set(1 + i % 2, 5);
        let path = folder.path().join(["a.nii", "a.nii.gz"][usize::try_from(i % 2).unwrap()]);
        write_label_map(&set, &path).unwrap();
        let Some(text) = peers(&["-c", READ, path.to_str().unwrap()]) else { return };
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "30 1002");
        for (value, line) in set.segments.iter().zip(&lines[1..]) {
            assert_eq!(*line, format!("{} {}", value.segment.label, value.segment.name));
        }
        let values: Vec<u32> = lines[6].split(' ').map(|v| v.parse().unwrap()).collect();
        assert_eq!(values, dense(&set));
        let affine: Vec<f64> = lines[7].split(' ').map(|v| v.parse().unwrap()).collect();
        let [origin, ..] = set.space.origin;
        assert!((affine[3] + origin).abs() < 1e-4, "{affine:?}");
    }
}
