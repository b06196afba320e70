//! Measured processes: fresh ones, so that time and memory are those of the work alone.
//!
//! A measured process prints `name value` lines, in seconds and bytes; so do the peers in Python.

use std::collections::HashMap;
use std::fs::read_to_string;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::{Result, hdf5, import, machine, open};

/// Clock ticks of `/proc/PID/stat`, which Linux fixes for programs at 100 a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a measured process said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    values: HashMap<String, f64>,
    /// The most memory seen that belongs to no file, in bytes; looked at every few milliseconds.
    pub(crate) anonymous: f64,
}

impl Report {
    /// A value that it must have said.
    pub(crate) fn get(&self, name: &str) -> Result<f64> {
        let value = self.values.get(name).copied();
        value.ok_or_else(|| format!("a measured process did not say {name:?}").into())
    }
}

/// Starts this program anew as a measured process.
pub(crate) fn spawn(task: &str, paths: &[&Path]) -> Result<Report> {
    watch(&mut command(task, paths)?)
}

/// The same with an allocator that keeps what it got. That of glibc, left alone, gives large buffers back to the
/// system when they are freed, and a process that does little else spends its time on getting them again.
pub(crate) fn spawn_keeping_memory(task: &str, paths: &[&Path]) -> Result<Report> {
    let settings = "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296";
    watch(command(task, paths)?.env("GLIBC_TUNABLES", settings))
}

fn command(task: &str, paths: &[&Path]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("child").arg(task).args(paths);
    Ok(command)
}

/// Runs a measured process to its end.
pub(crate) fn watch(command: &mut Command) -> Result<Report> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut report = Report::default();
    let status = loop {
        let anonymous = kilobytes(&status_file, "RssAnon").unwrap_or(0.0);
        report.anonymous = report.anonymous.max(anonymous);
        match child.try_wait()? {
            Some(status) => break status,
            None => sleep(Duration::from_millis(5)),
        }
    };
    let mut said = String::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut said)?;
    }
    if !status.success() {
        return Err(format!("a measured process failed: {status}: {said}").into());
    }
    for line in said.lines() {
        if let Some((name, value)) = line.split_once(' ') {
            report.values.insert(name.to_owned(), value.parse()?);
        }
    }
    Ok(report)
}

/// The measured process itself.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["open", path] => open::child(Path::new(path))?,
        ["import", source, path] => import::child(Path::new(source), Path::new(path))?,
        ["decode", source] => hdf5::child(Path::new(source))?,
        _ => return Err("unknown task of a measured process".into()),
    }
    say("peak", peak());
    say("cpu", cpu_seconds().unwrap_or(f64::NAN));
    Ok(())
}

/// The most memory that this process has had, in bytes: its own, its code, and the mapped pages it touched.
pub(crate) fn peak() -> f64 {
    kilobytes("/proc/self/status", "VmHWM").unwrap_or(f64::NAN)
}

/// The memory of this process that belongs to no file, now, in bytes.
pub(crate) fn anonymous() -> f64 {
    kilobytes("/proc/self/status", "RssAnon").unwrap_or(f64::NAN)
}

/// Says a value to the parent.
pub(crate) fn say(name: &str, value: f64) {
    println!("{name} {value}");
}

/// A `kB` entry of a status file, in bytes.
fn kilobytes(file: &str, key: &str) -> Option<f64> {
    let value = machine::value(file, key)?;
    let kilobytes: f64 = value.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// Processor time of this process so far, all threads, user and system.
fn cpu_seconds() -> Option<f64> {
    let stat = read_to_string("/proc/self/stat").ok()?;
    // The command, in parentheses, may hold blanks; the 12th and 13th words behind it are the times.
    let (_, after) = stat.rsplit_once(") ")?;
    let mut words = after.split(' ').skip(11);
    let ticks: f64 = words.next()?.parse::<f64>().ok()? + words.next()?.parse::<f64>().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}
