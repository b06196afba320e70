//! Containers with codes of row groups; those with lists are in `lists.rs`.

use vesalius::format::extent::Extent;
use vesalius::format::index::{INDEX_CODES, IndexHeader, codes};
use vesalius::{Definition, Dtype, Field, IndexOptions, Result};

use super::images::{closed, commit};
use super::surgery::{Patient, at};

type Named = (&'static str, Patient);

/// Codes of a vector field, and rows that came after them.
pub(super) fn valid() -> Result<Vec<Named>> {
    Ok(vec![("index_codes", indexed()?)])
}

fn indexed() -> Result<Patient> {
    let definition = Definition::new().field(Field::vector("global", 6).dtype(Dtype::F16));
    closed(definition, |db| {
        commit(db, |txn| {
            for n in 0..64_u16 {
                let feature: Vec<f32> =
                    (0..6_u16).map(|i| f32::from((n * 7 + i * 5) % 23)).collect();
                txn.put(&format!("{n:02}"))?.vector("global", &feature)?;
            }
            Ok(())
        })?;
        db.build_index("global", &IndexOptions::exact(), &mut |_, _| true)?;
        commit(db, |txn| txn.put("later")?.vector("global", &[1.0; 6]).map(drop))
    })
}

/// Containers to reject.
pub(super) fn invalid() -> Result<Vec<Named>> {
    let base = indexed()?;
    let head = |place: usize, value: u8| edited(&base, |bytes, _| bytes[place] = value);
    let fact = |section: usize, value: f32| {
        edited(&base, |bytes, header| {
            let place = at(header.sections[section].offset) + 4 * 5;
            bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
        })
    };
    Ok(vec![
        ("V004_index_header", head(60, 1)),
        ("V042_magic", head(0, b'W')),
        ("V042_kind", head(4, 2)),
        ("V042_column", head(8, 99)),
        ("V042_region", head(12, 1)),
        ("V042_dim", head(24, 7)),
        ("V042_padded", head(29, 1)),
        ("V042_sections", head(48, 17)),
        ("V042_section_bounds", head(64, 1)),
        ("V043_section_count", head(48, 9)),
        ("V043_error_8", fact(codes::ERRORS_8, 0.0)),
        ("V043_error_6", fact(codes::ERRORS_6, 0.0)),
        ("V043_error_4", fact(codes::ERRORS_4, 0.0)),
        ("V043_norm", fact(codes::NORMS, 1.0)),
        ("V043_length", fact(codes::LENGTHS, 1e9)),
    ])
}

/// The container with other codes of its vector field.
fn edited(base: &Patient, edit: impl FnOnce(&mut [u8], &IndexHeader)) -> Patient {
    let mut patient = base.clone();
    let found = |d: &vesalius::format::index::IndexDesc| d.kind == INDEX_CODES && d.group != 0;
    let place = patient.manifest().indexes.iter().position(found).unwrap();
    let old: Extent = patient.manifest().indexes[place].data;
    let mut bytes = patient.data(old);
    let header = IndexHeader::decode(&bytes, old.len, 0).unwrap();
    edit(&mut bytes, &header);
    let data = patient.append(&bytes);
    patient.edit_manifest(|manifest| manifest.indexes[place].data = data);
    patient
}
