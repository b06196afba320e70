//! Imports that are killed at random moments and started again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use vesalius::Database;
use vesalius::storage::sim::SplitMix64;
use vesalius_tests::model::{Model, read};

use crate::support::{command, text, vesalius};

/// Keys in their order, and everything else.
pub(crate) type Content = (Vec<String>, Model);

fn content(path: &Path) -> Content {
    let snapshot = Database::open(path).unwrap().snapshot().unwrap();
    let mut keys = Vec::new();
    snapshot
        .for_each_key(|_, key| {
            keys.push(key.to_owned());
            Ok(true)
        })
        .unwrap();
    (keys, read(&snapshot).unwrap())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Imports `source` with `more` arguments, kills it `kills` times (`VESALIUS_KILLS` names another number), and expects
/// what an import that was not killed made, which `check` is shown. Returns what the last run of each container said.
pub(crate) fn killed(
    source: &Path,
    more: &[&str],
    kills: usize,
    check: impl Fn(&Content),
) -> Vec<Value> {
    let wanted = number("VESALIUS_KILLS").map_or(kills, |n| usize::try_from(n).unwrap());
    let folder = source.parent().unwrap();
    let arguments = |file: &Path| -> Vec<String> {
        let fixed = ["import".to_owned(), text(source), text(file)];
        fixed.into_iter().chain(more.iter().map(|&word| word.to_owned())).collect()
    };
    let start = |file: &Path| {
        let mut command: Command = command();
        command.args(arguments(file)).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let whole = folder.join("whole.vsl");
    let started = Instant::now();
    assert!(start(&whole).wait().unwrap().success());
    let usual = u64::try_from(started.elapsed().as_micros()).unwrap() + 1000;
    let expected = content(&whole);
    check(&expected);
    let seed = number("VESALIUS_SEED").unwrap_or(1);
    println!("VESALIUS_SEED={seed}");
    let mut rng = SplitMix64::new(seed);
    let (mut killed, mut reports) = (0, Vec::new());
    while killed < wanted {
        let round = reports.len();
        let file = folder.join(format!("{round}.vsl"));
        assert!(round < 20 * wanted, "nearly all kills came too late");
        // Several kills on the way of one file, then to the end.
        for _ in 0..=rng.below(6) {
            let mut child = start(&file);
            std::thread::sleep(Duration::from_micros(rng.next_u64() % usual));
            child.kill().unwrap();
            if child.wait().unwrap().success() {
                break;
            }
            killed += 1;
        }
        let arguments = arguments(&file);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        reports.push(vesalius(&[&arguments[..], &["--json"]].concat()).json());
        assert_eq!(content(&file), expected, "VESALIUS_SEED={seed} round {round}");
        assert_eq!(vesalius(&["verify", &text(&file)]).code, 0);
        std::fs::remove_file(&file).unwrap();
    }
    println!("{killed} kills before the end, {} files", reports.len());
    reports
}
