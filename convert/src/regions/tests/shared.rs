//! Files of the shared data.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::built::{Plain, opened, read};
use crate::regions::{Attribute, CHEST_REGIONS, FeatureType, Layout};

pub(super) fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: ../shared/data absent ({})", path.display());
    None
}

/// What `anatomical_expected.json` says, in the form of [`summary`].
fn expected() -> Option<Vec<Value>> {
    let text = std::fs::read(shared("regions/anatomical_expected.json")?).unwrap();
    let json: Value = serde_json::from_slice(&text).unwrap();
    Some(json["images"].as_array().unwrap().clone())
}

fn summary(image: &Plain) -> Value {
    let crc = |values: &[f32]| {
        crc32fast::hash(&values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    };
    let regions: Vec<Value> =
        image.regions.iter().map(|(i, name, f)| json!([i, name, crc(f)])).collect();
    let of = |name: &str| match image.attributes.iter().find(|(n, _)| n == name) {
        Some((_, Attribute::I64(value))) => json!(value),
        other => panic!("{other:?}"),
    };
    assert!(image.metadata.is_empty());
    json!({"id": image.key, "sample_idx": of("sample_idx"), "detected_count": of("detected_count"),
           "regions": regions})
}

#[test]
fn every_form_of_a_database_gives_the_expected_features() {
    let Some(expected) = expected() else { return };
    let forms = ["pkl", "p2.np1.pkl", "p3.np1.pkl", "p4.np2.pkl", "p5.np2.pkl", "npz"]
        .map(|form| format!("regions/anatomical_database.{form}"));
    let parts = ["regions/anatomical_parts", "regions/anatomical_parts/database_files.txt"];
    for form in forms.iter().map(String::as_str).chain(parts) {
        let source = opened(&shared(form).unwrap());
        assert_eq!(source.layout(), Layout::Database);
        assert_eq!((source.len(), source.dim()), (6, 768), "{form}");
        assert_eq!(source.dtype(), FeatureType::F32);
        assert_eq!(source.region_names(), CHEST_REGIONS, "{form}");
        assert!(source.warnings().is_empty(), "{form}: {:?}", source.warnings());
        let images = read(&*source, 0).unwrap();
        assert_eq!(images.iter().map(summary).collect::<Vec<_>>(), expected, "{form}");
        for from in 1..=7 {
            let rest = images.get(from..).unwrap_or_default();
            assert_eq!(read(&*source, from as u64).unwrap(), rest, "{form} from {from}");
        }
    }
}

#[test]
fn the_content_counts_and_not_the_name() {
    let Some(npz) = shared("regions/anatomical_database.npz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("database.pkl");
    std::fs::copy(&npz, &odd).unwrap();
    let source = opened(&odd);
    assert_eq!((source.len(), source.fingerprint()), (6, opened(&npz).fingerprint()));
}

#[test]
fn text_features_count_from_zero() {
    let Some(text) = shared("regions/region_text_embeddings.pkl") else { return };
    let source = opened(&text);
    assert_eq!((source.layout(), source.region_names().len()), (Layout::RegionText, 29));
    assert!(source.warnings().is_empty(), "{:?}", source.warnings());
    assert_eq!(source.source_metadata()["metadata"]["embedding_dim"], json!(768));
    let images = read(&*source, 0).unwrap();
    let database = opened(&shared("regions/anatomical_database.pkl").unwrap());
    let others = read(&*database, 0).unwrap();
    let others: Vec<_> = others.into_iter().filter(|i| !i.regions.is_empty()).collect();
    // One image has groups and no region.
    assert_eq!((others.len(), images.len(), source.len()), (5, 6, 6));
    assert!(images[5].regions.is_empty() && !images[5].metadata.is_empty());
    for (image, other) in images.iter().zip(&others) {
        assert_eq!((&image.key, &image.regions), (&other.key, &other.regions));
        let status = image.metadata["nlp_status"].as_object().unwrap();
        for (index, ..) in &image.regions {
            let expected = if index % 5 == 0 { "abnormal" } else { "normal" };
            assert_eq!(status[&index.to_string()], json!(expected));
        }
        assert_eq!(status.len(), image.regions.len());
        assert_eq!(image.metadata["same_text_region_groups"], json!([[0, 1], [6, 7, 8]]));
    }
    assert_eq!(read(&*source, 3).unwrap(), images[3..]);
}

#[test]
fn real_organs_are_the_same_in_both_forms() {
    let Some(pickle) = shared("regions/ct_organs.pkl") else { return };
    let (pickle, archive) = (opened(&pickle), opened(&shared("regions/ct_organs.npz").unwrap()));
    assert_eq!((pickle.len(), pickle.dim()), (28, 576));
    let images = read(&*pickle, 0).unwrap();
    assert_eq!(images.iter().map(|i| i.regions.len()).sum::<usize>(), 507);
    assert_eq!(images, read(&*archive, 0).unwrap());
    let named = pickle.region_names().iter().filter(|n| !n.starts_with("region_")).count();
    assert_eq!(named, 60);
    assert_ne!(pickle.fingerprint(), archive.fingerprint());
}

#[test]
fn a_call_in_a_file_is_refused_by_name() {
    for file in ["pickles/evil_p2.pkl", "pickles/evil_p4.pkl"] {
        let Some(path) = shared(file) else { return };
        let error = crate::regions::open(&path, &crate::regions::Options::default()).err().unwrap();
        let text = error.to_string();
        assert!(text.contains("\"posix\".\"system\"") && text.contains("evil_p"), "{text}");
    }
}
