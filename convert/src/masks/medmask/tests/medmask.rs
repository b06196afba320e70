//! `MedMask` itself, where a Python has it: what we write it reads and appends to, what it writes we read.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::masks::array::read_npz;

/// Runs a script of this folder. `VESALIUS_PEERS_PYTHON` names a Python with `medmask` 0.1.3.
pub(super) fn python(script: &str, folder: &Path) -> Option<String> {
    let Some(name) = std::env::var_os("VESALIUS_PEERS_PYTHON") else {
        println!("SKIPPED: VESALIUS_PEERS_PYTHON names no Python with medmask 0.1.3");
        return None;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/masks/medmask/tests").join(script);
    let ran = Command::new(name).arg("-B").arg(path).arg(folder).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    Some(told)
}

fn random_map(seed: u64, labels: u64) -> Vec<u32> {
    let (mut state, mut value) = (seed, 0);
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        if (state >> 33).is_multiple_of(9) {
            value = u32::try_from((state >> 36) % labels).unwrap();
        }
        value
    };
    std::iter::repeat_with(next).take(9 * 33 * 47).collect()
}

#[test]
fn medmask_reads_and_appends_to_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let space = Space { shape: [9, 33, 47], ..space() };
    let shape = VoxelShape::of_space(&space).unwrap();
    let mut groups = Vec::new();
    for (seed, labels) in [(1, 2), (2, 5), (3, 300), (4, 1_u64 << 20)] {
        let map = random_map(seed, labels);
        let segments: Vec<SegmentValue> = vesalius::split_labels(shape, &map)
            .unwrap()
            .into_iter()
            .map(|(label, runs)| {
                let name = format!("label \u{e4} {label}");
                let segment =
                    Segment { group: format!("group {labels}"), ..Segment::new(name, label) };
                SegmentValue { segment, runs }
            })
            .collect();
        let set =
            SegmentSet { space: space.clone(), segments: segments.clone(), notes: Vec::new() };
        write_msk(&set, &dir.path().join(format!("{labels}.msk"))).unwrap();
        let values: Vec<u8> = map.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(dir.path().join(format!("{labels}.raw")), values).unwrap();
        groups.extend(segments);
    }
    let set = SegmentSet { space, segments: groups, notes: Vec::new() };
    let path = dir.path().join("all.mska");
    write_mska(&set, &path).unwrap();
    // The script compares every array and the geometry, and adds a mask with 117 names.
    let Some(told) = python("reads.py", dir.path()) else { return };
    print!("{told}");
    let back = read_mska(&path, &Limits::default(), false).unwrap();
    assert_eq!(back.segments[..set.segments.len()], set.segments);
    let added: Vec<_> = back.segments.iter().filter(|v| v.segment.group == "added").collect();
    assert_eq!(added.len(), 117);
    assert!(added.iter().all(|v| v.runs.voxels() == 1));
}

#[test]
fn what_medmask_writes_is_read() {
    let dir = tempfile::tempdir().unwrap();
    if python("writes.py", dir.path()).is_none() {
        return;
    }
    let wanted = read_npz(&dir.path().join("expected.npz"), &Limits::default()).unwrap();
    let mut compared = 0;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "msk") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let set = read_msk(&path, &Limits::default());
        if name.starts_with("bad") {
            let error = set.unwrap_err();
            assert!(matches!(error.kind, MedMaskErrorKind::Values(_)), "{name}: {error}");
        } else {
            let set = set.unwrap();
            let group = if name == "bool" { "" } else { name.as_str() };
            let own = painted(&set, "");
            let mut other = painted(&wanted, group);
            if name == "bool" {
                other = other.iter().map(|v| u32::from(*v != 0)).collect();
            }
            assert_eq!(own, other, "{name}");
            assert_eq!(set.space.shape, wanted.space.shape);
            assert!(set.space.corner_distance(&wanted.space).unwrap() < 1e-9, "{name}");
        }
        compared += 1;
    }
    assert_eq!(compared, 15);
    let archive = read_mska(&dir.path().join("all.mska"), &Limits::default(), false).unwrap();
    assert_eq!(painted(&archive, "uint16"), painted(&wanted, "uint16"));
}
