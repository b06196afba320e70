//! `SPEC.md` and the code say the same.
//!
//! The tables of the specification are data here: values of the engine are encoded by the engine and decoded
//! by nothing but the tables, field by field, offset by offset. A field that moves on either side fails.
#![cfg(test)]

#[path = "spec/indexes.rs"]
mod indexes;
#[path = "spec/tables.rs"]
mod tables;
#[path = "spec/values.rs"]
mod values;

use std::sync::Arc;

use vesalius::container::checked::seal;
use vesalius::container::encode::{RegionEntry, RegionsInput};
use vesalius::container::open::load;
use vesalius::container::writer::Writer as Container;
use vesalius::format::extent::{EXTENT_POINTER_BYTES, Extent};
use vesalius::format::group::blob::{BLOB_HEADER_BYTES, GROUP_MAGIC, SECTIONS_MAX};
use vesalius::format::group::descriptor::{GROUP_DESC_BYTES, GROUP_INLINE};
use vesalius::format::group::layout::{ENTRY_HAS_BOX, ENTRY_HAS_SCORE, section as s};
use vesalius::format::group::{BlobHeader, BlobWriter, GroupDesc, Layout, Section};
use vesalius::format::hash::key_hash;
use vesalius::format::index::{
    INDEX_CODES, INDEX_DESC_BYTES, INDEX_HEADER_BYTES, INDEX_LISTS, INDEX_MAGIC,
    INDEX_SECTIONS_MAX, IndexDesc,
};
use vesalius::format::manifest::{MANIFEST_MAGIC, MANIFEST_VERSION, Manifest};
use vesalius::format::mapping::GRID_MAPPING_BYTES;
use vesalius::format::ops::{Op, encode_ops};
use vesalius::format::reader::Reader;
use vesalius::format::record::{RECORD_HEADER_BYTES, RECORD_MAGIC, RecordHeader, RecordKind};
use vesalius::format::schema::{
    AttributeType, COLUMN_FIRST, COLUMN_KEYS, COLUMN_METADATA, DefaultMetric, Dtype, FieldKind,
    Schema,
};
use vesalius::format::segment::SEGMENT_SLOTS;
use vesalius::format::space::{SPACE_BYTES, Space};
use vesalius::format::superblock::{
    CHECKSUM_OFFSET, FLAG_SEALED, INCOMPAT_KNOWN, INCOMPAT_MASKS, INCOMPAT_PROMPT_SETS,
    INCOMPAT_TOKENS, LogHead, MAGIC, RO_COMPAT_KNOWN, SUPERBLOCK_BYTES, Superblock, VERSION_MAJOR,
    VERSION_MINOR,
};
use vesalius::format::writer::Writer;
use vesalius::format::{Rule, crc32, limits};
use vesalius::storage::{MemoryStorage, Storage};

use tables::{SPEC, by_table, expect, expect_pairs, hex, hexdump, pairs, table};
use values::{
    CURSOR, GROUP, MAPPING, SCHEMA, SPACE, cursor, group, mapping, prompt_set, prompt_set_lines,
    schema, space, under,
};

const LIMITS: &str = include_str!("../../engine/src/format/limits.rs");
const LOCKS: &str = include_str!("../../engine/src/storage/locks.rs");

fn encoded(encode: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::new();
    encode(&mut w);
    w.into_bytes()
}

fn magic(value: u32) -> String {
    hex(&value.to_le_bytes())
}

#[test]
fn limits_are_those_of_the_code() {
    macro_rules! values { ($($name:ident)+) => { [$((stringify!($name), limits::$name)),+] } }
    let code = values!(PAGE_BYTES BLOCK_BYTES SECTOR_BYTES ALIGN_BYTES FILE_BYTES_MAX
        EXTENT_BYTES_MAX MANIFEST_BYTES_MAX RECORD_BYTES_MAX KEY_BYTES_MAX NAME_BYTES_MAX
        TEXT_BYTES_MAX JSON_BYTES_MAX JSON_DEPTH_MAX FIELDS_MAX ATTRIBUTES_MAX REGIONS_MAX SPACES_MAX CURSORS_MAX
        PROMPT_SETS_MAX GROUPS_MAX GROUP_ENTRIES_MAX ROWS_MAX DIM_MAX TENSOR_BYTES_MAX PROMPTS_MAX AXIS_MAX
        OPS_MAX MASK_VOXELS_MAX SEGMENT_CODES_MAX SEGMENT_PARTS_MAX);
    let declared = LIMITS.lines().filter(|line| line.starts_with("pub const ")).count();
    assert_eq!(code.len(), declared, "limits.rs has a constant that this test does not know");
    expect_pairs("limits", &code.map(|(name, value)| (name, value.to_string())));
}

#[test]
fn constants_are_those_of_the_code() {
    macro_rules! row {
        ($name:ident) => {
            (stringify!($name), $name.to_string())
        };
    }
    let want = [
        ("MAGIC", hex(&MAGIC)),
        row!(VERSION_MAJOR),
        row!(VERSION_MINOR),
        row!(SUPERBLOCK_BYTES),
        row!(CHECKSUM_OFFSET),
        row!(FLAG_SEALED),
        row!(INCOMPAT_TOKENS),
        row!(INCOMPAT_MASKS),
        row!(INCOMPAT_PROMPT_SETS),
        row!(EXTENT_POINTER_BYTES),
        row!(SPACE_BYTES),
        ("RECORD_MAGIC", magic(RECORD_MAGIC)),
        row!(RECORD_HEADER_BYTES),
        ("MANIFEST_MAGIC", magic(MANIFEST_MAGIC)),
        row!(MANIFEST_VERSION),
        row!(INDEX_DESC_BYTES),
        ("INDEX_MAGIC", magic(INDEX_MAGIC)),
        row!(INDEX_HEADER_BYTES),
        row!(INDEX_SECTIONS_MAX),
        row!(INDEX_CODES),
        row!(INDEX_LISTS),
        row!(GROUP_DESC_BYTES),
        row!(GROUP_INLINE),
        ("GROUP_MAGIC", magic(GROUP_MAGIC)),
        row!(BLOB_HEADER_BYTES),
        row!(SECTIONS_MAX),
        row!(GRID_MAPPING_BYTES),
        row!(COLUMN_KEYS),
        row!(COLUMN_METADATA),
        row!(COLUMN_FIRST),
        row!(ENTRY_HAS_BOX),
        row!(ENTRY_HAS_SCORE),
        row!(SEGMENT_SLOTS),
    ];
    expect_pairs("constants", &want);
    let bits = [
        (INCOMPAT_TOKENS, "INCOMPAT_TOKENS"),
        (INCOMPAT_MASKS, "INCOMPAT_MASKS"),
        (INCOMPAT_PROMPT_SETS, "INCOMPAT_PROMPT_SETS"),
    ];
    let bits: Vec<_> = bits.iter().map(|(bit, name)| (bit.to_string(), (*name).into())).collect();
    assert_eq!(pairs("incompat"), bits);
    assert_eq!(
        (INCOMPAT_KNOWN, RO_COMPAT_KNOWN),
        (7, 0),
        "version 1.2 knows tokens, masks and prompt sets"
    );
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    assert!(SPEC.contains("`0xCBF43926`"));
}

#[test]
fn lock_bytes_are_those_of_the_code() {
    let writer = 1_u64 << 62;
    let want = [("WRITER_BYTE", writer), ("EPOCH_BASE", writer + 16), ("EPOCH_LIMIT", 1 << 61)];
    expect_pairs("locks", &want.map(|(name, value)| (name, value.to_string())));
    for (name, expression) in
        [("WRITER_BYTE", "1 << 62"), ("EPOCH_BASE", "WRITER_BYTE + 16"), ("EPOCH_LIMIT", "1 << 61")]
    {
        let line = format!("const {name}: u64 = {expression};");
        assert!(LOCKS.contains(&line), "{line}");
    }
}

#[test]
fn rules_are_those_of_the_code() {
    let rules: Vec<_> = Rule::ALL.iter().map(|r| (r.to_string(), r.text().to_owned())).collect();
    assert_eq!(pairs("rules"), rules);
}

#[test]
fn codes_are_those_of_the_code() {
    macro_rules! codes {
        ($table:literal, $kind:ty) => {
            let found = (0..=u8::MAX).filter_map(<$kind>::from_code);
            let code: Vec<_> =
                found.map(|v| (v.code().to_string(), v.as_str().to_owned())).collect();
            assert_eq!(pairs($table), code);
        };
    }
    codes!("attribute types", AttributeType);
    codes!("field kinds", FieldKind);
    codes!("dtypes", Dtype);
    codes!("metrics", DefaultMetric);
    for (key, hash) in pairs("hashes") {
        let found = key_hash(key.trim_matches('`').as_bytes());
        assert_eq!(format!("{found:016x}"), hash, "{key}");
    }
}

#[test]
fn layouts_and_sections_are_those_of_the_code() {
    let layouts: Vec<_> =
        Layout::ALL.iter().map(|l| (l.code().to_string(), format!("{l:?}"))).collect();
    assert_eq!(pairs("layouts"), layouts);
    for (layout, row) in Layout::ALL.iter().zip(table("layouts")) {
        let number =
            if layout.sections() == 0 { "-".into() } else { layout.sections().to_string() };
        assert_eq!(row[2], number, "sections of {layout:?}");
    }
    macro_rules! sections {
        ($table:literal, $($layout:ident)*: $($name:ident)+) => {
            let want = [$((s::$name.to_string(), stringify!($name).to_owned())),+];
            assert_eq!(pairs($table), want);
            $(assert_eq!(usize::from(Layout::$layout.sections()), want.len() + 1);)*
        };
    }
    sections!("sections of every layout", : ROWS);
    sections!("sections of Keys", Keys: KEY_SPACES KEY_OFFSETS KEY_BYTES KEY_HASHES KEY_ORDER);
    sections!("sections of I64, F64, Bool", I64 F64 Bool: VALUES);
    sections!("sections of Text", Text: VALUES DICT_OFFSETS DICT_BYTES);
    sections!("sections of Metadata", Metadata: JSON_OFFSETS JSON_BYTES);
    sections!("sections of Vector", Vector: VECTOR_MATRIX);
    sections!("sections of Regions", Regions: REGION_DIRECTORY ENTRY_IMAGES IMAGE_STARTS
        IMAGE_REGIONS IMAGE_ENTRIES ENTRY_FLAGS ENTRY_BOXES ENTRY_SCORES REGION_MATRIX);
    sections!("sections of Tokens", Tokens: TENSORS MAPPING_CODES MAPPINGS);
    sections!("sections of Masks", Masks: SEGMENT_NAMES SEGMENT_LABELS NAME_OFFSETS NAME_BYTES RECORD_OFFSETS
        RECORDS BLOCKS);
    sections!("sections of Prompts", Prompts: PROMPT_OFFSETS PROMPT_BYTES PROMPT_MATRIX
        PROMPT_TOKENS);
}

#[test]
fn superblock_record_and_pointer() {
    let page = Superblock {
        version_minor: 2,
        uuid: [0xAB; 16],
        compat: 3,
        ro_compat: 4,
        incompat: 5,
        flags: 6,
        generation: 7,
        epoch: 8,
        file_len: 9,
        space_crc: 10,
        manifest: Extent { page: 11, len: 12, crc: 13 },
        log: LogHead { page: 14, pages: 15, first_seq: 16, epoch: 17, chain: 18, end_seq: 19 },
    }
    .encode();
    let lines = format!(
        "magic = {}\n version_major = 1\n version_minor = 2\n page_bytes = 4096\n uuid = {}\n
        compat = 3\n ro_compat = 4\n incompat = 5\n flags = 6\n generation = 7\n epoch = 8\n
        file_len = 9\n space_crc = 10\n manifest.page = 11\n manifest.len = 12\n manifest.crc = 13\n
        log_page = 14\n log_pages = 15\n log_first_seq = 16\n log_epoch = 17\n log_chain = 18\n
        log_end_seq = 19\n checksum = {}",
        hex(&MAGIC),
        hex(&[0xAB; 16]),
        crc32(&page[..CHECKSUM_OFFSET])
    );
    expect("superblock", &page, &lines);
    for (kind, code) in [(RecordKind::Commit, 1), (RecordKind::Next, 2)] {
        let header = RecordHeader {
            kind,
            seq: 21,
            synced_seq: 20,
            payload_len: 22,
            payload_crc: 23,
            chain: 24,
            epoch: 25,
            time_ms: 26,
        };
        let (bytes, checksum) = header.encode();
        assert_eq!(checksum, crc32(&bytes[..60]));
        let lines = format!(
            "magic = {}\n kind = {code}\n seq = 21\n synced_seq = 20\n payload_len = 22\n
            payload_crc = 23\n chain = 24\n epoch = 25\n time_ms = 26\n checksum = {checksum}",
            magic(RECORD_MAGIC)
        );
        expect("record", &bytes, &lines);
    }
    let extent = Extent { page: 1, len: 2, crc: 3 };
    expect("extent", &encoded(|w| extent.encode(w)), "page = 1\n len = 2\n crc = 3");
    expect("next", &encoded(|w| [4, 5].into_iter().for_each(|n| w.u64(n))), "page = 4\n pages = 5");
}

#[test]
fn space_group_cursor_and_schema() {
    expect("space", &encoded(|w| space().encode(w)), SPACE);
    expect("group", &encoded(|w| group().encode(w)), GROUP);
    expect("cursor", &encoded(|w| cursor().encode(w)), CURSOR);
    expect("schema", &encoded(|w| schema().encode(w)), SCHEMA);
    expect("prompt_set", &encoded(|w| prompt_set().encode(w)), &prompt_set_lines());
    let bytes = encoded(|w| mapping().encode(w));
    assert_eq!(bytes.len() as u64, GRID_MAPPING_BYTES);
    expect("grid_mapping", &bytes, MAPPING);
    let inline = GroupDesc { inline: true, ..group() };
    let bytes = encoded(|w| inline.encode(w));
    expect("group", &bytes, &GROUP.replace("flags = 0", &format!("flags = {GROUP_INLINE}")));
}

#[test]
fn a_space_of_the_stated_size_is_read_back() {
    let bytes = encoded(|w| space().encode(w));
    assert_eq!(bytes.len(), SPACE_BYTES);
    let mut r = Reader::new(&bytes, 0, Rule::SpaceValues);
    assert_eq!(Space::decode(&mut r), Ok(space()));
    assert_eq!(r.remaining(), 0);
}

#[test]
fn manifest() {
    let data = Extent { page: 40, len: 41, crc: 42 };
    let manifest = Manifest {
        epoch: 31,
        next_row: 32,
        next_group: 33,
        images: 34,
        created_ms: 35,
        schema: schema(),
        metadata: "{\"a\":1}".into(),
        spaces: vec![space()],
        cursors: vec![cursor()],
        groups: vec![group()],
        indexes: vec![IndexDesc { kind: 36, column: 37, group: 38, data }],
        prompt_sets: vec![prompt_set()],
    };
    let head = format!(
        "magic = {}\n version = {MANIFEST_VERSION}\n epoch = 31\n next_row = 32\n next_group = 33\n
        images = 34\n created_ms = 35\n",
        magic(MANIFEST_MAGIC)
    );
    let index = "indexes[0].kind = 36\n indexes[0].column = 37\n indexes[0].group = 38\n
        indexes[0].data.page = 40\n indexes[0].data.len = 41\n indexes[0].data.crc = 42\n";
    let lines = [
        &head,
        &under("schema", SCHEMA),
        "metadata = \"{\\\"a\\\":1}\"\n",
        &under("spaces[0]", SPACE),
        &under("cursors[0]", CURSOR),
        &under("groups[0]", GROUP),
        index,
        &under("prompt_sets[0]", &prompt_set_lines()),
    ];
    expect("manifest", &manifest.encode(), &lines.concat());
}

#[test]
fn operations() {
    let rows = vec![3, 5];
    let ops = [
        (Op::AddGroup(group()), GROUP.to_owned()),
        (Op::DeleteRows(rows.clone()), "rows[0] = 3\n rows[1] = 5".into()),
        (Op::ClearRows { column: 9, rows }, "column = 9\n rows[0] = 3\n rows[1] = 5".into()),
        (Op::SetCursor(cursor()), CURSOR.into()),
        (Op::SetSchema(schema()), SCHEMA.into()),
        (Op::AddSpace(space()), SPACE.into()),
        (Op::SetMetadata("{}".into()), String::new()),
        (Op::SetPromptSet(Box::new(prompt_set())), prompt_set_lines()),
        (Op::DeletePromptSet("{}".into()), String::new()),
    ];
    let stated = table("op codes");
    assert_eq!(stated.len(), ops.len());
    for ((op, lines), row) in ops.into_iter().zip(stated) {
        let name = format!("{op:?}");
        assert!(name.starts_with(&row[1]), "{name} is not {}", row[1]);
        let bytes = encode_ops(&[op]);
        assert!(bytes.len().is_multiple_of(64));
        let area =
            16 + usize::try_from(u64::from_le_bytes(bytes[8..16].try_into().unwrap())).unwrap();
        let found = by_table("ops", &bytes[..area]);
        assert_eq!(found[0], "count = 1");
        assert_eq!(found[2], format!("operations[0].code = {}", row[0]));
        let body = &bytes[32..area];
        assert_eq!(found[4], format!("operations[0].body = {}", hex(body)));
        if row[2] == "text" || row[2] == "name" {
            assert_eq!(body, encoded(|w| w.text("{}")));
        } else {
            expect(&row[2], body, &lines);
        }
    }
}

#[test]
fn header_of_a_row_group() {
    let sections = [Section::default(); SECTIONS_MAX];
    let (layout, count, total) = (Layout::Regions, 51, 56);
    let (dim, dtype, stride) = (53, 54, 55);
    let header = BlobHeader { layout, count, first_row: 52, dim, dtype, stride, total, sections };
    let mut plan = BlobWriter::new(&header);
    let places: Vec<_> = (0..10).map(|n| plan.section(n * 10)).collect();
    let bytes = plan.encode_header();
    assert_eq!(bytes.len(), 256, "the first section starts behind the table, rounded up to 64");
    let lines = format!(
        "magic = {}\n layout = 17\n sections = 10\n count = 51\n first_row = 52\n dim = 53\n
        dtype = 54\n stride = 55\n total = 56",
        magic(GROUP_MAGIC)
    );
    expect("blob", &bytes[..64], &lines);
    for (place, bytes) in places.iter().zip(bytes[64..].chunks_exact(16)) {
        expect("section", bytes, &format!("offset = {}\n len = {}", place.offset, place.len));
    }
}

#[test]
fn the_example_of_a_regions_row_group() {
    let feature = |values: [f32; 2]| values.map(f32::to_le_bytes).concat();
    let features = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].map(feature);
    let entry =
        |region, n: usize, bbox, score| RegionEntry { region, feature: &features[n], bbox, score };
    let bbox = Some([0.0, 8.0, 16.0, 1.0, 24.0, 48.0]);
    let entries =
        vec![entry(0, 0, bbox, Some(0.5)), entry(2, 1, None, None), entry(0, 2, None, Some(0.25))];
    let input =
        RegionsInput { rows: vec![4, 7], ends: vec![2, 3], entries, dim: 2, dtype: Dtype::F32 };
    let bytes = input.encode().unwrap().bytes;
    assert_eq!(bytes.len(), 1088);
    assert_eq!(bytes[..256], hexdump("example"));
    for (row, place) in table("example").iter().zip(bytes[64..].chunks_exact(16)) {
        let (offset, len) = (row[1].parse::<usize>().unwrap(), row[2].parse::<usize>().unwrap());
        expect("section", place, &format!("offset = {offset}\n len = {len}"));
        let zeros = " 00".repeat(56);
        let text = row[3].replace(" + 56 zeros", &zeros).replace(';', "");
        let stated: String = text.split_whitespace().collect();
        let found: String = hex(&bytes[offset..offset + len]).to_lowercase();
        assert_eq!(found.replace(' ', ""), stated, "section {}", row[0]);
        if row[0] == "1 REGION_DIRECTORY" {
            expect(
                "directory",
                &bytes[offset + 16..offset + 32],
                "region = 2\n count = 1\n first = 2",
            );
        }
    }
}

#[test]
fn the_smallest_file() {
    let stated = hexdump("smallest");
    let uuid: [u8; 16] = stated[16..32].try_into().unwrap();
    let created_ms = u64::from_le_bytes(stated[0x3028..0x3030].try_into().unwrap());
    assert_eq!(created_ms, 1_700_000_000_000);
    let manifest = Manifest { epoch: 1, created_ms, ..Manifest::default() }.encode();
    let page = Space::default().encode_page();
    let superblock = Superblock {
        version_minor: VERSION_MINOR,
        uuid,
        compat: 0,
        ro_compat: 0,
        incompat: 0,
        flags: FLAG_SEALED,
        generation: 1,
        epoch: 1,
        file_len: 4 * limits::PAGE_BYTES,
        space_crc: crc32(&page),
        manifest: seal(3, &manifest).0,
        log: LogHead { first_seq: 1, end_seq: 1, ..LogHead::default() },
    };
    let mut file = [superblock.encode(), superblock.encode(), page, manifest].concat();
    file.resize(16_384, 0);
    assert_eq!(stated, file);

    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::from_bytes(stated.clone()));
    let loaded = load(&storage).unwrap();
    assert_eq!((loaded.superblock, loaded.state.images()), (superblock, 0));

    // A container that the engine makes has the same bytes, but for the uuid, the time and their checksums.
    let medium = MemoryStorage::new();
    let storage: Arc<dyn Storage> = Arc::new(medium.clone());
    let made = Container::create(&storage, &Space::default(), Schema::default(), String::new());
    made.unwrap().close().unwrap();
    let made = medium.snapshot_bytes();
    assert_eq!(made.len(), stated.len());
    let varies = |at: usize| match at {
        0..0x2000 => matches!(at % 4096, 16..32 | 96..100 | 4092..4096),
        _ => (0x3028..0x3030).contains(&at),
    };
    for (at, (made, stated)) in made.iter().zip(&stated).enumerate() {
        assert!(made == stated || varies(at), "byte {at:#x}");
    }
}
