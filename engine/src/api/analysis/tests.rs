//! Attributes as classes, and answers with and without codes.

use super::*;
use crate::model::{AttributeType, Definition, Field, RegionValue};
use crate::search::sample::Random;
use crate::storage::MemoryStorage;
use crate::{Database, IndexOptions};

/// Image `i` is of label `i % 3`, without one where `i % 10` is 9.
fn store(random: &mut Random) -> Database {
    let definition = Definition::new()
        .field(Field::vector("clip", 40))
        .field(Field::regions("regions", 40, ["a", "b"]))
        .attribute("label", AttributeType::Text)
        .attribute("number", AttributeType::I64)
        .attribute("size", AttributeType::F64)
        .attribute("sure", AttributeType::Bool);
    let db = Database::create_on(MemoryStorage::new(), definition).unwrap();
    for batch in 0..2_usize {
        let mut txn = db.begin_write().unwrap();
        for i in batch * 150..(batch + 1) * 150 {
            let mut features = random.features(2, 40);
            for feature in features.chunks_mut(40) {
                feature[i % 3] += 6.0;
            }
            let (clip, a) = features.split_at(40);
            let mut image = txn.put(&i.to_string()).unwrap().vector("clip", clip).unwrap();
            if i % 2 == 0 {
                image = image.regions("regions", &[RegionValue::new("a", a)]).unwrap();
            }
            if i % 10 != 9 {
                let label = ["third", "first", "second"][i % 3];
                image = image.attribute("label", label).unwrap();
                image = image.attribute("number", 5 - i64::try_from(i % 3).unwrap()).unwrap();
                let size: f64 = if i % 2 == 0 { 0.0 } else { -0.0 };
                image = image.attribute("size", size).unwrap();
                image.attribute("sure", i % 3 == 1).unwrap();
            }
        }
        txn.commit().unwrap();
    }
    db
}

#[test]
fn the_values_of_an_attribute_are_classes() {
    let db = store(&mut Random::from_env());
    let mut txn = db.begin_write().unwrap();
    // What is changed later counts, what is deleted does not.
    txn.update("0").unwrap().attribute("label", "fourth").unwrap();
    txn.update("1").unwrap().attribute("label", "fifth").unwrap();
    txn.delete("1").unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let texts = snapshot.attribute_classes("label").unwrap();
    let expected = ["first", "fourth", "second", "third"].map(|text| Value::Text(text.into()));
    assert_eq!(texts.values, expected);
    let of = |row| texts.classes.get(row);
    assert_eq!([of(0), of(1), of(2), of(3), of(9)], [Some(1), None, Some(2), Some(3), None]);
    assert_eq!((texts.classes.count(), of(10_000)), (4, None));
    let numbers = snapshot.attribute_classes("number").unwrap();
    assert_eq!(numbers.values, [3, 4, 5].map(Value::I64));
    assert_eq!(numbers.classes.get(2), Some(0));
    assert_eq!(snapshot.attribute_classes("size").unwrap().values, [Value::F64(0.0)]);
    let sure = snapshot.attribute_classes("sure").unwrap();
    assert_eq!(sure.values, [false, true].map(Value::Bool));
    assert!(matches!(snapshot.attribute_classes("none"), Err(Error::NoSuch { .. })));
}

#[test]
fn answers_are_the_same_with_codes() {
    let db = store(&mut Random::from_env());
    let (region, on) = (AnalysisOptions::new().region(0), |_, _| true);
    let mut before = None;
    for round in 0..2 {
        let snapshot = db.snapshot().unwrap();
        let classes = snapshot.attribute_classes("label").unwrap().classes;
        let plain = AnalysisOptions::new();
        let answers = [("clip", plain), ("regions", region)].map(|(field, options)| {
            let ask = (5, None);
            (
                snapshot.outliers(field, 7, &options, &mut { on }).unwrap(),
                snapshot.neighbour_accuracy(field, &classes, ask, &options, &mut { on }).unwrap(),
                snapshot.neighbour_classes(field, &classes, ask, &options, &mut { on }).unwrap(),
            )
        });
        let (_, accuracy, predicted) = &answers[0];
        assert_eq!((accuracy.images, accuracy.right, predicted.len()), (270, 270, 30));
        assert_eq!(answers[1].0.rows.len(), 150);
        assert!(
            predicted.iter().all(|one| u64::from(one.class) == [2, 0, 1][(one.row % 3) as usize])
        );
        let made = snapshot.cluster("clip", &ClusterParams::new(3), &plain, &mut { on }).unwrap();
        assert_eq!(made.sizes, [100; 3]);
        let means = snapshot.class_means("clip", &classes, &plain).unwrap();
        assert_eq!(means.sizes, [90; 3]);
        let pca = snapshot.pca("regions", 3, &region, &mut { on }).unwrap();
        let placed = snapshot.project("regions", &pca, &region, &mut { on }).unwrap();
        assert_eq!((pca.count, placed.values.len()), (150, 450));
        assert_eq!(snapshot.medoid("clip", &plain, &mut { on }).unwrap().unwrap().count, 300);
        match before.take() {
            None => before = Some(answers),
            Some(before) => assert_eq!(before, answers),
        }
        if round == 0 {
            for (field, options) in
                [("clip", IndexOptions::exact()), ("regions", IndexOptions::exact().region("a"))]
            {
                db.build_index(field, &options, &mut { on }).unwrap();
            }
        }
    }
}
