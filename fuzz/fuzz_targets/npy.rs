//! Any bytes as an array file and as an archive of arrays: an error or bounded values, no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use vesalius_convert::npy::{ByteSource, NpyFile};
use vesalius_convert::npz::{Archive, Limits};

/// Rows that are read of each array.
const ROWS: u64 = 64;

fuzz_target!(|data: &[u8]| {
    let source: Arc<dyn ByteSource> = Arc::new(data.to_vec());
    if let Ok(file) = NpyFile::from_source(Arc::clone(&source)) {
        read(&file);
    }
    let limits = Limits { max_members: 1000, max_member_bytes: 1 << 20, max_total_bytes: 1 << 22 };
    let Ok(mut archive) = Archive::from_source(source, limits) else { return };
    let names: Vec<String> = archive.members().iter().map(|member| member.name.clone()).collect();
    for name in names.iter().take(16) {
        if let Ok(bytes) = archive.member_bytes(name, 1 << 20) {
            assert!(bytes.len() <= 1 << 20);
        }
        if let Ok(file) = archive.open_npy(name) {
            read(&file);
        }
    }
});

fn read(file: &NpyFile) {
    let count = usize::try_from(file.rows().min(ROWS)).unwrap_or(0);
    let first = file.rows().saturating_sub(ROWS);
    let mut values = Vec::new();
    if file.read_rows_f32(first, count, &mut values).is_ok() {
        assert_eq!(values.len(), count.saturating_mul(file.row_len()));
    }
    drop(file.read_rows_f16(first, count, &mut Vec::new()));
    drop(file.read_rows_i64(first, count, &mut Vec::new()));
    drop(file.read_rows_text(first, count, &mut Vec::new()));
    drop(file.object_payload());
}
