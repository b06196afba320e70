//! Every measurement runs, at a size at which its figures mean nothing.

use std::error::Error;
use std::process::Command;

/// The table of one benchmark.
fn table(name: &str) -> Result<String, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_vesalius-benches"));
    command.args([name, "--scale", "0.0005", "--rounds", "2", "--dir"]).arg(folder.path());
    let output = command.output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let left = std::fs::read_dir(folder.path())?.count();
    let kept = usize::from(name == "vectors");
    assert_eq!(left, kept, "files are left behind");
    let text = String::from_utf8(output.stdout)?;
    assert!(text.contains(&format!("### {name}")), "{text}");
    assert!(!text.contains("equal to that of FAISS: NO"), "{text}");
    assert!(!text.contains("equal to that of NumPy on its images: NO"), "{text}");
    assert!(!text.contains("equal to that of h5py: NO"), "{text}");
    assert!(!text.contains("equal to that of NumPy: NO"), "{text}");
    assert!(!text.contains("that of NumPy within 1e-5: NO"), "{text}");
    assert!(!text.contains("equal to those of the peers: NO"), "{text}");
    assert!(!text.contains("equal to those of NumPy: NO"), "{text}");
    assert!(!text.contains("equal to those of FAISS: NO"), "{text}");
    Ok(text)
}

/// Rows that name a requirement.
fn required(text: &str) -> usize {
    let cells = |line: &str| line.split('|').nth(5).map(|cell| cell.trim().to_owned());
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.filter_map(cells).filter(|cell| cell != "-").count()
}

#[test]
fn open() {
    assert_eq!(required(&table("open").unwrap()), 2);
}

#[test]
fn import() {
    assert_eq!(required(&table("import").unwrap()), 2);
}

#[test]
fn commit() {
    assert_eq!(required(&table("commit").unwrap()), 2);
}

#[test]
fn scan() {
    assert_eq!(required(&table("scan").unwrap()), 3);
}

#[test]
fn regions() {
    assert_eq!(required(&table("regions").unwrap()), 2);
}

#[test]
fn tokens() {
    assert_eq!(required(&table("tokens").unwrap()), 6);
}

#[test]
fn random() {
    assert_eq!(required(&table("random").unwrap()), 2);
}

#[test]
fn concepts() {
    assert_eq!(required(&table("concepts").unwrap()), 3);
}

#[test]
fn hdf5() {
    assert_eq!(required(&table("hdf5").unwrap()), 4);
}

#[test]
fn masks() {
    let text = table("masks").unwrap();
    if text.contains("SKIPPED") {
        eprintln!("SKIPPED: the masks of ../shared/data are absent");
        return;
    }
    assert_eq!(required(&text), 79);
}

#[test]
fn vectors() {
    let text = table("vectors").unwrap();
    if !text.contains("fashion-") {
        eprintln!("SKIPPED: the real vectors of ../shared/data are absent");
        return;
    }
    assert_eq!(required(&text), 76);
}
