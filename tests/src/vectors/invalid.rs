//! Containers to reject: superblocks, spatial header, extents, manifest, log. Each name starts with the rule.

use vesalius::format::crc32;
use vesalius::format::extent::Extent;
use vesalius::format::index::IndexDesc;
use vesalius::format::ops::Op;
use vesalius::format::schema::{COLUMN_KEYS, Schema};
use vesalius::{Definition, Result};

use super::images::{
    AGE, FLAG, GLOBAL, closed, commit, definition, flat, log, only_log, put, unclosed,
};
use super::surgery::Patient;

type Named = (&'static str, Patient);

/// Names and containers.
pub(super) fn all() -> Result<Vec<Named>> {
    Ok([superblocks()?, extents()?, manifest()?, schema()?, log_structure()?, log_content()?]
        .concat())
}

fn edited(base: &Patient, edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = base.clone();
    edit(&mut patient);
    patient
}

fn superblocks() -> Result<Vec<Named>> {
    let base = closed(Definition::new(), |_| Ok(()))?;
    let edit = |edit: &dyn Fn(&mut Patient)| edited(&base, edit);
    let raw = |place: usize, value: u8| {
        edited(&base, |p| p.patch_superblocks(|page| page[place] = value))
    };
    let block = |change: &dyn Fn(&mut vesalius::format::superblock::Superblock)| {
        edited(&base, |p| p.edit_superblock(change))
    };
    Ok(vec![
        ("V001_empty", edit(&|p| p.bytes.clear())),
        ("V001_two_pages", edit(&|p| p.bytes.truncate(8192))),
        ("V002_no_superblock", edit(&|p| p.bytes[..8192].fill(0))),
        (
            "V002_line_ends",
            edit(&|p| {
                p.bytes[4] = b'\n';
                p.bytes[4100] = b'\n';
            }),
        ),
        ("V002_second_lost", edit(&|p| p.bytes[4096 + 600] = 1)),
        ("V002_major_0", raw(8, 0)),
        ("V002_epoch", block(&|s| s.epoch = 1 << 61)),
        ("V002_generation", block(&|s| s.generation = u64::MAX)),
        ("V003_page_size", raw(13, 0x20)),
        ("V004_superblock", raw(4000, 1)),
        ("V004_page_2", edit(&|p| p.patch_space(|page| page[4095] = 1))),
        ("V004_space", edit(&|p| p.patch_space(|page| page[200] = 1))),
        ("V005_cut", edit(&|p| p.bytes.truncate(12_288))),
        ("V005_length", block(&|s| s.file_len += 1)),
        ("V006_no_manifest", block(&|s| s.manifest = Extent::default())),
        ("V010_page_2", edit(&|p| p.bytes[8192 + 25] = 1)),
        ("V011_spacing", edit(&|p| p.patch_space(|page| page[32..40].fill(0)))),
        ("V011_direction", edit(&|p| p.patch_space(|page| page[88..160].fill(0)))),
        ("newer_major", raw(8, 2)),
        ("newer_incompat", block(&|s| s.incompat = 8)),
        (
            "newer_incompat_one_page",
            edit(&|p| {
                let mut page = p.superblock();
                (page.incompat, page.flags) = (1 << 20, 0xff);
                p.bytes[4096..8192].copy_from_slice(&page.encode());
            }),
        ),
    ])
}

fn extents() -> Result<Vec<Named>> {
    let base = flat(3, &["age", "global"])?;
    let edit = |edit: &dyn Fn(&mut Patient)| edited(&base, edit);
    let index = |data| IndexDesc { kind: 7, column: AGE, group: 0, data };
    let wide = super::valid::blocks()?;
    let table = super::surgery::at(wide.desc(16, 0).data.table_offset());
    let place = |p: &Patient, column| super::surgery::at(p.desc(column, 0).data.offset());
    Ok(vec![
        ("V006_outside", edit(&|p| p.edit_desc(AGE, 0, |d| d.data.page = 1 << 30))),
        ("V006_none", edit(&|p| p.edit_desc(AGE, 0, |d| d.data = Extent::default()))),
        (
            "V006_index",
            edit(&|p| {
                p.edit_manifest(|m| m.indexes.push(index(Extent { page: 1, len: 1, crc: 0 })));
            }),
        ),
        (
            "V007_groups",
            edit(&|p| {
                let data = p.desc(AGE, 0).data;
                p.edit_desc(GLOBAL, 0, |d| d.data = data);
            }),
        ),
        ("V007_segment", edit(&|p| p.edit_superblock(|s| (s.log.page, s.log.pages) = (3, 1)))),
        ("V008_block", edited(&wide, |p| p.bytes[place(&wide, 16) + 65_600] ^= 1)),
        (
            "V008_index",
            edit(&|p| {
                let data = p.append(b"an index");
                p.edit_manifest(|m| m.indexes.push(index(Extent { crc: 1, ..data })));
            }),
        ),
        ("V009_table", edited(&wide, |p| p.bytes[table] ^= 1)),
    ])
}

fn manifest() -> Result<Vec<Named>> {
    let small = closed(definition(), |_| Ok(()))?;
    let base = flat(3, &[])?;
    let two = flat(3, &["age"])?;
    let cursors = super::valid::spaces_cursors()?;
    let edit = |edit: &dyn Fn(&mut vesalius::format::manifest::Manifest)| {
        edited(&base, |p| p.edit_manifest(edit))
    };
    let raw = |change: &dyn Fn(&mut Vec<u8>)| edited(&small, |p| p.patch_manifest(change));
    let desc = |change: &dyn Fn(&mut vesalius::format::group::GroupDesc)| {
        edited(&base, |p| p.edit_desc(COLUMN_KEYS, 0, change))
    };
    let find =
        |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).position(|w| w == text).unwrap();
    Ok(vec![
        ("V012_trailing", raw(&|m| m.push(0))),
        ("V012_epoch", edited(&small, |p| p.edit_manifest(|m| m.epoch += 1))),
        ("V012_images", edit(&|m| m.images -= 1)),
        ("V014_id_twice", edited(&two, |p| p.edit_manifest(|m| m.groups[1].id = m.groups[0].id))),
        ("V014_id_high", edit(&|m| m.groups[0].id = m.next_group)),
        ("V014_layout", desc(&|d| d.column = FLAG)),
        (
            "V014_bulk",
            edited(&base, |p| {
                let bulk = p.append(b"bulk");
                p.edit_desc(COLUMN_KEYS, 0, |d| d.bulk = bulk);
            }),
        ),
        (
            "V022_container",
            edited(&small, |p| p.edit_manifest(|m| m.metadata = "{\"study\": }".into())),
        ),
        ("V026_more_than_images", desc(&|d| d.dead_count = 1000)),
        (
            "V032_twice",
            edited(&cursors, |p| p.edit_manifest(|m| m.cursors.push(m.cursors[0].clone()))),
        ),
        ("V032_no_name", edited(&cursors, |p| p.edit_manifest(|m| m.cursors[0].ingest.clear()))),
        (
            "V033_name",
            raw(&|m| {
                let place = find(m, b"global");
                m[place] = 0xff;
            }),
        ),
        ("V035_next_row", edit(&|m| m.next_row -= 1)),
    ])
}

fn schema() -> Result<Vec<Named>> {
    let base = closed(definition(), |_| Ok(()))?;
    let edit =
        |edit: &dyn Fn(&mut Schema)| edited(&base, |p| p.edit_manifest(|m| edit(&mut m.schema)));
    Ok(vec![
        ("V013_name_twice", edit(&|s| s.fields[1].name = s.fields[0].name.clone())),
        ("V013_dim", edit(&|s| s.fields[0].dim = 0)),
        ("V013_region_twice", edit(&|s| s.fields[2].regions[1] = s.fields[2].regions[0].clone())),
        ("V013_long_name", edit(&|s| s.attributes[0].name = "n".repeat(256))),
    ])
}

fn log_structure() -> Result<Vec<Named>> {
    let what = ["age", "global"];
    let base = only_log(&what)?;
    let open = unclosed(definition(), |db| {
        log(db, &what)?;
        commit(db, |txn| put(txn, 8..10, &what))
    })?;
    let long = super::valid::log_segments()?;
    let small = closed(Definition::new(), |_| Ok(()))?;
    let edit = |edit: &dyn Fn(&mut Patient)| edited(&base, edit);
    let block = |change: &dyn Fn(&mut vesalius::format::superblock::LogHead)| {
        edited(&base, |p| p.edit_superblock(|s| change(&mut s.log)))
    };
    Ok(vec![
        ("V029_outside", block(&|log| log.page = 1 << 40)),
        (
            "V029_next_segment",
            edited(&long, |p| {
                let next = p.records().iter().position(|(_, _, payload)| payload.len() == 16);
                p.edit_log(|index, _, payload| {
                    if Some(index) == next {
                        payload[2] = 1;
                    }
                });
            }),
        ),
        ("V030_end", block(&|log| log.end_seq += 1)),
        ("V030_before_start", block(&|log| log.end_seq = log.first_seq - 1)),
        ("V030_no_log", edited(&small, |p| p.edit_superblock(|s| s.log.end_seq += 1))),
        (
            "V030_payload",
            edit(&|p| {
                let (place, ..) = p.records()[1];
                p.bytes[place + 100] ^= 1;
            }),
        ),
        (
            "V030_reserved",
            edit(&|p| {
                let (place, ..) = p.records()[1];
                p.bytes[place + 56] = 1;
                let crc = crc32(&p.bytes[place..place + 60]);
                p.bytes[place + 60..place + 64].copy_from_slice(&crc.to_le_bytes());
            }),
        ),
        (
            "V030_hole",
            edited(&open, |p| {
                let (place, ..) = p.records()[0];
                p.bytes[place + 100] ^= 1;
            }),
        ),
    ])
}

fn log_content() -> Result<Vec<Named>> {
    let base = only_log(&["age", "global"])?;
    let grown = closed(definition(), |db| {
        commit(db, |txn| put(txn, 0..2, &["age", "parts"]))?;
        db.checkpoint()?;
        commit(db, |txn| txn.add_regions("parts", &["heart".to_owned()]))
    })?;
    let payload = |change: &dyn Fn(&mut Vec<u8>)| {
        edited(&base, |p| {
            p.edit_log(|index, _, payload| {
                if index == 0 {
                    change(payload);
                }
            });
        })
    };
    let groups = |change: &dyn Fn(&mut Vec<vesalius::format::group::GroupDesc>)| {
        edited(&base, |p| p.edit_ops(0, |ops| change_groups(ops, change)))
    };
    let schema = |change: &dyn Fn(&mut Schema)| {
        edited(&grown, |p| {
            p.edit_ops(0, |ops| {
                for op in ops {
                    if let Op::SetSchema(schema) = op {
                        change(schema);
                    }
                }
            });
        })
    };
    Ok(vec![
        ("V013_schema_dim", schema(&|s| s.fields[2].dim += 1)),
        ("V013_schema_regions", schema(&|s| s.fields[2].regions.swap(0, 5))),
        ("V014_log_id", groups(&|g| g[1].id = g[0].id)),
        ("V014_log_outside", groups(&|g| g[1].data.page = 1 << 20)),
        ("V014_log_overlap", groups(&|g| g[0].data.len += 64)),
        ("V014_log_dead", groups(&|g| g[1].dead_count = 1)),
        ("V031_count", payload(&|bytes| bytes[0] += 1)),
        ("V031_code", payload(&|bytes| bytes[16] = 99)),
        (
            "V031_rows",
            edited(&base, |p| {
                p.edit_ops(1, |ops| {
                    for op in ops {
                        if let Op::DeleteRows(rows) = op {
                            rows[0] = 1 << 32;
                        }
                    }
                });
            }),
        ),
        ("V035_log", groups(&|g| g[1].last_row += 100)),
    ])
}

fn change_groups(ops: &mut [Op], change: &dyn Fn(&mut Vec<vesalius::format::group::GroupDesc>)) {
    let own = |op: &&mut Op| matches!(op, Op::AddGroup(_));
    let mut groups = Vec::new();
    for op in ops.iter() {
        if let Op::AddGroup(desc) = op {
            groups.push(desc.clone());
        }
    }
    change(&mut groups);
    for (op, desc) in ops.iter_mut().filter(own).zip(groups) {
        *op = Op::AddGroup(desc);
    }
}
