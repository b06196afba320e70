//! What h5py finds, and does.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// Sorted lines, or none if there is no h5py.
pub(super) fn describe(path: &Path) -> Option<Vec<String>> {
    let found = run(include_str!("describe.py"), path)?;
    let mut lines: Vec<String> = found.lines().map(str::to_owned).collect();
    lines.sort();
    Some(lines)
}

/// Runs Python if it has h5py, with warnings as errors.
pub(super) fn run(script: &str, path: &Path) -> Option<String> {
    let Some(python) = &*PYTHON else {
        eprintln!("SKIPPED: no Python with h5py; name one in VESALIUS_PYTHON");
        return None;
    };
    let arguments = ["-W", "error", "-c", script];
    let output = Command::new(python).args(arguments).arg(path).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The interpreter that `VESALIUS_PYTHON` names, or the usual one, if it has h5py.
static PYTHON: LazyLock<Option<String>> = LazyLock::new(|| {
    let name = std::env::var("VESALIUS_PYTHON").unwrap_or_else(|_| "python3".into());
    let h5py = Command::new(&name).args(["-c", "import h5py"]).output();
    h5py.is_ok_and(|output| output.status.success()).then_some(name)
});
