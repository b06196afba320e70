//! Plain arrays.

use std::path::Path;

use half::f16;
use vesalius::{Dtype, Value};

use super::content::{Content, data, run};
use crate::import::ImportOptions;
use crate::npy::{NpyFile, NpyWriter, Scalar};
use crate::npz::{Compression, NpzWriter};

fn write_npy(path: &Path, shape: &[u64], values: &[f32]) {
    let mut writer = NpyWriter::create(path, Scalar::F32, shape).unwrap();
    writer.write(values).unwrap();
    writer.finish().unwrap();
}

#[test]
fn arrays_of_the_shared_data_become_vectors() {
    let Some(data) = data() else { return };
    for source in ["f16.npy", "f16_be.npy", "f16_fortran.npy", "v2.npy", "v3.npy"] {
        let path = data.join("npy").join(source);
        let array = NpyFile::open(&path).unwrap();
        if array.shape().len() != 2 {
            continue;
        }
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("cases.vsl");
        let options = ImportOptions { batch_images: 7, ..ImportOptions::default() };
        let report = run(&path, &file, &options).unwrap();
        assert_eq!((report.images, report.verified), (array.rows(), true), "{source}");
        let mut wanted = Vec::new();
        let rows = usize::try_from(array.rows()).unwrap();
        array.read_rows_f32(0, rows, &mut wanted).unwrap();
        let content = Content::of(&file);
        for (row, image) in content.images.iter().enumerate() {
            assert_eq!(image.key, row.to_string());
            let (field, values) = &image.fields[0];
            assert_eq!(field, "features");
            let half = array.dtype().to_string() == "f2";
            let width = array.row_len();
            let wanted = wanted[row * width..(row + 1) * width]
                .iter()
                .map(|v| if half { u32::from(f16::from_f32(*v).to_bits()) } else { v.to_bits() });
            assert!(wanted.eq(values[0].1.iter().copied()), "{source} row {row}");
        }
    }
}

#[test]
fn ids_and_attributes_of_an_archive_are_kept() {
    let Some(data) = data() else { return };
    let mut contents = Vec::new();
    for source in ["features_stored.npz", "features_deflate.npz"] {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("cases.vsl");
        let options = ImportOptions { name: Some("n".into()), ..ImportOptions::default() };
        let report = run(&data.join("npy").join(source), &file, &options).unwrap();
        assert_eq!((report.images, report.warnings.len()), (64, 0), "{:?}", report.warnings);
        let mut content = Content::of(&file);
        assert!(content.images.iter().all(|image| {
            image.key.len() == 44 && matches!(image.attributes[..], [(_, Value::I64(0..8))])
        }));
        assert!(content.fields[0].contains("F16"), "{:?}", content.fields);
        content.cursors.clear();
        contents.push(content);
    }
    assert_eq!(contents[0], contents[1]);
}

#[test]
fn region_arrays_need_names_and_leave_out_what_is_nan() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("r.npy"), out.path().join("r.vsl"));
    let mut values: Vec<f32> = (0..24_u8).map(f32::from).collect();
    values[8..12].fill(f32::NAN);
    write_npy(&source, &[3, 2, 4], &values);
    let mut options = ImportOptions::default();
    let refused = run(&source, &file, &options).unwrap_err().to_string();
    assert!(refused.contains("name its 2 regions"), "{refused}");
    assert!(!file.exists());
    options.regions = Some(vec!["left".into()]);
    assert!(run(&source, &file, &options).is_err());
    options.regions = Some(vec!["left".into(), "right".into()]);
    let report = run(&source, &file, &options).unwrap();
    assert_eq!((report.images, report.regions, report.regions_min), (3, 5, 1));
    let content = Content::of(&file);
    let (_, regions) = &content.images[1].fields[0];
    assert_eq!(regions.len(), 1);
    assert_eq!((regions[0].0.as_str(), regions[0].1[0]), ("right", 12.0_f32.to_bits()));
    // One value that is no number is an error that names its place.
    values[1] = f32::NAN;
    write_npy(&source, &[3, 2, 4], &values);
    let file = out.path().join("bad.vsl");
    let refused = run(&source, &file, &options).unwrap_err().to_string();
    assert!(refused.contains("\"0\"") && refused.contains("value 1 is NaN"), "{refused}");
}

#[test]
fn keys_come_from_a_file() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("f.npy"), out.path().join("f.vsl"));
    write_npy(&source, &[3, 2], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let ids = out.path().join("ids.txt");
    let options = ImportOptions { ids: Some(ids.clone()), ..ImportOptions::default() };
    for (text, word) in [("x\ny\n", "2 keys for 3"), ("x\ny\nx\n", "row 0"), ("x\n\ny", "empty")] {
        std::fs::write(&ids, text).unwrap();
        let refused = run(&source, &file, &options).unwrap_err().to_string();
        assert!(refused.contains(word), "{refused}");
    }
    std::fs::write(&ids, "x\r\ny z\nw").unwrap();
    run(&source, &file, &options).unwrap();
    let content = Content::of(&file);
    let keys: Vec<&str> = content.images.iter().map(|image| image.key.as_str()).collect();
    assert_eq!(keys, ["x", "y z", "w"]);
}

#[test]
fn wide_values_are_rounded_and_said_so() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("w.npz"), out.path().join("w.vsl"));
    let mut archive =
        NpzWriter::new(std::fs::File::create(&source).unwrap(), Compression::Deflated);
    archive.array("wide", &[2, 2], &[0.1_f64, 1.0, 2.0, 1e-3]).unwrap();
    archive.array("narrow", &[2, 2], &[1.0_f32, 2.0, 3.0, 4.0]).unwrap();
    archive.array("age", &[2], &[0.1_f64, 77.0]).unwrap();
    archive.array("flag", &[2], &[true, false]).unwrap();
    archive.array("cube", &[1, 1, 1, 1], &[1.0_f32]).unwrap();
    archive.finish().unwrap();
    let mut options = ImportOptions::default();
    let refused = run(&source, &file, &options).unwrap_err().to_string();
    assert!(refused.contains("\"wide\"") && refused.contains("\"narrow\""), "{refused}");
    options.array = Some("wide".into());
    options.dtype = Some(Dtype::F16);
    let report = run(&source, &file, &options).unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("float64")), "{:?}", report.warnings);
    assert!(report.warnings.iter().any(|w| w.contains("float16")), "{:?}", report.warnings);
    assert!(report.warnings.iter().any(|w| w.contains("\"cube\"")), "{:?}", report.warnings);
    let content = Content::of(&file);
    let attributes = &content.images[0].attributes;
    assert!(attributes.contains(&("age".into(), Value::F64(0.1))));
    assert!(attributes.contains(&("flag".into(), Value::Bool(true))));
    assert_eq!(content.images[0].fields[0].1[0].1[0], u32::from(f16::from_f64(0.1).to_bits()));
}
