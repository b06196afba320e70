//! Every dataset of the sample files against the checksums that h5py computed.
#![cfg(test)]

use std::path::{Path, PathBuf};

use vesalius_convert::hdf5::{ElementType, H5File};

fn data() -> PathBuf {
    std::env::var_os("VESALIUS_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

/// The checksum of a whole dataset, read in batches of `batch` rows. Texts count with a zero byte
/// between them.
fn crc(file: &H5File, path: &str, batch: u64) -> (String, String, u32) {
    let dataset = file.dataset(path).unwrap_or_else(|e| panic!("{e}"));
    let mut hasher = crc32fast::Hasher::new();
    let shape: Vec<String> = dataset.shape().iter().map(u64::to_string).collect();
    let (mut row, mut first) = (0, true);
    if dataset.element() == ElementType::Text {
        while row < dataset.row_count() {
            let texts = dataset.strings(row..row + batch).unwrap_or_else(|e| panic!("{e}"));
            for text in &texts {
                hasher.update(if first { b"" } else { b"\0" });
                hasher.update(text.as_bytes());
                first = false;
            }
            row += batch;
        }
    } else {
        let (mut rows, mut bytes) = (dataset.rows().unwrap(), Vec::new());
        loop {
            let got = rows.read(row, batch, &mut bytes).unwrap_or_else(|e| panic!("{e}"));
            if got == 0 {
                break;
            }
            hasher.update(&bytes);
            row += got;
        }
    }
    (dataset.element().name(), shape.join(","), hasher.finalize())
}

#[test]
fn every_dataset_of_the_list() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5");
    check_folder(&own, "expected.tsv");
    check_folder(&data().join("conceptclip"), "h5_expected.tsv");
    // Any other folder with a list made by tests/data/hdf5/expect.py.
    if let Some(more) = std::env::var_os("VESALIUS_H5_FOLDER") {
        check_folder(Path::new(&more), "expected.tsv");
    }
}

fn check_folder(folder: &Path, list: &str) {
    let Ok(list) = std::fs::read_to_string(folder.join(list)) else {
        eprintln!("NOT TESTED: {} is absent", folder.display());
        return;
    };
    let mut tested = 0;
    for line in list.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, path, dtype, shape, .., sum] = fields[..] else { panic!("odd line {line}") };
        let file = H5File::open(folder.join(name)).unwrap();
        if dtype == "group" {
            file.members(path).unwrap_or_else(|e| panic!("{name} {path}: {e}"));
            continue;
        }
        if dtype == "unreadable" {
            assert!(file.dataset(path).is_err(), "{name} {path}");
            continue;
        }
        for batch in [1, 7, 1000] {
            let (_, found_shape, found) = crc(&file, path, batch);
            assert_eq!(found_shape, shape, "{name} {path} {dtype}");
            assert_eq!(format!("{found:08x}"), sum, "{name} {path} {dtype} in {batch}s");
        }
        tested += 1;
    }
    eprintln!("{tested} datasets of {} agree", folder.display());
}
