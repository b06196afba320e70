//! Files of other programs.

use super::*;

/// Every volume of a folder.
fn volumes(folder: &str) -> Vec<PathBuf> {
    let Some(folder) = data(folder) else { return Vec::new() };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "gz")).collect();
    found.sort();
    found
}

#[test]
fn real_files_survive_a_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    let subject = volumes("ts_s0000").into_iter().step_by(12);
    for path in volumes("totalseg").into_iter().chain(volumes("brain")).chain(subject) {
        let first = read(&path, &Limits::default()).unwrap();
        let copy = folder.path().join("copy.nii");
        write(&copy, &first).unwrap();
        let second = read(&copy, &Limits::default()).unwrap();
        assert_eq!(first.values, second.values, "{}", path.display());
        assert_eq!(first.extensions, second.extensions);
        assert_eq!(first.scaling, second.scaling);
        assert_eq!(first.space_code, second.space_code);
        assert_eq!(first.intent_code, second.intent_code);
        assert!(apart(&first.geometry, &second.geometry) < 1e-9, "{}", path.display());
        seen += 1;
    }
    println!("{seen} real files");
}

#[test]
fn a_real_label_map_says_what_it_is() {
    let Some(path) = data("totalseg/example_seg.nii.gz") else { return };
    let reader = NiftiReader::open(&path, &Limits::default()).unwrap();
    let [extension] = reader.extensions() else { panic!("one extension") };
    assert_eq!(extension.code, 0);
    assert!(extension.content().starts_with(b"<?xml"));
    assert!(extension.content().windows(11).any(|part| part == b"LabelTable>"));
    let geometry = reader.geometry();
    assert_eq!(geometry.shape_zyx, [30, 101, 122]);
    assert!((geometry.origin_lps[0] - 177.956_329_345_703_12).abs() < 1e-9);
    assert!((geometry.to_world([0.0, 0.0, 1.0])[0] - 174.956_329_345_703_12).abs() < 1e-9);
}
