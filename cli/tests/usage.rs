//! The command line itself: help, usage, errors, exit codes, pipes.

#[cfg(test)]
mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use support::{command, sample, text, vesalius};
use vesalius::{Database, Definition};

const COMMANDS: [&str; 22] = [
    "demo",
    "import",
    "add",
    "info",
    "stats",
    "get",
    "list",
    "masks",
    "overlap",
    "render",
    "search",
    "prompts",
    "heatmap",
    "mask",
    "classify",
    "delete",
    "qc",
    "export",
    "verify",
    "compact",
    "backup",
    "completions",
];

#[test]
fn help_has_an_example_for_each_command() {
    assert!(vesalius(&["--version"]).stdout.starts_with("vesalius "));
    let overview = vesalius(&["--help"]);
    for name in COMMANDS {
        assert!(overview.stdout.contains(&format!("  {name}")), "{}", overview.stdout);
        let help = vesalius(&[name, "--help"]);
        assert_eq!(help.code, 0);
        assert!(help.stdout.contains(&format!("  vesalius {name} ")) || name == "demo");
        assert!(help.stdout.contains("Example"), "{}", help.stdout);
        assert!(help.stdout.contains("--json"), "{}", help.stdout);
    }
}

#[test]
fn wrong_usage_is_2() {
    for args in [
        &[][..],
        &["frobnicate"],
        &["info"],
        &["search", "x.vsl"],
        &["search", "x.vsl", "--like", "a", "--vector", "x.npy"],
        &["search", "x.vsl", "--like", "a", "--region", "r", "--all-regions"],
        &["search", "x.vsl", "--like", "a", "-k", "many"],
        &["search", "x.vsl", "--like", "a", "--metric", "hamming"],
        &["delete", "x.vsl"],
        &["export", "x.vsl", "--to", "xlsx", "out"],
        &["stats", "x.vsl", "--means"],
    ] {
        let ran = vesalius(args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn errors_are_one_line_and_json_where_asked() {
    let (_dir, file) = sample();
    for args in [
        &["info", "no-such.vsl"][..],
        &["get", &file, "nobody"],
        &["get", &file, "a", "--field", "tokens"],
        &["get", &file, "e", "--field", "regions", "--region", "carina"],
        &["get", &file, "a", "--field", "features", "--region", "carina"],
        &["stats", &file],
        &["list", &file, "--where", "split = "],
        &["list", &file, "--where", "colour = 'red'"],
        &["search", &file, "--field", "regions", "--like", "a", "--region", "tail"],
        &["search", &file, "--field", "features", "--like", "a", "--region", "carina"],
        &["search", &file, "--field", "regions", "--vector", "no-such.npy"],
        &["search", &file, "--field", "regions", "--like", "a", "--weight", "carina"],
        &["delete", &file, "a", "nobody"],
        &["backup", &file, &file],
    ] {
        let ran = vesalius(args);
        assert_eq!(ran.code, 1, "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        let with_json = vesalius(&[args, &["--json"]].concat());
        assert_eq!((with_json.code, &with_json.stderr), (1, &ran.stderr));
        let told: serde_json::Value = serde_json::from_str(&with_json.stdout).unwrap();
        let message = told["error"]["message"].as_str().unwrap();
        assert_eq!(format!("error: {message}\n"), ran.stderr);
    }
}

#[test]
fn a_predicate_error_says_where() {
    let (_dir, file) = sample();
    let ran = vesalius(&["list", &file, "--where", "n = 1 and frob(3)"]);
    assert!(ran.stderr.contains("byte 10"), "{}", ran.stderr);
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = vesalius(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("vesalius") && ran.stdout.contains("min-shared"));
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("many.vsl");
    let db = Database::create(&file, Definition::new()).unwrap();
    let mut txn = db.begin_write().unwrap();
    for number in 0..30_000 {
        txn.put(&format!("an image with a key of some length, number {number}")).unwrap();
    }
    txn.commit().unwrap();
    drop(db);
    for json in [&[][..], &["--json"]] {
        let mut child = command()
            .args(["list", &text(&file)])
            .args(json)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut first).unwrap();
        drop(reader);
        assert!(!first.is_empty());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.code(), Some(0));
    }
}
