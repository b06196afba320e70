//! HDF5 into a container, against the reader as the twin.
#![cfg(test)]

mod support;

use std::fs;
use std::path::Path;

use support::{Made, bring, own, row, rows, samples, state, store};
use vesalius::{AttributeType, FieldKind};
use vesalius_convert::ConvertError;
use vesalius_convert::hdf5_write::{Attribute, ColumnSpec, ElementType, Values, Writer};
use vesalius_convert::import::{ImportOptions, import};

/// Every value of a file is in the container, and nothing else.
fn compare(source: &Path, file: &Path) {
    let (state, expected) = (state(file), rows(source));
    assert_eq!(state.len(), expected.len() as u64, "{}", source.display());
    for wanted in &expected {
        assert_eq!(row(&state, &wanted.id.to_string()), *wanted, "{}", source.display());
    }
    let mut order = Vec::new();
    state
        .for_each_key(|_, key| {
            order.push(key.parse::<i64>().unwrap());
            Ok(true)
        })
        .unwrap();
    assert_eq!(order, expected.iter().map(|row| row.id).collect::<Vec<_>>());
    let store = store(source);
    let names = store.template_names().unwrap();
    assert_eq!(state.prompt_sets().map(|set| set.name()).collect::<Vec<_>>(), names);
    for name in names {
        let (template, set) = (store.template(&name).unwrap(), state.prompt_set(&name).unwrap());
        assert_eq!(set.texts().unwrap(), template.texts);
        let (mut features, mut tokens) = (Vec::new(), Vec::new());
        for place in 0..set.len() {
            set.features().unwrap().extend_f32(place, &mut features);
            let of_text = set.tokens(place).unwrap();
            (0..of_text.len()).for_each(|row| of_text.extend_f32(row, &mut tokens));
        }
        assert_eq!(features, template.features);
        assert_eq!(tokens, template.tokens.unwrap_or_default());
        let own = template.shape.1 == store.dim();
        assert_eq!(set.field(), own.then_some("image_features"));
        let prefix = if name.starts_with("concept_") { "concept_" } else { "" };
        let constant = |what: &str| {
            let attribute = format!("{prefix}{what}");
            let found = store.attributes().iter().find(|a| a.name == attribute)?;
            found.value.as_ref()?.as_f64()
        };
        assert_eq!(set.logit_scale(), constant("logit_scale"));
        assert_eq!(set.logit_bias(), constant("logit_bias"));
    }
}

#[test]
fn stores_come_in_value_by_value() {
    let dir = tempfile::tempdir().unwrap();
    let mut sources = samples();
    sources.extend(["store_old.h5", "store_new.h5"].map(own));
    for (number, source) in sources.iter().enumerate() {
        let file = dir.path().join(format!("{number}.vsl"));
        let report = bring(source, &file, &ImportOptions::default()).unwrap();
        assert!(report.verified && report.created && report.resumed_at == 0);
        compare(source, &file);
        let again = bring(source, &file, &ImportOptions::default()).unwrap();
        assert!(again.nothing_to_do && again.images == report.images);
        let checked = vesalius::Database::verify_file(&file, &mut |_, _| true).unwrap();
        assert!(checked.is_ok(), "{:?}", checked.problems);
    }
}

#[test]
fn cursors_count_the_rows_of_each_split() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("a.h5"), dir.path().join("a.vsl"));
    Made { rows: 43, ..Made::default() }.write(&source);
    let report = bring(&source, &file, &ImportOptions::default()).unwrap();
    let counts: Vec<(String, u64)> =
        state(&file).cursors().map(|c| (c.split.clone(), c.position)).collect();
    let wanted = [("test", 8), ("train", 27), ("val", 8)].map(|(s, n)| (s.to_owned(), n));
    assert_eq!(counts, wanted);
    let mut told = report.findings.unwrap().split_counts;
    told.sort();
    assert_eq!(told, wanted);
    let field = state(&file).field("image_token_features").unwrap().clone();
    assert_eq!((field.kind, field.grid), (FieldKind::Tokens, [0, 3, 3]));
    let schema = state(&file).schema().clone();
    assert_eq!(schema.attribute("split").unwrap().kind, AttributeType::Text);
}

#[test]
fn stopped_after_any_batch_it_goes_on_there() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("a.h5");
    Made { rows: 43, ..Made::default() }.write(&source);
    for most in [1, 4, 9] {
        let file = dir.path().join(format!("{most}.vsl"));
        let options = ImportOptions { batch_images: 4, ..ImportOptions::default() };
        let (mut runs, mut position) = (0, 0);
        loop {
            runs += 1;
            let mut calls = 0;
            let done = import(&source, &file, &options, &mut |_| {
                calls += 1;
                calls <= most
            });
            match done {
                Ok(report) => {
                    assert_eq!(report.resumed_at, position);
                    break;
                }
                Err(ConvertError::Stopped { images }) => {
                    assert!(images == 0 || images > position || images == 43);
                    assert_eq!(file.exists(), images > 0, "nothing was committed");
                    position = images;
                }
                Err(other) => panic!("{other}"),
            }
            if position == 43 || runs > 50 {
                bring(&source, &file, &options).unwrap();
                break;
            }
            if most == 1 {
                bring(&source, &file, &options).unwrap();
                break;
            }
        }
        compare(&source, &file);
    }
}

/// Refused with a text that holds `says`, and nothing is left.
fn refused(source: &Path, options: &ImportOptions, says: &str) {
    let file = source.with_extension("vsl");
    let error = bring(source, &file, options).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
    assert!(!file.exists(), "{error}");
}

#[test]
fn what_is_wrong_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let options = ImportOptions::default();
    let nan = path("nan.h5");
    Made { nan: Some(3), ..Made::default() }.write(&nan);
    refused(&nan, &options, "NaN");
    let split = path("split.h5");
    Made { split: "", ..Made::default() }.write(&split);
    refused(&split, &options, "empty split");
    let whole = path("whole.h5");
    Made::default().write(&whole);
    let cut = path("cut.h5");
    let bytes = fs::read(&whole).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert!(bring(&cut, &path("cut.vsl"), &options).is_err());
    assert!(!path("cut.vsl").exists());
    refused(&own("store_killed.h5"), &options, "salvage");
    refused(&own("odd_old.h5"), &options, "--dataset");
    let file = path("dim.vsl");
    bring(&whole, &file, &options).unwrap();
    let other = path("other.h5");
    Made { dim: 9, ..Made::default() }.write(&other);
    let error = bring(&other, &file, &options).unwrap_err().to_string();
    assert!(error.contains("dimension 8"), "{error}");
    // A batch that fails leaves those before it, and the mended source goes on behind them.
    let (late, file) = (path("late.h5"), path("late.vsl"));
    Made { nan: Some(30), ..Made::default() }.write(&late);
    let options = ImportOptions { batch_images: 4, ..options };
    bring(&late, &file, &options).unwrap_err();
    assert_eq!(state(&file).len(), 28);
}

/// A store whose columns have these numbers of rows: features, ids, labels.
fn uneven(path: &Path, rows: [usize; 3], declared: i64) {
    let mut writer = Writer::create(path).unwrap();
    let [features, ids, labels] = rows;
    let values: Vec<f32> = (0..features * 2).map(|at| at as f32).collect();
    let column = writer.column(&ColumnSpec::vectors("image_features", ElementType::F32, 2));
    writer.append(column.unwrap(), Values::F32(&values)).unwrap();
    for (name, rows) in [("ids", ids), ("labels", labels)] {
        let numbers: Vec<i64> = (0..rows).map(|row| i64::try_from(row).unwrap()).collect();
        let column = writer.column(&ColumnSpec::scalars(name, ElementType::I64)).unwrap();
        writer.append(column, Values::I64(&numbers)).unwrap();
    }
    writer.group("extra").unwrap();
    writer.attribute("", "D", Attribute::I64(declared)).unwrap();
    writer.finish().unwrap();
}

#[test]
fn columns_of_unequal_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let options = ImportOptions::default();
    uneven(&path("more.h5"), [10, 10, 12], 2);
    refused(&path("more.h5"), &options, "labels has 12 rows");
    uneven(&path("d.h5"), [10, 10, 10], 3);
    refused(&path("d.h5"), &options, "attribute D says 3");
    // Fewer labels: the shortest decides, and it is said.
    uneven(&path("less.h5"), [10, 10, 8], 2);
    let report = bring(&path("less.h5"), &path("less.vsl"), &options).unwrap();
    assert_eq!(report.images, 8);
    assert!(report.warnings.iter().any(|w| w.contains("differ in length")));
    let findings = report.findings.unwrap();
    assert_eq!(findings.absent, ["image_token_features", "split"]);
    assert_eq!(findings.not_taken, ["/extra"]);
    // A salvage takes all features, with labels as far as they go.
    let salvage = ImportOptions { salvage: true, ..options };
    let report = bring(&path("less.h5"), &path("all.vsl"), &salvage).unwrap();
    let (state, label) = (state(&path("all.vsl")), |number: i64| Some(number.into()));
    assert_eq!((report.images, state.len()), (10, 10));
    assert_eq!(state.image("7").unwrap().attribute("label").unwrap(), label(7));
    assert_eq!(state.image("9").unwrap().attribute("label").unwrap(), None);
}

#[test]
fn repeated_ids_become_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("a.h5"), dir.path().join("a.vsl"));
    Made { same_ids: true, split_counts: Some("{\"train\": 3}"), ..Made::default() }.write(&source);
    let report = bring(&source, &file, &ImportOptions::default()).unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("id 7 occurs more than once")));
    assert!(report.warnings.iter().any(|w| w.contains("split_counts")), "{:?}", report.warnings);
    let state = state(&file);
    for (number, wanted) in rows(&source).iter().enumerate() {
        assert_eq!(row(&state, &number.to_string()), *wanted);
    }
}

#[test]
fn bags_and_single_datasets() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bag.vsl");
    let report = bring(&own("bag.h5"), &file, &ImportOptions::default()).unwrap();
    assert_eq!((report.images, report.verified), (1, true));
    let held = state(&file);
    let image = held.image("bag").unwrap();
    let (features, coords) = (image.tokens("features").unwrap(), image.tokens("coords").unwrap());
    let bag = vesalius_convert::hdf5::bag::Bag::open(
        &vesalius_convert::hdf5::H5File::open(own("bag.h5")).unwrap(),
    )
    .unwrap();
    assert_eq!(features.unwrap().len() as u64, bag.rows());
    assert_eq!((coords.unwrap().len() as u64, coords.unwrap().dim()), (bag.rows(), 2));
    let folder = dir.path().join("slides");
    fs::create_dir(&folder).unwrap();
    for name in ["s1.h5", "s2.h5", "s3.h5"] {
        fs::copy(own("bag.h5"), folder.join(name)).unwrap();
    }
    let file = dir.path().join("slides.vsl");
    assert_eq!(bring(&folder, &file, &ImportOptions::default()).unwrap().images, 3);
    assert!(state(&file).find("s2").unwrap().is_some());

    let source = dir.path().join("a.h5");
    Made::default().write(&source);
    let options = ImportOptions {
        dataset: Some("image_token_features".into()),
        field: Some("patches".into()),
        ids: Some("/ids".into()),
        labels: Some("/labels".into()),
        split: Some("/split".into()),
        ..ImportOptions::default()
    };
    let file = dir.path().join("single.vsl");
    bring(&source, &file, &options).unwrap();
    let state = state(&file);
    assert_eq!(state.field("patches").unwrap().grid, [0, 0, 9]);
    for wanted in rows(&source) {
        let image = state.image(&wanted.id.to_string()).unwrap();
        let all = image.tokens("patches").unwrap().unwrap().all().unwrap();
        let bytes: Vec<u8> = (0..9).flat_map(|at| all.row_bytes(at).unwrap().to_vec()).collect();
        assert_eq!(Some(bytes), wanted.tokens);
        assert_eq!(image.attribute("label").unwrap(), Some(wanted.label.into()));
    }
}

#[test]
fn a_dataset_of_four_axes_with_names() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("a.h5"), dir.path().join("a.vsl"));
    let mut writer = Writer::create(&source).unwrap();
    let values: Vec<f32> = (0..5 * 24).map(|at| at as f32 / 3.0).collect();
    let maps = writer.column(&ColumnSpec::rows("maps", ElementType::F32, &[2, 3, 4])).unwrap();
    writer.append(maps, Values::F32(&values)).unwrap();
    for (name, texts) in [
        ("names", ["n1", "n2", "n3", "n4", "n5"]),
        ("kinds", ["a", "b", "a", "b", "c"]),
        ("folds", ["x", "x", "y", "y", "y"]),
    ] {
        let column = writer.column(&ColumnSpec::scalars(name, ElementType::Text)).unwrap();
        writer.append(column, Values::Texts(&texts)).unwrap();
    }
    writer.finish().unwrap();
    let options = ImportOptions {
        dataset: Some("maps".into()),
        ids: Some("names".into()),
        labels: Some("kinds".into()),
        split: Some("folds".into()),
        batch_images: 2,
        ..ImportOptions::default()
    };
    let report = bring(&source, &file, &options).unwrap();
    assert!(report.verified && report.images == 5);
    let state = state(&file);
    assert_eq!(state.field("features").unwrap().grid, [0, 2, 3]);
    assert_eq!(state.cursor("a", "y").unwrap().position, 3);
    let image = state.image("n4").unwrap();
    assert_eq!(image.attribute("label").unwrap(), Some("b".into()));
    let token = image.tokens("features").unwrap().unwrap().token([0, 1, 2]).unwrap();
    assert_eq!(token.row_f32(0).unwrap(), &values[3 * 24 + 20..][..4]);
    let error = bring(
        &source,
        &dir.path().join("b.vsl"),
        &ImportOptions { dataset: Some("names".into()), ..ImportOptions::default() },
    );
    assert!(error.unwrap_err().to_string().contains("[N, h, w, D]"));
}
