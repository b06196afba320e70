//! Containers with tokens and prompt sets: what bulk data lies in extents of its own.

use vesalius::format::extent::Extent;
use vesalius::format::group::{BlobHeader, Layout};
use vesalius::format::ops::{Op, decode_ops};
use vesalius::format::superblock::{INCOMPAT_PROMPT_SETS, INCOMPAT_TOKENS};
use vesalius::{
    Database, Definition, Dtype, Field, GridMapping, PromptSet, Result, Space, TokensValue,
    WriteTxn,
};

use super::images::{closed, commit, sealed, unclosed};
use super::surgery::{Patient, at, tensor_places};

/// f16, a grid of 2 x 2 x 3, 3 values.
pub const GRID: u32 = 16;
/// f32, a plane of 2 x 3, 2 values.
pub const PLANE: u32 = 17;
/// f32, sequences of 4, 3 values.
pub const SEQUENCE: u32 = 18;
/// f16, sequences of any length, 5 values.
pub const FREE: u32 = 19;
/// Vectors, which prompts are compared with: f32, 3 values.
pub const GLOBAL: u32 = 20;
/// Name of every field with tokens.
pub const ALL: [&str; 4] = ["grid", "plane", "sequence", "free"];

const CREATED_MS: u64 = 1_700_000_000_000;

/// All fields, a known space.
pub fn definition() -> Definition {
    Definition::new()
        .field(Field::tokens("grid", [2, 2, 3], 3))
        .field(Field::tokens("plane", [0, 2, 3], 2).dtype(Dtype::F32))
        .field(Field::tokens("sequence", [0, 0, 4], 3).dtype(Dtype::F32))
        .field(Field::tokens("free", [0, 0, 0], 5))
        .field(Field::vector("global", 3))
        .space(Space::new([10, 20, 30], [2.0, 0.5, 0.5]))
}

fn values(seed: u32, count: u32) -> Vec<f32> {
    (0..count).map(|i| ((seed * 31 + i * 7) % 97) as f32 / 8.0 - 6.0).collect()
}

/// Axes in another order, the first one backwards, cells that overlap and reach outside of the image.
fn turned() -> GridMapping {
    GridMapping {
        axes: [2, 0, 1],
        offset: [15.0, 5.0, -1.5],
        stride: [-15.0, 5.0, 7.25],
        extent: [15.0, 5.5, 7.0],
    }
}

/// Sets the tensors of image `n` in the fields named in `what`; `salt` makes other values.
///
/// # Errors
///
/// Those of the transaction.
pub fn put(txn: &mut WriteTxn<'_>, n: u32, salt: u32, what: &[&str]) -> Result<()> {
    let has = |name: &str| what.contains(&name);
    let mut image = txn.upsert(&format!("case/{n:03}"))?;
    if has("grid") && n % 4 != 3 {
        let grid = values(n + salt, 36);
        let grid = TokensValue::from(&grid[..]);
        let grid = match n % 4 {
            1 => grid.mapping(turned()),
            2 => grid.unmapped(),
            _ => grid,
        };
        image = image.tokens("grid", grid)?;
    }
    if has("plane") && n.is_multiple_of(2) {
        image = image.tokens("plane", &values(n + salt + 50, 12)[..])?;
    }
    if has("sequence") {
        image = image.tokens("sequence", &values(n + salt + 60, 12)[..])?;
    }
    if has("free") {
        image.tokens("free", &values(n + salt + 70, n % 3 * 5)[..])?;
    }
    Ok(())
}

fn all(db: &Database, numbers: std::ops::Range<u32>, what: &[&str]) -> Result<()> {
    commit(db, |txn| {
        for n in numbers {
            put(txn, n, 0, what)?;
        }
        Ok(())
    })
}

/// A closed container without a log: tensors of images 0 to `count - 1`.
///
/// # Errors
///
/// Those of the engine.
pub fn flat(count: u32, what: &[&str]) -> Result<Patient> {
    closed(definition(), |db| {
        all(db, 0..count, what)?;
        db.checkpoint()
    })
}

/// A closed container with images 0 to 2 in the log alone.
///
/// # Errors
///
/// Those of the engine.
pub fn only_log(what: &[&str]) -> Result<Patient> {
    sealed(definition(), |db| all(db, 0..3, what))
}

/// Three texts, of which one is empty and one is not ASCII.
pub fn small_set(name: &str, seed: u32) -> PromptSet {
    let texts = ["a nodule", "", "\u{e9}panchement"].map(str::to_owned).to_vec();
    PromptSet::new(name, texts, 3).features(values(seed, 9)).created_ms(CREATED_MS)
}

/// All that a prompt set can have.
pub fn large_set(name: &str, seed: u32) -> PromptSet {
    let texts = (0..5).map(|n| format!("finding {n}")).collect();
    PromptSet::new(name, texts, 3)
        .features(values(seed, 15))
        .tokens(values(seed + 1, 5 * 2 * 3))
        .field("global")
        .logit_scale(4.75)
        .logit_bias(-0.0)
        .attributes("{\"template\": \"a CT of {}\"}")
        .created_ms(CREATED_MS + 1)
}

/// A closed container without a log that has a small and a large prompt set.
///
/// # Errors
///
/// Those of the engine.
pub fn with_sets() -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| {
            txn.set_prompt_set(&small_set("small", 1))?;
            txn.set_prompt_set(&large_set("large", 2))
        })?;
        db.checkpoint()
    })
}

/// The same sets in the log alone.
///
/// # Errors
///
/// Those of the engine.
pub fn sets_in_log() -> Result<Patient> {
    sealed(definition(), |db| {
        commit(db, |txn| {
            txn.set_prompt_set(&small_set("small", 1))?;
            txn.set_prompt_set(&large_set("large", 2))
        })
    })
}

/// Names and containers that every reader reads.
pub(super) fn valid() -> Result<Vec<(&'static str, Patient)>> {
    Ok(vec![
        ("tokens", flat(8, &ALL)?),
        ("tokens_blocks", blocks()?),
        ("tokens_dead", dead()?),
        ("tokens_log", log()?),
        ("prompt_sets", prompt_sets()?),
        ("bulk_open", unclosed(definition(), open_log)?),
        ("bulk_torn_tensor", torn(|op| matches!(op, Op::AddGroup(desc) if desc.column == FREE))?),
        ("bulk_torn_prompts", torn(|op| matches!(op, Op::SetPromptSet(_)))?),
        ("bulk_bits", bits()?),
    ])
}

/// Tensors longer than a checksum block, with a table behind them: in the manifest and in the log.
fn blocks() -> Result<Patient> {
    sealed(definition(), |db| {
        commit(db, |txn| {
            txn.put("first")?.tokens("free", &values(3, 33_000)[..])?;
            txn.put("second")?.tokens("free", &values(4, 5)[..]).map(drop)
        })?;
        db.checkpoint()?;
        commit(db, |txn| txn.put("third")?.tokens("free", &values(5, 32_770)[..]).map(drop))
    })
}

/// One tensor longer than a checksum block.
pub(super) fn long_tensor() -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| txn.put("first")?.tokens("free", &values(3, 33_000)[..]).map(drop))?;
        db.checkpoint()
    })
}

/// Dead images in a row group of tokens: their tensors are gone, the pages may be those of something else, or lie
/// behind the end of the file.
fn dead() -> Result<Patient> {
    let mut patient = closed(definition(), |db| {
        all(db, 0..24, &["grid"])?;
        db.checkpoint()?;
        commit(db, |txn| {
            txn.delete("case/001")?;
            put(txn, 2, 9, &["grid"])?;
            txn.update("case/004")?.clear("grid").map(drop)
        })?;
        db.checkpoint()
    })?;
    assert_eq!(patient.desc(GRID, 0).dead_count, 3);
    let first = patient.desc(GRID, 0).data.page;
    patient.edit_group(GRID, |data, header| {
        for (place, page) in tensor_places(header).skip(1).zip([first, 1 << 30]) {
            data[place..place + 8].copy_from_slice(&page.to_le_bytes());
        }
    });
    Ok(patient)
}

/// Row groups of tokens in a closed log: new images, tensors that supersede those of the manifest and of the log.
fn log() -> Result<Patient> {
    sealed(definition(), |db| {
        all(db, 0..4, &ALL)?;
        db.checkpoint()?;
        all(db, 4..7, &ALL)?;
        for salt in [5, 6, 7] {
            commit(db, |txn| put(txn, 2, salt, &ALL))?;
        }
        commit(db, |txn| put(txn, 5, 8, &["grid", "free"]))?;
        commit(db, |txn| txn.delete("case/004").map(drop))?;
        commit(db, |txn| txn.update("case/006")?.clear("sequence").map(drop))
    })
}

/// Prompt sets that were added, replaced and deleted, before and after a checkpoint.
fn prompt_sets() -> Result<Patient> {
    sealed(definition(), |db| {
        commit(db, |txn| {
            txn.set_prompt_set(&small_set("small", 1))?;
            txn.set_prompt_set(&large_set("large", 2))?;
            txn.set_prompt_set(&small_set("gone", 3))?;
            txn.set_prompt_set(&small_set("replaced", 4))
        })?;
        db.checkpoint()?;
        commit(db, |txn| txn.set_prompt_set(&large_set("replaced", 5)))?;
        commit(db, |txn| {
            txn.delete_prompt_set("gone")?;
            txn.set_prompt_set(&small_set("\u{3b1}", 6))
        })
    })
}

fn open_log(db: &Database) -> Result<()> {
    all(db, 0..3, &ALL)?;
    commit(db, |txn| txn.set_prompt_set(&small_set("small", 1)))?;
    db.checkpoint()?;
    commit(db, |txn| {
        put(txn, 3, 0, &ALL)?;
        put(txn, 1, 4, &["grid"])?;
        txn.set_prompt_set(&large_set("large", 2))
    })?;
    commit(db, |txn| {
        put(txn, 3, 11, &ALL)?;
        txn.delete_prompt_set("small")?;
        txn.set_prompt_set(&large_set("new", 3))
    })?;
    commit(db, |txn| {
        put(txn, 4, 11, &ALL)?;
        txn.delete_prompt_set("large")?;
        txn.set_prompt_set(&small_set("last", 3))
    })
}

/// A log that is not closed, whose last record names an extent that is not as it should be: the tensor of a row
/// group, or the data of a prompt set.
fn torn(what: impl Fn(&Op) -> bool) -> Result<Patient> {
    let mut patient = unclosed(definition(), open_log)?;
    let (_, _, payload) = patient.records().pop().unwrap();
    let ops = decode_ops(&payload, 0, patient.bytes.len() as u64).unwrap();
    let extent = match ops.iter().find(|op| what(op)) {
        Some(Op::SetPromptSet(set)) => set.data,
        Some(Op::AddGroup(desc)) => first_tensor(&payload[at(desc.data.page)..], desc.layout),
        _ => Extent::default(),
    };
    patient.bytes[at(extent.offset()) + 3] ^= 0x10;
    Ok(patient)
}

fn first_tensor(blob: &[u8], layout: Layout) -> Extent {
    assert_eq!(layout, Layout::Tokens);
    let header = BlobHeader::decode(blob, blob.len() as u64, 0).unwrap();
    let place = tensor_places(&header).next().unwrap();
    let word =
        |n: usize| u64::from_le_bytes(blob[place + 8 * n..place + 8 * n + 8].try_into().unwrap());
    Extent { page: word(0), len: word(1), crc: u32::try_from(word(2)).unwrap() }
}

/// Feature bits that nothing needs.
fn bits() -> Result<Patient> {
    let mut patient = closed(definition(), |db| commit(db, |txn| txn.put("one").map(drop)))?;
    patient.edit_superblock(|s| s.incompat = INCOMPAT_TOKENS | INCOMPAT_PROMPT_SETS);
    Ok(patient)
}
