//! The machine, for the head of the tables.

use std::fs::read_to_string;
use std::path::Path;

use crate::options::Options;

/// Prints what a reader needs to judge the figures.
pub(crate) fn print(options: &Options) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into());
    let memory = value("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".into());
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    println!("- CPU: {model}, {cores} cores; memory: {memory}");
    println!("- kernel: {} {}", std::env::consts::OS, kernel.trim());
    println!("- files on: {}", file_system(&options.dir()));
    println!("- load average before: {}", load.join(" "));
    println!("- scale: {}, rounds: {}", options.scale, options.rounds);
    if options.scale < 1.0 {
        println!("- REDUCED: what is required is required at scale 1, beyond the caches");
    }
    if cfg!(debug_assertions) {
        println!("- NOT A RELEASE BUILD: the figures mean nothing");
    }
    println!();
}

/// The value behind a key of a file of `key : value` lines.
pub(crate) fn value(file: &str, key: &str) -> Option<String> {
    let text = read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    })
}

/// The type of the file system that a folder is on: that of the longest mount point above it.
fn file_system(dir: &Path) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let mounts = read_to_string("/proc/mounts").unwrap_or_default();
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(point), Some(kind)) = (words.next(), words.next()) else { continue };
        let longer = best.is_none_or(|(length, _)| point.len() >= length);
        if dir.starts_with(point) && longer {
            best = Some((point.len(), kind));
        }
    }
    best.map_or_else(|| "unknown".into(), |(_, kind)| kind.to_owned())
}
