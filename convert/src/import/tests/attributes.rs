//! Attributes of many types.

use serde_json::json;
use vesalius::Value;

use super::content::{Content, run, sample, write};
use crate::import::ImportOptions;
use crate::pickle_write::Attribute;

#[test]
fn a_column_is_as_wide_as_its_first_batch_and_the_rest_is_metadata() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    let mut images = sample("i", 8);
    let score = [
        Attribute::Int(1),
        Attribute::Float(0.5),
        Attribute::Str("high"),
        Attribute::Int(i64::MAX),
    ];
    for (image, value) in images.iter_mut().zip(score) {
        image.attributes.push(("score", value));
    }
    images[3].attributes.push(("none", Attribute::None));
    images[6].attributes.push(("late", Attribute::Bool(true)));
    images[7].attributes.push(("late", Attribute::Int(3)));
    write(&source, &images, false);
    let options = ImportOptions { batch_images: 2, ..ImportOptions::default() };
    let report = run(&source, &file, &options).unwrap();
    let content = Content::of(&file);
    let attribute = |key: &str, name: &str| {
        let image = content.image(key);
        image.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    assert_eq!(attribute("i0", "score"), Some(Value::F64(1.0)));
    assert_eq!(attribute("i1", "score"), Some(Value::F64(0.5)));
    assert_eq!(attribute("i2", "score"), None);
    assert_eq!(content.image("i2").metadata, Some(json!({"score": "high"})));
    assert_eq!(content.image("i3").metadata, Some(json!({"none": null, "score": i64::MAX})));
    assert_eq!(attribute("i6", "late"), Some(Value::Bool(true)));
    assert_eq!(content.image("i7").metadata, Some(json!({"late": 3})));
    assert_eq!(attribute("i7", "sample_idx"), Some(Value::I64(7)));
    let told: Vec<&String> =
        report.warnings.iter().filter(|w| w.contains("kept in the metadata")).collect();
    assert_eq!(told.len(), 2, "{:?}", report.warnings);
    assert!(told.iter().any(|w| w.contains("\"score\"") && w.contains(": 2, first image \"i2\"")));
}
