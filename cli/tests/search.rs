//! What a search says.

#[cfg(test)]
mod support;

use serde_json::{Value, json};
use support::{column, sample, text, vesalius};
use vesalius_convert::npy::{NpyWriter, Scalar};

fn search(file: &str, args: &[&str]) -> Value {
    vesalius(&[&["search", file, "--json"], args].concat()).json()
}

#[test]
fn by_one_region() {
    let (_dir, file) = sample();
    let found = search(&file, &["--field", "regions", "--like", "a", "--region", "carina"]);
    assert_eq!(
        found["hits"],
        json!([
            { "rank": 1, "image": "b", "score": 0.8 },
            { "rank": 2, "image": "c", "score": 0.6 },
            { "rank": 3, "image": "d", "score": 0.0 },
        ])
    );
    assert_eq!(found["regions"], json!(["carina"]));
    assert_eq!((&found["metric"], &found["matched"]), (&json!("cosine"), &json!(3)));
}

#[test]
fn by_all_regions() {
    let (_dir, file) = sample();
    let all = search(&file, &["--field", "regions", "--like", "a", "--all-regions"]);
    assert_eq!(
        all["hits"],
        json!([
            { "rank": 1, "image": "c", "score": 0.6, "shared": 1 },
            { "rank": 2, "image": "d", "score": 0.5, "shared": 2 },
            { "rank": 3, "image": "b", "score": 0.4, "shared": 2 },
        ])
    );
    assert_eq!(search(&file, &["--field", "regions", "--like", "a"]), all);
    let both = ["--field", "regions", "--like", "a", "--region", "spine", "--region", "carina"];
    assert_eq!(search(&file, &both), all);
    let two = search(&file, &["--field", "regions", "--like", "a", "--min-shared", "2"]);
    assert_eq!(column(&two["hits"], "image"), ["d", "b"]);
}

#[test]
fn weights_and_explanation() {
    let (_dir, file) = sample();
    let args =
        ["--field", "regions", "--like", "a", "--explain", "--weight", "carina=3", "-k", "1"];
    let found = search(&file, &[&args[..], &["--min-shared", "2"]].concat());
    assert_eq!(
        found["hits"][0],
        json!({
            "rank": 1, "image": "b", "score": 0.6, "shared": 2,
            "regions": [
                { "index": 0, "name": "carina", "score": 0.8, "weight": 3.0 },
                { "index": 1, "name": "spine", "score": 0.0, "weight": 1.0 },
            ],
        })
    );
    let words = vesalius(&[&["search", &file], &args[..]].concat());
    assert!(words.lines()[1].ends_with("carina 0.8000 x3, spine 0.0000 x1"), "{}", words.stdout);
}

#[test]
fn threshold_filter_and_attributes() {
    let (_dir, file) = sample();
    let like = ["--field", "regions", "--like", "a", "--region", "carina"];
    let above = search(&file, &[&like[..], &["--threshold", "0.6"]].concat());
    assert_eq!(column(&above["hits"], "image"), ["b", "c"]);
    let test = ["--where", "split = 'test'", "--show", "split,n"];
    let test = search(&file, &[&like[..], &test].concat());
    assert_eq!(column(&test["hits"], "image"), ["c", "d"]);
    assert_eq!(test["hits"][0]["attributes"], json!({ "split": "test", "n": 3 }));
    let far = search(&file, &[&like[..], &["--metric", "l2", "-k", "1"]].concat());
    assert_eq!((&far["hits"][0]["image"], &far["metric"]), (&json!("d"), &json!("l2")));
    let opposed = search(&file, &[&like[..], &["--threshold", "-0.5"]].concat());
    assert_eq!(opposed["matched"], 3);
}

#[test]
fn by_given_features() {
    let (dir, file) = sample();
    let path = dir.path().join("query.npy");
    let name = text(&path);
    let write = |shape: &[u64], values: &[f32]| {
        let mut writer = NpyWriter::create(&path, Scalar::F32, shape).unwrap();
        writer.write(values).unwrap();
        writer.finish().unwrap();
    };
    write(&[3], &[0.0, 2.0, 0.0]);
    let found = search(&file, &["--field", "features", "--vector", &name, "-k", "2"]);
    let (b, c) = (
        json!({ "rank": 1, "image": "b", "score": 1.0 }),
        json!({ "rank": 2, "image": "c", "score": 0.8 }),
    );
    assert_eq!(found["hits"], json!([b, c]));
    assert_eq!(found["regions"], Value::Null);
    write(&[2, 2], &[0.0, 1.0, 1.0, 0.0]);
    // The rows are those of the regions in the order in which they are named.
    let given =
        ["--field", "regions", "--vector", &name, "--region", "spine", "--region", "carina"];
    let found = search(&file, &given);
    assert_eq!(found["hits"][0], json!({ "rank": 1, "image": "b", "score": 0.9, "shared": 2 }));
    let wrong = vesalius(&["search", &file, "--field", "regions", "--vector", &name]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.stderr.contains("has 2 features of 2 values, the query needs 3"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn vectors_like_an_image() {
    let (_dir, file) = sample();
    let found = search(&file, &["--field", "features", "--like", "c"]);
    assert_eq!(column(&found["hits"], "image"), ["b", "a", "e"]);
    assert_eq!(found["like"], "c");
    let none = vesalius(&["search", &file, "--field", "features", "--like", "d"]);
    assert_eq!(none.code, 1, "{}", none.stdout);
}

#[test]
fn all_beyond_a_threshold_are_shown_as_the_best_are() {
    let (_dir, file) = sample();
    for (metric, limit, hits) in
        [("cosine", "-1", 3), ("ip", "1", 2), ("l2", "5", 2), ("l2", "-1", 0)]
    {
        let like = ["--field", "features", "--like", "c", "--metric", metric, "--show", "n"];
        let all = [&like[..], &["--threshold", limit]].concat();
        let best = [&all[..], &["-k", "100"]].concat();
        let found = search(&file, &all);
        assert_eq!(found, search(&file, &best));
        assert_eq!(found["hits"].as_array().unwrap().len(), hits, "{metric}");
        assert_eq!(found["matched"], hits);
        let words = |args: &[&str]| vesalius(&[&["search", &file], args].concat()).stdout;
        assert_eq!(words(&all), words(&best));
        let explain = [&all[..], &["--explain"]].concat();
        assert_eq!(search(&file, &explain)["work"]["scored"].as_u64().unwrap(), 4);
    }
    let none = ["--field", "features", "--like", "d", "--threshold", "0"];
    let none = vesalius(&[&["search", &file], &none[..]].concat());
    assert!(none.code == 1 && none.stderr.contains("has no value"), "{}", none.stderr);
}

#[test]
fn a_query_without_the_region_finds_nothing_and_says_so() {
    let (_dir, file) = sample();
    let args = ["search", &file, "--field", "regions", "--like", "a", "--region", "7"];
    let ran = vesalius(&args);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.starts_with("note: "), "{}", ran.stderr);
    assert_eq!(search(&file, &args[2..])["hits"], json!([]));
}
