//! Makes the built-in chances of `engine/src/mask/partition/tables/start.rs` from label maps.
//!
//! `cargo run --release -p vesalius-tests --bin partition_tables -- OUT.rs OUT.json FAMILY=PATH...`
//!
//! A path is a label map in a `NIfTI` file, or a folder of masks of one image, which become one label map in the
//! order of their names. Each map counts at most as much as 300,000 decisions, so that no large one rules. For
//! each map the command prints what it takes with the chances written, and with chances made from the other
//! families alone.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use vesalius::mask::partition::training::{SLOTS, TABLES, bits, count};
use vesalius::{Runs, VoxelShape, split_labels};
use vesalius_convert::nifti::{Limits, Values, read};

/// Most that one map counts.
const WEIGHT_MAX: f64 = 300_000.0;
/// What is added to each count, so that nothing is impossible.
const PRIOR: f64 = 0.4;
/// Levels of chances: as many as a character of Base64 has.
const LEVELS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Characters of a line of the table.
const LINE: usize = 92;

/// A label map.
struct Map {
    family: String,
    name: String,
    parts: Vec<Runs>,
    counts: Vec<[u64; 2]>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(source), Some(json)) = (args.next(), args.next()) else {
        return Err("usage: partition_tables OUT.rs OUT.json FAMILY=PATH...".into());
    };
    let maps = args.map(|arg| load(&arg)).collect::<Result<Vec<_>, _>>()?;
    let all = levels(&maps, None);
    println!("{:32} {:>10} {:>10} {:>10}", "map", "built-in", "others", "ratio");
    for map in &maps {
        let parts: Vec<&Runs> = map.parts.iter().collect();
        let size = |levels: &[u8]| Some(bits(&parts, &*chances(levels)?)? / 8.0);
        let own = size(&all).ok_or("parts overlap")?;
        let others = size(&levels(&maps, Some(&map.family))).ok_or("parts overlap")?;
        println!("{:32} {own:10.0} {others:10.0} {:10.3}", map.name, others / own);
    }
    std::fs::write(source, rust(&all))?;
    std::fs::write(json, text(&all))?;
    Ok(())
}

/// Chances of a level in 65,536ths: logistic, so that the levels are equally far apart in bits.
fn chance(level: u8) -> u16 {
    let x = (f64::from(level) - 31.5) * 0.242;
    let chance = (65_536.0 / (1.0 + (-x).exp())).round();
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 65,536")]
    #[expect(clippy::cast_sign_loss, reason = "between 0 and 65,536")]
    let chance = chance as u16;
    chance
}

fn chances(levels: &[u8]) -> Option<Box<[u16; SLOTS]>> {
    levels.iter().map(|&level| chance(level)).collect::<Vec<u16>>().try_into().ok()
}

/// The level of each slot from the maps of all families but one.
fn levels(maps: &[Map], without: Option<&str>) -> Vec<u8> {
    let used = || maps.iter().filter(|map| Some(map.family.as_str()) != without);
    let weight = |map: &Map| {
        let total: u64 = map.counts.iter().map(|[no, yes]| no + yes).sum();
        (WEIGHT_MAX / total as f64).min(1.0)
    };
    let level = |slot: usize| {
        let (mut no, mut yes) = (PRIOR, PRIOR);
        for map in used() {
            if let Some(&[n, y]) = map.counts.get(slot) {
                no += n as f64 * weight(map);
                yes += y as f64 * weight(map);
            }
        }
        let cost = |level: u8| {
            let chance = f64::from(chance(level)) / 65_536.0;
            -yes * chance.log2() - no * (1.0 - chance).log2()
        };
        (0..64).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(32)
    };
    (0..SLOTS).map(level).collect()
}

/// The tables as constants.
fn rust(levels: &[u8]) -> String {
    let mut out = String::from(
        "//! Made by the command `partition_tables` of the crate `vesalius-tests`; not to be edited.\n\n\
         /// Chances of the levels, in 65,536ths.\npub(super) const LEVELS: [u16; 64] = [\n",
    );
    let all: Vec<u16> = (0..64).map(chance).collect();
    for line in all.chunks(12) {
        let line: Vec<String> = line.iter().map(u16::to_string).collect();
        let _ = writeln!(out, "    {},", line.join(", "));
    }
    out.push_str("];\n\n/// The level of each slot, in the digits of Base64 for URLs.\n");
    let letters: Vec<u8> =
        levels.iter().filter_map(|&l| LEVELS.get(usize::from(l)).copied()).collect();
    let lines: Vec<&[u8]> = letters.chunks(LINE).collect();
    let _ = writeln!(out, "pub(super) const START: [&str; {}] = [", lines.len());
    for line in lines {
        let _ = writeln!(out, "    \"{}\",", String::from_utf8_lossy(line));
    }
    out.push_str("];\n");
    out
}

/// The tables as JSON, by name.
fn text(levels: &[u8]) -> String {
    let mut out = String::from("{\n");
    for (number, (name, first, count)) in TABLES.iter().enumerate() {
        let chances: Vec<String> =
            levels.iter().skip(*first).take(*count).map(|&l| chance(l).to_string()).collect();
        let _ = writeln!(out, "  \"{name}\": [");
        for (line, part) in chances.chunks(16).enumerate() {
            let end = if (line + 1) * 16 >= chances.len() { "" } else { "," };
            let _ = writeln!(out, "    {}{end}", part.join(", "));
        }
        out.push_str(if number + 1 == TABLES.len() { "  ]\n" } else { "  ],\n" });
    }
    out.push_str("}\n");
    out
}

/// Reads `FAMILY=PATH`.
fn load(arg: &str) -> Result<Map, Box<dyn Error>> {
    let (family, path) = arg.split_once('=').ok_or("an argument is FAMILY=PATH")?;
    let path = Path::new(path);
    let (shape, labels) = if path.is_dir() { folder(path)? } else { label_map(path)? };
    let parts: Vec<Runs> = split_labels(shape, &labels)?.into_iter().map(|part| part.1).collect();
    let counts = count(&parts.iter().collect::<Vec<_>>()).ok_or("parts overlap")?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Map { family: family.to_owned(), name, parts, counts })
}

/// The masks of a folder as one label map.
fn folder(path: &Path) -> Result<(VoxelShape, Vec<u16>), Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut all: Option<(VoxelShape, Vec<u16>)> = None;
    for (file, label) in files.iter().zip(1_u16..) {
        let (shape, mask) = label_map(file)?;
        let (_, labels) = all.get_or_insert_with(|| (shape, vec![0; mask.len()]));
        for (out, mask) in labels.iter_mut().zip(mask) {
            if mask != 0 {
                *out = label;
            }
        }
    }
    all.ok_or_else(|| "an empty folder".into())
}

fn label_map(path: &Path) -> Result<(VoxelShape, Vec<u16>), Box<dyn Error>> {
    let volume = read(path, &Limits::default())?;
    let [z, y, x] = volume.geometry.shape_zyx;
    let len = usize::try_from(z * y * x)?;
    let wrong = |_| "a label is not a whole number below 65,536";
    let labels = match &volume.values {
        Values::U8(v) => v.iter().take(len).map(|&v| u16::from(v)).collect(),
        Values::U16(v) => v.iter().take(len).copied().collect(),
        Values::I16(v) => convert(v, len).map_err(wrong)?,
        Values::I32(v) => convert(v, len).map_err(wrong)?,
        Values::U32(v) => convert(v, len).map_err(wrong)?,
        Values::I64(v) => convert(v, len).map_err(wrong)?,
        Values::F32(v) => convert_f64(v.iter().map(|&v| f64::from(v)), len)?,
        Values::F64(v) => convert_f64(v.iter().copied(), len)?,
        _ => return Err("no label map".into()),
    };
    Ok((VoxelShape::new(1, [z, y, x])?, labels))
}

fn convert<T: Copy + TryInto<u16>>(values: &[T], len: usize) -> Result<Vec<u16>, T::Error> {
    values.iter().take(len).map(|&v| v.try_into()).collect()
}

fn convert_f64(values: impl Iterator<Item = f64>, len: usize) -> Result<Vec<u16>, Box<dyn Error>> {
    let one = |v: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "checked in the next line")]
        #[expect(clippy::cast_sign_loss, reason = "checked in the next line")]
        let label = v as u16;
        if (f64::from(label) - v).abs() < 0.25 {
            Ok(label)
        } else {
            Err("a label is no number".into())
        }
    };
    values.take(len).map(one).collect()
}
