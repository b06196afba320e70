//! What is in the files of FAISS is what was put into them.

use std::process::Command;

use super::super::{FaissError, FaissFile, FaissMetric, FaissWriter};
use super::{DIM, READ, ROWS, bytes, id, path, vector};

/// All rows, with their ids, one at a time and all at once.
fn rows(file: &FaissFile) -> Vec<(i64, Vec<f32>)> {
    let count = usize::try_from(file.len()).unwrap();
    let (ids, mut all) = (file.read_ids(0, count).unwrap(), Vec::new());
    file.read_rows_f32(0, count, &mut all).unwrap();
    for (row, id) in ids.iter().enumerate() {
        let mut one = Vec::new();
        file.read_rows_f32(row as u64, 1, &mut one).unwrap();
        assert_eq!(one, all[row * file.dim()..][..file.dim()]);
        assert_eq!(file.read_ids(row as u64, 1).unwrap(), [*id]);
    }
    ids.into_iter().zip(all.chunks(file.dim()).map(<[f32]>::to_vec)).collect()
}

#[test]
fn every_kind_is_read() {
    use FaissMetric::{InnerProduct, L2, Other};
    let kinds = [
        ("flat_ip", "IndexFlatIP", InnerProduct),
        ("flat_l2", "IndexFlatL2", L2),
        ("flat_l1", "IndexFlat", Other(2)),
        ("id_map", "IndexIDMap of IndexFlatIP", InnerProduct),
        ("id_map_2", "IndexIDMap2 of IndexFlatL2", L2),
        ("sq_fp16", "IndexScalarQuantizer fp16", InnerProduct),
        ("ivf_full", "IndexIVFFlat", L2),
        ("ivf_sparse", "IndexIVFFlat", L2),
        ("id_map_of_ivf", "IndexIDMap2 of IndexIVFFlat", L2),
        ("ivf_direct", "IndexIVFFlat", L2),
        ("hnsw", "IndexHNSWFlat", InnerProduct),
        ("hnsw_sq", "IndexHNSWSQ", L2),
    ];
    for (name, kind, metric) in kinds {
        let file = FaissFile::open(&path(name)).unwrap();
        assert_eq!((file.kind(), file.metric()), (kind, metric), "{name}");
        assert_eq!((file.len(), file.dim()), (ROWS as u64, DIM), "{name}");
        assert_eq!(file.is_half(), name.contains("sq"), "{name}");
        let with_ids = name.starts_with("id_map") || ["ivf_full", "ivf_sparse"].contains(&name);
        let mut wanted: Vec<_> = (0..ROWS)
            .map(|row| (if with_ids { id(row) } else { i64::try_from(row).unwrap() }, vector(row)))
            .collect();
        if name.starts_with("ivf") {
            wanted.sort_by_key(|(id, _)| *id);
        }
        assert_eq!(rows(&file), wanted, "{name}");
        assert_eq!(file.has_ids(), with_ids || name == "ivf_direct", "{name}");
        assert!(FaissFile::recognise(&bytes(name)), "{name}");
    }
    let empty = FaissFile::open(&path("empty")).unwrap();
    assert!(empty.is_empty() && rows(&empty).is_empty());
}

#[test]
fn other_kinds_are_refused_by_name() {
    let cases = [("sq_8bit", "8bit"), ("pq", "IndexPQ"), ("lsh", "IndexLSH")];
    for (name, says) in cases {
        let error = FaissFile::open(&path(name)).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("reconstruct_n"), "{error}");
        assert!(FaissFile::recognise(&bytes(name)));
    }
    let mut unknown = bytes("flat_ip");
    unknown[..4].copy_from_slice(b"What");
    let error = FaissFile::from_source(std::sync::Arc::new(unknown)).unwrap_err();
    assert!(matches!(error, FaissError::Unsupported { offset: 0, .. }));
    assert!(error.to_string().contains("\"What\""), "{error}");
}

#[test]
fn rows_that_are_not_there_are_refused() {
    for name in READ {
        let file = FaissFile::open(&path(name)).unwrap();
        let len = file.len();
        for (first, count) in [(len, 1), (0, 8), (u64::MAX, 1), (1, usize::MAX)] {
            assert!(file.read_ids(first, count).is_err(), "{name}");
            assert!(file.read_rows_f32(first, count, &mut Vec::new()).is_err(), "{name}");
        }
        assert_eq!(file.read_ids(len, 0).unwrap(), [0_i64; 0]);
    }
}

#[test]
fn what_is_written_is_what_faiss_writes() {
    let write = |l2: bool, with_ids: bool| {
        let mut out = FaissWriter::new(Vec::new(), 4, 7, l2, with_ids).unwrap();
        (0..ROWS).for_each(|row| out.vector(&vector(row)).unwrap());
        if with_ids {
            out.finish_with_ids(&(0..ROWS).map(id).collect::<Vec<_>>()).unwrap()
        } else {
            out.finish().unwrap()
        }
    };
    assert_eq!(write(false, false), bytes("flat_ip"));
    assert_eq!(write(true, false), bytes("flat_l2"));
    assert_eq!(write(true, true), bytes("id_map_2"));
    let mut wrong = FaissWriter::new(Vec::new(), 2, 1, false, false).unwrap();
    assert!(wrong.vector(&[1.0]).is_err());
    wrong.vector(&[1.0, 2.0]).unwrap();
    assert!(wrong.vector(&[1.0, 2.0]).is_err());
    assert!(wrong.finish_with_ids(&[1]).is_err());
    assert!(FaissWriter::new(Vec::new(), 2, 1, false, false).unwrap().finish().is_err());
}

#[test]
fn larger_files_are_read_as_they_were_made() {
    let Ok(python) = std::env::var("VESALIUS_PEERS_PYTHON") else {
        println!("SKIPPED: VESALIUS_PEERS_PYTHON names no Python with faiss");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = path("x").with_file_name("make.py");
    let (rows_made, dim) = (3000_usize, 34_usize);
    let mut command = Command::new(&python);
    command.arg(script).arg(folder.path());
    let made = command.args([rows_made, dim].map(|n| n.to_string())).output().unwrap();
    if !made.status.success() && String::from_utf8_lossy(&made.stderr).contains("No module") {
        println!("SKIPPED: {python} has no faiss");
        return;
    }
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for name in READ.into_iter().filter(|name| *name != "empty") {
        let file = FaissFile::open(&folder.path().join(format!("{name}.faiss"))).unwrap();
        let with_ids = name.starts_with("id_map") || ["ivf_full", "ivf_sparse"].contains(&name);
        let found = rows(&file);
        assert_eq!(found.len(), rows_made);
        for (id, values) in found {
            let row = if with_ids { (1000 - id) / 7 } else { id };
            let row = usize::try_from(row).unwrap();
            let wanted = (0..dim).map(|j| ((7 * row + 3 * j) % 16) as f32 / 4.0 - 1.5);
            assert!(values.into_iter().eq(wanted), "{name} {id}");
        }
    }
}
