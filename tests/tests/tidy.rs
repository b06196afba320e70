//! The style of the house, where it can be counted.
#![cfg(test)]

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 120;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != "corpus" && name != ".git" {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "py") {
            out.push(path);
        }
    }
}

fn all() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    sources(&root(), &mut paths);
    assert!(paths.len() > 50, "the sources were not found");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root()).unwrap_or(&path).display().to_string(), text)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn files_are_small_lines_are_short_and_ascii() {
    let mut bad = Vec::new();
    for (name, text) in all() {
        if text.lines().count() > LINES_MAX {
            bad.push(format!("{name} has {} lines", text.lines().count()));
        }
        for (number, line) in text.lines().enumerate() {
            // A text that users see and a table are not broken.
            let whole = line.contains('"') || line.contains("| ");
            if (line.len() > COLUMNS_MAX && !whole) || !line.is_ascii() {
                bad.push(format!("{name}:{} is too long or not ASCII", number + 1));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn there_are_no_drawers_and_nothing_is_left_open() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["un", "implemented!"].concat()];
    let drawers = ["util", "utils", "helper", "helpers", "common", "misc"];
    let mut bad = Vec::new();
    for (name, text) in all() {
        let stem = Path::new(&name).file_stem().and_then(|s| s.to_str()).unwrap_or("");
        if drawers.contains(&stem) {
            bad.push(format!("{name} is a drawer"));
        }
        bad.extend(marks.iter().filter(|m| text.contains(*m)).map(|m| format!("{name}: {m}")));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn unsafe_stays_in_its_two_places() {
    let allowed = ["engine/src/storage/", "engine/src/search/kernels/"];
    let word = ["un", "safe "].concat();
    for (name, text) in all() {
        if !name.starts_with("engine/src/") || allowed.iter().any(|place| name.contains(place)) {
            continue;
        }
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        assert!(!code.into_iter().any(|line| line.contains(&word)), "{name} is not one of them");
    }
}

#[test]
fn arrows_between_rooms_go_down_only() {
    let rooms = ["format", "storage", "container", "model", "mask", "search", "api"];
    let mut bad = Vec::new();
    for (name, text) in all() {
        let Some(rest) = name.split("engine/src/").nth(1) else { continue };
        let Some(own) = rooms.iter().position(|room| rest.starts_with(&format!("{room}/"))) else {
            continue;
        };
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (level, room) in rooms.iter().enumerate() {
                if level > own && line.contains(&format!("crate::{room}::")) {
                    bad.push(format!("{name} reaches up: {}", line.trim()));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
