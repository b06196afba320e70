//! Structure of the stream, and what Python makes of it.

use super::*;
use crate::npz::{Archive, Compression};
use half::f16;
use std::fs::File;
use std::path::Path;
use std::process::Command;

/// Runs Python if it has `NumPy`, with warnings as errors. `VESALIUS_PYTHON` names another one.
fn python(script: &str, argument: &Path) -> Option<String> {
    let name = std::env::var("VESALIUS_PYTHON").unwrap_or_else(|_| "python3".into());
    let numpy = Command::new(&name).args(["-c", "import numpy"]).output();
    if !numpy.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: {name} cannot import numpy");
        return None;
    }
    let arguments = ["-W", "error", "-c", script];
    let output = Command::new(name).args(arguments).arg(argument).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Image `i` has `i % 4` regions of 768 (f32) or 5 (f16) values; value `j` of region `r` is
/// `i + r / 4 + j`.
struct Sample {
    keys: Vec<String>,
    names: Vec<String>,
    wide: Vec<Vec<f32>>,
    narrow: Vec<Vec<f16>>,
}

impl Sample {
    fn new(images: u16) -> Self {
        let value = |i: u16, r: u16, j: u16| f32::from(i) + f32::from(r) / 4.0 + f32::from(j);
        let pairs = || (0..images).flat_map(|i| (0..4).map(move |r| (i, r)));
        Self {
            keys: (0..images).map(|i| format!("p{i}/caf\u{e9}")).collect(),
            names: (0..4).map(|r| format!("region {r}")).collect(),
            wide: pairs().map(|(i, r)| (0..768).map(|j| value(i, r, j)).collect()).collect(),
            narrow: pairs()
                .map(|(i, r)| (0..5).map(|j| f16::from_f32(value(i, r, j))).collect())
                .collect(),
        }
    }

    fn images(&self) -> impl Iterator<Item = RegionImage<'_>> {
        self.keys.iter().enumerate().map(|(i, key)| {
            let regions = (0..i % 4).map(|r| {
                let feature = if r == 2 {
                    Feature::F16(&self.narrow[4 * i + r])
                } else {
                    Feature::F32(&self.wide[4 * i + r])
                };
                let index = u32::try_from(10 * r).unwrap();
                RegionFeature { index, name: &self.names[r], feature }
            });
            let attributes = if i == 1 { extras() } else { Vec::new() };
            let sample_idx = i64::try_from(i).unwrap() * 1_000_000_000 - 5;
            RegionImage { key, regions: regions.collect(), sample_idx, attributes }
        })
    }
}

fn extras() -> Vec<(&'static str, Attribute<'static>)> {
    vec![
        ("split", Attribute::Str("test")),
        ("score", Attribute::Float(-0.1)),
        ("normal", Attribute::Bool(true)),
        ("age", Attribute::Int(-70_000)),
        ("note", Attribute::None),
    ]
}

const CHECK: &str = r#"
import sys, pickle, numpy as np
path = sys.argv[1]
if path.endswith(".npz"):
    got = np.load(path, allow_pickle=True)["image_database"]
    assert got.shape == () and got.dtype == object
    got = got.item()
else:
    with open(path, "rb") as file:
        got = pickle.load(file)
        assert file.read() == b""
assert list(got) == ["p%d/caf\u00e9" % i for i in range(len(got))]
names = {}
for i, image in enumerate(got.values()):
    assert list(image)[:3] == ["regions", "sample_idx", "detected_count"]
    assert image["sample_idx"] == i * 1000000000 - 5
    assert image["detected_count"] == len(image["regions"]) == i % 4
    assert list(image["regions"]) == [10 * r for r in range(i % 4)]
    for r, region in enumerate(image["regions"].values()):
        assert list(region) == ["region_name", "feature"]
        assert region["region_name"] == "region %d" % r
        assert names.setdefault(r, region["region_name"]) is region["region_name"]
        feature = region["feature"]
        dtype, length = (np.float16, 5) if r == 2 else (np.float32, 768)
        assert feature.dtype == dtype and feature.shape == (length,), feature
        expected = (i + r / 4 + np.arange(length)).astype(np.float32).astype(dtype)
        assert (feature == expected).all()
        feature[0] = 0  # its own memory, writable
    extra = dict(list(image.items())[3:])
    wanted = dict(split="test", score=-0.1, normal=True, age=-70000, note=None)
    assert extra == (wanted if i == 1 else {}), extra
print(len(got))
"#;

#[test]
fn python_loads_the_dictionary() {
    let sample = Sample::new(2100);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("database.pkl");
    write_region_pickle(File::create(&path).unwrap(), sample.images()).unwrap();
    if let Some(printed) = python(CHECK, &path) {
        assert_eq!(printed, "2100");
    }
    for compression in [Compression::Stored, Compression::Deflated] {
        let path = folder.path().join("database.npz");
        write_region_npz(File::create(&path).unwrap(), compression, sample.images()).unwrap();
        if let Some(printed) = python(CHECK, &path) {
            assert_eq!(printed, "2100");
        }
        let mut archive = Archive::open(&path).unwrap();
        let array = archive.open_npy(REGION_ARRAY).unwrap();
        assert!(array.shape().is_empty() && array.object_payload().is_ok());
    }
}

#[test]
fn python_loads_every_kind_of_value() {
    let mut pickle = PickleWriter::new(Vec::new()).unwrap();
    pickle.begin_list().unwrap();
    for value in [0, 255, 256, 65_535, 65_536, -1, i64::from(i32::MIN), i64::MAX, i64::MIN] {
        pickle.int(value).unwrap();
    }
    pickle.float(1e-300).unwrap();
    pickle.begin_tuple().unwrap();
    pickle.str("").unwrap();
    pickle.str(&"x".repeat(300)).unwrap();
    pickle.bytes(&vec![7; 70_000]).unwrap();
    pickle.end().unwrap();
    pickle.begin_tuple().unwrap();
    pickle.end().unwrap();
    pickle.begin_dict().unwrap();
    pickle.end().unwrap();
    pickle.array(&[2, 3], &[1_u8, 2, 3, 4, 5, 6]).unwrap();
    pickle.array(&[0, 4], &[0_f32; 0]).unwrap();
    pickle.array(&[1, 40_000], &vec![f16::ONE; 40_000]).unwrap();
    pickle.array(&[1, 1, 1, 1], &[2.5_f64]).unwrap();
    for i in 0..2500_u32 {
        pickle.name(&format!("name {}", i % 400)).unwrap();
    }
    pickle.end().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.pkl");
    std::fs::write(&path, pickle.finish().unwrap()).unwrap();
    let script = r#"
import sys, pickle, numpy as np
with open(sys.argv[1], "rb") as file:
    v = pickle.load(file)
assert v[:9] == [0, 255, 256, 65535, 65536, -1, -2**31, 2**63 - 1, -2**63], v[:9]
assert v[9:13] == [1e-300, ("", "x" * 300, b"\7" * 70000), (), {}]
u, e, h, f = v[13:17]
assert u.dtype == np.uint8 and u.tolist() == [[1, 2, 3], [4, 5, 6]]
assert e.dtype == np.float32 and e.shape == (0, 4)
assert h.dtype == np.float16 and h.shape == (1, 40000) and (h == 1).all()
assert f.dtype == np.float64 and f.shape == (1, 1, 1, 1) and f[0, 0, 0, 0] == 2.5
assert v[17:] == ["name %d" % (i % 400) for i in range(2500)]
print("good")
"#;
    if let Some(printed) = python(script, &path) {
        assert_eq!(printed, "good");
    }
}

#[test]
fn repeated_things_are_written_once() {
    let sample = Sample::new(200);
    let bytes = write_region_pickle(Vec::new(), sample.images()).unwrap();
    let count = |needle: &[u8]| bytes.windows(needle.len()).filter(|w| *w == needle).count();
    for needle in ["_reconstruct", "ndarray", "region_name", "region 1", "sample_idx"] {
        assert_eq!(count(needle.as_bytes()), 1, "{needle}");
    }
    assert_eq!(bytes, write_region_pickle(Vec::new(), sample.images()).unwrap());
}

#[test]
fn frames_end_between_opcodes_and_cover_the_stream() {
    let bytes = write_region_pickle(Vec::new(), Sample::new(300).images()).unwrap();
    assert_eq!(bytes[..2], [0x80, 4]);
    let mut at = 2;
    while at < bytes.len() {
        assert_eq!(bytes[at], 0x95);
        let length = u64::from_le_bytes(bytes[at + 1..at + 9].try_into().unwrap());
        at += 9 + usize::try_from(length).unwrap();
    }
    assert_eq!(at, bytes.len());
    assert_eq!(bytes.last(), Some(&b'.'));
}

#[test]
fn calls_that_make_no_value_are_refused() {
    let new = || PickleWriter::new(Vec::new()).unwrap();
    assert!(new().finish().is_err());
    assert!(new().end().is_err());
    let mut pickle = new();
    pickle.none().unwrap();
    assert!(pickle.none().is_err());
    let mut pickle = new();
    pickle.begin_dict().unwrap();
    pickle.int(1).unwrap();
    assert!(pickle.end().is_err());
    let mut pickle = new();
    pickle.begin_list().unwrap();
    assert!(pickle.finish().is_err());
    let mut pickle = new();
    pickle.begin_object_array().unwrap();
    assert!(pickle.end().is_err());
    assert!(new().array(&[3], &[1.0_f32]).is_err());
    assert!(new().array(&[u64::MAX, 2], &[1.0_f32]).is_err());
}
