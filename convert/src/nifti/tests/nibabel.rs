//! Agreement with `nibabel`, where a Python has it.

use super::*;
use std::collections::HashMap;
use std::process::Command;

/// Runs a script; `None` where there is no `nibabel`. `VESALIUS_PYTHON` names another Python.
fn python(script: &str, argument: &Path) -> Option<String> {
    let name = std::env::var("VESALIUS_PYTHON").unwrap_or_else(|_| "python3".into());
    let there = Command::new(&name).args(["-c", "import nibabel"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: {name} cannot import nibabel");
        return None;
    }
    let output = Command::new(name).args(["-c", script]).arg(argument).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Name, affine by rows, and of small files values in file order, of every file in a folder.
const REPORT: &str = r#"
def report(folder):
    for path in sorted(glob.glob(folder + "/*")):
        if path.endswith(".img"):
            continue
        image = nib.load(path)
        numbers = list(image.affine[:3].ravel())
        if np.prod(image.shape) < 10_000:
            numbers += list(image.get_fdata().ravel(order="F"))
        print(os.path.basename(path), *(repr(float(v)) for v in numbers))
"#;

const MAKE: &str = r#"
rng = np.random.default_rng(7)
folder = sys.argv[1]
for i in range(160):
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    if i % 4 == 0:
        turn = np.eye(3)[rng.permutation(3)] * rng.choice([-1, 1], 3)
    affine = np.eye(4)
    affine[:3, :3] = turn * rng.uniform(0.3, 5, 3)
    if i % 8 >= 6:
        affine[:3, :3] += rng.normal(size=(3, 3)) * 0.1
    affine[:3, 3] = rng.uniform(-400, 400, 3)
    kind = [nib.Nifti1Image, nib.Nifti2Image, nib.Nifti1Pair][i % 3]
    shape = [(4, 3, 2), (4, 3), (5,), (2, 3, 2, 3)][i % 7 % 4]
    dtype = ["u1", "i2", "f4", "f8", "i8", "u2", "i4"][i % 7]
    header = kind.header_class(endianness="<>"[i % 2])
    header.set_data_dtype(dtype)
    data = rng.integers(0, 100, shape)
    image = kind(data.astype(dtype), affine, header)
    form = i // 3 % 4
    image.header.set_sform(affine if form in (0, 1) else None, [2, 1, 0, 0][form])
    image.header.set_qform(affine if form in (1, 2) else None, [0, 1, 3, 0][form])
    end = ".hdr" if i % 3 == 2 else ".nii.gz" if i % 5 == 0 else ".nii"
    image.to_filename(f"{folder}/{i:03}{end}")
report(folder)
"#;

const IMPORTS: &str = "import glob, os, sys\nimport nibabel as nib, numpy as np\n";

fn parse_report(text: &str) -> HashMap<&str, Vec<f64>> {
    let lines = text.lines().map(|line| {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        (name, words.map(|word| word.parse().unwrap()).collect())
    });
    lines.collect()
}

/// Compares every file of the folder; the number of them and the largest distance of corners.
fn compare(folder: &Path, report: &str) -> (usize, f64) {
    let mut worst = 0.0_f64;
    let report = parse_report(report);
    for (name, numbers) in &report {
        let volume = read(&folder.join(name), &Limits::default()).unwrap();
        let (affine, values) = numbers.split_at(12);
        let shape = volume.geometry.shape_zyx;
        for (index, found) in [[0_u64; 3], [0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1]]
            .map(|corner| std::array::from_fn(|i| (corner[i] * (shape[i] - 1)) as f64))
            .map(|index| (index, volume.geometry.to_world(index)))
        {
            let [z, y, x] = index;
            for ((row, found), sign) in affine.chunks(4).zip(found).zip([-1.0, -1.0, 1.0]) {
                let wanted = sign * (row[0] * x + row[1] * y + row[2] * z + row[3]);
                worst = worst.max((wanted - found).abs());
            }
        }
        if !values.is_empty() {
            assert_eq!(volume.values.to_f64(&volume.scaling), values, "{name}");
        }
    }
    (report.len(), worst)
}

#[test]
fn files_of_nibabel_read_as_nibabel_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{IMPORTS}{REPORT}{MAKE}");
    let Some(text) = python(&script, folder.path()) else { return };
    let (count, worst) = compare(folder.path(), &text);
    println!("{count} files, corners at most {worst} mm apart");
    assert_eq!(count, 160);
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn nibabel_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new();
    for i in 0..60 {
        let volume = zeros(&random.geometry());
        let end = if i % 2 == 0 { "nii" } else { "nii.gz" };
        write(&folder.path().join(format!("{i}.{end}")), &volume).unwrap();
    }
    let script = format!("{IMPORTS}{REPORT}report(sys.argv[1])\n");
    let Some(text) = python(&script, folder.path()) else { return };
    let (count, worst) = compare(folder.path(), &text);
    assert_eq!(count, 60);
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn real_files_read_as_nibabel_reads_them() {
    let Some(folder) = data("totalseg") else { return };
    let script = format!("{IMPORTS}{REPORT}report(sys.argv[1])\n");
    let Some(text) = python(&script, &folder) else { return };
    let (count, worst) = compare(&folder, &text);
    println!("{count} files, corners at most {worst} mm apart");
    assert!(worst < 1e-6, "{worst}");
}
