//! Tokens and prompt sets as a caller meets them: values, parts, places, errors, space that comes back.
#![cfg(test)]

use half::f16;
use vesalius::storage::MemoryStorage;
use vesalius::{
    CompactOptions, Cursor, Database, Definition, Dtype, Error, Field, GridMapping, PromptSet,
    Result, Space, TokensValue,
};

const GRID: [u32; 3] = [0, 4, 6];
const DIM: usize = 40;
/// Bytes of a closed container without images: superblocks, space, manifest.
const EMPTY: usize = 16_384;

fn tensor(seed: usize) -> Vec<f16> {
    (0..24 * DIM).map(|i| f16::from_f32(((i * 7 + seed * 13) % 1000) as f32 / 8.0)).collect()
}

fn definition() -> Definition {
    Definition::new()
        .space(Space::new([1, 32, 48], [1.0, 0.5, 0.5]))
        .field(Field::tokens("patches", GRID, DIM))
        .field(Field::tokens("volume", [2, 4, 6], DIM).dtype(Dtype::F32))
        .field(Field::tokens("words", [0, 0, 0], DIM))
        .field(Field::vector("features", DIM))
}

fn made() -> (MemoryStorage, Database) {
    let medium = MemoryStorage::new();
    let db = Database::create_on(medium.clone(), definition()).unwrap();
    (medium, db)
}

#[test]
fn a_tensor_and_its_parts_are_what_was_put_in() {
    let (_, db) = made();
    let values = tensor(1);
    let mut txn = db.begin_write().unwrap();
    txn.put("a").unwrap().tokens("patches", &values[..]).unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let tokens = snapshot.image("a").unwrap().tokens("patches").unwrap().unwrap();
    assert_eq!((tokens.grid(), tokens.len(), tokens.dim()), ([1, 4, 6], 24, DIM));
    let row = |index: usize| &values[index * DIM..(index + 1) * DIM];
    assert_eq!(tokens.token([0, 2, 3]).unwrap().row_f16(0).unwrap(), row(2 * 6 + 3));
    let part = tokens.sub_grid([0, 1, 2], [1, 3, 5]).unwrap();
    assert_eq!(part.shape, [1, 2, 3]);
    for (y, x) in [(0, 0), (0, 2), (1, 1), (1, 2)] {
        let found = part.features.row_f16(part.row([0, y, x]).unwrap()).unwrap();
        assert_eq!(found, row((y + 1) * 6 + x + 2));
    }
    assert_eq!(part.row([0, 2, 0]), None);
    let all = tokens.all().unwrap();
    let bytes: Vec<u8> = (0..24).flat_map(|row| all.row_bytes(row).unwrap().to_vec()).collect();
    assert_eq!(bytes, bytemuck::cast_slice::<f16, u8>(&values));
    assert!(tokens.token([0, 4, 0]).is_err() && tokens.range(20, 5).is_err());
    assert!(tokens.sub_grid([0, 2, 0], [1, 2, 6]).is_err());
}

#[test]
fn an_even_grid_is_mapped_and_another_one_is_refused() {
    let (_, db) = made();
    let mut txn = db.begin_write().unwrap();
    let odd = txn.add_space(&Space::new([1, 33, 48], [1.0; 3])).unwrap();
    let values = tensor(2);
    txn.put("even").unwrap().tokens("patches", &values[..]).unwrap();
    let image = txn.put("odd").unwrap().space(odd).unwrap();
    let error = image.tokens("patches", &values[..]).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::GridMismatch { .. }), "{text}");
    assert!(
        text.contains("token grid [4, 6] does not cover space shape [1, 33, 48] evenly"),
        "{text}"
    );
    let mapping = GridMapping {
        axes: [0, 1, 2],
        offset: [0.0, -1.5, 0.0],
        stride: [1.0, 9.0, 8.0],
        extent: [1.0, 9.0, 8.0],
    };
    let value = || TokensValue::from(&values[..]);
    txn.upsert("odd").unwrap().tokens("patches", value().mapping(mapping)).unwrap();
    let outside = GridMapping { offset: [0.0, 40.0, 0.0], ..mapping };
    let error = txn.upsert("odd").unwrap().tokens("patches", value().mapping(outside));
    assert!(error.unwrap_err().to_string().contains("along y"));
    let broken = GridMapping { stride: [1.0, 0.0, 8.0], ..mapping };
    assert!(txn.upsert("odd").unwrap().tokens("patches", value().mapping(broken)).is_err());
    txn.put("unknown").unwrap().tokens("patches", value().unmapped()).unwrap();
    // A space that the tokens do not lie in is refused, whether they are new or stored.
    let tiny = txn.add_space(&Space::new([1, 40, 48], [1.0; 3])).unwrap();
    txn.upsert("odd").unwrap().space(tiny).unwrap();
    txn.commit().unwrap();
    let mut txn = db.begin_write().unwrap();
    let line = txn.add_space(&Space::new([1, 1, 4], [1.0; 3])).unwrap();
    txn.update("odd").unwrap().space(line).unwrap();
    let far = GridMapping { offset: [0.0, 10.0, 0.0], ..mapping };
    txn.update("odd")
        .unwrap()
        .space(tiny)
        .unwrap()
        .tokens("patches", value().mapping(far))
        .unwrap();
    assert!(txn.update("odd").unwrap().space(line).is_err());
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let mapped = |key: &str| {
        let tokens = snapshot.image(key).unwrap().tokens("patches").unwrap().unwrap();
        tokens.mapping().unwrap()
    };
    assert_eq!(mapped("even"), Some(GridMapping::regular([1.0, 8.0, 8.0])));
    assert_eq!((mapped("odd"), mapped("unknown")), (Some(far), None));
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_nothing() {
    let (medium, db) = made();
    let mut txn = db.begin_write().unwrap();
    let short = &tensor(1)[1..];
    let error = txn.put("a").unwrap().tokens("patches", short).unwrap_err();
    assert!(
        error.to_string().contains("tokens [4, 6, 40] are needed, 959 values were given"),
        "{error}"
    );
    let mut bad = tensor(1);
    bad[DIM * 3 + 5] = f16::NAN;
    let error = txn.upsert("a").unwrap().tokens("patches", &bad[..]).unwrap_err();
    assert!(error.to_string().contains("value 5 of token 3 is not finite"), "{error}");
    let large = vec![70_000.0_f32; 24 * DIM];
    let error = txn.upsert("a").unwrap().tokens("patches", &large[..]).unwrap_err();
    assert!(error.to_string().contains("does not fit f16"), "{error}");
    assert!(txn.upsert("a").unwrap().tokens("features", &large[..]).is_err());
    let sequence = TokensValue::from(&large[..DIM]).mapping(GridMapping::regular([1.0; 3]));
    assert!(txn.upsert("a").unwrap().tokens("words", sequence).is_err());
    assert!(txn.upsert("a").unwrap().tokens("words", &large[..=DIM]).is_err());
    drop(txn);
    assert_eq!(db.snapshot().unwrap().len(), 0);
    db.close().unwrap();
    assert_eq!(medium.snapshot_bytes().len(), EMPTY, "pages of a dropped transaction come back");
}

#[test]
fn sequences_have_their_own_lengths() {
    let (_, db) = made();
    let mut txn = db.begin_write().unwrap();
    for count in [0, 1, 5, 900] {
        let values = vec![f16::from_f32(count as f32); count * DIM];
        txn.put(&count.to_string()).unwrap().tokens("words", &values[..]).unwrap();
    }
    txn.commit().unwrap();
    db.checkpoint().unwrap();
    let snapshot = db.snapshot().unwrap();
    let mut seen = Vec::new();
    snapshot
        .for_each_tokens("words", None, |row, tokens| {
            assert_eq!(tokens.grid(), [1, 1, tokens.len()]);
            assert_eq!(tokens.all()?.len(), tokens.len());
            seen.push((row, tokens.len()));
            Ok(tokens.len() < 5)
        })
        .unwrap();
    assert_eq!(seen, [(0, 0), (1, 1), (2, 5)]);
}

#[test]
fn replaced_and_deleted_tensors_give_their_pages_back() -> Result<()> {
    let (medium, db) = made();
    let put = |seed: usize| -> Result<()> {
        let mut txn = db.begin_write()?;
        let values: Vec<f32> = (0..48 * DIM).map(|i| ((i + seed) % 99) as f32).collect();
        for number in 0..20 {
            let image = txn.upsert(&format!("image {number}"))?;
            image.tokens("volume", TokensValue::from(&values[..]).unmapped())?;
        }
        txn.commit()?;
        db.checkpoint()
    };
    put(0)?;
    let once = medium.snapshot_bytes().len();
    (1..30).try_for_each(put)?;
    let often = medium.snapshot_bytes().len();
    assert!(often < once * 4, "{once} bytes after one round, {often} after thirty");
    let mut txn = db.begin_write()?;
    for number in 1..20 {
        txn.delete(&format!("image {number}"))?;
    }
    txn.commit()?;
    db.compact(CompactOptions::new(), &mut |_, _| true)?;
    let less = medium.snapshot_bytes().len();
    assert!(less < once / 4, "{once} bytes with twenty images, {less} with one");
    let report = db.verify(&mut |_, _| true)?;
    assert!(report.is_ok(), "{:?}", report.problems);
    Ok(())
}

fn set(name: &str, count: usize, tokens: usize) -> PromptSet {
    let texts = (0..count).map(|i| format!("{name} {i}")).collect();
    let values = |n: usize| (0..n).map(|i| (i % 17) as f32 - 8.0).collect::<Vec<f32>>();
    PromptSet::new(name, texts, DIM)
        .features(values(count * DIM))
        .tokens(values(count * tokens * DIM))
}

#[test]
fn prompt_sets_are_replaced_deleted_found() -> Result<()> {
    let (medium, db) = made();
    let mut txn = db.begin_write()?;
    txn.set_prompt_set(&set("labels", 3, 2).field("features").logit_scale(4.5).attributes("{}"))?;
    txn.set_prompt_set(&set("concepts", 5, 0).logit_bias(-11.5))?;
    txn.commit()?;
    let old = db.snapshot()?;
    let mut txn = db.begin_write()?;
    txn.set_prompt_set(&set("labels", 2, 7))?;
    assert!(txn.delete_prompt_set("concepts")?);
    assert!(!txn.delete_prompt_set("concepts")?);
    assert!(!txn.delete_prompt_set("none")?);
    txn.commit()?;
    let labels = old.prompt_set("labels")?;
    assert_eq!((labels.len(), labels.tokens_of_text(), labels.field()), (3, 2, Some("features")));
    assert_eq!((labels.logit_scale(), labels.logit_bias()), (Some(4.5), None));
    let subset = labels.subset(["labels 2", "labels 9", "labels 0"])?;
    assert_eq!((subset.places, subset.unknown), (vec![2, 0], vec!["labels 9".to_owned()]));
    assert!(labels.has_texts(["labels 0", "labels 1", "labels 2"]));
    assert!(!labels.has_texts(["labels 0", "labels 1"]));
    assert_eq!(labels.tokens(2)?.len(), 2);
    assert_eq!(old.prompt_sets().count(), 2);
    let snapshot = db.snapshot()?;
    let names: Vec<&str> = snapshot.prompt_sets().map(|set| set.name()).collect();
    assert_eq!(names, ["labels"]);
    let error = snapshot.prompt_set("concepts").unwrap_err();
    assert!(
        error.to_string().contains("no prompt set \"concepts\"; there are \"labels\""),
        "{error}"
    );
    drop((old, snapshot));
    let mut txn = db.begin_write()?;
    txn.delete_prompt_set("labels")?;
    txn.commit()?;
    db.compact(CompactOptions::new(), &mut |_, _| true)?;
    db.close()?;
    assert_eq!(medium.snapshot_bytes().len(), EMPTY);
    Ok(())
}

#[test]
fn prompt_sets_that_make_no_sense_are_refused() {
    let (_, db) = made();
    let mut txn = db.begin_write().unwrap();
    let few = PromptSet::new("x", vec!["a".into()], DIM).features(vec![0.0; DIM - 1]);
    let odd = set("x", 2, 0).tokens(vec![0.0; DIM]);
    let nan = set("x", 1, 0).features(vec![f32::NAN; DIM]);
    let none = PromptSet::new("x", vec![], DIM);
    for bad in [few, odd, nan, none, set("", 1, 0), set("x", 1, 0).logit_scale(f64::NAN)] {
        assert!(txn.set_prompt_set(&bad).is_err(), "{bad:?}");
    }
    assert!(txn.set_prompt_set(&set("x", 1, 0).field("nowhere")).is_err());
    txn.commit().unwrap();
    assert_eq!(db.snapshot().unwrap().prompt_sets().count(), 0);
}

#[test]
fn a_backup_has_tokens_prompt_sets_and_cursors() -> Result<()> {
    let (_, db) = made();
    let mut txn = db.begin_write()?;
    for number in 0..3 {
        txn.put(&number.to_string())?.tokens("patches", &tensor(number)[..])?;
    }
    txn.set_prompt_set(&set("labels", 3, 2))?;
    let (ingest, split) = ("i".to_owned(), "train".to_owned());
    txn.set_cursor(Cursor { ingest, split, position: 3, fingerprint: String::new() })?;
    txn.commit()?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.vsl");
    db.backup(&path, &mut |_, _| true)?;
    let copy = Database::open_read_only(&path)?;
    assert!(copy.verify(&mut |_, _| true)?.is_ok());
    let (one, two) = (db.snapshot()?, copy.snapshot()?);
    assert_eq!(vesalius_tests::model::read(&one)?, vesalius_tests::model::read(&two)?);
    Ok(())
}

/// Version 1.0 must refuse a container with tokens, and read one without.
#[test]
fn feature_bits_come_with_what_needs_them() -> Result<()> {
    let (medium, _db) = made();
    assert_eq!(medium.snapshot_bytes()[40], 1, "version 1.0 knows no sequences of any length");
    let medium = MemoryStorage::new();
    let grid = Definition::new().field(Field::tokens("patches", GRID, DIM).dtype(Dtype::F16));
    let db = Database::create_on(medium.clone(), grid)?;
    let bits = || medium.snapshot_bytes()[40];
    assert_eq!(bits(), 0, "a grid that is declared needs no bit");
    let mut txn = db.begin_write()?;
    txn.set_prompt_set(&set("labels", 1, 0))?;
    txn.commit()?;
    assert_eq!(bits(), 4);
    let mut txn = db.begin_write()?;
    txn.put("a")?.tokens("patches", &tensor(0)[..])?;
    txn.commit()?;
    assert_eq!(bits(), 5);
    let medium = MemoryStorage::new();
    let db = Database::create_on(medium.clone(), Definition::new())?;
    let mut txn = db.begin_write()?;
    txn.add_field(Field::tokens("words", [0, 0, 0], DIM))?;
    txn.commit()?;
    assert_eq!(medium.snapshot_bytes()[40], 1);
    Ok(())
}
