//! DICOM segmentations against `pydicom` as it runs.
//!
//! The interpreter that `VESALIUS_PEERS_PYTHON` names has to have `pydicom` and NumPy.

#![cfg(test)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vesalius_convert::masks::dicom_seg::open_dicom_seg;

/// Prints number, voxels, and sums of z, y, x and of products of each segment, with the world place of voxel 0.
const PEER: &str = r#"
import json, sys
import numpy as np
import pydicom
d = pydicom.dcmread(sys.argv[1])
array = d.pixel_array.reshape(-1, d.Rows, d.Columns)
shared = d.SharedFunctionalGroupsSequence[0]
x, y = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float).reshape(2, 3)
groups = d.PerFrameFunctionalGroupsSequence
places = np.array([g.PlanePositionSequence[0].ImagePositionPatient for g in groups], float)
heights = places @ np.cross(x, y)
step = float(shared.PixelMeasuresSequence[0].SpacingBetweenSlices)
index = np.rint((heights - heights.min()) / step).astype(int)
out = {}
for frame, group, k in zip(array, groups, index):
    n = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
    yy, xx = np.nonzero(frame)
    sums = [len(yy), k * len(yy), int(yy.sum()), int(xx.sum()), int((yy * xx).sum())]
    out[n] = [int(a) + int(b) for a, b in zip(out.get(n, [0] * 5), sums)]
print(json.dumps({"segments": out, "origin": places[heights.argmin()].tolist()}))
"#;

#[test]
fn a_real_file_is_read_as_by_pydicom() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/masks/dicom/partial_overlaps.dcm");
    let Some(python) = std::env::var_os("VESALIUS_PEERS_PYTHON") else {
        eprintln!("SKIPPED: VESALIUS_PEERS_PYTHON names no interpreter with pydicom");
        return;
    };
    if !Path::new(path).exists() {
        eprintln!("SKIPPED: {path} is not there");
        return;
    }
    let out = Command::new(python).args(["-c", PEER, path]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    let set = open_dicom_seg(Path::new(path)).unwrap();
    assert_eq!(Value::from(set.space.origin.to_vec()), said["origin"]);
    assert_eq!(set.segments.len(), said["segments"].as_object().unwrap().len());
    for value in &set.segments {
        let mut sums = [0_u64; 5];
        for run in value.runs.as_slice() {
            for voxel in run.start..run.end {
                let [_, z, y, x] = value.runs.shape().position(voxel);
                for (sum, part) in sums.iter_mut().zip([1, z, y, x, y * x]) {
                    *sum += part;
                }
            }
        }
        let label = value.segment.label.to_string();
        assert_eq!(Value::from(sums.to_vec()), said["segments"][&label], "segment {label}");
    }
}
