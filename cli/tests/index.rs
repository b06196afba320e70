//! Indexes: built, described, used, dropped.

#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::store::{IMAGES, queries, store};
use support::{column, sample, section, text, vesalius};

fn run(args: &[&str]) -> Value {
    vesalius(&[args, &["--json"]].concat()).json()
}

#[test]
fn indexes_are_built_described_and_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    assert_eq!(run(&["index", "info", &file])["indexes"], json!([]));
    let none = vesalius(&["index", "info", &file]);
    assert!(none.stdout.contains("vesalius index build"), "{}", none.stdout);
    let several = vesalius(&["index", "build", &file]);
    assert!(several.stderr.contains("--field"), "{}", several.stderr);

    let built = run(&["index", "build", &file, "--field", "clip", "--threads", "1"]);
    assert_eq!(built["built"], json!(["exact", "approximate"]));
    assert_eq!(column(&built["indexes"], "kind"), ["exact", "approximate"]);
    for index in built["indexes"].as_array().unwrap() {
        assert_eq!((&index["covered"], &index["state"]), (&json!(IMAGES), &json!("complete")));
        assert!(index["bytes"].as_u64().unwrap() > 0);
    }
    assert_eq!(built["indexes"][1]["metric"], "cosine");
    let regions = ["index", "build", &file, "--field", "regions"];
    assert_eq!(run(&regions)["built"], json!(["exact"]));
    let of_b = [&regions[..], &["--approx", "--region", "b", "--metric", "l2", "--lists", "3"]];
    let built = run(&of_b.concat());
    assert_eq!(column(&built["indexes"], "kind"), ["exact", "approximate"]);
    let lists = &built["indexes"][1];
    assert_eq!((&lists["region"], &lists["metric"]), (&json!("b"), &json!("l2")));
    assert_eq!(lists["lists"], 3);

    let all = run(&["index", "info", &file]);
    assert_eq!(column(&all["indexes"], "field"), ["clip", "clip", "regions", "regions"]);
    assert_eq!(run(&["info", &file])["indexes"], all["indexes"]);
    let words = vesalius(&["info", &file]);
    assert!(words.stdout.contains("approximate  b"), "{}", words.stdout);
    let stats = run(&["stats", &file, "--field", "clip"]);
    assert_eq!(stats["indexes"].as_array().unwrap().len(), 2);
    for field in ["clip", "regions"] {
        let words = vesalius(&["stats", &file, "--field", field]);
        assert!(words.stdout.contains("index    exact, "), "{}", words.stdout);
    }
    assert_eq!(run(&["verify", &file])["ok"], true);

    let gone = run(&["index", "drop", &file, "--field", "clip", "--approx"]);
    assert_eq!(gone, json!({ "field": "clip", "dropped": 1, "left": 3 }));
    let words = vesalius(&["index", "drop", &file, "--field", "regions"]);
    assert!(words.stdout.starts_with("dropped 2 indexes"), "{}", words.stdout);
    assert_eq!(column(&run(&["index", "info", &file])["indexes"], "kind"), ["exact"]);
}

#[test]
fn what_cannot_be_indexed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    let build = ["index", "build", &file, "--field"];
    for (args, part) in [
        (&["clip", "--region", "a"][..], "has no regions"),
        (&["regions", "--approx"], "name it"),
        (&["regions", "--metric", "l2"], "needs --region"),
        (&["regions", "--region", "c"], "region"),
        (&["none"], "none"),
    ] {
        let ran = vesalius(&[&build[..], args].concat());
        assert_eq!(ran.code, 1, "{args:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(part), "{args:?}: {}", ran.stderr);
    }
    let (_dir, few) = sample();
    let ran = vesalius(&["index", "build", &few, "--field", "features", "--exact"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("few features"), "{}", ran.stderr);
}

#[test]
fn searches_use_indexes_and_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    let like = ["search", &file, "--field", "clip", "--like", "7"];
    let exact = run(&like);
    let without = vesalius(&[&like[..], &["--approx"]].concat());
    assert!(without.stderr.contains("no approximate index by cosine"), "{}", without.stderr);
    let scored = run(&[&like[..], &["--explain"]].concat());
    assert_eq!(scored["work"]["scored"], IMAGES - 1, "{scored}");

    run(&["index", "build", &file, "--field", "clip"]);
    let by_codes = run(&[&like[..], &["--explain"]].concat());
    assert_eq!(by_codes["hits"], exact["hits"]);
    // So few features lie in the cache, where they are scored as fast as their codes are scanned.
    assert_eq!(by_codes["work"], scored["work"], "{by_codes}");
    let plain = run(&[&like[..], &["--explain", "--no-codes"]].concat());
    assert_eq!(plain["hits"], exact["hits"]);
    assert_eq!(plain["work"], scored["work"]);

    let lists = vesalius(&[&like[..], &["--approx=0.999", "--explain"]].concat());
    assert!(lists.stderr.is_empty(), "{}", lists.stderr);
    assert!(lists.lines().last().unwrap().contains(" lists, "), "{}", lists.stdout);
    let one = run(&[&like[..], &["--nprobe", "1", "--explain"]].concat());
    assert_eq!(one["work"]["lists"], 1, "{one}");
    let more = run(&[&like[..], &["--approx=0.999"]].concat());
    assert_eq!(more["hits"][0]["score"], exact["hits"][0]["score"]);

    // What comes later is found at once, what goes away is gone.
    let late = queries(&dir.path().join("late.npy"), &[7]);
    let ids = dir.path().join("ids.txt");
    std::fs::write(&ids, "late\n").unwrap();
    run(&["add", &file, "--field", "clip", "--vectors", &late, "--ids", &text(&ids)]);
    run(&["delete", &file, "107"]);
    let found = run(&[&like[..], &["--approx=0.999", "-k", "4"]].concat());
    let mut keys = column(&found["hits"], "image");
    assert_eq!(keys.len(), 4);
    keys.truncate(3);
    keys.sort();
    assert_eq!(keys, ["207", "307", "late"]);

    for odd in [&["--approx=1.5"][..], &["--approx=x"], &["--exact", "--approx"]] {
        assert_ne!(vesalius(&[&like[..], odd].concat()).code, 0, "{odd:?}");
    }
    let regions = ["search", &file, "--field", "regions", "--like", "7", "--approx"];
    let several = vesalius(&regions);
    assert!(several.stderr.contains("several regions are exact"), "{}", several.stderr);
}

#[test]
fn batches_find_what_single_searches_find() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    run(&["index", "build", &file, "--field", "clip"]);
    let path = queries(&dir.path().join("q.npy"), &[3, 250, 99]);
    let one = queries(&dir.path().join("one.npy"), &[250]);
    let search = ["search", &file, "--field", "clip", "-k", "5", "--show", "split"];
    let batch = run(&[&search[..], &["--vectors", &path]].concat());
    assert_eq!((&batch["queries"], &batch["csv"]), (&json!(3), &Value::Null));
    let alone = run(&[&search[..], &["--vector", &one]].concat());
    let second = &batch["answers"][1];
    assert_eq!((&second["query"], &second["hits"]), (&json!(1), &alone["hits"]));
    assert_eq!(second["matched"], alone["matched"]);
    let counted = run(&[&search[..], &["--vectors", &path, "--explain"]].concat());
    assert_eq!(counted["answers"], batch["answers"]);
    let work = |name: &str| counted["work"][name].as_u64().unwrap();
    assert_eq!(work("scored") + work("ruled_out"), 3 * u64::try_from(IMAGES).unwrap());
    let approx = run(&[&search[..], &["--vectors", &path, "--approx", "--threads", "2"]].concat());
    assert_eq!(approx["answers"].as_array().unwrap().len(), 3);

    let train = ["--vectors", &path, "--where", "split = 'test'", "--threshold", "0.999999"];
    let few = run(&[&search[..], &train].concat());
    assert_eq!(few["answers"][0]["hits"], json!([]));
    assert_eq!(few["answers"][1]["hits"], json!([]));
    let words = vesalius(&[&search[..], &["--vectors", &path]].concat());
    assert_eq!(words.lines().len(), 16);
    assert!(words.lines()[0].starts_with("query  rank  image"), "{}", words.stdout);

    let out = text(&dir.path().join("hits.csv"));
    let written = run(&[&search[..], &["--vectors", &path, "--csv", &out]].concat());
    assert_eq!((&written["hits"], &written["csv"]), (&json!(15), &json!(out)));
    let table = std::fs::read_to_string(&out).unwrap();
    assert_eq!(table.lines().next(), Some("query,rank,image,score,split"));
    assert_eq!(table.lines().count(), 16);

    let regions = ["search", &file, "--field", "regions", "--region", "b", "--vectors", &path];
    let found = run(&[&regions[..], &["-k", "1"]].concat());
    assert_eq!(found["region"], "b");
    assert_eq!(found["answers"][0]["hits"][0]["image"], "2");
    let explained = run(&[&regions[..], &["-k", "1", "--explain"]].concat());
    assert_eq!(explained["answers"], found["answers"]);
    for odd in [&regions[..4], &["search", &file, "--field", "clip", "--region", "a"]] {
        let ran = vesalius(&[odd, &["--vectors", &path]].concat());
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        assert!(ran.stderr.contains("region"), "{}", ran.stderr);
    }
}

#[test]
fn their_json_is_documented() {
    for (name, keys) in [
        ("index", &["built", "seconds", "indexes", "covered", "state", "dropped", "left"][..]),
        ("info", &["indexes"]),
        ("stats", &["indexes"]),
        ("search", &["work", "scanned", "ruled_out", "answers", "queries", "query", "vectors"]),
    ] {
        let documented = section(name);
        for key in keys {
            assert!(documented.contains(&format!("\"{key}\"")), "{name}: {key}");
        }
    }
}
