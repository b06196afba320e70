//! The engine and the reference decoder, asked the same of the same bytes.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use vesalius::api::verify_storage;
use vesalius::storage::{MemoryStorage, Storage};
use vesalius::{Database, Error, Result};

use crate::json::content;
use crate::vectors::folder;

/// What the engine says of a file: its content, or the first rule that opening, a full check or reading everything
/// finds broken.
///
/// # Errors
///
/// What is no judgement of the file.
pub fn judge(bytes: &[u8]) -> Result<String> {
    let rejected = |rule: &str| format!("{{\"rule\":\"{rule}\"}}\n");
    let said = || -> Result<String> {
        Database::from_bytes(bytes.to_vec())?;
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::from_bytes(bytes.to_vec()));
        match verify_storage(&storage, &mut |_, _| true)?.problems.first() {
            Some(damage) => Ok(rejected(&damage.rule.to_string())),
            None => content(bytes),
        }
    };
    match said() {
        Err(Error::Corrupt(damage)) => Ok(rejected(&damage.rule.to_string())),
        Err(Error::NewerFormat { .. }) => Ok(rejected("newer")),
        other => other,
    }
}

/// What the reference decoder says of files, one process for all of them; `None` without Python.
///
/// # Errors
///
/// When the decoder fails, or does not say one line for each file.
pub fn decoder(paths: &[PathBuf]) -> io::Result<Option<Vec<String>>> {
    let program = folder().join("../reference_decoder.py");
    let child = Command::new("python3")
        .arg("-B")
        .arg(program)
        .arg("--batch")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("SKIPPED: python3 does not run, nothing was compared with the reference decoder");
        return Ok(None);
    };
    let mut lines = String::new();
    for path in paths {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{}", path.display());
    }
    let input = child.stdin.take();
    let feeder = std::thread::spawn(move || {
        input.map_or(Ok(()), |mut input| input.write_all(lines.as_bytes()))
    });
    let output = child.wait_with_output()?;
    feeder.join().map_err(|_| io::Error::other("the feeder of the decoder"))??;
    let text = String::from_utf8(output.stdout).map_err(io::Error::other)?;
    let said: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    if !output.status.success() || said.len() != paths.len() {
        return Err(io::Error::other(format!("the decoder said {} lines", said.len())));
    }
    Ok(Some(said))
}
